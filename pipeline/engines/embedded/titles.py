"""What a pain point may be called: clauses of its quotes that say what is wrong, and with what.

A name is read without its quote, by somebody who was not there. So a clause is rid of what leads in
and trails off, and what still leans on words that are not there, answers somebody, supposes,
praises or has no thing in it names nothing.
"""

import re
import tomllib
from collections.abc import Collection
from html import unescape
from importlib.resources import files

from pipeline.engines.embedded.lexicon import (
    FAULT_WORDS,
    FEELING_WORDS,
    FUNCTION_WORDS,
    PERSONAL_WORDS,
    VERB_FORMS,
    content_words,
    praise_words,
    stem,
    trouble_words,
    words,
)
from pipeline.engines.embedded.outcomes import is_request, is_spared
from pipeline.methods.remembered import remembers

_SHORTEST, _BEST, _LONGEST = 3, 5, 9
"""Words in a name."""
_ABOVE = 3
"""So many words more are bearable."""
_NAMES_IT = 0.12
"""What a clause gains for each of the group's main words, on the scale of the cosine to the middle
of the group; all that follows is on that scale too."""
_TOO_SHORT = 0.35
"""What a clause of fewer than `_SHORTEST` words loses: "so slow" does not say what is."""
_TOO_LONG, _PER_WORD = 0.4, 0.03
"""What a clause loses that is longer, and for each word more or fewer than `_BEST`."""
_PERSONAL = 0.1
"""What a clause loses for each word about the speaker or the day: a name is true of all quotes."""
_ONE_CASE = 0.15
"""What a clause loses for a number and for the name of somebody, which belong to one quote, and for
words before its subject."""
_NO_PRAISE = 0.2
"""What a clause loses for praise beside the trouble: it may be no trouble at all."""

_LISTS: dict[str, list[str]] = tomllib.loads(
    files("pipeline.engines.embedded").joinpath("titles.toml").read_text(encoding="utf-8")
)


def _pattern(beginning: str, *lists: str, end: str = r"\b") -> re.Pattern[str]:
    """Return a pattern of anything in some lists of titles.toml, between two others."""
    any_of = "|".join(one for name in lists for one in _LISTS[name])
    return re.compile(rf"{beginning}(?:{any_of}){end}", re.IGNORECASE)


_LEAD = _pattern("^(?:", "lead", "filler", end=r"(?=[\s,]|$)[\s,]*)+")
_NO_SUBJECT = _pattern("^", "no_subject", end="")
_ADVERBS = "(?: just| also| simply| still| really| even)*"
_NOT_ABLE = _pattern(rf"^(?:i|we|you|it|this|that){_ADVERBS}\s+(?=", "negation", end=r"\b)")
_TRAIL = _pattern(r"(?:[\s,]+", "trail", "filler", end=")+$")
_ASIDE = _pattern(r",?\s+", "filler", end=r"\b(?!\s+(?:with|about|to|that|of)\b),?")
_PART = _pattern(
    r"(?<=[^\W\d_]{2})[.!?]\s+|\s*[,;:()]\s+|\.{2,}\s*|\s+[-–—]+\s+|\s+", "joins", end=r"\s+"
)
_ASKS, _SUPPOSES, _LEANS = (
    _pattern("", "asks", end=""),
    _pattern("", "supposes"),
    _pattern("", "leans"),
)
_SUPPOSES_ANYWHERE = _pattern(r"\b", "supposes_anywhere")
_LEANS_ANYWHERE = _pattern(r"\b", "leans_anywhere")
_OPEN_END = _pattern(r"\b", "open_ends", end="$")
_PRAISES = _pattern(r"\b", "praises")
_PHRASE, _HANGS = _pattern("", "phrases", end=""), _pattern("", "hangs", end="")
_NO_HEAD = re.compile(r"(?:is|are|was|were|to|than|of)\b", re.I)
"""What a clause opens with whose subject stands elsewhere."""
_LATE_HEAD = re.compile(r"(?:by|with|on|at|in|for|from|as|after|before|during)\b", re.I)
"""The same where it comes late."""
_TURNS = re.compile(
    r"no|not|never|nobody|hardly|barely|\w+n't|cannot|[cw]ant|wont|without|too|less|nor"
)
_NO_REAL_PRAISE = frozenset(
    {"please", "like", "special", "help", "share", "play", "playing", "want"}
)
"""Words of praise in VADER's lexicon that hardly ever praise."""
_SEVERAL = re.compile(r"[.!?]\s|\sbut\s|\[|\.{2,}|[?!]$|,[^\W\d_]")
"""More than one sentence, or marks that do not belong in a name ("[EMAIL]")."""
_PROPER = re.compile(r"(?<=\s)[A-Z][a-z']+")
_SWEARING = frozenset({"bloody", "damn", "damned", "hell", "crap", "fucking", "freaking", "shit"})
"""Words that make another one stronger: alone they do not say that anything is wrong."""
_WAITING = frozenset({"wait", "waits", "waited", "waiting"})
_LONG = re.compile(
    r"\b(?:long|ages|for ?ever|ago|queue|minute|min|hour|day|week|month|year)s?\b", re.I
)
"""To wait is a fault where it is told for how long."""
_HALF_BRACKET = re.compile(r"\s*[()]\s*")
_EDGE = " .,;:!?-–—\"'*…()"


@remembers
def clauses(quote: str) -> list[str]:
    """Return a quote and its clauses, without what leads in and what trails off."""
    pieces = [quote, *_PART.split(quote)] if _PART.search(quote) else [quote]
    plain = [_bare(piece) for piece in pieces]
    plain += [_bare(_head(piece)) for piece in plain if len(piece.split()) > _LONGEST + _ABOVE]
    return [p for p in plain if len(p.split()) >= 2 and content_words(p)]


def _head(clause: str) -> str:
    """Return the beginning of a long clause up to the last word that begins a phrase."""
    said = clause.split()[: _LONGEST + _ABOVE + 1]
    ends = [n for n, word in enumerate(said) if n >= _BEST and _PHRASE.fullmatch(word)]
    kept = said[: ends[-1]] if ends else []
    while kept and _HANGS.fullmatch(kept[-1]):
        kept.pop()
    return " ".join(kept)


def _bare(piece: str) -> str:
    """Return a clause without connectives, "I think", "there is" and the like around it."""
    plain = _LEAD.sub("", _ASIDE.sub("", piece.replace("’", "'").strip(_EDGE)))
    plain = _NO_SUBJECT.sub("", _TRAIL.sub("", plain).strip(_EDGE))
    return _NOT_ABLE.sub("", plain).strip(_EDGE)


@remembers
def faults(part: str) -> set[str]:
    """Return the words of a clause that say that something is wrong: what is written like a proper
    name in the middle ("Kindle Fire") does not."""
    said = set(words(part)) - {word.lower() for word in _PROPER.findall(part)}
    found = (said & trouble_words()) | (said & FAULT_WORDS)
    if said & _SWEARING and said & praise_words():
        found -= _SWEARING
    return found if _LONG.search(part) else found - _WAITING


def states_trouble(part: str, thing: Collection[str] = ()) -> bool:
    """Tell whether a clause says that something is wrong: a request ("can you explain the issue")
    only asks for something, and the name of the `thing` itself ("leave clash", by stems) or how one
    feels ("disappointed") tells no fault."""
    if _wants_or_praises(part):
        return False
    if part.lower().startswith("only "):
        return True
    return any(stem(word) not in thing for word in faults(part) - FEELING_WORDS)


@remembers
def _wants_or_praises(part: str) -> bool:
    """Tell whether a clause asks for something, is spared something or praises."""
    return bool(is_spared(part) or is_request(part) or _PRAISES.search(part))


@remembers
def is_clear(part: str) -> bool:
    """Tell whether a clause that states some trouble can be understood alone, and is no longer
    than a name may be."""
    is_long = len(part.split()) > _LONGEST + _ABOVE
    if is_long or _SEVERAL.search(part) or _OPEN_END.search(part):
        return False
    first = next(iter(words(part)), "")
    is_loose = (
        _NO_HEAD.match(part)
        or _LEANS.match(part)
        or _LEANS_ANYWHERE.search(part)
        or _supposes(part)
    )
    is_praise = first in praise_words() and first not in _NO_REAL_PRAISE
    return not (is_loose or is_praise or _ASKS.match(part)) and bool(things(part))


def _supposes(part: str) -> bool:
    """Tell whether a clause only supposes or wishes something."""
    return bool(_SUPPOSES.match(part) or _SUPPOSES_ANYWHERE.search(part))


def things(part: str) -> list[str]:
    """Return the words of a clause that may be the thing with which something is wrong."""
    wrong = trouble_words(), FAULT_WORDS, VERB_FORMS
    return [word for word in content_words(part) if not any(word in one for one in wrong)]


def merit(part: str, main: Collection[str]) -> float:
    """Return what speaks for a clause as a name, beside how near it is to the middle; `main` are
    the stems that its group says most often."""
    said = words(part)
    n_words = len(part.split())
    stems = {stem(word) for word in said}
    length = _PER_WORD * abs(n_words - _BEST) + (_TOO_LONG if n_words > _LONGEST else 0.0)
    short = _TOO_SHORT if n_words < _SHORTEST else 0.0
    named = _NAMES_IT * len(stems.intersection(main))
    personal = _PERSONAL * sum(word in PERSONAL_WORDS for word in said)
    others = {stem(word.lower()) for word in _PROPER.findall(part)}.difference(main)
    one_case = bool(re.search(r"\d", part)) + bool(others)
    one_case += bool(_LATE_HEAD.match(part))
    praised = _NO_PRAISE * _praises_first(said)
    return named - length - short - personal - _ONE_CASE * one_case - praised


def _praises_first(said: list[str]) -> bool:
    """Tell whether there is praise before anything takes it back."""
    praise = praise_words()
    praised = (n for n, word in enumerate(said) if word in praise and word not in _NO_REAL_PRAISE)
    first = next(praised, None)
    return first is not None and not any(_TURNS.fullmatch(word) for word in said[:first])


def gist(name: str) -> frozenset[str]:
    """Return what makes two names the same: their stems, function words apart."""
    kept = {stem(w) for w in words(name) if w not in FUNCTION_WORDS}
    return frozenset(kept or {stem(w) for w in words(name)})


REMEMBERED = (clauses, faults, _wants_or_praises, is_clear)
"""What is remembered of the words of quotes and their clauses."""


def finished(part: str) -> str:
    """Return a clause as a name: sentence case, nothing shouted."""
    if part.count("(") != part.count(")"):
        part = _HALF_BRACKET.sub(", ", part).strip(_EDGE)
    plain = unescape(unescape(part)).strip(_EDGE)
    text = " ".join(w.lower() if w.isupper() and len(w) > 3 else w for w in plain.split())
    return text[:1].upper() + text[1:]
