"""How is the shop floor listened to?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from smilecurve.app.cli.output import maker_only, note, opened

if TYPE_CHECKING:
    import threading

    from smilecurve.connect.listening import Inbox, Plan
    from smilecurve.thread.store import Thread

__all__ = ["listen"]


@click.command("listen")
@click.argument("protocol", type=click.Choice(["mqtt", "sparkplug", "opcua", "folder"]))
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Read the plan, say what is wrong with it, and stop.")
@click.pass_context
def listen(ctx: click.Context, protocol: str, plan_file: Path, check: bool) -> None:
    r"""Listen to the shop floor by a plan in TOML until Ctrl-C (see docs/shop-floor.md).

    \b
    smile listen mqtt floor.toml        JSON from an MQTT broker
    smile listen sparkplug floor.toml   Sparkplug B edge nodes and devices
    smile listen opcua floor.toml       variables of an OPC UA server
    smile listen folder floor.toml      files of torque tools and test benches
    """
    maker_only(ctx, "listen to the shop floor")
    from smilecurve.connect.listening import read_plan

    plan = read_plan(plan_file, protocol)
    note(f"{plan_file.name}: {protocol} with {len(plan.readers)} readers, sound")
    if check:
        return
    thread = opened(ctx, create=True)
    stop = _stopping()
    try:
        heard = _listen(thread, plan, stop)
    finally:
        thread.close()
    note(f"stopped: {heard}")


def _stopping() -> threading.Event:
    """An event that Ctrl-C and a polite kill set; a second Ctrl-C stops at once."""
    import signal
    import threading

    stop = threading.Event()

    def ask(number: int, _: object) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        note("stopping; what was heard is made safe first")
        stop.set()

    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)
    return stop


def _listen(thread: Thread, plan: Plan, stop: threading.Event) -> str:
    """Listen by the plan until `stop`; returns what was heard, in words."""
    from datetime import UTC, datetime

    from smilecurve.app.taking import keep_rejected, quarantine_of, take
    from smilecurve.connect.listening import Inbox

    quarantine = quarantine_of(thread)

    def now() -> datetime:
        return max(datetime.now(UTC), thread.clock())

    inbox = Inbox(
        plan,
        lambda part: take(thread, part, plan.protocol),
        lambda parts: keep_rejected(thread, parts, quarantine),
        now,
    )
    if plan.protocol == "folder":
        from smilecurve.connect.listening.folder import Folder, watch_folder

        folder = Folder(plan, lambda part: take(thread, part, "folder"), inbox.keep, note)
        watch_folder(folder, stop, float(plan.said.get("every_s", "2")))
        heard = folder.heard
    else:
        _hear(plan, inbox, stop)
        heard = inbox.heard
    return f"{heard.rows} rows heard, {heard.added} new, {heard.known} known before, {heard.bad} in quarantine"


def _hear(plan: Plan, inbox: Inbox, stop: threading.Event) -> None:
    if plan.protocol == "opcua":
        from smilecurve.connect.listening.opcua import listen_opcua

        listen_opcua(plan, inbox, note, stop)
        return
    from smilecurve.connect.listening.mqtt import Ear, JsonEar, listen_mqtt

    ear: Ear
    if plan.protocol == "sparkplug":
        from smilecurve.connect.listening.sparkplug import SparkplugEar

        ear = SparkplugEar(plan, inbox, note)
    else:
        ear = JsonEar(plan, inbox)
    listen_mqtt(plan, ear, note, stop)
