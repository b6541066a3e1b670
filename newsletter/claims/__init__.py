"""What a brief claims, held against the text it was cut from: numbers, dates, names, quotations.

Both sides are read alike, in every way a form can be meant; a claim stands when one of its readings
is one of the source's. Whatever cannot be read is silence, never an alarm.
"""

from newsletter.claims.claim import Claim, ClaimKind
from newsletter.claims.holding import claims_of
from newsletter.claims.source import Source

__all__ = ["Claim", "ClaimKind", "Source", "claims_of"]
