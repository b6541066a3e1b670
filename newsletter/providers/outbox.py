"""The provider that needs no account: every mail becomes an .eml file, every batch a folder.

A batch is written aside and put in place by one rename. So whatever kills the program, a batch is
there with all its mails or not at all, and the folder's name proves which attempt wrote it.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from newsletter.domain.mailing import Receipt
from newsletter.errors import Busy, Refusal, Rejected, Uncertain
from newsletter.providers.headers import unfit, unfit_recipients
from newsletter.providers.mime import MailForm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsletter.domain.mailing import Mailing
    from newsletter.ports import Clock

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


class OutboxProvider:
    """Writes `<folder>/<campaign>/<attempt>/<place>-<delivery>.eml`."""

    name = "outbox"
    largest_batch = 1000

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._swept: set[Path] = set()

    def submit(self, mailing: Mailing) -> Receipt:
        """Write one mailing; the same attempt again is recognised and written once only."""
        _check(mailing)
        place = self._folder / mailing.message.campaign / mailing.attempt
        receipt = Receipt(reference=f"{mailing.message.campaign}/{mailing.attempt}", status=202)
        if place.is_dir():
            return receipt
        self._sweep(place.parent)
        aside = place.with_name(f".{mailing.attempt}.partial")
        try:
            self._write(mailing, aside)
            aside.rename(place)
            _flush(place.parent)
        except OSError as error:
            raise self._failed(place, error) from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return receipt

    def _sweep(self, campaign: Path) -> None:
        """Remove, once, what killed processes left aside: no living one has it locked."""
        if campaign in self._swept:
            return
        self._swept.add(campaign)
        for left in campaign.glob(".*.partial"):
            with suppress(OSError), _locked(left):
                shutil.rmtree(left)

    def _write(self, mailing: Mailing, aside: Path) -> None:
        aside.mkdir(parents=True)
        with _locked(aside):
            self._fill(mailing, aside)

    def _fill(self, mailing: Mailing, aside: Path) -> None:
        form, now = MailForm(mailing.message), self._clock.now()
        for place, recipient in enumerate(mailing.recipients):
            with (aside / f"{place:04}-{recipient.delivery}.eml").open("wb") as file:
                file.write(form.filled(recipient, attempt=mailing.attempt, date=now))
                file.flush()
                os.fsync(file.fileno())
        _flush(aside)

    def _failed(self, place: Path, error: OSError) -> Busy | Uncertain:
        """The rename decides: before it nothing is in the outbox, after it everything is."""
        if place.is_dir():
            return Uncertain(
                f"the outbox {self._folder} did not confirm a batch ({error.strerror}); "
                "look whether it is there; it is not written again"
            )
        return Busy(
            f"the outbox {self._folder} cannot be written ({error.strerror}); "
            "make room or mend its permissions"
        )


def _check(mailing: Mailing) -> None:
    if not 0 < len(mailing.recipients) <= OutboxProvider.largest_batch:
        raise Rejected(
            f"one batch carries 1 to {OutboxProvider.largest_batch:,} recipients, not "
            f"{len(mailing.recipients):,}; set sending.batch_size lower",
            refusal=Refusal.SIZE,
        )
    names = (mailing.message.campaign, mailing.attempt)
    if not all(_FILE_NAME.match(name) for name in names):
        raise Rejected(
            "the campaign's label and the attempt's id name folders of the outbox and should be "
            "letters, digits, points and dashes",
            refusal=Refusal.MESSAGE,
        )
    unnamed = (
        place
        for place, recipient in enumerate(mailing.recipients)
        if not _FILE_NAME.match(recipient.delivery)
    )
    if bad := {*unfit(mailing.message, mailing.recipients), *unnamed}:
        raise unfit_recipients(tuple(sorted(bad)))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder for as long as the block or the process lasts; OSError where another does."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _flush(folder: Path) -> None:
    """Make a folder's names durable (POSIX keeps them apart from the files' contents)."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
