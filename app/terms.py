"""On what terms a right is offered, with the version of the rule; what only the tender says is said to stand there.

Source: Mineral (Auction) Rules, 2015, for bids, the preferred bidder and what follows (rule 18); Minerals (Evidence of
Mineral Contents) Rules, 2015, as amended on 14 December 2021, for the stage that a right asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.languages import gettext as _


class Term(NamedTuple):
    """One term in our own words, and the rule that it is from."""

    label: str
    words: str
    rule: str


def terms_of(block: Mapping[str, Any]) -> list[Term]:
    """The terms that follow from the kind of right; none where the kind is not published."""
    concession = block["concession"]
    if concession not in ("CL", "ML", "EL"):
        return []
    auction = _("Mineral (Auction) Rules, 2015, as amended")
    stages = _("Minerals (Evidence of Mineral Contents) Rules, 2015, as amended on 14 December 2021")
    right, stage, wins = {
        "CL": (
            _("A licence to prospect, and to mine by a lease once ore is proved."),
            _("Can be offered from stage G4 on; the rules of 2015 asked for G3."),
            _("The highest percentage of the value of mineral despatched."),
        ),
        "ML": (
            _("The right to mine."),
            _("Needs stage G2."),
            _("The highest percentage of the value of mineral despatched."),
        ),
        "EL": (
            _("A licence to reconnoitre and prospect; it gives no right to mine."),
            _("Asks for no stage that this portal has read."),
            _("The lowest percentage."),
        ),
    }[concession]
    found = [
        Term(_("What it gives"), right, auction),
        Term(_("Stage"), stage, stages),
        Term(_("Which offer wins"), wins, auction),
    ]
    if concession != "EL":
        found.append(
            Term(
                _("After the auction"),
                _(
                    "The preferred bidder pays in part and gets a letter of intent; the grant follows when performance "
                    "security, consents and the plan of work are there."
                ),
                _("Mineral (Auction) Rules, 2015, rule 18"),
            )
        )
    return found
