"""Stated causes: where a sentence says that one thing led to another, and in which direction.

Only what the customer puts as a cause counts. `so` that stresses ("so nice") or states a purpose
("so that I can"), `since` and `after` that tell a time, and questions are none.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.engines.embedded.cues import fold, load_cues
from pipeline.engines.embedded.predicates import says_something
from pipeline.methods.choices import choice_of

EFFECT, CAUSE = "effect", "cause"
_CUES = load_cues("causes.toml")
_WORD = re.compile(r"\w+")
_ARROW = re.compile(r"(?<=\w )(?:[-=]>|=|→)(?= ?\w)")
"""Agents' notes draw an arrow, or write "=", between a cause and what came of it."""
_SEPARATOR = " ,;:–—-\t\n"
_DENIED = re.compile(r"\b(?:not|\w+n't|never|if|whether it's|perhaps|maybe|is it|was it) $")
"""Right before a connective these take the cause back, or put it in doubt."""
_IF = re.compile(r"\bif\b[^,;]*$")
"""A condition before a connective: what would come of it is told of no case."""
_IS = re.compile(r"\b(?:is|are|be|was|were|'s) $")
"""After these "due to" tells a plan ("is due to arrive"), not a cause."""
_MARKS = (",", ";", "-", "–", "—", ":", ".")
_PARTING = ("leave", "escalate")
"""Choices that are made over something; "I bought it over the counter" tells no cause."""
_JOINT = re.compile(r"\s*;\s+|,?\s+(?=and )|\s+-\s+|,\s+")
"""Where the last thing told may be parted from the one before it."""
_COMMA = re.compile(r",\s+(?!(?:but|and|or|which|who)\b)")
_SUBJECT = re.compile(r"\s(?=(?:i|we|my|our|he|she|they|nobody)\s)")
"""Where the effect starts after a cause that comes first: at a comma or, without one, a subject."""
_FEWEST_WORDS = 2
_FEWEST_FIRST = 3
"""Least words of an end ("we left"), and of a cause that opens a sentence, where the connective is
one of them."""


class Cut(NamedTuple):
    """A place between two ends of a cause: the separator between them, and what the second is."""

    start: int
    end: int
    link: str
    """'effect' or 'cause' of what stands before"""


def cuts(sentence: str) -> list[Cut]:
    """Return where a sentence falls into cause and effect, in order."""
    if sentence.rstrip().endswith("?"):
        return []
    plain = fold(sentence.replace("’", "'"))
    if first := _cause_first(plain) or _effect_named_last(plain):
        return [first]
    found = sorted({*_effects(plain), *_causes(plain)})
    return [cut for cut in found if cut.start > 0 and _has_ends(plain, cut)]


def opening(sentence: str) -> str:
    """Return what a sentence is to the one before it: 'effect' ("That is why we left."), 'cause'
    ("Because it hung."), or ''."""
    plain = fold(sentence.replace("’", "'").lstrip(" -–—,"))
    if plain.rstrip().endswith("?"):
        return ""
    if _CUES["opens_effect"].match(plain):
        return EFFECT
    if _CUES["opens_cause"].match(plain) and not _cause_first(plain):
        return CAUSE
    return ""


def _effects(sentence: str) -> list[Cut]:
    """Return the cuts after which an effect stands."""
    matches = [*_CUES["forward"].finditer(sentence), *_ARROW.finditer(sentence)]
    matches += [m for m in _CUES["that_result"].finditer(sentence) if _has_result(sentence, m)]
    found = [_cut(sentence, m, EFFECT) for m in matches if not _is_denied(sentence, m)]
    found += [_bare_cut(sentence, m, EFFECT) for m in _CUES["bare"].finditer(sentence)]
    found += [
        _cut(sentence, m, EFFECT) for m in _CUES["so"].finditer(sentence) if _is_so(sentence, m)
    ]
    for match in _CUES["parted_so"].finditer(sentence):
        if sentence[: match.start()].rstrip()[-1:] in _MARKS and _is_so(sentence, match):
            found.append(_cut(sentence, match, EFFECT))
    found += [_cut(sentence, m, EFFECT) for m in _forced(sentence)]
    found += [Cut(m.end(), m.end() + 1, EFFECT) for m in _CUES["stressed_bare"].finditer(sentence)]
    for match in _CUES["stressed"].finditer(sentence):
        at = sentence.rindex(" that ", match.start(), match.end()) + 1
        found.append(Cut(at - 1, at, EFFECT))
    return found


def _forced(sentence: str) -> Iterator[re.Match[str]]:
    """Yield where what somebody had to do follows upon what another did."""
    for match in _CUES["and_forced"].finditer(sentence):
        before = sentence[: match.start()]
        if says_something(before) and not _CUES["mine"].match(before):
            yield match


def _is_so(sentence: str, match: re.Match[str]) -> bool:
    """Tell whether `so` opens an effect: it states no purpose, stresses nothing, is no remark."""
    before = sentence[: match.start()].rstrip()
    if before[-1:] not in _MARKS and _CUES["purpose"].match(sentence, match.start()):
        return False
    is_remark = _CUES["remark"].match(sentence, match.start())
    return not (is_remark or _CUES["stressing"].search(before))


def _has_result(sentence: str, match: re.Match[str]) -> bool:
    """Tell whether a match is followed by a word for what came of it."""
    return bool(_CUES["result"].match(sentence, match.end() + 1))


def _causes(sentence: str) -> list[Cut]:
    """Return the cuts after which a cause stands."""
    matches = [
        m for m in _CUES["backward"].finditer(sentence)
        if not (m.group().startswith("due") and _IS.search(sentence[: m.start()]))
    ]  # fmt: skip
    for match in _CUES["since"].finditer(sentence):
        is_time = _CUES["time"].match(sentence, match.start())
        if not is_time and not _CUES["lasting"].search(sentence[: match.start()]):
            matches.append(match)
    matches += _CUES["as"].finditer(sentence)
    for match in _CUES["reason"].finditer(sentence):
        before = sentence[: match.start()].rstrip()
        if choice_of(before) in _PARTING or _CUES["parted"].search(before):
            matches.append(match)
    longer = [m for m in _CUES["bare_backward"].finditer(sentence) if _is_told(sentence, m)]
    found = [_bare_cut(sentence, m, CAUSE) for m in longer]
    taken = [m.span() for m in (*longer, *_CUES["bare"].finditer(sentence))]
    for match in matches:
        is_part = any(start <= match.start() < end for start, end in taken)
        if not is_part and _is_told(sentence, match):
            found.append(_cut(sentence, match, CAUSE))
    if named := _CUES["named"].match(sentence):
        rest = sentence[named.end() :]
        skipped = len(rest) - len(rest.lstrip(_SEPARATOR))
        found.append(Cut(named.end(), named.end() + skipped, CAUSE))
    return found


def _is_told(sentence: str, match: re.Match[str]) -> bool:
    """Tell whether a connective opens a cause: not denied, not the reason for speaking, and with
    words of its own ("because of it" points back)."""
    before = sentence[: match.start()].rstrip(_SEPARATOR)
    has_words = not _CUES["closing"].match(sentence, match.start())
    return has_words and not (_is_denied(sentence, match) or _CUES["speaking"].search(before))


def _effect_named_last(sentence: str) -> Cut | None:
    """Return the cut in "A and B because of it", or None."""
    closing = _CUES["closing"].search(sentence)
    told = sentence[: closing.start()].rstrip(_SEPARATOR) if closing else ""
    for match in reversed(list(_JOINT.finditer(told))):
        cut = Cut(match.start(), match.end(), EFFECT)
        if _has_ends(told, cut):
            return cut
    return None


def _cut(sentence: str, match: re.Match[str], link: str) -> Cut:
    """Return the cut before a match, without the separator before it."""
    return Cut(len(sentence[: match.start()].rstrip(_SEPARATOR)), match.start(), link)


def _bare_cut(sentence: str, match: re.Match[str], link: str) -> Cut:
    """Return the cut around a match and the separators beside it."""
    rest = sentence[match.end() :]
    end = match.end() + len(rest) - len(rest.lstrip(_SEPARATOR))
    return Cut(len(sentence[: match.start()].rstrip(_SEPARATOR)), end, link)


def _is_denied(sentence: str, match: re.Match[str]) -> bool:
    """Tell whether the words before a connective take it back ("not because of the price")."""
    before = sentence[: match.start()]
    return bool(_DENIED.search(before) or _IF.search(before))


def _cause_first(sentence: str) -> Cut | None:
    """Return where the effect starts in "because A, B", or None."""
    opened = _CUES["first"].match(sentence.lstrip())
    if not opened:
        return None
    for pattern in (_COMMA, _SUBJECT):
        for match in pattern.finditer(sentence, opened.end()):
            cut = Cut(match.start(), match.end(), EFFECT)
            if _has_ends(sentence, cut, _FEWEST_FIRST):
                return cut
    return None


def _has_ends(sentence: str, cut: Cut, fewest: int = _FEWEST_WORDS) -> bool:
    """Tell whether both sides of a cut have words enough, the first at least `fewest`."""
    before, after = (len(_WORD.findall(s)) for s in (sentence[: cut.start], sentence[cut.end :]))
    return before >= fewest and after >= _FEWEST_WORDS
