"""Jobs on PostgreSQL, by Procrastinate: committed with the rows they serve, done on any host."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsletter.domain.job import Job, JobName
from newsletter.jobs import tables
from newsletter.jobs.doing import done

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterator
    from typing import LiteralString

    from procrastinate import App
    from procrastinate.jobs import Job as Row
    from sqlalchemy import Connection, Engine

    from newsletter.domain.job import Queue

log = logging.getLogger(__name__)

HEARTBEAT = 5.0
"""Seconds between two signs of life of a worker."""

STALLED = 20.0
"""Seconds without one after which its jobs are another's."""

LOOK = 1.0
"""Seconds between two looks for jobs: a notice that comes during a look is missed."""

ROUND = 5.0
"""Seconds between two looks for jobs of dead workers."""

REST = 3.0
"""Seconds to leave a database alone that has just failed."""


LEAVE = 5.0
"""Seconds that a worker which is told to end may take for its last words to the database."""


class ProcrastinateJobs:
    """The runner of `jobs: procrastinate`."""

    def __init__(self, engine: Engine) -> None:
        """Make the tables where needed; ConfigError where Procrastinate is missing or too old."""
        self._engine = engine
        tables.prepare(engine)

    def enqueue(self, job: Job, connection: Connection) -> None:
        """As `ports.JobRunner`; the job is a row of the same transaction."""
        tables.add(connection, job)

    @contextmanager
    def working(
        self, do: Callable[[Job], None], *, queues: Collection[Queue], concurrency: int
    ) -> Iterator[None]:
        """As `ports.JobRunner`; a database that is away is waited for."""
        names = sorted(queue.value for queue in queues)
        crew = _Crew(self._engine, do, names, concurrency)
        thread = threading.Thread(target=crew.run, name="jobs")
        thread.start()
        try:
            yield
        finally:
            crew.end()
            thread.join()


@dataclass(slots=True)
class _Crew:
    """A thread with Procrastinate's event loop in it."""

    engine: Engine
    do: Callable[[Job], None]
    queues: list[str]
    concurrency: int
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _doing: set[Job] = field(default_factory=set)

    def run(self) -> None:
        """Work until `end`."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._work())

    def end(self) -> None:
        """Let the jobs under way be the last ones; called from another thread."""
        self._loop.call_soon_threadsafe(self._ended.set)

    async def _work(self) -> None:
        # At least one, where no queue is this host's: it still looks after jobs of the dead.
        threads = max(1, self.concurrency * len(self.queues))
        # Procrastinate runs jobs in the loop's own threads.
        self._loop.set_default_executor(ThreadPoolExecutor(threads, "job"))
        while not self._ended.is_set():
            try:
                await self._shift()
            except Exception as error:  # noqa: BLE001 - of asyncio, psycopg, its pool, Procrastinate
                log.warning("jobs wait, for the database is away (%s)", type(error).__name__)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ended.wait(), REST)

    async def _shift(self) -> None:
        """Work until the end, or until something breaks; what is under way is waited for."""
        broken = asyncio.Event()
        app = self._app(broken)
        try:
            await self._first(app.open_async())
            if not self._ended.is_set():
                workers = (self._run(app, queue) for queue in self.queues)
                await self._first(broken.wait(), self._take_over(app), *workers)
        finally:
            await app.close_async()

    async def _first(self, *coroutines: Awaitable[object]) -> None:
        """Until the first of them ends, or work does; then all end."""
        tasks = {asyncio.ensure_future(one) for one in (self._ended.wait(), *coroutines)}
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await self._leave(tasks)
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def _leave(self, tasks: Collection[asyncio.Task[object]]) -> None:
        """Cancel until all have ended. Once is not always enough: asyncio.wait_for of Python 3.11,
        by which a connection is waited for, drops a cancellation that comes with the connection.
        Jobs under way are waited for, as long as they take.
        """
        left = set(tasks)
        while left:
            for task in left:
                task.cancel()
            patient = True
            while left and patient:
                patient = bool(self._doing)
                _, left = await asyncio.wait(left, timeout=LEAVE)

    async def _run(self, app: App, queue: str) -> None:
        await app.run_worker_async(
            queues=[queue],  # by itself: a campaign of hours keeps no rhythm waiting
            concurrency=self.concurrency,
            install_signal_handlers=False,
            fetch_job_polling_interval=LOOK,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=STALLED,
            delete_jobs="always",  # what was done stands in our own tables
        )

    async def _take_over(self, app: App) -> None:
        """Let jobs wait again whose worker has died."""
        while True:
            for row in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED):
                await _wait_again(app, row)
            await asyncio.sleep(ROUND)

    def _app(self, broken: asyncio.Event) -> App:
        from procrastinate import App, PsycopgConnector  # noqa: PLC0415 - an extra
        from procrastinate.exceptions import ConnectorException, UniqueViolation  # noqa: PLC0415

        class Connector(PsycopgConnector):
            """A worker lives on where a job's end could not be written, and would hold the job's
            lock for ever: so that ends the shift, and with it the worker.
            """

            async def execute_query_async(self, query: LiteralString, **arguments: object) -> None:
                try:
                    await super().execute_query_async(query, **arguments)
                except UniqueViolation:  # two jobs alike: an answer, no trouble
                    raise
                except ConnectorException:
                    broken.set()
                    raise

        _, told = self.engine.dialect.create_connect_args(self.engine.url)
        ours = {"options": f"-c search_path={tables.SCHEMA}", "application_name": "newsletter"}
        kwargs = {**told, **ours}
        app = App(connector=Connector(kwargs=kwargs, min_size=1, max_size=6, timeout=10))
        for name in JobName:
            app.task(name=name.value)(self._task(name))
        return app

    def _task(self, name: JobName) -> Callable[..., None]:
        def task(subject: str, share: int) -> None:
            job = Job(name, subject, share)
            self._doing.add(job)
            try:
                done(self.do, job)
            finally:
                self._doing.discard(job)

        return task


async def _wait_again(app: App, row: Row) -> None:
    from procrastinate.exceptions import UniqueViolation  # noqa: PLC0415 - an extra
    from procrastinate.jobs import Status  # noqa: PLC0415

    log.warning("the worker of the job %s has died; another one does it", row.lock)
    try:
        await app.job_manager.retry_job(row)
    except UniqueViolation:  # its equal waits
        await app.job_manager.finish_job(row, Status.FAILED, delete_job=True)
