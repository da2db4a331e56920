"""What a brief lets the levers' texts name, and which of its quotes read best in a sentence."""

from collections.abc import Sequence

from pipeline.briefs import Brief, Neighbour, Quote
from pipeline.engines.embedded.languages import mood_in
from pipeline.engines.embedded.verdicts import denies, is_doubtful, praises_in_words
from pipeline.engines.embedded.wording import capital, cite
from pipeline.methods.languages import PARTLY

_FEWEST_PRAISE = 2
_PRAISE_FOR_PAINS = 0.25
"""Among many complaints a rare praise is mostly a sarcasm or a misreading ("never seen totals like
yours"): so many customers praise for each one who complains, or none is cited."""


def praise_to_cite(brief: Brief) -> Quote | None:
    """Return the praise that reads best, or None where too few customers praise to believe it."""
    n = max(brief.n_praise_customers, len({quote.customer_id for quote in brief.praises}))
    least = max(_FEWEST_PRAISE, _PRAISE_FOR_PAINS * brief.n_pain_customers)
    return typical(firm(brief.praises)) if n >= least else None


def strongest(neighbours: tuple[Neighbour, ...]) -> Neighbour | None:
    """Return the neighbour customers named as a cause, else the most frequent one."""
    return max(
        neighbours,
        key=lambda n: (n.kind == "influences", n.n_customers, n.touchpoint_id),
        default=None,
    )


def typical(quotes: Sequence[Quote]) -> Quote | None:
    """Return the quote that reads best inside a sentence, or None when none can be cited."""
    return min((quote for quote in quotes if cite(quote.text)), key=readable, default=None)


def firm(praises: Sequence[Quote]) -> tuple[Quote, ...]:
    """Return the praises that a second reading bears out: the mood head's say is not enough.

    The other is the outcome ("worked", of what is told without a "not") or a word that praises, in
    the language of the quote, and no turn of phrase that makes it doubtful.
    """
    return tuple(q for q in praises if not is_doubtful(q.text) and _is_borne_out(q))


def _is_borne_out(quote: Quote) -> bool:
    """Tell whether more than the mood says that a quote praises."""
    is_told = quote.outcome == "worked" and not denies(quote.text)
    if is_told or praises_in_words(quote.text):
        return True
    # Read as another language, "on top of the bill" would be praise.
    languages = [one for one in PARTLY if quote.language in {"", one}]
    return any(float(mood_in(language, [quote.text])[0]) > 0 for language in languages)


def readable(quote: Quote) -> tuple[int, str]:
    """Order quotes by how well they read inside a sentence."""
    return (abs(len(quote.text) - 80) if cite(quote.text) else 10_000), quote.mention_id


def gather_facts(brief: Brief, cause: Neighbour | None) -> dict[str, str]:
    """Return what templates may name; '' where the brief does not say it."""
    team = brief.owner or "the team in charge"
    prev = cause.name if cause else ""
    other = cause.owner if cause and cause.owner != brief.owner else ""
    prev_team = other or f"the team behind {prev}"
    stated = cause is not None and cause.kind == "influences"
    most = cause is not None and not stated and 2 * cause.n_customers > brief.n_customers
    counted = brief.worst_segment and 1 <= brief.n_segment_pain <= brief.n_segment
    return {
        "tp": brief.name,
        "team": team,
        "Team": capital(team),
        "prev": prev,
        "prev_team": prev_team,
        "Prev_team": capital(prev_team),
        "prev_said": "yes" if stated else "",
        "prev_usual": "yes" if cause and not stated else "",
        "prev_most": "yes" if most else "",
        "segment": brief.worst_segment if counted else "",
        "seg_k": str(brief.n_segment_pain),
        "seg_n": str(brief.n_segment),
        "praise": "yes" if praise_to_cite(brief) else "",
    }
