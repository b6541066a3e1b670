"""What a network can do to a request: every toxic of the proxy, and nobody is mailed twice."""

import signal
from urllib.parse import urlsplit

import pytest

from newsletter import config
from newsletter.providers.sendgrid.client import SendGridProvider
from newsletter.providers.sendgrid.transport import Timeouts
from tests.proof import stage
from tests.proof.checker import doubted, violations
from tests.proof.crowd import until
from tests.proof.proxy import Proxy, Toxic

SIZE, PEOPLE = 5, 100


@pytest.fixture
def ready(frozen_file, new_simulator, folder):
    """A frozen campaign and its provider, with nothing in between."""
    simulator = new_simulator(folder / "provider")
    mine = frozen_file.copy(folder / "workspace")
    mine.configure(host=simulator.url, size=SIZE)
    return mine, simulator, folder / "provider" / "ledger.jsonl"


def through(workspace, url, *, patience):
    """Send by way of a proxy; patience in seconds."""
    key = config.sendgrid_key(stage.SECRETS)
    vars(workspace)["provider"] = SendGridProvider(
        key, host=url, clock=workspace.clock, timeouts=Timeouts(patience, patience)
    )


TROUBLES = [
    ((Toxic("latency", "up", 0.05), Toxic("latency", "down", 0.05)), 0),  # F22: slow, in time
    ((Toxic("slicer", "up", 700), Toxic("slicer", "down", 3)), 0),
    ((Toxic("slow_close", "down", 0.1),), 0),
    ((Toxic("timeout", "down", 0.7),), PEOPLE),  # F11: taken, and never answered
    ((Toxic("reset_peer", "up"),), PEOPLE),  # F12: RST after the first bytes
    ((Toxic("limit_data", "up", 900),), PEOPLE),  # F12: cut in the middle of the body
    ((Toxic("limit_data", "down", 15),), PEOPLE),  # F13: half a status line
    ((Toxic("latency", "down", 0.7),), PEOPLE),
]


@pytest.mark.parametrize(("toxics", "most"), TROUBLES, ids=lambda value: str(value)[:60])
def test_f11_f12_f13_f22_a_spoiled_connection_mails_nobody_twice(toxics, most, ready, hear, again):
    mine, simulator, ledger = ready
    workspace = mine.workspace()
    with Proxy(urlsplit(simulator.url).port, *toxics) as proxy:
        through(workspace, proxy.url, patience=0.5 if most else 30)
        again(workspace)
        vars(workspace).pop("provider").close()
    assert violations(str(mine.file), ledger, ended=False) == []
    assert doubted(str(mine.file)) <= most
    assert bool(doubted(str(mine.file))) is bool(most)
    hear(workspace, simulator)
    again(workspace)
    assert violations(str(mine.file), ledger, ended=False) == []
    workspace.close()


def test_f23_bytes_of_a_dead_process_that_arrive_late_mail_nobody_twice(
    ready, start, hear, again, folder
):
    mine, simulator, ledger = ready
    with Proxy(urlsplit(simulator.url).port, Toxic("latency", "up", 600)) as proxy:
        mine.configure(host=proxy.url, size=SIZE)
        victim = start(stage.send, mine, "post:written=kill")
        victim.join()
        assert victim.exitcode == -signal.SIGKILL
        mine.configure(host=simulator.url, size=SIZE)
        workspace = mine.workspace()
        assert again(workspace).state == "unsettled"  # the bytes are still on their way
        assert len(simulator.ledger.acceptances()) == 19
        proxy.released.set()
        until(lambda: len(simulator.ledger.acceptances()) == 20)
    assert violations(str(mine.file), ledger) == []
    hear(workspace, simulator)
    assert stage.the_campaign(workspace).state == "done"
    assert doubted(str(mine.file)) == 0
    assert violations(str(mine.file), ledger) == []
    workspace.close()
