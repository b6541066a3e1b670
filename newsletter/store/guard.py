"""Whether this machine may send from this database: it has not moved here, nor gone back in time.

A database file that another machine sent from is refused (reliability fault F27). A database that
is behind this machine's mark was restored: mails may have left that it does not know of, so every
campaign that could still send is locked until a person decides (F28).
"""

from __future__ import annotations

import hashlib
import os
import socket
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from newsletter.domain.campaign import CAMPAIGN_MOVES, Campaign, CampaignState, Step
from newsletter.errors import DeliveryError
from newsletter.store import campaigns, schema
from newsletter.store.engine import pepper, reading, writing
from newsletter.store.faults import store_name
from newsletter.store.marks import NO_MARK, Mark, MarkFile

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection, Engine

ACTOR = "guard"

RESTORED = (
    "the database is older than what was sent from it, so people may have had this issue already; "
    "look at what the provider took, then decide with `newsletter unlock`"
)
TAKEN_OVER = (
    "the database was taken over on another machine; make sure that no other one sends from a "
    "copy, then decide with `newsletter unlock`"
)
"""Why campaigns are locked."""

_LAST_ENTRY = select(func.coalesce(func.max(schema.transition.c.id), 0)).scalar_subquery()
_KNOWN = select(schema.workspace.c.generation, _LAST_ENTRY)
"""What the database says of itself."""


def enter(engine: Engine, state: Path | None, *, at: datetime) -> tuple[int, MarkFile]:
    """Begin a sending run: its number, which nobody had before, and this machine's mark.

    `state` is the folder of this machine's mark of a PostgreSQL database; a SQLite file has its
    mark beside it. Raises DeliveryError where a person must decide first; see the module.
    """
    with writing(engine) as connection:
        marks = MarkFile(_path(connection, state))
        try:
            stored = marks.read()  # first: others claim meanwhile, and mark after their commit
            known = _stored(connection)
            # Another process may have made the first mark while this one waited for the row.
            at_home = stored is not None or known.generation == 0 or marks.read() is not None
            _refuse_stranger(connection, at_home=at_home)
            marks.raise_to(NO_MARK)  # or who dies right after the commit would look like a stranger
            latest = known | (stored or NO_MARK)
            restored = latest != known
            _begin(connection, latest.generation + 1)
            locked = lock(connection, Step(at, ACTOR, RESTORED)) if restored else ()
            begun = Mark(latest.generation + 1, _stored(connection).entry)
        except BaseException:
            marks.close()
            raise
    (marks.set if restored else marks.raise_to)(begun)
    if not locked:
        return begun.generation, marks
    marks.close()
    raise DeliveryError(
        f"{store_name(engine.url)} was restored from a backup that is older than what was sent "
        f"from it; all that could still send ({len(locked)}) is locked: look at what the "
        "provider took since, then `newsletter unlock ISSUE`"
    )


def take_over(engine: Engine, state: Path | None, step: Step) -> tuple[Campaign, ...]:
    """A person decides that this machine sends from here on; returns what is locked for it.

    Campaigns that could still send are locked, for nobody can tell whether the other machine, or
    the database before it was brought back, has sent more of them.
    """
    with writing(engine) as connection:
        generation = _stored(connection).generation + 1
        _begin(connection, generation)
        locked = lock(connection, step)
        mark = Mark(generation, _stored(connection).entry)
        path = _path(connection, state)
    marks = MarkFile(path)
    marks.set(mark)
    marks.close()
    return locked


def join(engine: Engine, state: Path) -> None:
    """A person says that this machine sends from a PostgreSQL database beside those that do.

    Once it has a mark, nothing changes. Its mark begins where the database stands: that this is no
    restored one, the marks of the others tell.
    """
    with reading(engine) as connection:
        path = _path(connection, state)
        known = Mark(*connection.execute(_KNOWN).one())
    marks = MarkFile(path)
    try:
        marks.raise_to(known)
    finally:
        marks.close()


def refuse_stranger(engine: Engine, state: Path) -> None:
    """DeliveryError where `enter` would refuse this machine as a stranger; begins no run."""
    with reading(engine) as connection:
        marks = MarkFile(_path(connection, state))
        try:
            fresh = connection.execute(select(schema.workspace.c.generation)).scalar_one() == 0
            _refuse_stranger(connection, at_home=fresh or marks.read() is not None)
        finally:
            marks.close()


def lock(connection: Connection, step: Step) -> tuple[Campaign, ...]:
    """Lock every campaign that could still send; returns them."""
    locked = CampaignState.LOCKED
    found = tuple(
        campaign
        for campaign in campaigns.every(connection)
        if locked in CAMPAIGN_MOVES[campaign.state]
    )
    for campaign in found:
        campaigns.move(connection, campaign, locked, step)
    return found


def _stored(connection: Connection) -> Mark:
    """What the database says of itself; its row is held, so that runs begin one by one."""
    connection.execute(select(schema.workspace.c.id).with_for_update()).one()
    return Mark(*connection.execute(_KNOWN).one())


def _begin(connection: Connection, generation: int) -> None:
    host = socket.gethostname()[:100] if connection.dialect.name == "sqlite" else None
    connection.execute(update(schema.workspace).values(generation=generation, host=host))


def _refuse_stranger(connection: Connection, *, at_home: bool) -> None:
    """DeliveryError where this machine has not sent from this database, and another has."""
    host = connection.execute(select(schema.workspace.c.host)).scalar_one()
    elsewhere = host is not None and host != socket.gethostname()[:100]
    if at_home and not elsewhere:
        return
    place = f"on the machine “{host}”" if elsewhere else "from another place"
    shared = connection.dialect.name == "postgresql"
    beside = "; to send beside others, `newsletter worker --join`" if shared else ""
    raise DeliveryError(
        f"{store_name(connection.engine.url)} was last used for sending {place}; a copy must not "
        "send what the original sends, so make sure that nothing else sends from it any more, "
        f"then `newsletter unlock --taken-over`{beside}"
    )


def _path(connection: Connection, state: Path | None) -> str:
    """One file a database: another one in the same place begins without a mark."""
    name = hashlib.sha256(pepper(connection)).hexdigest()[:8]
    if connection.dialect.name == "sqlite":
        return f"{os.path.realpath(str(connection.engine.url.database))}.{name}.mark"
    if state is None:
        raise DeliveryError("sending from PostgreSQL needs a folder for this machine's mark")
    state.mkdir(mode=0o700, exist_ok=True)
    return str(state / f"postgresql.{name}.mark")
