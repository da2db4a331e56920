"""Words that customers use of one thing, and which of them are of the same thing.

What a corpus talks about shows in its words before any quote is compared with another: a word that
enough customers use, always of much the same matter, is the beginning of a touchpoint. Such words
are found by counts over the whole corpus and gathered by the mean vectors of the quotes that hold
them, which hardly move when some quotes come or go. Quotes alone, linked one to another, fall
together anew each time.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.engines.embedded.groups import link, unit
from pipeline.engines.embedded.lexicon import GENERAL_NOUNS
from pipeline.engines.embedded.names import noun_fitness, voices
from pipeline.engines.embedded.terms import EMPTY, QUALITIES, Term, Vocabulary, terms
from pipeline.engines.embedding import Matrix

_FEWEST = 3
"""So many customers at least use a word that begins a touchpoint."""
_FEWEST_OF_MANY = 0.15
"""The same where there are many, as a share of the square root of their number: what 5 of 1,100
say is no longer chance, and among 10,000 fifteen say anything."""
_EVERYWHERE = 0.2
_ONCE_OR_TWICE = 10
"""A word in more than this share of the quotes, and in more than so many, names the business."""
_OF_ONE_THING = 0.1
"""Least mean cosine of two quotes with the word; two quotes of a corpus have none on average."""
_OF_ONE_THING_IF_VAGUE = 0.25
"""The same for a word that names nothing by itself: a verb ("transfer it"), "app", "line"."""
_DOUBT = 2.0
"""A word counts as if so many more customers had used it of something else each."""
_GOES_BEFORE = 0.7
"""A word that another follows in this share of its uses tells nothing alone ("entire flight")."""
_SAME_THING = 0.62
"""Up to this cosine distance, on average, the words are of one thing. From 0.6 to 0.65 it makes
little difference on labelled sets."""


class Seeds(NamedTuple):
    """Beginnings of touchpoints, those whose words most customers use first."""

    centres: Matrix
    """unit vectors, one row a seed"""
    holds: NDArray[np.bool_]
    """which quote (rows) uses a word of which seed (columns)"""
    judged: NDArray[np.bool_]
    """which seeds are what judgements are about: what is near to a judgement is mostly another one
    ("relaxing" is not "quiet"), so that only quotes with the word belong there"""


class _Anchor(NamedTuple):
    """A word, or two or three in a row, that customers use of one thing."""

    term: Term
    rows: list[int]
    """the quotes that hold it"""
    n_customers: int
    mean: Matrix
    """of its quotes, all of one customer as one"""


def least_customers(customers: Sequence[str]) -> float:
    """Return how many customers must speak of a thing for it to be one."""
    return float(max(_FEWEST, _FEWEST_OF_MANY * len(set(customers)) ** 0.5))


def find_seeds(
    texts: list[str],
    vectors: Matrix,
    vocabulary: Vocabulary,
    customers: Sequence[str],
    known: Collection[frozenset[str]] = (),
) -> Seeds:
    """Return the seeds among quotes, given their centred unit vectors and who said each.

    What a touchpoint of a catalogue is called by begins no other: `known` holds the stems of each.
    """
    anchors = [
        anchor for anchor in _anchors(texts, vectors, vocabulary, customers)
        if not any(stems.issuperset(anchor.term) for stems in known)
    ]  # fmt: skip
    if not anchors:
        return no_seeds(vectors)
    labels = link(np.stack([anchor.mean for anchor in anchors]), _SAME_THING)
    gathered: dict[int, list[_Anchor]] = {}
    for anchor, label in zip(anchors, labels.tolist(), strict=True):
        gathered.setdefault(label, []).append(anchor)
    ordered = sorted(
        gathered.values(), key=lambda own: (-sum(a.n_customers for a in own), own[0].term)
    )
    holds = np.zeros((len(texts), len(ordered)), dtype=np.bool_)
    for column, own in enumerate(ordered):
        for anchor in own:
            holds[anchor.rows, column] = True
    weighed = (sum(a.n_customers * a.mean for a in own) for own in ordered)
    judged = np.array([own[0].term in QUALITIES for own in ordered], dtype=np.bool_)
    return Seeds(unit(np.stack(list(weighed))), holds, judged)


def no_seeds(vectors: Matrix) -> Seeds:
    """Return no seeds among quotes with such vectors."""
    none = np.zeros((len(vectors), 0), dtype=np.bool_)
    return Seeds(vectors[:0], none, np.zeros(0, dtype=np.bool_))


def _anchors(
    texts: list[str], vectors: Matrix, vocabulary: Vocabulary, customers: Sequence[str]
) -> list[_Anchor]:
    """Return the words that customers use of one thing, those that most use first."""
    least = least_customers(customers)
    most = max(_EVERYWHERE * len(texts), _ONCE_OR_TWICE)
    followed = _followed(vocabulary)
    anchors: list[_Anchor] = []
    for term, rows in _users(texts).items():
        if not least <= len(rows) <= most:
            continue
        said = [customers[n] for n in rows]
        n_customers, form = len(set(said)), _form(term, rows, texts)
        is_led = len(term) == 1 and followed[term[0]] > _GOES_BEFORE * len(rows)
        if n_customers < least or is_led or not vocabulary.nameless.isdisjoint(term):
            continue
        mean = np.average(vectors[rows], axis=0, weights=voices(said)).astype(np.float32)
        tells = term in QUALITIES or _names_something(term, form, vocabulary)
        if _alike(mean, n_customers) >= (_OF_ONE_THING if tells else _OF_ONE_THING_IF_VAGUE):
            anchors.append(_Anchor(term, rows, n_customers, mean))
    return sorted(anchors, key=lambda anchor: (-anchor.n_customers, anchor.term))


def _users(texts: list[str]) -> dict[Term, list[int]]:
    """Return the quotes that hold each term."""
    users: dict[Term, list[int]] = {}
    for row, text in enumerate(texts):
        for term in terms(text):
            users.setdefault(term, []).append(row)
    return users


def _followed(vocabulary: Vocabulary) -> Counter[str]:
    """Return how often another word stands right behind each."""
    followed: Counter[str] = Counter()
    for term, n in vocabulary.counts.items():
        if len(term) == 2:
            followed[term[0]] += n
    return followed


def _form(term: Term, rows: list[int], texts: list[str]) -> str:
    """Return how customers mostly write a term."""
    forms = Counter(terms(texts[n])[term] for n in rows)
    return min(forms, key=lambda form: (-forms[form], form))


def _names_something(term: Term, form: str, vocabulary: Vocabulary) -> bool:
    """Tell whether a term could name a touchpoint: it ends on a noun that says something."""
    is_empty = form in EMPTY or form in GENERAL_NOUNS
    return not is_empty and noun_fitness(term, form, vocabulary) > 0


def _alike(mean: Matrix, n: int) -> float:
    """Return the mean cosine of two of `n` unit vectors, given their mean, with `_DOUBT`."""
    alike = (n * float(mean @ mean) - 1) / (n - 1) if n > 1 else 0.0
    return alike * n / (n + _DOUBT)
