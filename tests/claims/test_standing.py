"""Where in its source a claim stands."""

import pytest

from newsletter.claims import Source, claims_of
from newsletter.claims.standing import standing

SOURCE = Source(
    "Castellan opens a school\n\nThe course takes 18 months from 5 March 2026 and is free, said "
    "Odile Marchetti. Revenue rose 18 percent. “We lose a setter a month to old age,” she said."
)


@pytest.mark.parametrize(
    ("text", "claim", "place"),
    [
        ("It rose 18%.", "18%", "18 percent"),
        ("It takes eighteen months.", "eighteen", "18"),
        ("It opens on March 5.", "March 5", "5 March 2026"),
        ("Ms Marchetti said so.", "Marchetti", "Marchetti"),
        ("“We lose a setter … to old age.”", "We lose a setter … to old age.", "We lose a setter"),
        (
            "It rose 19%.",
            "19%",
            "Revenue rose 18 percent",
        ),
    ],
)
def test_a_claim_leads_to_its_place_or_to_the_nearest_passage(text, claim, place):
    found = {one.text: one for one in claims_of(text, SOURCE, language="en")}
    start, end = standing(found[claim], SOURCE, language="en")
    assert SOURCE.text[start:end] == place
