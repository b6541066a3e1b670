"""Workers as on many hosts, one PostgreSQL, a real provider: shared, killed, cut off, stopped."""

import signal
import threading
import time
from contextlib import suppress
from itertools import count

import pytest
from sqlalchemy import make_url, select

from newsletter.domain.campaign import CampaignState
from newsletter.domain.job import Job, JobName
from newsletter.errors import DeliveryError, StoreError
from newsletter.store import accounting, schema
from newsletter.store.engine import reading, writing
from tests.proof import crowd, stage
from tests.proof.checker import doubted, violations
from tests.proof.crowd import SIZE, hint, until
from tests.proof.island import Island, Landing, NotPermitted, to, to_socket_file

ENDED = (CampaignState.DONE, CampaignState.UNSETTLED)
KILLED_AT = (
    "recovery:committed=kill@1",
    "claim:taken=kill@1",
    "claim:committed=kill@1",
    "post:ready=kill@1",
    "post:accepted=kill@2",
    "record:ready=kill@2",
    "record:committed=kill@2",
)
PEOPLE = 400


@pytest.fixture
def provider(new_simulator, folder):
    return new_simulator(folder / "provider")


@pytest.fixture
def place(postgresql_server, fresh_database, folder, provider):
    with fresh_database(postgresql_server) as url:
        yield crowd.Crowd(folder, url, provider.url)


@pytest.fixture
def desk(place):
    workspace = place.frozen(PEOPLE)
    yield workspace
    workspace.close()


@pytest.fixture
def hosts(place, start, processes):
    """Start workers, each on a host of its own and to its failpoint; wait until they take jobs."""
    numbers = count(1)

    def begin(*points):
        begun = []
        for point in points:
            ready = processes.Event()
            mine = place.host(f"host{next(numbers)}")
            begun.append((mine, start(crowd.work, mine, ready, point), ready))
        assert all(ready.wait(30) for _, _, ready in begun)
        return [(mine, process) for mine, process, _ in begun]

    return begin


def judged(place, folder):
    return violations(place.url, folder / "provider" / "ledger.jsonl")


def ended(desk):
    return stage.the_campaign(desk).state in ENDED


def submitting(desk):
    with reading(desk.engine) as connection:
        query = select(schema.batch.c.id).where(schema.batch.c.state == "submitting")
        return connection.execute(query).all()


def claims_of(mine):
    """How far a host's own mark came: zero where it never claimed."""
    (mark,) = mine.root.glob(".newsletter/*.mark")
    return int(mark.read_text().split()[1])


def sent_to_all(desk, place, folder, provider):
    """A person decides what is in doubt, and all have it once."""
    if doubted(place.url):
        stage.send_again_what_is_in_doubt(desk)
    if stage.the_campaign(desk).state != "done":
        stage.dispatch(desk, stage.the_campaign(desk))
    assert judged(place, folder) == []
    return sum(len(one.people) for one in provider.ledger.effective())


def test_four_hosts_send_one_campaign_together(place, desk, hosts, provider, folder):
    begun = [(mine, claims_of(mine)) for mine, _ in hosts(*[""] * 4)]
    hint(desk)
    until(lambda: ended(desk))
    assert judged(place, folder) == []
    assert doubted(place.url) == 0
    assert len(provider.ledger.acceptances()) == PEOPLE / SIZE
    assert all(claims_of(mine) > before for mine, before in begun)


def test_killed_hosts_are_replaced_and_nobody_gets_two(place, desk, hosts, folder, hear, provider):
    """Seven die, each at another step; the one that is left brings the campaign to its end."""
    (_, steady), *doomed = hosts("", *KILLED_AT)
    hint(desk)
    until(lambda: hint(desk) and ended(desk))
    killed = sum(process.exitcode == -signal.SIGKILL for _, process in doomed)
    assert killed >= 5
    assert steady.is_alive()
    assert judged(place, folder) == []
    assert doubted(place.url) <= killed * SIZE
    hear(desk, provider)
    assert sent_to_all(desk, place, folder, provider) == PEOPLE


def test_a_killed_worker_s_job_is_done_by_another_without_a_new_hint(place, desk, hosts, folder):
    ((_, first),) = hosts("claim:taken=kill@1")
    with writing(desk.engine) as connection:
        desk.jobs.enqueue(Job(JobName.DISPATCH, "1"), connection)
    first.join()
    assert first.exitcode == -signal.SIGKILL
    hosts("")
    until(lambda: ended(desk))
    assert judged(place, folder) == []


def test_f34_sessions_that_end_while_three_hosts_send(place, desk, hosts, folder, hear, provider):
    hosts("", "", "")
    hint(desk)
    cut = 0
    for _ in range(8):
        cut += place.end_sessions()
        with suppress(StoreError):  # the desk's own sessions are cut, too
            hint(desk)
        time.sleep(0.1)
    until(lambda: hint(desk) and ended(desk))
    assert cut > 12
    assert judged(place, folder) == []
    hear(desk, provider)
    assert sent_to_all(desk, place, folder, provider) == PEOPLE


@pytest.fixture
def island():
    """A host's network of its own."""
    cable = Island()
    try:
        cable.__enter__()
    except NotPermitted as reason:
        pytest.skip(f"network namespaces are not to be had here: {reason}")
    yield cable
    cable.__exit__()


def test_a_host_whose_cable_is_pulled_in_mid_send_mails_nobody_twice(
    place, desk, hosts, folder, hear, provider, island, start, processes
):
    """The provider took its third batch, and no answer came: in doubt, until the cable is back."""
    pulled, answers, ready = threading.Event(), count(1), processes.Event()

    def answering():
        if next(answers) == 3:
            island.pull()
            pulled.set()

    url, port = make_url(place.url), int(provider.url.rsplit(":", 1)[1])
    with (
        Landing((island.here, 0), to_socket_file(url), soon=True) as database,
        Landing((island.here, 0), to(("127.0.0.1", port)), answering=answering) as door,
    ):
        reached = url.set(host=island.here, port=database.place[1], query={})
        apart = crowd.Crowd(
            folder,
            reached.render_as_string(hide_password=False),
            f"http://127.0.0.1:{door.place[1]}",
        )
        mine = apart.host("island")
        cut_off = start(crowd.work_apart, mine, ready, island.name, door.place)
        assert ready.wait(30)
        hint(desk)
        assert pulled.wait(30)
        hosts("")
        until(lambda: hint(desk) and ended(desk))
        assert judged(place, folder) == []
        assert doubted(place.url) == SIZE
        assert cut_off.is_alive()
        landed = database.landed
        island.plug()
        # What TCP sends again, it sends after twice as long each time.
        until(lambda: database.landed > landed and doubted(place.url) == 0, seconds=60)
        cut_off.terminate()
        cut_off.join(60)
    assert cut_off.exitcode == 0
    assert judged(place, folder) == []
    assert len(provider.ledger.acceptances()) == PEOPLE / SIZE


def test_a_worker_that_is_told_to_stop_leaves_nothing_in_doubt(place, desk, hosts, folder):
    ((_, process),) = hosts("")
    hint(desk)
    until(lambda: submitting(desk))
    process.terminate()
    process.join(60)
    assert process.exitcode == 0
    assert submitting(desk) == []
    assert doubted(place.url) == 0
    with reading(desk.engine) as connection:
        assert accounting.account(connection, 1).states["planned"]  # it did not go on to the end
    hosts("")
    hint(desk)
    until(lambda: ended(desk))
    assert judged(place, folder) == []


def test_a_host_that_did_not_join_is_refused(place, desk, hosts):
    hosts("")
    hint(desk)
    until(lambda: ended(desk))
    stranger = place.host("stranger").workspace()
    with pytest.raises(DeliveryError, match="from another place"):
        stage.dispatch(stranger, stage.the_campaign(stranger))
    stranger.close()
