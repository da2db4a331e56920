"""Words that quotes share: what a part of a touchpoint, or the whole, could be called."""

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from pipeline.engines.embedded.lexicon import GENERAL_NOUNS, stem, words
from pipeline.engines.embedded.terms import EMPTY, QUALITIES, Term, Vocabulary, count_terms, terms
from pipeline.text import normalise

_LONGEST = 2
"""Words in the name of a part: longer runs seldom stand in enough quotes."""
_LEAST_SHARE, _MOST_SHARE = 0.06, 0.5
"""A word of fewer quotes makes no touchpoint, one of more is the touchpoint itself."""
_NOUN = 0.5
"""Least share of a word's uses, among those that show it, in which it is a noun."""
_AT_HOME = 0.3
"""Least share of a word's uses in the corpus that belong to this touchpoint: others say it too,
and then it tells of nothing in particular."""
_MOST_BESIDE = 0.5
"""Most of a word's quotes that may name the touchpoint too: "shower pressure" is of the shower."""
_LONGER = 0.5
"""A longer run of words names the thing when this share of the uses of its last word are in it."""
_OFTEN_ENOUGH = 0.25
"""Least share of a touchpoint's quotes that hold a better name."""
_SELDOM = 0.35
"""A name that fewer of the quotes hold is not what customers call it."""
_TIMES_BETTER = 2.0
_LIFT = 4.0
"""A word tells of a touchpoint when it is this many times as frequent there as elsewhere."""
_FEW = 3
_ENOUGH = 4_000
"""Quotes that show whether a word is a noun."""
_WORD = re.compile(r"[^\W_]+")
_GENERAL = frozenset(stem(noun) for noun in GENERAL_NOUNS)


class Wording(NamedTuple):
    """Words that quotes share."""

    word: Term
    """what they say, by stems: "material" """
    term: Term
    """the same with the word that mostly goes with it: "reading material" """
    name: str
    """as customers write them, beginning with a capital"""
    rows: tuple[int, ...]
    """the numbers of the quotes that hold them"""


@lru_cache(maxsize=4_096)
def roots(name: str) -> frozenset[str]:
    """Return the stems of a name's words."""
    return frozenset(stem(word) for word in words(name))


def bare(name: str) -> str:
    """Return what makes two names the same to a reader: their words and numbers, whatever the case,
    the plural and the marks between them."""
    return " ".join(stem(word) for word in _WORD.findall(normalise(name))) or normalise(name)


def vocabulary_of(texts: Sequence[str], business: str) -> Vocabulary:
    """Return what the quotes show of words; how words are used is read from some of them only."""
    step = max(1, len(texts) // _ENOUGH)
    used = count_terms(sorted(texts)[::step], business)
    return used._replace(
        n_quotes=len(texts), counts=Counter(chain.from_iterable(map(terms, texts)))
    )


def parts_of_names(
    texts: Sequence[str], vocabulary: Vocabulary, known: frozenset[str]
) -> list[Wording]:
    """Return the nouns that name a part of a touchpoint, none with a stem that is `known` of it,
    the most frequent first."""
    said = _said(texts)
    found = []
    for term, rows in said.items():
        share = len(rows) / len(texts)
        if len(term) > _LONGEST or not _LEAST_SHARE <= share <= _MOST_SHARE:
            continue
        if known.isdisjoint(term) and _names(term, rows, texts, vocabulary):
            home = len(rows) / max(vocabulary.counts[term], len(rows))
            beside = _beside(known, [texts[row] for row in rows])
            if home >= _AT_HOME and beside <= _MOST_BESIDE:
                found.append((term, rows))
    found.sort(key=lambda item: (-len(item[1]), item[0]))
    return [_wording(term, _longer(term, said), rows, texts) for term, rows in found]


def _beside(known: frozenset[str], texts: Sequence[str]) -> float:
    """Return the share of texts that hold one of the known stems."""
    held = [not known.isdisjoint(chain.from_iterable(terms(text))) for text in texts]
    return sum(held) / len(texts)


def better_name(
    name: str, texts: Sequence[str], customers: Sequence[str], vocabulary: Vocabulary
) -> Wording | None:
    """Return what customers call a touchpoint more exactly than by one word, or than its name that
    hardly anybody says; None when nothing is clearly better."""
    said = _said(texts)
    own = roots(name)
    n_named = sum(not own.isdisjoint(chain.from_iterable(terms(text))) for text in texts)
    is_seldom = n_named < _SELDOM * len(texts)
    worth: dict[Term, float] = {}
    for term, rows in said.items():
        enough = len(rows) >= max(_FEW, _OFTEN_ENOUGH * len(texts))
        if not enough or len({customers[row] for row in rows}) < _FEW or set(term) <= own:
            continue
        longer = len(own) == 1 and own < set(term)
        instead = is_seldom and len(rows) >= _TIMES_BETTER * n_named
        if (longer or instead) and _names(term, rows, texts, vocabulary):
            worth[term] = _tells(term, len(rows), len(texts), vocabulary)
    best = max(worth, key=lambda term: (worth[term], term), default=None)
    if best is None or worth[best] <= 0:
        return None
    return _wording(best, best, said[best], texts)


def _said(texts: Sequence[str]) -> dict[Term, list[int]]:
    """Return for each term the numbers of the texts that hold it, of what customers say word for
    word: what a judgement is about ("cleanliness") is left out."""
    found: dict[Term, list[int]] = {}
    for row, text in enumerate(texts):
        for term in terms(text).keys() - QUALITIES:
            found.setdefault(term, []).append(row)
    return found


def _names(term: Term, rows: Sequence[int], texts: Sequence[str], vocabulary: Vocabulary) -> bool:
    """Tell whether a term ends in a noun that says something and names nobody."""
    if term[-1] in _GENERAL or not vocabulary.nameless.isdisjoint(term):
        return False
    form = _form(term, rows, texts)
    last = form.split()[-1]
    return form not in EMPTY and vocabulary.noun_share(last) >= _NOUN


def _tells(term: Term, n: int, n_own: int, vocabulary: Vocabulary) -> float:
    """Return how well a term tells of a group: its share there x how much rarer it is elsewhere
    (class-based TF-IDF); 0 for what is not `_LIFT` times rarer."""
    inside = n / n_own
    outside = max(vocabulary.counts[term] - n, 0) / max(vocabulary.n_quotes - n_own, 1)
    return (
        inside * math.log((inside + 0.002) / (outside + 0.002)) if inside > _LIFT * outside else 0
    )


def _longer(term: Term, said: dict[Term, list[int]]) -> Term:
    """Return the term with the word that mostly stands beside it: "reading material"."""
    least = _LONGER * len(said[term])
    longer = [
        other
        for other, rows in said.items()
        if len(other) == len(term) + 1 and term in (other[1:], other[:-1]) and len(rows) >= least
    ]
    return max(longer, key=lambda other: (len(said[other]), other), default=term)


def _wording(word: Term, term: Term, rows: Sequence[int], texts: Sequence[str]) -> Wording:
    """Return a term as it is shown."""
    form = _form(term, rows, texts)
    plain = re.compile(rf"\b{re.escape(form)}\b", re.IGNORECASE)
    written = Counter(
        match.group()
        for row in rows
        if not texts[row].isupper()
        if (match := plain.search(texts[row]))
    )
    shown = max(written, key=lambda text: (written[text], text), default=form)
    shown = " ".join(word if word.isupper() else word.lower() for word in shown.split())
    return Wording(word, term, shown[:1].upper() + shown[1:], tuple(rows))


def _form(term: Term, rows: Collection[int], texts: Sequence[str]) -> str:
    """Return the form in which a term is written most often."""
    forms = Counter(said[term] for row in rows if term in (said := terms(texts[row])))
    return max(forms, key=lambda form: (forms[form], form), default=" ".join(term))
