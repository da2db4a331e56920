"""Whether a piece of a sentence says something of its subject, or only names it.

"The hot food" in "the hot food and the staff were not good" is half a subject: alone it would read
as praise. Word lists (predicates.toml) and endings decide; in doubt a piece only names, for a
clause too long still holds what was said, and a subject cut off says what nobody said.
"""

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from itertools import pairwise

from pipeline.engines.embedded.lexicon import (
    DETERMINERS,
    FUNCTION_WORDS,
    opinion_words,
    trouble_words,
    words,
)

_LISTS = {
    name: frozenset(listed.split())
    for name, listed in tomllib.loads(
        files("pipeline.engines.embedded").joinpath("predicates.toml").read_text(encoding="utf-8")
    ).items()
}
_RELATIVE = frozenset({"who", "which", "that", "where", "whose"})
_SUBJECTS = frozenset({"i", "we", "they", "he", "she"})
_JOINED_BY = frozenset({"and", "plus", "or"})
_SHORTEST_PAST = 5
"""Letters of a word in -ed that is taken for a verb: "bed" and "red" are none."""


def says_something(text: str) -> bool:
    """Tell whether a piece has a verb of its own or judges ("great food", "staff rude")."""
    said = _said(text)
    if not said or _has_verb(said):
        return True
    opinions = set(_opinions(said))
    first_noun = next((n for n, word in enumerate(said) if _is_noun(word)), len(said))
    if not _LISTS["amounts"].isdisjoint(said) or any(n > first_noun for n in opinions):
        return True
    return bool(opinions) and said[0] not in _LISTS["definite"]


def has_opinion(text: str) -> bool:
    """Tell whether a piece holds an opinion that is not just part of a name ("hot food")."""
    return any(True for _ in _opinions(_said(text)))


def only_names(text: str) -> bool:
    """Tell whether a text is a bare name ("the check-in process"), with nothing said of it."""
    said = _said(text)
    is_opened = said and (said[0] in _LISTS["definite"] or said[0] in _LISTS["descriptive"])
    if not is_opened or not all(c.isalpha() or c in " .,'’-" for c in text):
        return False
    is_trouble = not trouble_words().isdisjoint(set(said) - _LISTS["descriptive"])
    is_judged = any(_is_past(word) for word in said)  # "the overpriced drinks"
    return not (is_trouble or is_judged or has_opinion(text) or says_something(text))


def _said(text: str) -> list[str]:
    """Return the words of a piece without the "and" it opens with."""
    said = words(text)
    return said[1:] if said and said[0] in _JOINED_BY else said


def _has_verb(said: list[str]) -> bool:
    """Tell whether a piece has a finite verb beside those of its relative clauses."""
    if said[0] in _LISTS["pronouns"] and not _opens_name(said):
        return True
    marks = list(_verbs(said))
    runs = sum(mark and not before for before, mark in pairwise([False, *marks]))
    return runs > sum(_opens_relative(before, word) for before, word in pairwise(said))


def _opens_relative(before: str, word: str) -> bool:
    """Tell whether a relative clause opens: "the man who served us", "the food they serve"."""
    return word in _RELATIVE or (word in _SUBJECTS and _is_noun(before))


def _opens_name(said: list[str]) -> bool:
    """Tell whether "this" or "that" stands before a noun."""
    return said[0] in _LISTS["definite"] and len(said) > 1 and _is_noun(said[1])


def _verbs(said: list[str]) -> Iterator[bool]:
    """Yield for each word whether it is a finite verb."""
    has_subject = False
    for number, (before, word) in enumerate(pairwise(["", *said])):
        is_sure = word in _LISTS["auxiliaries"] or word.endswith("n't")
        may_be = word in _LISTS["verbs"] or _is_past(word)
        stands_free = before not in DETERMINERS and not before.endswith("'s")
        is_verb = is_sure or (may_be and stands_free and (has_subject or not number))
        yield before != "to" and (is_verb or (before in _SUBJECTS and word not in _JOINED_BY))
        has_subject = has_subject or (_is_noun(word) and not word.endswith("'s"))


def _is_past(word: str) -> bool:
    """Tell whether a word ends like a past form."""
    return len(word) >= _SHORTEST_PAST and word.endswith("ed") and not word.endswith("eed")


def _is_noun(word: str) -> bool:
    """Tell whether a word may be a noun: no function word, no adverb in -ly, no opinion."""
    is_opinion = word in opinion_words() and word not in _LISTS["namings"]
    return len(word) > 1 and not (word in FUNCTION_WORDS or word.endswith("ly") or is_opinion)


def _opinions(said: list[str]) -> Iterator[int]:
    """Yield the places of opinions that are no part of a name."""
    opinions = opinion_words()
    for number, word in enumerate(said):
        if word not in opinions or word in _LISTS["namings"]:
            continue
        after = said[number + 1] if number + 1 < len(said) else ""
        if not (word in _LISTS["descriptive"] and _is_noun(after)):
            yield number
