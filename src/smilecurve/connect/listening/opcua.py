"""Which variables of an OPC UA server changed, and when?

Each `[[read]]` names a node; a change becomes a row: node, value, time (of the source), status. Bad values wait in
quarantine with their status. After a broken connection the present values come again; they carry their own time, so
that they count once. What changed while nobody was connected only the server can know.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from smilecurve.connect.listening.inbox import Inbox
from smilecurve.connect.listening.plans import Plan, Reader
from smilecurve.terms.errors import Breach, OptionRejected

if TYPE_CHECKING:
    from asyncua import Client, Node
    from asyncua.common.subscription import DataChangeNotif
    from asyncua.ua import DataValue

__all__ = ["listen_opcua"]

LONGEST_PAUSE_S = 30.0
LOOK_S = 2.0


def listen_opcua(plan: Plan, inbox: Inbox, say: Callable[[str], None], stop: threading.Event) -> None:
    """Listen until `stop`; a server that is away is tried again, ever more slowly, and that is said."""
    try:
        import asyncua  # noqa: F401
    except ImportError:
        do = 'pip install "smilecurve[floor]"'
        raise OptionRejected(
            Breach("OPC UA needs the library asyncua, which is not here", "listen opcua", do)
        ) from None
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
    asyncio.run(_listen(plan, inbox, say, stop))


async def _listen(plan: Plan, inbox: Inbox, say: Callable[[str], None], stop: threading.Event) -> None:
    url, pause = plan.said["url"], 1.0
    while not stop.is_set():
        began = time.monotonic()
        try:
            await _session(plan, inbox, say, stop)
        except OptionRejected:
            raise
        except (OSError, ConnectionError, TimeoutError) as error:
            pause = 1.0 if time.monotonic() - began > LONGEST_PAUSE_S else pause
            say(f"the server at {url} is away ({error or type(error).__name__}); next try in {pause:g} s")
            until = time.monotonic() + pause
            while not stop.is_set() and time.monotonic() < until:
                await asyncio.sleep(0.1)
            pause = min(LONGEST_PAUSE_S, pause * 2)
        finally:
            inbox.flush()


async def _session(plan: Plan, inbox: Inbox, say: Callable[[str], None], stop: threading.Event) -> None:
    """One connection: subscribe, bring in what changes, look that the server is still there."""
    from asyncua.ua.uaerrors import BadIdentityTokenInvalid, BadIdentityTokenRejected, BadUserAccessDenied, UaError

    client = await _client(plan)
    try:
        await client.connect()
    except (BadUserAccessDenied, BadIdentityTokenRejected, BadIdentityTokenInvalid) as error:
        what = f"the server refuses us: {type(error).__name__}"
        raise OptionRejected(Breach(what, "plan: opcua", "mend user and password")) from None
    except UaError as error:
        raise ConnectionError(str(error) or type(error).__name__) from None
    try:
        await _subscribe(client, plan, inbox, say)
        looked = time.monotonic()
        while not stop.is_set():
            await asyncio.sleep(0.1)
            if len(inbox):
                inbox.flush()
            if time.monotonic() - looked > LOOK_S:
                looked = time.monotonic()
                await asyncio.wait_for(client.nodes.server_state.read_value(), 2 * LOOK_S)
    except UaError as error:
        raise ConnectionError(str(error) or type(error).__name__) from None
    finally:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(client.disconnect(), 2 * LOOK_S)


async def _client(plan: Plan) -> Client:
    from asyncua import Client

    client = Client(plan.said["url"], timeout=4)
    if plan.broker.user:
        client.set_user(plan.broker.user)
        client.set_password(plan.broker.password)
    if plan.broker.security:
        await client.set_security_string(plan.broker.security)
    return client


async def _subscribe(client: Client, plan: Plan, inbox: Inbox, say: Callable[[str], None]) -> None:
    from asyncua.ua import StatusCode
    from asyncua.ua.uaerrors import UaError

    nodes: dict[str, Node] = {}
    for name in dict.fromkeys(r.match["node"] for r in plan.readers):
        try:
            nodes[name] = client.get_node(name)
        except UaError:
            do = 'write it as "ns=2;s=Line1.Torque" or "i=2258"'
            raise OptionRejected(Breach(f"{name} is no node id", "plan: read.node", do)) from None
    hearing = _Hearing(plan, inbox, {node.nodeid: name for name, node in nodes.items()})
    period = float(plan.said.get("publish_ms", "200"))
    subscription = await client.create_subscription(period, hearing)
    queue = int(float(plan.said.get("queue", "1000")))
    found = await subscription.subscribe_data_change(list(nodes.values()), queuesize=queue)
    for name, handle in zip(nodes, found, strict=True):
        if isinstance(handle, StatusCode):
            say(f"{name} cannot be read ({handle.name}); the others are")
    say(f"listening at {plan.said['url']} to {len(nodes)} nodes")


class _Hearing:
    """Takes the notifications of a subscription."""

    def __init__(self, plan: Plan, inbox: Inbox, names: dict[object, str]) -> None:
        self.plan, self.inbox, self.names = plan, inbox, names

    def datachange_notification(self, node: Node, val: object, data: DataChangeNotif) -> None:
        """A variable changed."""
        name = self.names[node.nodeid]
        told: DataValue = data.monitored_item.Value
        row = _row(name, val, told)
        for reader in self.plan.readers:
            if reader.match["node"] == name:
                self._put(reader, name, row)

    def status_change_notification(self, status: object) -> None:
        """The server ends the subscription; the next look at the connection tells."""

    def _put(self, reader: Reader, name: str, row: dict[str, str | None]) -> None:
        status = row["status"] or ""
        if status.startswith("Good"):
            self.inbox.put(reader, name, [row])
        else:
            what = f"is {status}: the server does not vouch for it"
            self.inbox.refuse(reader, name, row, what, "look at the device, correct the value and replay")


def _row(name: str, value: object, told: DataValue) -> dict[str, str | None]:
    stamp = told.SourceTimestamp or told.ServerTimestamp
    when = None if stamp is None else (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).isoformat()
    shown = ("true" if value else "false") if isinstance(value, bool) else None if value is None else str(value)
    if isinstance(value, float) and value != value:
        shown = "(NaN)"
    status = told.StatusCode.name if told.StatusCode is not None else "Good"
    return {"node": name, "value": shown, "time": when, "status": status, "received": datetime.now(UTC).isoformat()}
