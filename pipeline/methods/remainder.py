"""What customers said that belongs to no touchpoint: how much it is, and what it sounds like."""

from pipeline.schema import Tables
from pipeline.tables import MENTIONS, REJECTS

_STAGE, _FITS_NONE = "resolve", "unassigned"
"""The stage that gives quotes their touchpoint, and the reason of a reject that is a bare quote."""
_EXAMPLES = 3
_BRIEF = 14
"""A shorter text tells a reader little; it is shown after longer ones."""


def remainder_note(tables: Tables) -> str:
    """Return `12 of 340 quotes (4 %) belong to no touchpoint`; '' when there is no quote.

    All count that got no touchpoint: quotes like no others, small talk, groups of too few.
    """
    rejects = tables.get("rejects", REJECTS.frame())
    left = int((rejects["stage"] == _STAGE).sum())
    n_quotes = left + len(tables.get("mentions", MENTIONS.frame()))
    if n_quotes == 0:
        return ""
    noun, verb = "quote" if n_quotes == 1 else "quotes", "belongs" if left == 1 else "belong"
    return f"{left:,} of {n_quotes:,} {noun} ({_percent(left, n_quotes)}) {verb} to no touchpoint"


def remainder_examples(tables: Tables) -> list[str]:
    """Return up to three quotes that are in no group and at no touchpoint, no text twice."""
    rejects = tables.get("rejects", REJECTS.frame())
    own = rejects[(rejects["stage"] == _STAGE) & (rejects["reason"] == _FITS_NONE)]
    quotes = dict.fromkeys(own.sort_values("row_id")["detail"])
    return sorted(quotes, key=lambda quote: len(quote) < _BRIEF)[:_EXAMPLES]


def _percent(part: int, whole: int) -> str:
    """Return a share in whole per cent; what is not all or nothing is never shown as that."""
    share = part / whole
    if 0 < share < 0.005:
        return "<1 %"
    return ">99 %" if 0.995 <= share < 1 else f"{share * 100:.0f} %"
