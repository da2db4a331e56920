"""Mood and outcome of texts in languages other than English, by word lists of their own.

The sentence vectors and all other word lists are English. A few languages are read partly, by
opinion words with negation, emphasis and contrast, as VADER does it for English (Hutto and
Gilbert, 2014). Any other language is left unread (`pipeline.methods.languages` says which).
"""

import re
from collections.abc import Sequence
from functools import partial
from math import tanh
from typing import NamedTuple

import numpy as np

from pipeline.engines.embedded.wordlists import SHIFTERS, VALUES, WordLists, fold, word_lists
from pipeline.engines.embedding import Matrix

_NOT = -0.7
"""A judgement turned round is weaker than its opposite: "not bad" is less than "good"."""
_ONLY_NOT = -0.3
"""Customers who only tell what was not there ("nobody came") seldom praise."""
_MORE, _LESS = 1.4, 0.6
"""What "very" and "a little" make of a judgement."""
_WISHED = -0.5
"""What is wished to be good is not: "it should be faster" complains, though mildly."""
_REACH = 3
"""How many words before a judgement bear on it."""
_REACH_BACK = {"de": 4, "fr": 1}
"""How many after it, in languages whose "not" stands behind the verb: "gefällt mir nicht"."""
_BEFORE_BUT, _AFTER_BUT = 0.5, 1.5
"""Weights of what stands before and after the last "but", as VADER has them: the end prevails."""
_EXCLAIMED = 1.15
"""What an exclamation mark makes of all judgements of a text."""
_TOKEN = re.compile(r"[^\W\d_]+(?:__)?|[.,;:!?()\n]")
_PAUSE = "|"
_DENIED = "denied"


class _Part(NamedTuple):
    """What the words between two contrasts say."""

    values: list[float]
    kinds: frozenset[str]
    worked: bool
    failed: bool


def mood_in(language: str, texts: Sequence[str]) -> Matrix:
    """Return the mood of texts in a language read partly: -1 (bad) to 1 (good), 0 for none."""
    moods = [_mood(text, _parts(language, text)) for text in texts]
    return np.array(moods, dtype=np.float32).round(3)


def outcome_in(language: str, text: str) -> str:
    """Return worked, partly, failed or unknown: did the touchpoint do its job?"""
    parts = _parts(language, text)
    worked, failed = any(part.worked for part in parts), any(part.failed for part in parts)
    if worked and failed:
        return "partly"
    if failed:
        return "failed"
    return "worked" if worked else "unknown"


def act_in(language: str, text: str) -> str:
    """Return decision or suggestion when a text states one, else ''."""
    kinds = {kind for part in _parts(language, text) for kind in part.kinds}
    if "leaves" in kinds:
        return "decision"
    return "suggestion" if "wish" in kinds and not kinds & {"awful", "fails"} else ""


def cut_contrasts(language: str, text: str) -> list[tuple[int, int]]:
    """Return the spans (start, end) of a sentence before and after each "but"."""
    lists = word_lists(language)
    starts = [0]
    for match in re.finditer(r"[^\W\d_]+", text):
        if (
            lists.whole.get(fold(match.group(), language)) == "but"
            and text[: match.start()].strip()
        ):
            starts.append(match.start())
    spans = zip(starts, [*starts[1:], len(text)], strict=True)
    return [trim(text, *span) for span in spans]


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span without white space, commas and full stops around it."""
    while end > start and not (text[end - 1].isalnum() or text[end - 1] in "!?)\"'»”"):
        end -= 1
    while start < end and not (text[start].isalnum() or text[start] in "(\"'«“¿¡"):
        start += 1
    return start, end


def _mood(text: str, parts: Sequence[_Part]) -> float:
    """Return the mood of a text from its parts: what stands behind the last "but" weighs more."""
    total = 0.0
    for number, part in enumerate(parts):
        weight = 1.0
        if len(parts) > 1:
            weight = _AFTER_BUT if number == len(parts) - 1 else _BEFORE_BUT
        total += weight * sum(part.values)
    return tanh(total * (_EXCLAIMED if "!" in text else 1.0))


def _parts(language: str, text: str) -> list[_Part]:
    """Return what each part of a text says, cut at the words of contrast."""
    kinds: list[list[str]] = [[]]
    for kind in _kinds(language, text, word_lists(language)):
        if kind == "but":
            kinds.append([])
        else:
            kinds[-1].append(kind)
    back = _REACH_BACK.get(language, 0)
    return [_read(own, back) for own in kinds if own]


def _kinds(language: str, text: str, lists: WordLists) -> list[str]:
    """Return the class of each word or phrase, '' for none and `_PAUSE` for a mark.

    What stands before a phrase that begins with a denial belongs to the same denial: the "n'" of
    "n'est pas arrivé" does not turn "pas arrivé" round.
    """
    kinds: list[str] = []
    for match in _TOKEN.finditer(lists.phrases.sub(partial(_marked, lists), fold(text, language))):
        word = match.group()
        if not word[0].isalpha():
            kinds.append(_PAUSE)
            continue
        kind = word.removesuffix("__") if word.endswith("__") else lists.kind(word)
        if kind.startswith(_DENIED):
            near = kinds[-_REACH:]
            kinds[-_REACH:] = ["" if other == "not" else other for other in near]
        kinds.append(kind.removeprefix(_DENIED))
    return kinds


def _marked(lists: WordLists, phrase: re.Match[str]) -> str:
    """Return what stands for a phrase: its class, marked where it begins with a denial."""
    first = phrase.group().split()[0].split("'")[0]
    return f" {_DENIED if lists.kind(first) == 'not' else ''}{phrase.lastgroup}__ "


def _read(kinds: Sequence[str], back: int) -> _Part:
    """Return the value of every judgement in a part, with what bears on it."""
    values: list[float] = []
    worked = failed = False
    solved = _solved(kinds, back)
    for place, kind in enumerate(kinds):
        if kind not in VALUES or place in solved:
            continue
        shifts = _near(kinds, place, back if VALUES[kind] > 0 else 0)
        is_denied = "not" in shifts
        values.append(_shifted(VALUES[kind], shifts))
        failed |= (kind == "fails" and not is_denied) or (kind == "works" and is_denied)
        worked |= (kind == "works" and not is_denied) or (kind == "fails" and is_denied)
    if not values and "not" in kinds:
        values.append(_ONLY_NOT)
    return _Part(values, frozenset(kinds), worked, failed)


def _solved(kinds: Sequence[str], back: int) -> set[int]:
    """Return the places of what is bad beside a word that it was put right: "solved my problem"."""
    return {
        near
        for place, kind in enumerate(kinds)
        if kind == "works" and "not" not in _near(kinds, place, back)
        for near in range(max(place - _REACH, 0), min(place + _REACH + 1, len(kinds)))
        if kinds[near] == "bad" and "not" not in _near(kinds, near, 0)
    }


def _near(kinds: Sequence[str], place: int, back: int) -> list[str]:
    """Return the shifters that bear on the judgement at `place`: before it, or "not" behind it."""
    found: list[str] = []
    for kind in reversed(kinds[max(place - _REACH, 0) : place]):
        # "Did not solve my problem": the verb has taken the "not".
        if kind in (_PAUSE, "works", "fails"):
            break
        if kind in SHIFTERS:
            found.append(kind)
    for kind in kinds[place + 1 : place + 1 + back]:
        if kind == _PAUSE or VALUES.get(kind, 0) > 0:
            break
        if kind == "not":
            found.append(kind)
    return found


def _shifted(value: float, shifts: Sequence[str]) -> float:
    """Return the value of a judgement after the words that bear on it."""
    if "not" in shifts:
        value *= _NOT
    elif "wish" in shifts and value > 0:
        value *= _WISHED
    if "more" in shifts:
        value *= _MORE
    return value * _LESS if "less" in shifts else value
