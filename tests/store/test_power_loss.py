"""A power cut right after a claim was committed: its request may have left, so the claim must be
on the disk (F33). With less than full durability it is not, which shows that this test can tell.
"""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from newsletter.domain.campaign import CampaignState
from newsletter.store import campaigns
from newsletter.store.engine import writing

DRIVER = Path(__file__).with_name("power_cut.py")


@pytest.fixture
def after_cuts(file, people, freeze, step, tmp_path):
    """Attempts on the disk after a cut following each of four claims, by how SQLite was set."""
    people(file, 20)
    frozen = freeze(file)
    with writing(file) as connection:
        campaigns.move(connection, frozen, CampaignState.SENDING, step())
    file.dispose()

    def cut(synchronous):
        place = tmp_path / synchronous.replace(" ", "-")
        shutil.copytree(Path(file.url.database).parent, place / "store")
        database = place / "store" / "newsletter.db"
        subprocess.run([sys.executable, DRIVER, database, place, synchronous], check=True)
        return [_attempts(place / str(number) / "newsletter.db") for number in range(4)]

    return cut


def _attempts(path):
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = connection.execute("SELECT id FROM attempt ORDER BY id").fetchall()
    return [int(row[0]) for row in rows]


def test_every_claim_that_returned_outlives_a_power_cut(after_cuts):
    assert after_cuts("as we set it") == [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]


def test_without_full_durability_claims_would_be_lost(after_cuts):
    assert after_cuts("NORMAL") != [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]
