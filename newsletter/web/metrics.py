"""The figures for Prometheus, on a port of their own: a proxy before the pages never shows them.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from newsletter.errors import NewsletterError
from newsletter.usecases.health import Census

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from newsletter.app import Workspace
    from newsletter.usecases.pulse import Pulse

log = logging.getLogger(__name__)


@contextmanager
def metrics_at(host: str, port: int, workspace: Workspace, pulse: Pulse | None) -> Iterator[int]:
    """Answer at `host` and `port` for as long as the block lasts; gives the port, which is a free
    one for 0. NewsletterError where it cannot be had.
    """
    registry = CollectorRegistry()
    registry.register(_Watched(workspace, pulse))
    ProcessCollector(registry=registry)
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise NewsletterError(
            f"{host}:{port} cannot be used ({error.strerror}); choose another with --metrics"
        ) from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Watched(Collector):
    """Asks anew each time it is scraped."""

    def __init__(self, workspace: Workspace, pulse: Pulse | None) -> None:
        self._census, self._pulse = Census(workspace), pulse

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing is asked of the database before the first scrape."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every family; without the database, only that it is away, and the timer's."""
        if self._pulse is not None:
            yield _one("timer_age_seconds", "Since the timer did anything.", self._pulse.age)
            yield _one("timer_restarts", "How often it had died.", self._pulse.restarts)
            doubted = bool(self._pulse.doubt())
            yield _one("clock_doubted", "1 where nothing is begun by it.", doubted)
            yield _one("leader", "1 where this process leads.", self._pulse.leads())
        try:
            figures = self._census.figures()
        except NewsletterError as error:
            log.warning("nothing can be counted: %s", error)
            yield _one("database_up", "1 where the database answers.", 0)
            return
        yield _one("database_up", "1 where the database answers.", 1)
        for name, about, counts in (
            ("campaigns", "Campaigns by state.", figures.campaigns),
            ("deliveries", "Deliveries of the last 30 days by state.", figures.deliveries),
            ("batches", "Batches by state; what is ready is the queue.", figures.batches),
            ("notices", "Notices by state.", figures.notices),
        ):
            yield _by_state(name, about, counts)
        for name, about, number in (
            ("confirmations_due", "Confirmations to be mailed.", figures.confirmations_due),
            ("gathers_failing", "Gathers that failed and go on.", figures.gathers_failing),
            ("occurrences_overdue", "Due, and begun by nobody.", figures.occurrences_overdue),
            ("events_waiting_posts", "Posts of events to be folded.", figures.events_waiting),
            ("events_lag_seconds", "How long the oldest has waited.", figures.events_lag),
        ):
            yield _one(name, about, number)


def _one(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"newsletter_{name}", about, value=float(value))


def _by_state(name: str, about: str, counts: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"newsletter_{name}", about, labels=["state"])
    for state, number in sorted(counts.items()):
        family.add_metric([state], number)
    return family
