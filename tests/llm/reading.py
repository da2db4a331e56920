"""What a plain reader gets out of a request: its catalogue, lines, sentences, words and moods."""

import re
from functools import lru_cache
from typing import NamedTuple

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

KNOWN_LINE = re.compile(r"^(T\d+) = ([^:\n]+)(?::\s*(.*))?$", re.MULTILINE)
NUMBERED = re.compile(r"^\[(\d+)\] ?(.*)$", re.MULTILINE)
STAFF = re.compile(r"\(staff:[^)\n]*\)")
STAFF_WORDS = re.compile(r"\(staff:\s*([^)\n]*)\)")
SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]*")
WORD = re.compile(r"[a-z][a-z']+")
STOPPED = frozenset(
    re.findall(
        r"[a-z']+",
        """
    a about after again all also am an and any are as at back be because been before being but by
    came can cannot could did do does doing done down each ever every few for from get gets
    getting go goes going gone got had has have he her here him his how i if in into is it its
    just keep kept let like made make many me more most much must my never new no nobody none nor
    not nothing now of off on once one only or other our out over own per please put quite really
    said same saw say says she should since so some still such take tell than that the their them
    then there these they thing things this those though three through time to today told too took
    try trying two until up upon us use used using very want wanted was way we week weeks well
    went were what when where which while who why will with without would year years yes yet you
    your day days month months customer customers know think last first even another hour hours
    minute minutes someone people don't didn't can't couldn't wasn't isn't won't wouldn't doesn't
    i'm it's i've we've you're
    """,
    )
)
DETERMINERS = frozenset({"the", "a", "an", "my", "our", "your", "their", "this", "these"})
PUNCTUATION = ".,;:!?()\"'“”"
SUFFIXES = ("ings", "ing", "ies", "ed", "es", "s", "ly")
WORD_OF_NAME = 1.0
WORD_OF_DEFINITION = 0.34
MIN_SCORE = 0.9
"""About one word of the name, or three of the definition."""


class Known(NamedTuple):
    """A catalogue line of the system message."""

    code: str
    name: str
    definition: str
    name_words: frozenset[str]
    words: frozenset[str]


class Line(NamedTuple):
    """Customer's words, without what the staff said."""

    number: int
    words: str


@lru_cache(maxsize=64)
def read_catalogue(system: str) -> tuple[Known, ...]:
    return tuple(
        Known(m[1], m[2].strip(), m[3] or "", roots(m[2]), roots(m[3] or ""))
        for m in KNOWN_LINE.finditer(system)
    )


@lru_cache(maxsize=64)
def read_stages(system: str) -> tuple[str, ...]:
    """Names after 'or empty:', else after 'Stages:' on its line, or in '- name' lines below it."""
    found = re.search(r"or empty:[ \t]*(.+)", system) or re.search(
        r"^#* ?Stages[^:\n]*:?[ \t]*(.*(?:\n- .*)*)", system, re.MULTILINE
    )
    if not found:
        return ()
    parts = re.split(r"\n- |[;|]|, ", found[1])
    names = [part.split(":")[0].strip(" .-") for part in parts]
    return tuple(name for name in names if name and name != "(none given)")


def read_lines(item: str) -> list[Line]:
    found = [Line(int(m[1]), m[2]) for m in NUMBERED.finditer(item)]
    return found or [Line(n, words) for n, words in enumerate(item.split("\n"), start=1) if words]


def read_quotes(item: str) -> list[str]:
    """What stands in '- quote' lines."""
    return [line[2:].strip().strip('"“”') for line in item.split("\n") if line.startswith("- ")]


def split_sentences(words: str) -> list[str]:
    """Verbatim parts of the line; what the staff said falls out."""
    parts = [part for piece in STAFF.split(words) for part in SENTENCE.findall(piece)]
    return [part.strip() for part in parts if part.strip()]


@lru_cache(maxsize=100_000)
def root(word: str) -> str:
    """The word without its ending: enough for 'delivered' to meet 'delivery'."""
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            word = word.removesuffix(suffix)
            break
    return word[:-1] if len(word) > 4 and word[-1] in "ey" else word


def content_words(text: str) -> list[str]:
    return [w for w in WORD.findall(text.lower().replace("’", "'")) if w not in STOPPED]


@lru_cache(maxsize=20_000)
def roots(text: str) -> frozenset[str]:
    return frozenset(map(root, content_words(text)))


def likeness(one: str, other: str) -> float:
    """Common words over the words of the shorter, 0..1."""
    a, b = roots(one), roots(other)
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


def find_known(sentence: str, catalogue: tuple[Known, ...]) -> Known | None:
    """The catalogue touchpoint with the most words in common, if there are enough."""
    words = roots(sentence)
    scored = [(_score(words, known), known) for known in catalogue]
    best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] >= MIN_SCORE else None


def _score(words: frozenset[str], known: Known) -> float:
    n_rest = len(words & (known.words - known.name_words))
    return WORD_OF_NAME * len(words & known.name_words) + WORD_OF_DEFINITION * n_rest


_ANALYSER = SentimentIntensityAnalyzer()


@lru_cache(maxsize=20_000)
def mood(sentence: str) -> float:
    """VADER's compound, -1..1."""
    return float(_ANALYSER.polarity_scores(sentence)["compound"])


@lru_cache(maxsize=20_000)
def _is_mood_word(word: str) -> bool:
    return word in _ANALYSER.lexicon


def short_name(text: str, n_words: int = 3) -> str:
    """The words after an article or a possessive, the longest run of them: "Parking fee". Without
    any, the first words that carry content and no mood; '' if there are none."""
    words = text.lower().replace("’", "'").split()
    runs = [
        _run_of(words[place + 1 :], n_words)
        for place, word in enumerate(words)
        if word in DETERMINERS
    ]
    best = max(runs, key=len, default=[])
    if not best:
        best = list(dict.fromkeys(filter(_may_name, content_words(text))))[: n_words - 1]
    return " ".join(best).capitalize()


def _run_of(words: list[str], n_words: int) -> list[str]:
    """Words up to the first that no name holds, or that ends a clause; moods are left out."""
    run: list[str] = []
    for word in words:
        bare = word.strip(PUNCTUATION)
        if bare in STOPPED or not bare.isalpha() or len(run) == n_words:
            break
        run += [bare] if _may_name(bare) else []
        if bare != word:
            break
    return run


def _may_name(word: str) -> bool:
    return len(word) > 2 and word.isalpha() and not _is_mood_word(word)
