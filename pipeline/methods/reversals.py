"""Words that deny or weaken: whether a span of a text left out the one that governs it.

"it was slow" stands word for word in "I would not say it was slow", and says the opposite. The
words stand in reversals.toml, a list a language; other languages are read by the English one.
"""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

NEGATION, HEDGE = "dropped_negation", "lost_hedge"
_WORDS_FILE = Path(__file__).with_name("reversals.toml")
_NEAR = 90
"""Characters before and after a span in which a word that governs it is looked for."""
_MOST_CARRIED = 5
"""Words between a denial and what it denies."""
_BREAK = re.compile(r"[,.;:!?()\[\]{}\"“”«»…\n。！？、，]|\s[-–—]+\s|[–—]|--")
"""Where a clause ends: what governs a span stands in the same one."""
_WORD = re.compile(r"\w+(?:['’‘-]\w+)*['’]?")
_FIRST_WORDS = 2
_DEFAULT = "en"


class _Lists(NamedTuple):
    """The patterns of one language; `|` stands for the start of the span."""

    idiom: re.Pattern[str]
    """what looks like one of the following and is none"""
    weak: re.Pattern[str]
    """what weakens the span behind it"""
    denies: re.Pattern[str]
    """what denies the span behind it"""
    after: re.Pattern[str]
    """what denies the span before it"""
    waited: re.Pattern[str]
    """the same, for a span that ends with a helping verb"""
    closing: re.Pattern[str]
    """what weakens the span before it"""
    joins: frozenset[str]
    helper: frozenset[str]


def left_out(text: str, start: int, end: int, language: str) -> str:
    """Return NEGATION or HEDGE when a word that governs the span stands outside it, else ''."""
    lists = _lists(language)
    return (
        _left_before(text, start, lists)
        or _left_behind(text, start, end, lists)
        or _left_unspaced(text, start, end)
    )


def _left_unspaced(text: str, start: int, end: int) -> str:
    """Return how a sign beside the span turns it round, where words have no spaces between."""
    denies, idiom, after = _unspaced()
    clause = _BREAK.split(text[max(start - _NEAR, 0) : start])[-1]
    if denies.search(idiom.sub("~", clause)):
        return NEGATION
    ends = bool(_BREAK.match(text, end - 1))
    return NEGATION if not ends and after.match(text, end) else ""


def _left_before(text: str, start: int, lists: _Lists) -> str:
    """Return how what precedes the span, in the same clause, turns it round."""
    clause = _BREAK.split(text[max(start - _NEAR, 0) : start])[-1]
    before = _folded_words(clause)
    first = _folded_words(text[start : start + _NEAR])[:_FIRST_WORDS]
    if not before or not first or first[0] in lists.joins:
        return ""
    around = lists.idiom.sub(" ~ ", f" {' '.join(before)} | {' '.join(first)} ")
    if lists.weak.search(around):
        return HEDGE
    return NEGATION if lists.denies.search(around) else ""


def _left_behind(text: str, start: int, end: int, lists: _Lists) -> str:
    """Return how what follows the span, in the same clause, turns it round."""
    after = text[end : end + _NEAR]
    if _BREAK.match(text, end - 1):
        return ""
    if lists.closing.match(after.lower()):
        return HEDGE
    words = " ".join(_folded_words(_BREAK.split(after)[0])) + " "
    if lists.after.match(words):
        return NEGATION
    last = _folded_words(text[max(start, end - _NEAR) : end])[-1:]
    waits = bool(last) and last[0] in lists.helper
    return NEGATION if waits and lists.waited.match(words) else ""


def _folded_words(text: str) -> list[str]:
    """Return the words of a text in lower case, with straight apostrophes."""
    return _WORD.findall(text.lower().replace("’", "'").replace("‘", "'"))


def words_of(language: str, kind: str) -> tuple[str, ...]:
    """Return one list of a language (the English one for a language without), as written."""
    return tuple(str(_words_in(language)[kind]).split())


def pattern_of(words: Iterable[str], gap: str = " ") -> str:
    """Return a pattern for any of the words as they stand in the lists; for none it never holds."""
    found = "|".join(re.escape(word).replace(r"\*", r"\S*").replace("_", gap) for word in words)
    return f"(?:{found or '(?!)'})"


@cache
def _words() -> dict[str, dict[str, str | int]]:
    """Return all lists."""
    return tomllib.loads(_WORDS_FILE.read_text(encoding="utf-8"))


@cache
def _words_in(language: str) -> dict[str, str | int]:
    """Return the lists of a language; of one without, the English ones with what denies in others;
    where nobody knows the language, the English ones."""
    words = _words()
    english = words[_DEFAULT]
    if not language or language in words:
        return words.get(language, english)
    other = words["other"]
    added = {kind: f"{english[kind]} {more}" for kind, more in other.items() if kind != "reach"}
    return {**english, **added, "reach": other["reach"]}


@cache
def _unspaced() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return what denies from before, what only looks so, and what denies from behind."""
    deny, carry, idiom, after = (
        pattern_of(str(_words()["unspaced"][kind]).split())
        for kind in ("deny", "carry", "idiom", "after")
    )
    return (
        re.compile(rf"(?:{deny}{carry}{{0,3}}|(?:^|\s)[안못]\s)$"),
        re.compile(idiom),
        re.compile(rf"(?:[ぁ-ん]{{0,4}}?|(?:[하되]?지)?[는은도를이가]?\s?){after}"),
    )


@cache
def _lists(language: str) -> _Lists:
    """Return the patterns of a language."""
    lists = _words_in(language)
    one = {
        kind: pattern_of(str(words).split(), r"(?: \|)? " if kind == "idiom" else " ")
        for kind, words in lists.items()
    }
    carry = rf"(?:{one['carry']} ){{0,{_MOST_CARRIED}}}"
    says = rf"(?:(?:{one['carry']}|{one['says']}|{one['own']}) ){{0,{_MOST_CARRIED}}}"
    not_own, not_joined = rf"(?!{one['own']} |\d)", rf"(?!{one['joins']} )"
    not_denied = rf"(?!{one['not']} )"
    further = int(lists["reach"]) - 1
    return _Lists(
        re.compile(rf" {one['idiom']}(?= )"),
        re.compile(
            rf" (?:{one['weak']} {carry}\| |{one['modal']} {carry}\| {not_own}{not_denied})"
        ),
        re.compile(rf" (?:{one['not']} {says}\| |{one['no']} {not_own}{carry}\| {not_own})"),
        re.compile(rf"(?:{not_joined}\S+ ){{0,{further}}}{one['after']} "),
        re.compile(rf"(?:{one['carry']} )?(?:{one['not']}|{one['no']}) "),
        re.compile(rf"\s*,?\s*{one['closing']}\s*(?:[.,;:!?)]|$)"),
        frozenset(str(lists["joins"]).split()),
        frozenset(str(lists["helper"]).split()),
    )
