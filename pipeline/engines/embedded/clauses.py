"""Sentences into clauses: the smallest spans that can carry one touchpoint and one mood.

"The training was lovely but the start date still moved" is two mentions, not one; "the hot food
and the staff were not good" is one, for its first half says nothing by itself. Where the split word
states a cause, the clauses are linked: which one led to which.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pipeline.engines.embedded.causes import Cut, cuts
from pipeline.engines.embedded.cues import fold
from pipeline.engines.embedded.ends import is_clear, trimmed
from pipeline.engines.embedded.lexicon import content_words
from pipeline.engines.embedded.predicates import has_opinion, says_something
from pipeline.methods.choices import is_own

_FEWEST_WORDS = 3
_FEWEST_AT_CAUSE = 2
"""Words of a piece that can stand alone: an end of a cause may be as short as "we left"."""
_REMEMBERED = 50_000
"""Sentences whose clauses are kept: each is asked for up to three times in a run."""
_WORD = re.compile(r"\w+")

_CONTRAST = (
    r"(?:,|;|\s[-–—])?\s+(?=(?:but|however|although|though|whereas|yet|except that|"
    r"on the other hand|apart from|despite|even though)\b)"
)
_COORDINATION = (
    r"\s*;\s+|\s+[–—]\s+|\s-\s|,\s+(?=(?:and|plus|then|while)\s)|"
    r"\s+(?=and\s+(?:the|our|your|my|it|they|we|i|he|she|there)\s)"
)
_SPLIT = re.compile(rf"{_CONTRAST}|{_COORDINATION}")
"""Reads folded text."""
_VERDICT = re.compile(r",\s+(?=(?:it|that|this|they|he|she|there)(?:'s|'re| is| are| was| were)\s)")
"""After a choice it starts a sentence of its own ("We left, it was chaos"): quoted apart, and the
choice is read by itself."""
_ADDED = re.compile(r"(?:and|plus)\s+(?!(?:it|they|we|he|she|there)\s)", re.IGNORECASE)
"""What a piece opens with that may go on with the subject or the object of the one before."""
_CAUSE_OF = re.compile(r"\w+ (?:of|to)\s", re.IGNORECASE)
"""How a cause opens that needs no verb."""
_VERB_FIRST = re.compile(
    r"(?:has |had |have )?(?:meant|led|leads|caused|cost|made|left|put|forced|prompted|triggered)\b"
)
"""How an effect opens that has its subject in the piece before it ("and the bills | meant")."""
_NAMED = r"(?:[A-Z][\w'’-]+|\[[A-Z]+\])"
_GREETING = re.compile(
    r"\W*(?:(?i:to whom it may concern)|(?i:dear|respected)"
    rf"(?: (?:(?i:sirs?|madam|or|and|all|team|customer|services?|support|everyone|the)|{_NAMED}))+"
    r"|(?i:hi|hello|hey|greetings|good (?:morning|afternoon|evening))"
    rf"(?: (?:(?i:there|all|team|everyone|guys|folks|sir|madam|again)|{_NAMED})){{0,3}})"
    r"\s*[,!:–-]+\s+(?=\w)"
)
"""What a letter or message opens with: part of no quote where more follows."""
_LIST = re.compile(r"\s*,\s+(?:and\s+)?|\s+and\s+|\.\s+")


class Clause(NamedTuple):
    """A span of a sentence's text; `link` tells how it hangs on the clause before it."""

    start: int
    end: int
    link: str
    """'' none, 'effect' of the clause before, or 'cause' of the clause before"""


_known: dict[str, tuple[Clause, ...]] = {}


def clauses(sentence: str) -> tuple[Clause, ...]:
    """Split a sentence; parts of fewer than three words stay with their neighbour."""
    found = _known.get(sentence)
    if found is None:
        found = split(sentence)
        remember([sentence], [found])
    return found


def remember(sentences: Sequence[str], found: Iterable[tuple[Clause, ...]]) -> None:
    """Keep the clauses of sentences, wherever they were split."""
    if len(_known) + len(sentences) > _REMEMBERED:
        _known.clear()
    _known.update(zip(sentences, found, strict=True))


def split(sentence: str) -> tuple[Clause, ...]:
    """Return the clauses of a sentence, which are not kept."""
    pieces = _rejoin(sentence, _merge_short(sentence, _cut(sentence)))
    parts = [part for piece in pieces for part in _split_list(sentence, piece)]
    return tuple(_with_ends(sentence, parts))


def _with_ends(sentence: str, parts: list[Clause]) -> list[Clause]:
    """Return clauses with the two at each cause cut down to its ends, and no link where it is not
    clear what they are."""
    linked = [
        part if number == 0 or _is_clear(sentence, parts[number - 1], part)
        else Clause(part.start, part.end, "")
        for number, part in enumerate(parts)
    ]  # fmt: skip
    is_end = [bool(part.link) for part in linked]
    is_end = [one or after for one, after in zip(is_end, [*is_end[1:], False], strict=True)]
    return [
        _trimmed(sentence, part) if is_one else part
        for part, is_one in zip(linked, is_end, strict=True)
    ]


def _is_clear(sentence: str, before: Clause, part: Clause) -> bool:
    """Tell whether a link, if there is one, has two clear ends."""
    return not part.link or all(is_clear(_text(sentence, one)) for one in (before, part))


def _trimmed(sentence: str, part: Clause) -> Clause:
    """Return an end of a cause without what is at its edges only."""
    start, end = trimmed(_text(sentence, part))
    return Clause(part.start + start, part.start + end, part.link)


def _cut(sentence: str) -> list[Clause]:
    """Return the pieces between split points; one that states a cause goes before a plain one."""
    causal = cuts(sentence)
    folded = fold(sentence.replace("’", "'"))
    plain = (
        Cut(m.start(), m.end(), "") for m in (*_SPLIT.finditer(folded), *_spliced(folded))
        if not any(cut.start <= m.start() and m.end() <= cut.end for cut in causal)
    )  # fmt: skip
    pieces: list[Clause] = []
    greeting = _GREETING.match(sentence)
    start, link = greeting.end() if greeting else 0, ""
    for cut in sorted([*causal, *plain], key=lambda cut: (cut.end, cut.start)):
        if cut.start <= start:
            link = link or cut.link if cut.end == start else link
            continue
        pieces.append(Clause(start, cut.start, link))
        start, link = cut.end, cut.link
    pieces.append(Clause(start, len(sentence), link))
    return pieces


def _spliced(sentence: str) -> Iterator[re.Match[str]]:
    """Yield the commas that join a verdict to a choice with no word between."""
    for match in _VERDICT.finditer(sentence):
        if is_own(sentence[: match.start()]):
            yield match


def _merge_short(sentence: str, pieces: list[Clause]) -> list[Clause]:
    """Join pieces that are too short to stand alone to the piece before (or after) them."""
    merged: list[Clause] = []
    for piece in pieces:
        fewest = _FEWEST_AT_CAUSE if piece.link else _FEWEST_WORDS
        if merged and any(_n_words(sentence, one) < fewest for one in (piece, merged[-1])):
            last = merged.pop()
            piece = Clause(last.start, piece.end, last.link)  # noqa: PLW2901
        merged.append(piece)
    return merged


def _rejoin(sentence: str, pieces: list[Clause]) -> list[Clause]:
    """Join what only names a thing to the added piece behind it, else to the one it was added to.

    The first is half a subject ("the food | and the staff were slow"), the second half an object
    ("I liked the food | and the staff").
    """
    joined: list[Clause] = []
    for piece in reversed(pieces):
        after = joined[-1] if joined else None
        if after and _is_half(sentence, piece, after):
            joined[-1] = Clause(piece.start, after.end, piece.link)
        else:
            joined.append(piece)
    kept: list[Clause] = []
    followers = [None, *joined]
    for piece, after in zip(reversed(joined), reversed(followers[:-1]), strict=True):
        is_subject = after and after.link and _VERB_FIRST.match(sentence, after.start)
        if kept and _adds(sentence, piece) and _is_bare(sentence, piece) and not is_subject:
            before = kept.pop()
            piece = Clause(before.start, piece.end, before.link)  # noqa: PLW2901
        kept.append(piece)
    return kept


def _is_half(sentence: str, piece: Clause, after: Clause) -> bool:
    """Tell whether a piece waits for the verb of what is added to it; "because of the noise" does
    not."""
    is_whole_cause = bool(piece.link and _CAUSE_OF.match(sentence, piece.start))
    if is_whole_cause or not _adds(sentence, after) or says_something(_text(sentence, piece)):
        return False
    return says_something(_text(sentence, after)) or _is_bare(sentence, piece)


def _is_bare(sentence: str, piece: Clause) -> bool:
    """Tell whether a piece only names; "and the terrible wifi" has an opinion of its own."""
    text = _text(sentence, piece)
    return not (has_opinion(text) or says_something(text))


def _adds(sentence: str, piece: Clause) -> bool:
    """Tell whether a piece goes on with "and the staff ..."."""
    return not piece.link and bool(_ADDED.match(sentence, piece.start))


def _text(sentence: str, piece: Clause) -> str:
    """Return the words of a piece."""
    return sentence[piece.start : piece.end]


def _n_words(sentence: str, piece: Clause) -> int:
    """Return the number of words in a piece."""
    return len(_WORD.findall(_text(sentence, piece)))


def _split_list(sentence: str, piece: Clause) -> list[Clause]:
    """Split "food good, staff friendly and wifi slow": each part has a thing and an opinion."""
    parts: list[Clause] = []
    start = piece.start
    for match in _LIST.finditer(sentence, piece.start, piece.end):
        left, right = sentence[start : match.start()], sentence[match.end() : piece.end]
        if match.start() > start and _is_judgement(left) and _is_judgement(right):
            parts.append(Clause(start, match.start(), "" if parts else piece.link))
            start = match.end()
    parts.append(Clause(start, piece.end, "" if parts else piece.link))
    return parts


def _is_judgement(text: str) -> bool:
    """Tell whether a text names a thing and an opinion on it."""
    return has_opinion(text) and bool(content_words(text)) and says_something(text)
