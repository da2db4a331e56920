"""Word lists: opinion words (VADER's lexicon), function words, and how words reduce to a stem."""

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files

WORD = re.compile(r"[^\W\d_][\w'’-]*")

_ENDING = re.compile(r"(?<=\w{3})(?:ing|ed|e)$")
REDACTED = re.compile(r"\[[A-Z]+\]")
"""What stands where personal data stood."""
_KEPT = 50_000
"""Words whose stems are remembered: each is looked at many times."""
DETERMINERS = frozenset({"my", "the", "a", "an", "our", "your", "this", "that", "their", "some"})

_LISTS: dict[str, str] = tomllib.loads(
    files("pipeline.engines.embedded").joinpath("words.toml").read_text(encoding="utf-8")
)
FUNCTION_WORDS = frozenset(_LISTS["function_words"].split())
GENERAL_NOUNS = frozenset(_LISTS["general_nouns"].split())
BEFORE_NOUNS = frozenset(_LISTS["before_nouns"].split())
BEFORE_VERBS = frozenset(_LISTS["before_verbs"].split())
PERSONAL_WORDS = frozenset(_LISTS["personal_words"].split())
FAULT_WORDS = frozenset(_LISTS["fault_words"].split())
FEELING_WORDS = frozenset(_LISTS["feeling_words"].split())
VERB_FORMS = frozenset(_LISTS["verb_forms"].split())
NO_NOUNS = frozenset(_LISTS["no_nouns"].split())
IN_PASSING = frozenset(_LISTS["in_passing"].split())
_TROUBLE = frozenset(_LISTS["trouble_words"].split())
_OPINION_EXTRAS = frozenset(_LISTS["opinion_words"].split())


@cache
def _valences() -> dict[str, float]:
    """Return VADER's words with their weight, -4 to 4."""
    text = files("vaderSentiment").joinpath("vader_lexicon.txt").read_text(encoding="utf-8")
    rows = (line.split("\t")[:2] for line in text.splitlines() if "\t" in line)
    return {word: float(weight) for word, weight in rows}


@cache
def opinion_words() -> frozenset[str]:
    """Return the lower-case words that carry an opinion by themselves."""
    strong = {word for word, weight in _valences().items() if abs(weight) >= 1.0}
    return frozenset(strong) | _OPINION_EXTRAS


@cache
def praise_words() -> frozenset[str]:
    """Return the lower-case words that say by themselves that something is good."""
    return frozenset(word for word, weight in _valences().items() if weight >= 1.0)


@cache
def trouble_words() -> frozenset[str]:
    """Return the lower-case words that say that something is wrong."""
    return frozenset(w for w, weight in _valences().items() if weight <= -1.0) | _TROUBLE


def words(text: str) -> list[str]:
    """Return the lower-case words of a text, without numbers, punctuation and [EMAIL] marks."""
    plain = REDACTED.sub(" ", text).lower().replace("’", "'")
    return [word.rstrip("'-") for word in WORD.findall(plain)]


def content_words(text: str) -> list[str]:
    """Return the words that may name a thing: neither function words nor opinions."""
    opinions = opinion_words()
    return [w for w in words(text) if len(w) > 1 and w not in FUNCTION_WORDS and w not in opinions]


def root(word: str) -> str:
    """Return a stem without the endings of verbs: "booking", "booked" and "book" are one."""
    return _ENDING.sub("", stem(word))


@lru_cache(maxsize=_KEPT)
def stem(word: str) -> str:
    """Return a crude singular, so that 'showers' and 'shower' count as one word."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
