"""A stand-in for SendGrid's v3 API on this machine: to rehearse a send, and to test against.

It enforces the documented limits, keeps a ledger of every acceptance on disk, sends signed events
back, and fails on demand in the ways a provider can fail. Its rules are a reading of SendGrid's
pages, no proof of the service's behaviour.
"""

from newsletter.providers.simulator.events import Rates, Story
from newsletter.providers.simulator.faults import Fault, parse_fault
from newsletter.providers.simulator.server import Simulator

__all__ = ["Fault", "Rates", "Simulator", "Story", "parse_fault"]
