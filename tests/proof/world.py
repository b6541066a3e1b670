"""A world in one thread: its time, its chance and who goes next come from one seed.

Everybody in it is a task (a greenlet). A task runs until it waits, and then the seed decides which
other task goes on, so that two senders can meet at any of their commits, and the same seed always
makes them meet at the same one. A process is a group of tasks that can be killed together.
"""

from __future__ import annotations

import random
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import greenlet

if TYPE_CHECKING:
    from collections.abc import Callable

BEGINNING = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


class Killed(BaseException):
    """The process is gone: nothing catches this, and nothing works after it."""


@dataclass(eq=False)
class Process:
    """What dies together. `life` counts the moments it has left; None is for ever."""

    name: str
    life: int | None = None
    alive: bool = True


@dataclass(eq=False)
class Task:
    """Something that goes on by itself; also the future of what it comes to."""

    name: str
    job: Callable[[], Any]
    process: Process | None
    wake: float
    world: World
    waits_for: Task | None = None
    in_transaction: bool = False
    outcome: Any = None
    error: BaseException | None = None
    ended: bool = False
    let: greenlet.greenlet = field(init=False)

    def __post_init__(self) -> None:
        self.let = greenlet.greenlet(self._run)

    def _run(self) -> None:
        try:
            self.outcome = self.job()
        except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
            self.error = error
        self.ended = True

    def result(self, timeout: float | None = None) -> Any:
        """What it came to; whoever asks waits for it."""
        self.world.wait_for(self)
        if self.error is not None:
            raise self.error
        return self.outcome

    def ready(self, now: float) -> bool:
        if self.process is not None and not self.process.alive:
            return True
        return self.wake <= now and (self.waits_for is None or self.waits_for.ended)


class World:
    """Time, chance, and who goes next; it is a Clock and a Randomness, too."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.seconds = 0.0
        self.tasks: list[Task] = []
        self.running: Task | None = None
        self.history: list[str] = []

    # the seams

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.pause(max(seconds, 0.001))

    def token(self) -> str:
        return f"{self.chance.getrandbits(128):032x}"

    # what tasks do

    def note(self, what: str) -> None:
        name = self.running.name if self.running else "world"
        self.history.append(f"{self.seconds:10.1f}  {name:<12} {what}")

    def spawn(
        self, name: str, job: Callable[[], Any], *, process: Process | None = None, after: float = 0
    ) -> Task:
        self.tasks.append(Task(name, job, process, self.seconds + after, self))
        return self.tasks[-1]

    def pause(self, seconds: float = 0.0) -> None:
        """Let others go on, for so long at least."""
        task = self.running
        if task is None:
            self.seconds += seconds
            return
        assert not task.in_transaction, "somebody waits inside a transaction"
        task.wake = self.seconds + seconds
        task.let.parent.switch()
        self.live()

    def in_transaction(self, is_it: bool) -> None:
        """Whether whoever runs holds the database, and so must not wait."""
        if self.running is not None:
            self.running.in_transaction = is_it

    def wait_for(self, other: Task) -> None:
        task = self.running
        assert task is not None
        task.waits_for = other
        while not other.ended:
            self.pause()
        task.waits_for = None

    def live(self) -> None:
        """One more moment of whoever runs; its process may end in it, and has no others then."""
        process = self.running.process if self.running else None
        if process is None:
            return
        if process.alive and process.life is not None:
            process.life -= 1
            if process.life < 0:
                process.alive = False
                self.note("is killed")
        if not process.alive:
            raise Killed

    def run(self, *until: Task) -> None:
        """Let the world go on until these tasks have ended; all of them where none is named."""
        while any(not task.ended for task in until or self.tasks):
            ready = [task for task in self.tasks if task.ready(self.seconds)]
            if not ready:
                self.seconds = min(task.wake for task in self.tasks if task.waits_for is None)
                continue
            task = self.chance.choice(ready)
            self.running = task
            task.let.parent = greenlet.getcurrent()
            task.let.switch()
            self.running = None
            if task.ended:
                self.tasks.remove(task)
                if task.process is None and task.error is not None:
                    raise task.error


class Lock:
    """A lock, as the world has them: whoever waits for it lets the others go on."""

    def __init__(self, world: World) -> None:
        self.world, self.held = world, False

    def __enter__(self) -> None:
        while self.held:
            self.world.pause(0.1)  # or time would stand still for whoever holds it
        self.held = True

    def __exit__(self, *_: object) -> None:
        self.held = False


class Pool(Executor):
    """Threads, as the world has them: tasks of the process that asks for them."""

    world: World

    def __init__(self, *_: object, **__: object) -> None:
        self.begun: list[Task] = []

    def submit(self, job: Callable[..., Any], /, *arguments: Any, **named: Any) -> Task:
        world = self.world
        name, process = world.running.name, world.running.process
        task = world.spawn(name, lambda: job(*arguments, **named), process=process)
        self.begun.append(task)
        return task

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        for task in self.begun:
            if not task.ended:
                self.world.wait_for(task)
