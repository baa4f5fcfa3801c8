"""How does a long run tell what it is doing while it runs?

Jobs run one after the other in a worker thread; each keeps its steps, so that whoever listens late hears them all.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from secrets import token_hex
from typing import TypeAlias

from smilecurve.terms.errors import Breach, NotFound, SmilecurveError

__all__ = ["Job", "Jobs", "Result", "Stride", "Tell"]

KEPT = 200


@dataclass(frozen=True, slots=True)
class Stride:
    """One step of a job: how many of how many are done, and what it says."""

    done: int
    of: int
    said: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a job brought: a sentence, where to look, rows for a program and a piece of page for a person."""

    said: str
    go: str = ""
    rows: list[dict[str, object]] = field(default_factory=list)
    html: str = ""


Tell: TypeAlias = Callable[[Stride], None]
Work: TypeAlias = Callable[[Tell], Result]


@dataclass(slots=True)
class Job:
    """A run: waiting, running, done or failed."""

    id: str
    what: str
    state: str = "waiting"
    strides: list[Stride] = field(default_factory=list)
    result: Result | None = None
    breaches: tuple[Breach, ...] = ()

    def shown(self) -> dict[str, object]:
        """The job as JSON."""
        last = self.strides[-1] if self.strides else Stride(0, 0, "")
        shown: dict[str, object] = {"id": self.id, "what": self.what, "state": self.state, **asdict(last)}
        if self.result:
            shown |= {"said": self.result.said, "go": self.result.go, "rows": self.result.rows}
        if self.breaches:
            shown |= {"said": self.breaches[0].what, "breaches": [asdict(b) for b in self.breaches]}
        return shown

    def ended(self) -> dict[str, object]:
        """The last word of the job's stream."""
        html = self.result.html if self.result else ""
        return {k: v for k, v in self.shown().items() if k != "rows"} | {"html": html}


class Jobs:
    """The jobs of one server."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="smilecurve-job")
        self._jobs: dict[str, Job] = {}
        self._stopping = threading.Event()

    def start(self, what: str, work: Work) -> Job:
        """Queue a run and return at once."""
        job = Job(token_hex(8), what)
        self._jobs[job.id] = job
        for old in list(self._jobs)[:-KEPT]:
            del self._jobs[old]
        self._pool.submit(self._run, job, work)
        return job

    def job(self, id: str) -> Job:
        """The job of this id; NotFound when it is not known any more."""
        if id not in self._jobs:
            raise NotFound(Breach(f"there is no job {id}", "job", "start it again; jobs are forgotten at a restart"))
        return self._jobs[id]

    def _run(self, job: Job, work: Work) -> None:
        job.state = "running"
        try:
            job.result = work(job.strides.append)
            job.state = "done"
        except SmilecurveError as error:
            job.breaches = error.breaches
            job.state = "failed"
        except Exception as error:
            job.breaches = (Breach(f"{type(error).__name__}: {error}", job.what, "tell the makers of Smilecurve"),)
            job.state = "failed"
            raise

    async def stream(self, job: Job) -> AsyncIterator[str]:
        """The job's steps as server-sent events, from the first to the last."""
        told = 0
        while not self._stopping.is_set():
            state = job.state
            for stride in job.strides[told:]:
                told += 1
                yield f"event: step\nid: {told}\ndata: {json.dumps(asdict(stride))}\n\n"
            if state in ("done", "failed"):
                yield f"event: end\ndata: {json.dumps(job.ended(), default=str)}\n\n"
                return
            await asyncio.sleep(0.1)

    @property
    def stopping(self) -> bool:
        """Is the server going down?"""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Let streams end and take no more work."""
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
