"""SpamAssassin's opinion of a mail, where it is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

from newsletter.render.checks.known import SpamScore

# Local tests only: the mail has not left, so no network of reporters can know it.
_SPAM_FILTERS = (("spamassassin", "-L", "-t"), ("spamc",))
_PATIENCE = 60
_ITS_ENVIRONMENT = ("PATH", "HOME", "LANG")  # and none of our secrets
_STATUS = re.compile(
    rb"^X-Spam-Status:\s*\w+,\s*score=(-?[\d.]+)\s+required=([\d.]+)\s+tests=([\w,\s]*?)\s+\w+=",
    re.MULTILINE,
)


def scored(mail: bytes) -> tuple[SpamScore | None, bool]:
    """SpamAssassin's score, and whether there is no SpamAssassin."""
    for name, *options in _SPAM_FILTERS:
        program = shutil.which(name)
        if program is None:
            continue
        try:
            done = subprocess.run(  # noqa: S603 - the two names above, found on the PATH
                [program, *options],
                input=mail,
                capture_output=True,
                timeout=_PATIENCE,
                check=False,
                env={name: os.environ[name] for name in _ITS_ENVIRONMENT if name in os.environ},
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        # spamc hands the mail back as it was when its daemon does not run.
        if found := _STATUS.search(done.stdout):
            reasons = tuple(name.decode() for name in re.split(rb"[,\s]+", found[3]) if name)
            return SpamScore(float(found[1]), float(found[2]), reasons), False
    return None, True
