"""The quote gate: what an engine says counts only when a customer said it, word for word.

An engine claims that a quote stands in a turn. The gate looks for the whole quote, folded (see
`folding`), in that turn, then in the other turns of the same document and nowhere else, and
returns the span it has there. What is kept are the source's own characters. A quote cut off from
the word that denies or weakens it is refused, not widened: whoever cut it off has read it without.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import pandas as pd

from pipeline.methods.folding import UNSPACED, Folded, fold, is_whole
from pipeline.methods.misses import why_missed, words
from pipeline.methods.reversals import left_out

REASONS = (
    "unknown_turn", "empty_quote", "too_short", "dropped_negation", "lost_hedge",
    "not_the_customer", "changed_number", "changed_negation", "stitched", "stitched_turns",
    "from_the_examples", "other_document", "not_in_source",
)  # fmt: skip
"""Why a quote does not pass; `lost_hedge` also when the hedge was lost from inside."""
_FEWEST_WORDS = 2
"""Words that prove something: "price" within a sentence proves nothing. Alone in a sentence or in
a list ("price, service") it is all that the customer said."""
_A_WORD = 2
"""Characters that count for a word where words have no spaces between them."""
_MOST_PLACES = 1_000
"""Places before and after the one hinted at that are tried: who repeats more tells nothing new."""
_OUTER = " .,;:!…'-()[]"
"""What engines put around a quote: marks of their own. A question mark is not one of them."""
_ENDS, _LISTS = r".!?…。！？,;:、，\n/•&+", "and|or|e|y|o|ou|und|oder|et"
_ALONE_BEFORE = re.compile(
    rf"(?:^|[{_ENDS}]|\s-|\b(?:{_LISTS})\s)[\s\"'“”‘’«»()-]*$", re.IGNORECASE
)
_ALONE_AFTER = re.compile(rf"[\"'“”‘’«»()]*\s*(?:$|[{_ENDS}]|-\s|(?:{_LISTS})\s)", re.IGNORECASE)
_NEAR = 20
"""Characters around a span that tell whether it stands alone."""
_UNSPACED = re.compile(f"[{UNSPACED}]")


class Claim(NamedTuple):
    """What an engine says stands in a document."""

    quote: str
    turn_id: str
    start: int = 0
    end: int = 0
    """Where in the turn the engine saw it, or which part it was shown: of places that read the same
    the first within counts, else the nearest."""


class Placed(NamedTuple):
    """Where the quote stands: `quote` is exactly the turn's characters start to end."""

    turn_id: str
    quote: str
    start: int
    end: int


class Fault(NamedTuple):
    """Why a quote does not count: one of REASONS."""

    reason: str


class _Turn(NamedTuple):
    """What the gate knows of a turn."""

    turn_id: str
    document_id: str
    speaker: str
    text: str


class _Document:
    """The turns of a document, folded when first asked for."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.turns: list[_Turn] = []

    @cached_property
    def folded(self) -> list[Folded]:
        """Return each turn folded."""
        return [fold(turn.text) for turn in self.turns]

    @cached_property
    def text(self) -> str:
        """Return all turns folded, a line each: no folded text holds a line break."""
        return "\n".join(folded.text for folded in self.folded)

    @cached_property
    def begins(self) -> list[int]:
        """Return where in `text` each turn begins."""
        begins = [0]
        for folded in self.folded:
            begins.append(begins[-1] + len(folded.text) + 1)
        return begins[:-1]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Return the place of each turn in the document, by id."""
        return {turn.turn_id: number for number, turn in enumerate(self.turns)}

    @cached_property
    def said(self) -> list[tuple[str, bool]]:
        """Return each turn folded, and whether a customer said it."""
        return [
            (folded.text, turn.speaker == "customer")
            for folded, turn in zip(self.folded, self.turns, strict=True)
        ]

    def places(self, wanted: str, claim: Claim) -> Iterator[tuple[_Turn, int, int]]:
        """Yield turn, start and end of each whole place, the named turn's first, nearest first."""
        named = self.numbers[claim.turn_id]
        begin, folded = self.begins[named], self.folded[named]
        low, high = begin, begin + len(folded.text)
        hint = tuple(begin + bisect_left(folded.starts, at) for at in (claim.start, claim.end))
        for at in _nearest(self.text[:high], wanted, hint, low):
            yield from self._whole(at, len(wanted))
        for at in _nearest(self.text, wanted, (low, high), 0):
            if not low <= at < high:
                yield from self._whole(at, len(wanted))

    def _whole(self, at: int, length: int) -> Iterator[tuple[_Turn, int, int]]:
        """Yield the span of the source at a place of `text`, unless it cuts something in two."""
        number = bisect_right(self.begins, at) - 1
        turn, (text, starts, ends) = self.turns[number], self.folded[number]
        first = at - self.begins[number]
        last = first + length - 1
        # A letter that folds to several, such as a ligature, is either all in or all out.
        cuts_before = first > 0 and starts[first - 1] == starts[first]
        cuts_after = last + 1 < len(text) and starts[last + 1] == starts[last]
        span = starts[first], ends[last]
        if not cuts_before and not cuts_after and is_whole(turn.text, *span):
            yield turn, *span


def _nearest(text: str, wanted: str, hint: tuple[int, ...], low: int) -> list[int]:
    """Return where `wanted` stands from `low` on: within the hint first, then near its start."""
    start, end = hint
    after = islice(_all(text, wanted, max(start, low)), _MOST_PLACES)
    before = islice(_all(text[: start + len(wanted)], wanted, low), _MOST_PLACES)
    return sorted(
        {*before, *after},
        key=lambda at: (not start <= at <= end - len(wanted), abs(at - start), at),
    )


def _all(text: str, wanted: str, low: int) -> Iterator[int]:
    """Yield each place of `wanted` from `low` on."""
    at = text.find(wanted, low)
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)


class Gate:
    """The turns of a run, and the examples its prompts showed to the engine."""

    def __init__(
        self, documents: pd.DataFrame, turns: pd.DataFrame, examples: Iterable[str] = ()
    ) -> None:
        columns = (documents["document_id"].tolist(), documents["language"].tolist())
        self._documents = {
            document_id: _Document(language) for document_id, language in zip(*columns, strict=True)
        }
        self._turns: dict[str, _Turn] = {}
        ordered = turns.sort_values(["document_id", "position"])
        names = ("turn_id", "document_id", "speaker", "text")
        for turn in map(_Turn, *(ordered[name].tolist() for name in names)):
            if turn.document_id in self._documents:
                self._turns[turn.turn_id] = turn
                self._documents[turn.document_id].turns.append(turn)
        self._examples = "\n".join(fold(example).text for example in examples)

    def place(self, claim: Claim) -> Placed | Fault:
        """Return where the quote of a claim stands, or why it does not count."""
        named = self._turns.get(claim.turn_id)
        if named is None:
            return Fault("unknown_turn")
        document = self._documents[named.document_id]
        if _is_there(claim, named) and not _fault(
            named, claim.start, claim.start + len(claim.quote), document.language
        ):
            return _placed(named, claim.start, claim.start + len(claim.quote))
        wanted = fold(claim.quote).text.strip()
        if not _says_anything(wanted):
            return Fault("empty_quote")
        found = _find(wanted, claim, document)
        if found is None and (bare := wanted.strip(_OUTER)) not in ("", wanted):
            found = _find(bare, claim, document)
        return found or Fault(self._why_missed(wanted, document))

    def _why_missed(self, wanted: str, document: _Document) -> str:
        """Return why a quote stands nowhere in its document."""
        reason = why_missed(wanted, document.said, document.language)
        bare = wanted.strip(_OUTER)
        if reason:
            return reason
        if _holds(self._examples, bare):
            return "from_the_examples"
        return "other_document" if self._is_elsewhere(bare, document) else "not_in_source"

    def _is_elsewhere(self, bare: str, document: _Document) -> bool:
        """Tell whether a folded quote stands in another document."""
        places = [self._index.get(word, []) for word in words(bare)]
        found = (self._documents[name] for name in min(places, key=len, default=[]))
        return any(_holds(other.text, bare) for other in found if other is not document)

    @cached_property
    def _index(self) -> dict[str, list[str]]:
        """Return in which documents each word stands."""
        index: dict[str, list[str]] = {}
        for document_id, document in self._documents.items():
            for word in set(words(document.text)):
                index.setdefault(word, []).append(document_id)
        return index


def _is_there(claim: Claim, turn: _Turn) -> bool:
    """Tell whether the claim is exact to the character: most of the embedded engine's are."""
    start, quote = claim.start, claim.quote
    return (
        turn.speaker == "customer"
        and start >= 0
        and turn.text.startswith(quote, start)
        and quote == quote.strip()
        and _says_anything(quote)
        and is_whole(turn.text, start, start + len(quote))
    )


def _says_anything(quote: str) -> bool:
    """Tell whether there is more than one character, and a letter, digit or emoji among them."""
    return len(quote) > 1 and any(c.isalnum() or unicodedata.category(c) == "So" for c in quote)


def _find(wanted: str, claim: Claim, document: _Document) -> Placed | Fault | None:
    """Return the first place without fault, else the first fault; None when there is no place."""
    faults: list[str] = []
    by_others = False
    for turn, start, end in document.places(wanted, claim):
        if turn.speaker != "customer":
            by_others = True
            continue
        fault = _fault(turn, start, end, document.language)
        if not fault:
            return _placed(turn, start, end)
        faults.append(fault)
    if faults:
        return Fault(faults[0])
    return Fault("not_the_customer") if by_others else None


def _placed(turn: _Turn, start: int, end: int) -> Placed:
    """Return the place with the source's own characters."""
    return Placed(turn.turn_id, turn.text[start:end], start, end)


def _fault(turn: _Turn, start: int, end: int, language: str) -> str:
    """Return what is wrong with a span that stands word for word in a customer's turn, or ''."""
    if _is_short(turn.text[start:end]) and not _is_alone(turn.text, start, end):
        return "too_short"
    return left_out(turn.text, start, end, language)


def _is_short(quote: str) -> bool:
    """Tell whether a quote has too few words to prove anything."""
    spaces = len(quote.split())
    if spaces > _FEWEST_WORDS + 2:
        return False
    own = words(quote)
    n_letters = sum(bool(_UNSPACED.match(word)) for word in own)
    return len(own) - n_letters + n_letters / _A_WORD < _FEWEST_WORDS


def _is_alone(text: str, start: int, end: int) -> bool:
    """Tell whether a span is all that a sentence, or one entry of a list, says."""
    before, after = text[max(start - _NEAR, 0) : start], text[end : end + _NEAR]
    ends = text[end - 1] in _ENDS or bool(_ALONE_AFTER.match(after))
    return ends and bool(_ALONE_BEFORE.search(before))


def _holds(text: str, wanted: str) -> bool:
    """Tell whether a folded text holds a folded quote that is cut at neither end."""
    places = islice(_all(text, wanted, 0), _MOST_PLACES)
    return bool(wanted) and any(is_whole(text, at, at + len(wanted)) for at in places)
