"""Jobs in threads of this process; what waits is lost with it, and found in the database again."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from newsletter.jobs.doing import done

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from sqlalchemy import Connection, Engine

    from newsletter.domain.job import Job, Queue

_HINTED = "newsletter_jobs"


class LocalJobs:
    """The runner of `jobs: local`. Where nothing is `working`, as in most commands, it forgets."""

    def __init__(self, engine: Engine) -> None:
        """Hear of the engine's transactions."""
        self._waiting: deque[Job] = deque()
        self._running: set[Job] = set()
        self._queues: frozenset[Queue] = frozenset()
        self._changed = threading.Condition()
        event.listen(engine, "rollback", _forget)
        event.listen(engine, "checkin", self._settle)

    def enqueue(self, job: Job, connection: Connection) -> None:
        """As `ports.JobRunner`; the job waits with the connection until that has committed."""
        connection.info.setdefault(_HINTED, []).append(job)

    @contextmanager
    def working(
        self, do: Callable[[Job], None], *, queues: Collection[Queue], concurrency: int
    ) -> Iterator[None]:
        """As `ports.JobRunner`."""
        self._queues = frozenset(queues)
        threads = [
            threading.Thread(target=self._work, args=(do, queue), name=f"{queue}-{number}")
            for queue in self._queues
            for number in range(concurrency)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._queues = frozenset()
                self._waiting.clear()
                self._changed.notify_all()
            for thread in threads:
                thread.join()

    def _work(self, do: Callable[[Job], None], queue: Queue) -> None:
        while (job := self._next(queue)) is not None:
            done(do, job)
            with self._changed:
                self._running.discard(job)
                self._changed.notify_all()

    def _next(self, queue: Queue) -> Job | None:
        """The next job of a queue whose equal is not running; None at the end."""
        with self._changed:
            while self._queues:
                for job in self._waiting:
                    if job.queue is queue and job not in self._running:
                        self._waiting.remove(job)
                        self._running.add(job)
                        return job
                self._changed.wait()
        return None

    def _settle(self, driver: object | None, record: Any) -> None:
        """A connection is given back: what its transactions committed is durable."""
        hinted: list[Job] = record.info.pop(_HINTED, [])
        if driver is None or not hinted:  # it broke, and nobody knows whether they did
            return
        with self._changed:
            for job in hinted:
                if job.queue in self._queues and job not in self._waiting:
                    self._waiting.append(job)
            self._changed.notify_all()


def _forget(connection: Connection) -> None:
    if not connection.invalidated:
        connection.info.pop(_HINTED, None)
