"""Doing one job so that nothing it meets harms the next."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.domain.job import Job

log = logging.getLogger(__name__)


def done(do: Callable[[Job], None], job: Job) -> bool:
    """Do a job; False where it failed, which is logged. What is still due is found again."""
    try:
        do(job)
    except NewsletterError as error:
        log.warning("the job %s failed: %s", job.key, error)
    except Exception:
        log.exception("the job %s failed", job.key)
    else:
        return True
    return False
