"""Untrusted work in processes of their own: hostile feeds, pages, templates and pictures.

A child is a fresh interpreter without our environment, so it knows no secret; it may use so much
memory and so much time, and when it dies, one call has failed and nothing else.
"""

from newsletter.isolation.limits import Limits
from newsletter.isolation.pool import Isolation, shared

__all__ = ["Isolation", "Limits", "shared"]
