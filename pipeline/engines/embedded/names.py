"""Names a person would use for a group of quotes, taken from the customers' own words."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.engines.embedded.lexicon import (
    DETERMINERS,
    FUNCTION_WORDS,
    REDACTED,
    content_words,
    opinion_words,
    stem,
    words,
)
from pipeline.engines.embedding import Labels, Matrix

BACKGROUND_SHARE = 0.2
"""A word that this share of all quotes holds names the business, not a touchpoint."""
LEAST_LIFT = 5.0
"""A word tells of a group when it is this many times as frequent in it as elsewhere."""
_LONGEST_PAIN = 9
_SAME_ROOT = 4
_PROPER_SHARE = 0.6
_INNER_WORD = re.compile(r"(?<=[a-z,;] )([^\W\d_][\w'’-]+)")
_PAIR_BONUS = 1.6
Term = tuple[str, ...]
"""the stems of a word or of two neighbouring words"""
_TOKEN = re.compile(r"[^\W\d_][\w'’-]*|[.,;:!?()]")
_LEAD = re.compile(
    r"^(?:(?:and|but|so|because(?: of)?|due to|owing to|as a result(?: of)?|since|also|then|plus|"
    r"though|although|however|while|well|oh|honestly|tbh|actually|again|still|yet|which|that|or|"
    r"apart from|except that|is why|that is why|that's why)\b[\s,]*)+",
    re.IGNORECASE,
)


class Vocabulary(NamedTuple):
    """How often words and word pairs stand in the quotes of the whole corpus."""

    n_quotes: int
    counts: Counter[Term]
    nameless: frozenset[str]
    """stems that name no touchpoint: people and places (written with a capital within sentences)
    and the words of the business' own name"""


def count_terms(texts: Sequence[str], business: str = "") -> Vocabulary:
    """Count in how many texts each content stem and pair of neighbouring stems occurs."""
    counts: Counter[Term] = Counter()
    for text in texts:
        counts.update(set(terms(text)))
    own_name = frozenset(stem(word) for word in words(business))
    return Vocabulary(len(texts), counts, _proper_names(texts) | own_name)


def _proper_names(texts: Sequence[str]) -> frozenset[str]:
    """Return the stems that stand with a capital in most places where a sentence does not begin."""
    seen: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for text in texts:
        for match in _INNER_WORD.finditer(text):
            word = stem(match.group(1).lower())
            seen[word] += 1
            capital[word] += match.group(1).istitle()
    return frozenset(word for word, n in capital.items() if n > _PROPER_SHARE * seen[word])


def terms(text: str) -> dict[Term, str]:
    """Return the one and two word terms of a text by stems, each with its form in the text."""
    opinions = opinion_words()
    found: dict[Term, str] = {}
    previous = ""
    for match in _TOKEN.finditer(REDACTED.sub(".", text).lower()):
        word = match.group().replace("’", "'").strip("'-")
        word = word.removesuffix("'s")
        if word in DETERMINERS:
            continue
        if len(word) < 2 or word in FUNCTION_WORDS or word in opinions or not word[0].isalpha():
            previous = ""
            continue
        found.setdefault((stem(word),), word)
        if previous and stem(previous) != stem(word):
            found.setdefault((stem(previous), stem(word)), f"{previous} {word}")
        previous = word
    return found


def telling_terms(own: list[str], vocabulary: Vocabulary, share: float) -> list[Term]:
    """Return the terms of a group that this share of its quotes hold, most telling first."""
    held = [set(terms(text)) for text in own]
    return [
        term
        for term in _rank_terms(own, vocabulary)
        if sum(term in terms_held for terms_held in held) >= share * len(own)
    ]


def name_groups(
    texts: Sequence[str], labels: Labels, vocabulary: Vocabulary
) -> dict[int, tuple[str, list[str]]]:
    """Name each group: label -> (name, its most telling words), names distinct between groups."""
    named: dict[int, tuple[str, list[str]]] = {}
    taken: set[Term] = set()
    sizes = Counter(int(label) for label in labels if label >= 0)
    for label, _ in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        own = [text for text, other in zip(texts, labels, strict=True) if other == label]
        ranked = _rank_terms(own, vocabulary)
        heads = [term for term in ranked if term not in taken][:1]
        if not heads:
            named[label] = ("", [])
            continue
        forms = _forms(own)
        head = heads[0]
        parts = [head, *_second_head(head, ranked, own, taken)]
        taken.update(parts)
        taken.update((word,) for part in parts for word in part)
        name = " and ".join(forms[part] for part in parts)
        telling = [forms[term] for term in ranked if len(term) == 1][:6]
        named[label] = (name[:1].upper() + name[1:], telling)
    return named


def _rank_terms(own: list[str], vocabulary: Vocabulary) -> list[Term]:
    """Order the terms of a group by share in it x how much rarer they are elsewhere."""
    counts: Counter[Term] = Counter()
    for text in own:
        counts.update(set(terms(text)))
    rest = max(vocabulary.n_quotes - len(own), 1)
    outside = {term: max(vocabulary.counts[term] - n, 0) / rest for term, n in counts.items()}
    weight: dict[Term, float] = {}
    for term, count in counts.items():
        names_nothing = [_names_nothing(word, outside, vocabulary) for word in term]
        if count < max(2, 0.03 * len(own)) or all(names_nothing):
            continue
        inside = count / len(own)
        if inside < LEAST_LIFT * outside[term]:
            continue
        lift = np.log((inside + 0.002) / (outside[term] + 0.002))
        bonus = _PAIR_BONUS if len(term) == 2 and not any(names_nothing) else 1.0
        weight[term] = float(inside * lift) * bonus
    return sorted(weight, key=lambda term: (-weight[term], term))


def _names_nothing(word: str, outside: dict[Term, float], vocabulary: Vocabulary) -> bool:
    """Tell whether a stem cannot name a group: many other quotes hold it, or it is somebody's."""
    return word in vocabulary.nameless or outside[word,] > BACKGROUND_SHARE


def _second_head(
    head: Term,
    ranked: list[Term],
    own: list[str],
    taken: set[Term],
) -> list[Term]:
    """Return a second term when it covers half as much as the head, mostly in other quotes."""
    holds = [set(terms(text)) for text in own]
    n_head = sum(head in held for held in holds)
    for term in ranked[1:6]:
        if (
            term[0][:_SAME_ROOT] == head[0][:_SAME_ROOT]
            or set(term) & set(head)
            or term in taken
            or len(term) > len(head)
        ):
            continue
        alone = sum(term in held and head not in held for held in holds)
        if alone >= 0.5 * n_head:
            return [term]
    return []


def _forms(own: list[str]) -> dict[Term, str]:
    """Return for each term the form in which customers write it most often."""
    forms: dict[Term, Counter[str]] = {}
    for text in own:
        for term, form in terms(text).items():
            forms.setdefault(term, Counter())[form] += 1
    return {
        term: min(counter, key=lambda form: (-counter[form], form))
        for term, counter in forms.items()
    }


def name_pain(quotes: Sequence[str], vectors: Matrix, polarity: Matrix) -> str:
    """Return the quote that stands for the group: short, central and clearly a complaint."""
    centre = vectors.mean(axis=0)
    centre = centre / max(float(np.linalg.norm(centre)), 1e-9)
    best, best_value = "", -np.inf
    for quote, vector, mood in zip(quotes, vectors, polarity, strict=True):
        phrase = _phrase(quote)
        n_words = len(phrase.split())
        length = -0.04 * abs(n_words - 6) if n_words <= _LONGEST_PAIN + 3 else -0.5
        bare = -0.5 if n_words < 3 or not content_words(phrase) else 0.0
        value = float(vector @ centre) - 0.25 * float(mood) + length + bare
        if value > best_value:
            best, best_value = phrase, value
    return _shorten(best)


def _phrase(quote: str) -> str:
    """Return a quote without leading connectives and trailing punctuation."""
    plain = _LEAD.sub("", quote.strip()).strip(" .,;:!?-–—\"'")
    return plain[:1].upper() + plain[1:]


def _shorten(phrase: str) -> str:
    """Return at most `_LONGEST_PAIN` words, marked when cut."""
    parts = phrase.split()
    if len(parts) <= _LONGEST_PAIN + 3:
        return phrase
    kept = parts[:_LONGEST_PAIN]
    while kept and kept[-1].lower().strip(",;:") in FUNCTION_WORDS:
        kept.pop()
    return " ".join(kept) + " …"
