"""The words that may name a thing, with what the corpus shows of them.

No tagger of parts of speech comes with Python and none is well kept without a download. The corpus
itself shows enough: a word that ends a run of words after "the" or "no" is a noun, one that begins
a run after "we" or "to" is not.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import chain
from typing import NamedTuple

from pipeline.engines.embedded.lexicon import (
    BEFORE_NOUNS,
    BEFORE_VERBS,
    DETERMINERS,
    FUNCTION_WORDS,
    NO_NOUNS,
    REDACTED,
    VERB_FORMS,
    opinion_words,
    stem,
    words,
)

Term = tuple[str, ...]
"""the stems of a word or of two or three neighbouring words"""
_LONGEST = 3
_PROPER_SHARE = 0.6
_THING_SHARE = 0.12
"""An abbreviation that seldom stands after "the" or "a" names somebody."""
_INNER_WORD = re.compile(r"(?<=[a-z,;] )([^\W\d_][\w'’-]+)")
_TOKEN = re.compile(r"[^\W_][\w'’-]*|[.,;:!?()]")
_NO_NOUN = re.compile(r"ly$|ed$|(?:able|ible|ful|less|ous)s?$|n't$")
_NUMBER = re.compile(
    r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-\w+)?|(?:thir|four|fif|six|seven|"
    r"eigh|nine)teenth|(?:four|fif|six|seven|eigh|nin|ten|eleven|twelf|twentie|thirtie)th"
)
_OBJECTS = frozenset({"me", "us", "him", "them"})
"""What these words follow is done to them: "guide me", "my account shows me"."""
_INDEFINITE = frozenset({"a", "an"})
"""The last of several words before these is a verb: "my bill shows an amount"."""
_UNLIKELY = 0.2
_LISTS = tomllib.loads(
    files("pipeline.engines.embedded").joinpath("qualities.toml").read_text(encoding="utf-8")
)
_QUALITIES: dict[str, str] = {
    word: quality for quality, listed in _LISTS["qualities"].items() for word in listed.split()
}
_MATTERS = frozenset(_LISTS["matters"]["words"].split())
VAGUE = frozenset(_LISTS["vague"]["words"].split())
"""Nouns that say little alone ("letter")."""
EMPTY = frozenset(_LISTS["empty"]["words"].split())
"""Nouns that name no touchpoint unless another word stands beside them ("figure")."""
QUALITIES = frozenset((quality,) for quality in _LISTS["qualities"])
"""Terms for what judgements are about: "crowded" and "packed" both tell of ("crowding",)."""
_KEPT = 100_000
"""Texts, and words, whose terms are remembered: each is looked at many times."""
_OPEN = 3.0
"""Weight of what is taken for granted: that a word is a noun as often as not."""


class Vocabulary(NamedTuple):
    """What the quotes of the whole corpus show of words and runs of words."""

    n_quotes: int
    counts: Counter[Term]
    nameless: frozenset[str]
    """stems that name no touchpoint: people and places (written with a capital within sentences)
    and the words of the business' own name"""
    as_noun: Counter[str]
    as_other: Counter[str]

    def noun_share(self, word: str) -> float:
        """Return how sure it is that a word is a noun, 0 to 1, as customers use it here."""
        root = stem(word)
        share = (self.as_noun[root] + 0.6 * _OPEN) / (
            self.as_noun[root] + self.as_other[root] + _OPEN
        )
        is_none = word in VERB_FORMS or word in NO_NOUNS or bool(_NO_NOUN.search(word))
        return share * (_UNLIKELY if is_none else 1.0)


def count_terms(texts: Sequence[str], business: str = "") -> Vocabulary:
    """Count in how many texts each term occurs, and how its words are used."""
    found: list[dict[Term, str]] = []
    as_noun: Counter[str] = Counter()
    as_other: Counter[str] = Counter()
    things: Counter[str] = Counter()
    for text in texts:
        found.append(terms(text))
        for before, run, judged, after in _runs(text):
            if after in _OBJECTS or (after in _INDEFINITE and len(run) > 1):
                as_other[stem(run[-1])] += 1
            elif before in BEFORE_NOUNS or (judged and len(run) == 1):
                as_noun[stem(run[-1])] += 1
                things[stem(run[-1])] += before in DETERMINERS
            elif before in BEFORE_VERBS:
                as_other[stem(run[0])] += 1
    counts = Counter(chain.from_iterable(found))
    own_name = frozenset(stem(word) for word in words(business))
    nameless = _nameless(texts, things) | own_name
    return Vocabulary(len(texts), counts, nameless, as_noun, as_other)


@lru_cache(maxsize=_KEPT)
def terms(text: str) -> dict[Term, str]:
    """Return the terms of one to three words of a text by stems, each with its form there."""
    found: dict[Term, str] = {}
    for run in _joined(text):
        stems = [stem(word) for word in run]
        for size in range(1, min(_LONGEST, len(run)) + 1):
            for at in range(len(run) - size + 1):
                term = tuple(stems[at : at + size])
                if len(set(term)) == size:
                    found.setdefault(term, " ".join(run[at : at + size]))
    for word in _tokens(text):
        if word in _QUALITIES:
            found[(_QUALITIES[word],)] = _QUALITIES[word]
    return found


def quality_of(word: str) -> str:
    """Return what a word judges ("noise" of "quiet"), '' where it judges nothing in particular."""
    return _QUALITIES.get(word, "")


def _joined(text: str) -> Iterator[list[str]]:
    """Yield runs of content words; a determiner does not part them ("change my address")."""
    run: list[str] = []
    for word in _tokens(text):
        if word in DETERMINERS:
            continue
        if _is_content(word):
            run.append(word)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _runs(text: str) -> Iterator[tuple[str, list[str], bool, str]]:
    """Yield runs of content words, the word before each, whether a judgement stands between, and
    the word after it."""
    before, judged = "", False
    run: list[str] = []
    opinions = opinion_words()
    for word in [*_tokens(text), "."]:
        if _is_content(word):
            run.append(word)
            continue
        if run:
            yield before, run, judged, word
            before, run, judged = "", [], False
        if word in opinions and word not in FUNCTION_WORDS:
            judged = True
        else:
            before, judged = word, False


@lru_cache(maxsize=1)  # a text's terms and its runs are looked for one after the other
def _tokens(text: str) -> list[str]:
    """Return lower-case words and punctuation marks."""
    plain = REDACTED.sub(".", text).lower().replace("’", "'")
    return [token.strip("'-").removesuffix("'s") or "." for token in _TOKEN.findall(plain)]


@lru_cache(maxsize=_KEPT)
def _is_content(word: str) -> bool:
    """Tell whether a token may be part of a name."""
    return (
        len(word) > 1
        and not any(character.isdigit() for character in word)
        and not _NUMBER.fullmatch(word)
        and word not in FUNCTION_WORDS
        and word not in DETERMINERS
        and (word in _MATTERS or word not in opinion_words())
    )


def _nameless(texts: Sequence[str], things: Counter[str]) -> frozenset[str]:
    """Return the stems of people, places and brands.

    They stand with a capital in most places where no sentence begins, or all in capitals and hardly
    ever as "the" or "a" something.
    """
    seen: Counter[str] = Counter()
    titled: Counter[str] = Counter()
    shouted: Counter[str] = Counter()
    for text in texts:
        for said in _INNER_WORD.findall(text):
            seen[said] += 1
    by_stem: Counter[str] = Counter()
    for said, n in seen.items():
        root = stem(said.lower())
        by_stem[root] += n
        titled[root] += n * said.istitle()
        shouted[root] += n * said.isupper()
    return frozenset(
        root
        for root, n in by_stem.items()
        if titled[root] > _PROPER_SHARE * n
        or (shouted[root] > _PROPER_SHARE * n and things[root] < _THING_SHARE * n)
    )
