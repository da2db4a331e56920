"""Touchpoints by their words, for languages that the sentence vectors do not know.

A quote is about the thing it names first. Words count as one thing when they share a long beginning
(Lieferung, Lieferzeit), and as a thing at all when they mostly stand where nouns stand.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from pipeline.engines.embedded.wordlists import VALUES, WordLists, fold, word_lists

_WORD = re.compile(r"\[[A-Z]+\]|[^\W\d_]+|[.,;:!?()]")
_INNER_CAPITAL = re.compile(r"(?<=[a-zäöüß,] )[A-ZÄÖÜ]")
_CAPITAL_NOUNS = frozenset({"de"})
"""Languages that write every noun with a capital; their plurals seldom end in s."""
_TERSE = 2
"""A text of so few words names its thing and judges it, if that."""
_SHORTEST = 3
_SHARED_LETTERS = 6
_SHARED_PART = 0.66
"""Words that share this much of the shorter one, and so many letters, are one thing."""
_ENDINGS = frozenset({"", "a", "as", "e", "en", "er", "es", "n", "o", "os", "s"})
_FEWEST = 3
_NOUN_SHARE = 0.5
_TAKEN_FOR_GRANTED = 2.0
"""As many uses as a noun, out of three, are assumed before any is seen."""
_NAME, _ALIAS, _OTHER = 1.0, 0.8, 0.3
_MATCHED = 0.6
_THINGS = ("merits", "hurts")
"""Judgements that may name a touchpoint when nothing else does: quality, the queue."""


class Noun(NamedTuple):
    """A word of a text that may name a thing."""

    word: str
    """as written, in lower case"""
    root: str
    is_placed: bool
    """it stands where nouns stand: after an article or a judgement, or alone ("Entrega rápida")"""
    is_judgement: bool


def nouns(language: str, text: str) -> list[Noun]:
    """Return the words of a text that may name a thing, in order."""
    lists = word_lists(language)
    found: list[Noun] = []
    before = ""
    is_terse = len(text.split()) <= _TERSE
    shows_nouns = language in _CAPITAL_NOUNS and bool(_INNER_CAPITAL.search(text))
    for match in _WORD.finditer(text):
        word = fold(match.group(), language)
        kind = lists.kind(word)
        is_capital = shows_nouns and match.group()[0].isupper()
        if _may_name(word, kind, lists) and is_capital == shows_nouns:
            is_led = before in lists.before_nouns or lists.kind(before) in VALUES
            root = word if language in _CAPITAL_NOUNS else _root(word)
            is_placed = is_capital or is_led or is_terse
            found.append(Noun(match.group().lower(), root, is_placed, kind in _THINGS))
        before = word
    return found


def names_thing(language: str, text: str) -> bool:
    """Tell whether a text can stand alone as being about a thing: "bom preço", "the workshop"."""
    return any(noun.is_placed for noun in nouns(language, text))


def group_by_words(language: str, quotes: Sequence[str]) -> dict[int, str]:
    """Return for each quote that names a common thing the name of that thing."""
    said = [nouns(language, quote) for quote in quotes]
    heads = _heads(said)
    counts = Counter(root for own in said for root in {heads[noun.root] for noun in own})
    is_noun = _noun_shares(said, heads)
    kept = {root for root, n in counts.items() if n >= _FEWEST and is_noun[root] >= _NOUN_SHARE}
    names = _names(said, heads)
    chosen = {row: _topic(own, heads, kept) for row, own in enumerate(said)}
    return {row: names[root] for row, root in chosen.items() if root}


def match_by_words(language: str, texts: Sequence[str], phrases: pd.DataFrame) -> list[str]:
    """Return for each text the touchpoint of the catalogue whose words it uses, '' for none.

    `phrases` is the table catalogue_phrases; words of names count most, and only a clear best.
    """
    weights = {"name": _NAME, "alias": _ALIAS}
    known: dict[str, dict[str, float]] = {}
    for touchpoint_id, kind, text in zip(
        *(phrases[name] for name in ("touchpoint_id", "kind", "text")), strict=True
    ):
        for noun in nouns(language, text):
            own = known.setdefault(noun.root, {})
            own[touchpoint_id] = max(own.get(touchpoint_id, 0.0), weights.get(kind, _OTHER))
    return [_best(nouns(language, text), known) for text in texts]


def _best(said: Sequence[Noun], known: Mapping[str, Mapping[str, float]]) -> str:
    """Return the touchpoint whose words a text uses most, '' when none is clearly ahead."""
    total: dict[str, float] = {}
    for root in sorted({noun.root for noun in said}):
        owners = known.get(root, {})
        for touchpoint_id, weight in owners.items():
            total[touchpoint_id] = total.get(touchpoint_id, 0.0) + weight / len(owners)
    ranked = sorted(total.items(), key=lambda item: (-item[1], item[0]))
    if not ranked or ranked[0][1] < _MATCHED:
        return ""
    is_tied = len(ranked) > 1 and ranked[1][1] >= ranked[0][1]
    return "" if is_tied else ranked[0][0]


def _may_name(word: str, kind: str, lists: WordLists) -> bool:
    """Tell whether a folded word may name a thing."""
    is_word = len(word) >= _SHORTEST and word.isalpha()
    return is_word and word not in lists.stop and kind in ("", *_THINGS)


def _root(word: str) -> str:
    """Return a folded word without the s of a plural."""
    return word[:-1] if len(word) > _SHORTEST + 1 and word.endswith("s") else word


def _heads(said: Sequence[Sequence[Noun]]) -> dict[str, str]:
    """Return for each root the commonest root that it counts with."""
    counts = Counter(noun.root for own in said for noun in own)
    heads: dict[str, str] = {}
    alike: dict[str, list[str]] = {}
    for root, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        near = alike.setdefault(root[: _SHORTEST + 1], [])
        heads[root] = next((head for head in near if _is_one_thing(root, head)), root)
        if heads[root] == root:
            near.append(root)
    return heads


def _is_one_thing(one: str, other: str) -> bool:
    """Tell whether two roots are forms or compounds of one word."""
    shared = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared += 1
    if one[shared:] in _ENDINGS and other[shared:] in _ENDINGS:
        return shared > _SHORTEST
    return shared >= max(_SHARED_LETTERS, _SHARED_PART * min(len(one), len(other)))


def _noun_shares(said: Sequence[Sequence[Noun]], heads: Mapping[str, str]) -> dict[str, float]:
    """Return how often each thing stands where nouns stand, 0 to 1."""
    seen: Counter[str] = Counter()
    placed: Counter[str] = Counter()
    for own in said:
        for noun in own:
            seen[heads[noun.root]] += 1
            placed[heads[noun.root]] += noun.is_placed
    assumed = _TAKEN_FOR_GRANTED
    return {root: (placed[root] + assumed) / (n + assumed + 1) for root, n in seen.items()}


def _names(said: Sequence[Sequence[Noun]], heads: Mapping[str, str]) -> dict[str, str]:
    """Return for each thing the form in which customers write its commonest word."""
    forms: dict[str, Counter[str]] = {}
    for own in said:
        for noun in own:
            if heads[noun.root] == noun.root:
                forms.setdefault(noun.root, Counter())[noun.word] += 1
    usual = {root: min(f, key=lambda form: (-f[form], form)) for root, f in forms.items()}
    return {root: form[:1].upper() + form[1:] for root, form in usual.items()}


def _topic(own: Sequence[Noun], heads: Mapping[str, str], kept: set[str]) -> str:
    """Return the thing a quote names first; a judgement such as "quality" only for want of one."""
    named = [noun for noun in own if heads[noun.root] in kept]
    first = next((noun for noun in named if not noun.is_judgement), None)
    first = first or next(iter(named), None)
    return heads[first.root] if first else ""
