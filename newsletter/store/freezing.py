"""The freeze: audience and bytes of a campaign fixed in one transaction, set by set.

Nothing is read into the program: candidates, exclusions, batches and deliveries are made by the
database from one query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, literal, select, text

from newsletter import failpoints
from newsletter.domain.campaign import Campaign, CampaignState, Step, batch_size
from newsletter.domain.mailing import UNTRACKED, Tracking
from newsletter.domain.trial import is_tried, of_subject, rotation
from newsletter.errors import DeliveryError
from newsletter.store import redirects, schema, subjects, waves
from newsletter.store.campaigns import log
from newsletter.store.candidates import Wanted, candidates, place_of_version
from newsletter.store.groups import Grouping, count_groups, planned
from newsletter.store.links import keep_briefs, keep_links
from newsletter.store.placing import insert_batches, insert_deliveries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Select

    from newsletter.domain.hours import Wave, Waves
    from newsletter.domain.rendition import Rendition
    from newsletter.domain.segment import Rule
    from newsletter.domain.trial import Trial
    from newsletter.domain.version import Version
    from newsletter.store.groups import Group


DIGITS = 32
"""Of a person's keyed digest."""


def freeze(
    connection: Connection,
    campaign: Campaign,
    *,
    occurrence: str,
    renditions: Sequence[Rendition],
    rule: Rule | None,
    largest_batch: int,
    actor: str,
    versions: Sequence[Version] = (),
    memberships: Mapping[str, Rule] | None = None,
    own_batches: Sequence[str] = (),
    canary: int = 0,
    audience: Select[Any] | None = None,
    hours: Waves | None = None,
    trial: Trial | None = None,
    tracking: Tracking = UNTRACKED,
) -> int:
    """Fix audience and bytes of a campaign, in the caller's transaction; returns its id.

    Candidates are everybody who ever subscribed to the list and fits the segment; each becomes a
    delivery in a batch, or an exclusion with a reason. Who has the issue by another campaign is
    excluded: nobody gets an issue twice for being on two lists. `campaign.id` is ignored. The
    transaction must not have asked anything before, for the freeze needs one view to its end.

    With `versions`, what somebody reads follows from the segments in `memberships` they are in; a
    batch has one version, and only renditions with readers are kept. People of the domains in
    `own_batches` share batches with nobody else. The first batches hold exactly `canary` people, if
    there are more than that, and the others wait behind `open_through`. `audience` asks for others
    than the candidates, in the same columns.

    With `hours` people share batches with those of their wave alone, and the campaign's hour is
    the first wave's. Where enough people are there for a `trial`, it takes the canary's place. Who
    agreed to `tracking` shares batches with nobody else.
    """
    _take_snapshot(connection)
    named = memberships or {}
    now = campaign.frozen_at
    wanted = Wanted(
        campaign.issue,
        campaign.list_key,
        rule,
        named,
        now,
        mailed_at=campaign.send_at or now,
        by_zone=hours is not None,
    )
    if audience is None:
        audience = candidates(connection, wanted)
    people = audience.subquery()
    total, mailed = connection.execute(
        select(func.count(), func.count().filter(people.c.excluded.is_(None))).select_from(people)
    ).one()
    tried = trial if trial is not None and trial.size(mailed) else None
    renditions = [one for one in renditions if tried or not is_tried(one.version)]
    first = tried.size(mailed) if tried else canary
    grouping = Grouping(
        versions=tuple(version.key for version in versions) or (renditions[0].version,),
        domains=("", *own_batches),
        first=first if first < mailed else 0,
        waves=hours,
        subjects=len(tried.subjects) if tried else 0,
        turn=rotation(campaign.issue, DIGITS) if tried else 0,
        tracking=tracking,
    )
    mailings = planned(people, place_of_version(people.c.segments, versions, named), grouping)
    size = batch_size(mailed, largest_batch)
    groups = count_groups(connection, mailings, grouping, mailed=mailed, size=size)
    moments = _moments(hours, groups)
    campaign_id = _insert_campaign(connection, campaign, occurrence, total, groups, moments=moments)
    failpoints.reach("freeze:begun")
    _insert_renditions(connection, campaign_id, renditions, _versions(groups, tried))
    waves.keep(connection, campaign_id, moments)
    if tried is not None:
        subjects.keep(connection, campaign_id, tried)
    keep_links(connection, campaign_id, renditions)
    keep_briefs(connection, campaign_id, renditions)
    redirects.keep(connection, campaign.issue, renditions)
    insert_batches(connection, campaign_id, groups, hours)
    with_fields = any(
        token.field.startswith("reader.") for rendition in renditions for token in rendition.tokens
    )
    insert_deliveries(connection, campaign_id, mailings, groups, size, with_fields=with_fields)
    failpoints.reach("freeze:people")
    connection.execute(
        insert(schema.exclusion).from_select(
            ["campaign_id", "subscriber_id", "reason"],
            select(literal(campaign_id), people.c.subscriber_id, people.c.excluded).where(
                people.c.excluded.is_not(None)
            ),
        )
    )
    log(connection, campaign_id, Step(campaign.frozen_at, actor), before="", after="frozen")
    failpoints.reach("freeze:whole")
    return campaign_id


def _take_snapshot(connection: Connection) -> None:
    """Let every query of this transaction see the same people, and one freeze at a time.

    SQLite keeps other writers out. PostgreSQL shows each statement what others committed before it,
    unless it is told not to; the lock comes first, for only a lock is taken before the snapshot.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        connection.execute(text("LOCK TABLE campaign IN SHARE ROW EXCLUSIVE MODE"))


def _insert_campaign(
    connection: Connection,
    campaign: Campaign,
    occurrence: str,
    total: int,
    groups: Sequence[Group],
    *,
    moments: Sequence[Wave],
) -> int:
    envelope = campaign.envelope
    hours = [wave.at for wave in moments if wave.at is not None]
    slice_end = max((one.first + one.batches - 1 for one in groups if one.canary), default=None)
    inserted = connection.execute(
        insert(schema.campaign).values(
            issue=campaign.issue,
            list_key=campaign.list_key,
            segment=campaign.segment,
            occurrence=occurrence,
            state=CampaignState.FROZEN,
            envelope={
                "sender": {"email": envelope.sender.email, "name": envelope.sender.name},
                "reply_to": envelope.reply_to,
                "list_id": envelope.list_id,
                "base_url": envelope.base_url,
                "list_title": envelope.list_title,
            },
            digest=campaign.digest,
            candidates=total,
            frozen_at=campaign.frozen_at,
            send_at=min(hours, default=campaign.send_at),
            hour=waves.hour_text(campaign.hour),
            open_through=slice_end,
        )
    )
    key = inserted.inserted_primary_key
    return int(key[0]) if key else 0


def _insert_renditions(
    connection: Connection,
    campaign_id: int,
    renditions: Sequence[Rendition],
    versions: set[str],
) -> None:
    """Keep what has readers; DeliveryError where somebody's version was not rendered."""
    rendered = {rendition.version: rendition for rendition in renditions}
    for version in sorted(versions):
        if version not in rendered:
            raise DeliveryError(
                f"the version “{version}” has readers now, and was not rendered; run this again"
            )
        rendition = rendered[version]
        connection.execute(
            insert(schema.rendition).values(
                campaign_id=campaign_id,
                version=version,
                subject=rendition.subject,
                preheader=rendition.preheader,
                html=rendition.html,
                text=rendition.text,
                tokens=[
                    [token.placeholder, token.field, token.part, token.fallback]
                    for token in rendition.tokens
                ],
            )
        )


def _moments(hours: Waves | None, groups: Sequence[Group]) -> tuple[Wave, ...]:
    """The waves that have people."""
    if hours is None:
        return ()
    return tuple(hours.waves[place] for place in sorted({group.wave for group in groups}))


def _versions(groups: Sequence[Group], trial: Trial | None) -> set[str]:
    """What somebody gets, or will where its subject wins."""
    found = {group.version for group in groups}
    if trial is None:
        return found
    places = range(1, len(trial.subjects) + 1)
    rest = {group.version for group in groups if not group.canary}
    return found | {of_subject(version, place) for version in rest for place in places}
