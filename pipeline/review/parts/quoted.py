"""A touchpoint's quotes as a list to tick: filtered, in an order, a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.publish import evidence
from pipeline.publish.lookup import Lookup, read
from pipeline.review.parts import filtering
from pipeline.review.parts.filtering import Filters, address
from pipeline.review.state.view import View
from pipeline.tables import FLAGS, Flag, Mention

PAGE = 30
LEAST_SURE = "doubt"
SORTS = (
    ("", "most telling first"),
    (LEAST_SURE, "least sure first"),
    ("new", "newest first"),
    ("old", "oldest first"),
)
FLAGGED = "flagged"
"""As a kind: only quotes that a decision asks to look at again."""
_FLAG_WORDS = {
    "redefined": "its touchpoint was redefined",
    "like_split": "more like what was split off",
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a quote should be looked at again, and where it may belong."""

    why: str
    decision_id: str
    touchpoint_id: str
    touchpoint: str


@dataclass(frozen=True, slots=True)
class Item:
    """A quote in the list."""

    quote: evidence.Quote
    seen: str
    segment: str
    pain: str
    sureness: float
    doubt: Doubt | None


@dataclass(frozen=True, slots=True)
class Quotes:
    """One page of a touchpoint's quotes."""

    items: tuple[Item, ...]
    n_fitting: int
    n_all: int
    number: int
    n_pages: int
    earlier: str
    """Address of the page before, '' on the first."""
    later: str
    choices: Mapping[str, list[tuple[str, str]]]


def list_quotes(view: View, touchpoint_id: str, filters: Filters, path: str) -> Quotes:
    """Return a page of the quotes of a touchpoint that meet the filters."""
    lookup, flags = view.lookup, doubts(view)
    everything = lookup.mentions_at.get(touchpoint_id, [])
    fitting = [m for m in filtering.kept(lookup, filters, everything) if _fits(m, filters, flags)]
    number, n_pages = filters.number(-(-len(fitting) // PAGE))
    shown = _sorted(lookup, fitting, filters.sort)[(number - 1) * PAGE : number * PAGE]
    pains = {p.pain_point_id: p.name for p in lookup.pains_at.get(touchpoint_id, [])}
    return Quotes(
        items=tuple(_item(view, m, pains, flags) for m in shown),
        n_fitting=len(fitting),
        n_all=len(everything),
        number=number,
        n_pages=n_pages,
        earlier=_page(path, filters, number - 1) if number > 1 else "",
        later=_page(path, filters, number + 1) if number < n_pages else "",
        choices={
            "segment": filtering.segments(lookup),
            "source": filtering.sources(lookup),
            "mood": [("", "any mood"), *filtering.MOODS[:3]],
            "kind": _kinds(everything, flags),
            "pain": [("", "any pain point"), *pains.items()],
            "sort": list(SORTS),
        },
    )


def doubts(view: View) -> dict[str, Doubt]:
    """Return the quotes to look at again, by mention_id."""
    names = view.lookup.touchpoints
    return {
        flag.mention_id: Doubt(
            _FLAG_WORDS.get(flag.reason, flag.reason.replace("_", " ")),
            flag.decision_id,
            flag.touchpoint_id if flag.touchpoint_id in names else "",
            names[flag.touchpoint_id].name if flag.touchpoint_id in names else "",
        )
        for flag in _flags(view)
    }


def _flags(view: View) -> list[Flag]:
    return read(view.tables, FLAGS)


def _page(path: str, filters: Filters, number: int) -> str:
    page = "" if number == 1 else str(number)
    return address(path, replace(filters, page=page)) + "#quotes"


def _fits(mention: Mention, filters: Filters, flags: Mapping[str, Doubt]) -> bool:
    return (
        filters.kind in ("", mention.kind)
        or (filters.kind == FLAGGED and mention.mention_id in flags)
    ) and (
        filters.pain in ("", mention.pain_point_id)
        and filters.mood in ("", filtering.mood_of(mention.polarity))
        and filtering.fits_words(filters.words, mention.quote)
    )


def _kinds(mentions: list[Mention], flags: Mapping[str, Doubt]) -> list[tuple[str, str]]:
    known = sorted({m.kind for m in mentions})
    flagged = any(m.mention_id in flags for m in mentions)
    choices = [("", "any kind"), *((kind, kind) for kind in known)]
    return [*choices, (FLAGGED, "to look at again")] if flagged else choices


def _sorted(lookup: Lookup, mentions: list[Mention], order: str) -> list[Mention]:
    if order == LEAST_SURE:
        return sorted(mentions, key=lambda m: (m.confidence, m.mention_id))
    if order in ("new", "old"):
        return sorted(mentions, key=lambda m: when(lookup, m), reverse=order == "new")
    return evidence.telling(mentions, len(mentions))


def when(lookup: Lookup, mention: Mention) -> tuple[str, str, int, int]:
    """Return what sorts mentions in the order in which they were said."""
    document, turn = lookup.documents.get(mention.document_id), lookup.turns.get(mention.turn_id)
    at = document.occurred_at if document else ""
    return at, mention.document_id, turn.position if turn else 0, mention.start


def _item(
    view: View, mention: Mention, pains: Mapping[str, str], flags: Mapping[str, Doubt]
) -> Item:
    quote = evidence.quote(view.lookup, mention.mention_id)
    assert quote is not None  # noqa: S101 - the mention comes from the same lookup
    document = view.lookup.documents.get(mention.document_id)
    return Item(
        quote=quote,
        seen=view.seen(mention.mention_id),
        segment=document.segment if document else "",
        pain=pains.get(mention.pain_point_id, ""),
        sureness=mention.confidence,
        doubt=flags.get(mention.mention_id),
    )
