"""Stated causes: where a sentence says that one thing led to another, and in which direction.

Only what the customer puts as a cause counts. `so` that stresses ("so nice") or states a purpose
("so that I can"), `since` and `after` that tell a time, and questions are none.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.engines.embedded.cues import fold, load_cues
from pipeline.engines.embedded.ends import happened, is_clear, is_guessed, is_request, is_said
from pipeline.engines.embedded.predicates import says_something
from pipeline.methods.choices import choice_of

EFFECT, CAUSE = "effect", "cause"
_CUES = load_cues("causes.toml")
_WORD = re.compile(r"\w+")
_ARROW = re.compile(r"(?<=\w )(?:[-=]>|=|→)(?= ?\w)")
"""Agents' notes draw an arrow, or write "=", between a cause and what came of it."""
_SEPARATOR = " ,;:–—-(\t\n"
_DENIED = re.compile(
    r"\b(?:not|\w+n't|never|if|is it|was it|(?:'s|is|was) either"
    r"|(?:know|see|say|ask|wonder|find out|into|idea) what"
    r"|(?:whether|perhaps|maybe|possibly|not sure)(?: (?:it|that)(?:'s| is| was))?) $"
)
"""Right before a connective these take the cause back, or put it in doubt."""
_IF = re.compile(r"(?<!as )\b(?:if|unless|whether)\b[^,;]*$")
"""A condition before a connective: what would come of it is told of no case."""
_IS = re.compile(r"(?:\b(?:is|are|be|been|was|were)|'s|'m|'re) $")
"""After these "due to" tells a plan ("is due to arrive"), not a cause."""
_MARKS = (",", ";", "-", "–", "—", ":", ".")
_PARTING = ("leave", "escalate")
"""Choices that are made over something; "I bought it over the counter" tells no cause."""
_JOINT = re.compile(r"\s*;\s+|,?\s+(?=and )|\s+-\s+|,\s+")
"""Where the last thing told may be parted from the one before it."""
_PART = re.compile(r"[.;:!?]\s+|,\s+|\s[-–—]\s")
"""Where a sentence falls into parts, each with a verb of its own perhaps."""
_COMMA = re.compile(r",\s+(?!(?:but|and|or|which|who|um+|uh|er+m?|you know)\b)")
_SUBJECT = re.compile(
    r"\s(?=(?:(?:i|we|he|she|they|nobody)|(?:my|our)(?: \w+){1,2} (?:\w+ed|\w+n't|was|were|is|are"
    r"|has|had|went|got|came|fell|lost|could|can|will|won't))\s)"
)
"""Where the effect starts after a cause that comes first: at a comma or, without one, a subject."""
_OBJECT_OF = re.compile(
    r"\b(?:of|in|on|at|to|from|with|for|by|about|and|or|the|an?|my|our|your|their|his|her|that|which"
    r"|who|as|than|until|if|when|while|before|after|near|under|behind|over|because|but) ?$"
)
"""Before a subject these make it an object ("on my phone"): no effect starts there."""
_FINITE = r"(?:is|was|are|were|has|had|isn't|wasn't|gets?|got|turns?|turned|becomes?|became)\b"
_NOUN_SUBJECT = re.compile(
    rf"\s(?=(?:there|it|(?:the|my|our|your|their|all|every)(?: \w+){{1,3}}) {_FINITE})"
)
"""The same after a cause that is a noun ("due to works the lift is shut"), where a verb follows."""
_OPENED_LATE = re.compile(r"(?:^|[\s,;])(?:and|but)$")
"""Right before a connective: what it opens is the cause of what follows, not of what stood before
("it is small and, because of the works, it is full")."""
_DASH = re.compile(r"\s[-–—]\s")
"""Before "because A, B" it leaves open whether A led to B or to what stands before it."""
_FEWEST_WORDS = 2
_MOST_OPENING = 12
"""Words of a sentence that only names the cause of the one before. In a longer one that opens with
"because" the effect usually stands behind, with no mark that would tell where."""
_FEWEST_FIRST = 3
"""Least words of an end ("we left"), and of a cause that opens a sentence, where the connective is
one of them."""


class Cut(NamedTuple):
    """A place between two ends of a cause: the separator between them, and what the second is."""

    start: int
    end: int
    link: str
    """'effect' or 'cause' of what stands before, or '' where the cause of what follows starts"""


def cuts(sentence: str) -> list[Cut]:
    """Return where a sentence falls into cause and effect, in order."""
    if sentence.rstrip().endswith("?"):
        return []
    plain = fold(sentence.replace("’", "'"))
    if first := _cause_first(plain) or _effect_named_last(plain) or _effect_named_first(plain):
        return [first] if _is_sound(plain, first) else []
    found = sorted({*_effects(plain), *_causes(plain)})
    sound = [cut for cut in found if cut.start > 0 and _has_ends(plain, cut)]
    return sorted(part for cut in sound if _is_sound(plain, cut) for part in _placed(plain, cut))


def _placed(sentence: str, cut: Cut) -> list[Cut]:
    """Return a cut as it is; where "and because A, B" goes on with a further sentence, one before
    the cause and one before its effect, or none if it is not clear where that starts."""
    opened_late = cut.link == CAUSE and _OPENED_LATE.search(sentence[: cut.start])
    later = _cause_first(sentence[cut.end :]) if cut.link == CAUSE else None
    if not opened_late:
        is_unclear = later and _DASH.match(sentence, cut.start)
        return [] if is_unclear else [cut]
    if not later:
        return []
    effect = Cut(cut.end + later.start, cut.end + later.end, EFFECT)
    return [Cut(len(sentence[: opened_late.start()].rstrip(_SEPARATOR)), cut.end, ""), effect]


def _is_sound(sentence: str, cut: Cut) -> bool:
    """Tell whether both sides of a cut are something that happened, in the parts of the sentence
    that are next to the cut, and neither opens a request."""
    before, after = sentence[: cut.start], sentence[cut.end :]
    parts = _PART.split(before)
    near, far = parts[-1], _PART.split(after)[0]
    if any(map(is_request, (parts[0], near, far))):
        return False
    if cut.link == CAUSE:
        return happened(after, before) and not (is_said(near) or is_guessed(near))
    return happened(before, after) and not (is_said(far) or is_guessed(after))


def opening(sentence: str, before: str) -> str:
    """Return what a sentence is to the clause before it: 'effect' ("That is why we left."), 'cause'
    ("Because it hung."), or '', also where one of the two is a request, a wish or a guess."""
    plain = fold(sentence.replace("’", "'").lstrip(" -–—,"))
    link = "" if "?" in plain[-2:] + before[-2:] else _opened(plain)
    told = fold(before.replace("’", "'")) + " "
    cut = Cut(len(told), len(told), link)
    return link if is_clear(before) and _is_sound(told + plain, cut) else ""


def _opened(plain: str) -> str:
    """Return the link that the first words of a sentence (folded) tell of, if any."""
    if _CUES["opens_effect"].match(plain) and not _CUES["remark"].match(plain):
        return EFFECT
    is_short = len(_WORD.findall(plain)) <= _MOST_OPENING
    if is_short and _CUES["opens_cause"].match(plain) and not _cause_first(plain):
        return CAUSE
    return ""


def _effects(sentence: str) -> list[Cut]:
    """Return the cuts after which an effect stands."""
    matches = [*_CUES["forward"].finditer(sentence), *_arrows(sentence)]
    matches += [m for m in _CUES["that_result"].finditer(sentence) if _has_result(sentence, m)]
    found = [_cut(sentence, m, EFFECT) for m in matches if not _is_denied(sentence, m)]
    bare = [m for m in _CUES["bare"].finditer(sentence) if not _is_denied(sentence, m)]
    found += [_bare_cut(sentence, m, EFFECT) for m in bare]
    found += [
        _cut(sentence, m, EFFECT) for m in _CUES["so"].finditer(sentence) if _is_so(sentence, m)
    ]
    for match in _CUES["parted_so"].finditer(sentence):
        if sentence[: match.start()].rstrip()[-1:] in _MARKS and _is_so(sentence, match):
            found.append(_cut(sentence, match, EFFECT))
    found += [_cut(sentence, m, EFFECT) for m in _forced(sentence)]
    cleft = _CUES["cleft"].match(sentence)
    if cleft and _has_result(sentence, cleft):
        found.append(Cut(cleft.end(), cleft.end() + 1, EFFECT))
    found += [Cut(m.end(), m.end() + 1, EFFECT) for m in _CUES["stressed_bare"].finditer(sentence)]
    for match in _CUES["stressed"].finditer(sentence):
        at = sentence.rindex(" that ", match.start(), match.end()) + 1
        found.append(Cut(at - 1, at, EFFECT))
    return found


def _arrows(sentence: str) -> Iterator[re.Match[str]]:
    """Yield the arrows; "wifi = none" only says what a thing is."""
    for match in _ARROW.finditer(sentence):
        n_words = len(_WORD.findall(sentence[: match.start()]))
        if match.group() != "=" or n_words >= _FEWEST_FIRST:
            yield match


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
    return found


def _effect_named_first(sentence: str) -> Cut | None:
    """Return the cut in "the reason we left was A", or None."""
    named = _CUES["named"].match(sentence)
    if not named:
        return None
    rest = sentence[named.end() :]
    skipped = len(rest) - len(rest.lstrip(_SEPARATOR))
    cut = Cut(named.end(), named.end() + skipped, CAUSE)
    return cut if _has_ends(sentence, cut) else None


def _is_told(sentence: str, match: re.Match[str]) -> bool:
    """Tell whether a connective opens a cause: not denied, not the reason for speaking, and with
    words of its own ("because of it" points back)."""
    before = sentence[: match.start()].rstrip(_SEPARATOR + "'")
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
    for pattern in (_COMMA, _SUBJECT, _NOUN_SUBJECT):
        for match in pattern.finditer(sentence, opened.end()):
            cut = Cut(match.start(), match.end(), EFFECT)
            is_object = pattern is not _COMMA and _OBJECT_OF.search(sentence[: cut.start])
            if not is_object and _has_ends(sentence, cut, _FEWEST_FIRST):
                return cut
    return None


def _has_ends(sentence: str, cut: Cut, fewest: int = _FEWEST_WORDS) -> bool:
    """Tell whether both sides of a cut have words enough, the first at least `fewest`."""
    before, after = (len(_WORD.findall(s)) for s in (sentence[: cut.start], sentence[cut.end :]))
    return before >= fewest and after >= _FEWEST_WORDS
