"""Write src/smilecurve/solve/kernels.txt: the kernels that a turn of each world compiles, in the order it calls them.

Run it after a change of what a desk gives to a compiled kernel: python scripts/kernels.py
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any


def main() -> None:
    """Turn both worlds with an empty cache and listen to what is compiled because Python called it."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NUMBA_CACHE_DIR"] = folder
        from numba.core import event

        from smilecurve.app.seeding import seed_world
        from smilecurve.loop.run import turn
        from smilecurve.solve import compiling
        from smilecurve.thread.store import open_thread

        class Listener(event.Listener):
            """Keeps the outermost compilations: those inside are of kernels that a kernel calls."""

            def __init__(self) -> None:
                self.depth = 0
                self.lines: list[str] = []

            def on_start(self, event: Any) -> None:
                if not self.depth:
                    try:
                        self.lines.append(compiling.spelled(event.data["dispatcher"], event.data["args"]))
                    except TypeError as error:
                        print(f"left to the turn: {event.data['dispatcher'].py_func.__name__}: {error}")
                self.depth += 1

            def on_end(self, event: Any) -> None:
                self.depth -= 1

        listener = Listener()
        with event.install_listener("numba:compile", listener):
            for world in ("excavators", "small_machines"):
                thread = open_thread(Path(folder) / world, create=True)
                seed_world(thread, world)
                turn(thread)
                thread.close()
        place = Path(compiling.__file__).with_name(compiling.KERNELS)
        place.write_text("\n".join(dict.fromkeys(listener.lines)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
