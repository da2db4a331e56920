"""The customer's words → the language they are in.

Short texts tell little, so all there is gets added up, in the logarithms of odds: the letters, the
commonest words of each language (languages.toml), and py3langid's model of letter sequences. A text
that stays unsure is taken to be in the language of most of the texts beside it.
"""

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from math import log
from typing import NamedTuple

_ENGLISH = "en"
_PLAINLY_ENGLISH = 3
"""With so many more English words than of any other language the model need not be asked."""
_FEWEST_LETTERS = 20
_MOST_CHARACTERS = 300
_SURE = 3.0
"""How much likelier than the next a language must be to be told, as a logarithm: e**3 = 20."""
_WORD_WEIGHT = 1.6
_LETTER_WEIGHT = 1.0
_MOST_LETTERS = 4
_LEAST_LIKELY = 0.0005
"""The model's share of a language never counts less: it is seldom right to be that sure."""
_ENGLISH_FIRST = 1.5
"""The head start of English: taking a misspelt English text for a foreign one costs more."""
_UNLISTED = ("af", "et", "eu", "hr", "is", "lt", "lv", "sk", "sl", "sq", "sw", "tl", "vi")
"""Languages in Latin letters that are told by the model alone, which is weak on short texts."""
_HANDICAP = 3.0
_CLEAR_MAJORITY = 0.7
_FEWEST_TOLD = 3
_SCRIPTS: dict[str, tuple[str, ...]] = {
    "HIRAGANA": ("ja",), "KATAKANA": ("ja",), "CJK": ("zh", "ja"), "HANGUL": ("ko",),
    "CYRILLIC": ("ru", "uk", "bg", "sr", "mk", "be", "kk"), "GREEK": ("el",), "HEBREW": ("he",),
    "ARABIC": ("ar", "fa", "ur"), "THAI": ("th",), "DEVANAGARI": ("hi", "mr", "ne"),
    "BENGALI": ("bn",), "TAMIL": ("ta",), "TELUGU": ("te",), "GUJARATI": ("gu",),
    "KANNADA": ("kn",), "MALAYALAM": ("ml",), "GURMUKHI": ("pa",), "SINHALA": ("si",),
    "GEORGIAN": ("ka",), "ARMENIAN": ("hy",), "KHMER": ("km",), "LAO": ("lo",),
    "MYANMAR": ("my",), "ETHIOPIC": ("am",),
}  # fmt: skip
"""Languages of each script, the likeliest first."""
_WORD = re.compile(r"[^\W\d_]+")
_KANA = ("HIRAGANA", "KATAKANA")
_LATIN = "LATIN"


class Guess(NamedTuple):
    """The likeliest language of a text ('' when it has no letters), and whether that is sure."""

    language: str
    is_sure: bool
    n_letters: int


class _Lists(NamedTuple):
    """The word lists, turned round: which languages hold a word or a letter."""

    words: dict[str, frozenset[str]]
    letters: dict[str, frozenset[str]]
    languages: tuple[str, ...]


def find_languages(texts: Sequence[str], usual: str) -> list[str]:
    """Return the ISO 639-1 code of each text, '' when it is too short to tell.

    The texts belong together, such as the answers to one survey: an unsure one is taken to be in
    the language that most of the others are in, or, when there is none, in the corpus' `usual` one.
    """
    guesses = [guess(text) for text in texts]
    most = _majority(guesses)
    return [_settle(one, most, usual) for one in guesses]


def guess(text: str) -> Guess:
    """Return the likeliest language of one text by itself."""
    sample = text[:_MOST_CHARACTERS]
    letters = [c for c in sample if c.isalpha()]
    if not letters:
        return Guess("", is_sure=False, n_letters=0)
    script = _script(letters)
    if script in _SCRIPTS:
        return Guess(_of_script(sample, script), is_sure=True, n_letters=len(letters))
    if script != _LATIN:
        return Guess("", is_sure=False, n_letters=len(letters))
    hits = _hits(sample)
    if sample.isascii() and _lead(hits) >= _PLAINLY_ENGLISH:
        return Guess(_ENGLISH, is_sure=True, n_letters=len(letters))
    weights = _weigh(sample, letters, hits)
    (best, top), (_, second) = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:2]
    return Guess(best, is_sure=top - second >= _SURE, n_letters=len(letters))


def _majority(guesses: Sequence[Guess]) -> str:
    """Return the language of most texts that tell theirs, '' when there is none."""
    told = Counter(one.language for one in guesses if one.is_sure)
    if told.total() < _FEWEST_TOLD:
        return ""
    language, n = min(told.items(), key=lambda item: (-item[1], item[0]))
    return language if n >= _CLEAR_MAJORITY * told.total() else ""


def _settle(one: Guess, most: str, usual: str) -> str:
    """Return the language a text is taken to be in."""
    if one.is_sure:
        return one.language
    if one.n_letters == 0:
        return ""
    return most or (usual if one.n_letters >= _FEWEST_LETTERS else "")


def _script(letters: Sequence[str]) -> str:
    """Return the script of most letters; Chinese signs beside kana are Japanese."""
    if "".join(letters).isascii():
        return _LATIN
    counts = Counter(unicodedata.name(c, "UNKNOWN").partition(" ")[0] for c in letters)
    script = min(counts, key=lambda name: (-counts[name], name))
    if script == "CJK" and any(counts[kana] for kana in _KANA):
        return _KANA[0]
    return script


def _of_script(sample: str, script: str) -> str:
    """Return the likeliest of the languages that are written in a script."""
    among = _SCRIPTS[script]
    if len(among) == 1:
        return among[0]
    shares = _shares(sample, among)
    # Only the model's clear word is taken against the language that most people write in it.
    best = max(among, key=lambda language: shares[language])
    return best if shares[best] > 2 * shares[among[0]] else among[0]


def _hits(sample: str) -> Counter[str]:
    """Return how many of its words are among the commonest of each language."""
    words = _lists().words
    return Counter(one for word in _WORD.findall(_fold(sample)) for one in words.get(word, ()))


def _lead(hits: Counter[str]) -> int:
    """Return how many more words are English than are of the next language."""
    return hits[_ENGLISH] - max((n for one, n in hits.items() if one != _ENGLISH), default=0)


def _weigh(sample: str, letters: Sequence[str], hits: Counter[str]) -> dict[str, float]:
    """Return for each language in Latin letters the logarithm of how likely it is."""
    lists = _lists()
    among = (*lists.languages, *_UNLISTED)
    shares = _shares(sample, among)
    weights = {one: log(max(shares[one], _LEAST_LIKELY)) for one in among}
    weights[_ENGLISH] += _ENGLISH_FIRST
    for one in _UNLISTED:
        weights[one] -= _HANDICAP
    for one, n in hits.items():
        weights[one] += _WORD_WEIGHT * n
    marked = [c for c in "".join(letters).lower() if not c.isascii()][:_MOST_LETTERS]
    for letter in marked:
        known = lists.letters.get(letter, frozenset())
        for one in lists.languages:
            weights[one] += _LETTER_WEIGHT if one in known else -_LETTER_WEIGHT
    return weights


def _fold(text: str) -> str:
    """Return lower case without accents: "não" and "nao" are one word."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


@cache
def _lists() -> _Lists:
    """Load the word lists, turned round."""
    path = files("pipeline.sources").joinpath("languages.toml")
    data: dict[str, dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))
    words: dict[str, set[str]] = {}
    letters: dict[str, set[str]] = {}
    for language, entry in data.items():
        for word in _WORD.findall(_fold(entry["words"])):
            words.setdefault(word, set()).add(language)
        for letter in entry["letters"]:
            letters.setdefault(letter, set()).add(language)
    return _Lists(_frozen(words), _frozen(letters), tuple(data))


def _frozen(sets: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(values) for key, values in sets.items()}


def _shares(sample: str, among: Sequence[str]) -> dict[str, float]:
    """Return the model's probability of each of these languages, as if there were no others."""
    every = _classifier()(sample)
    total = sum(every.get(language, 0.0) for language in among)
    return {language: every.get(language, 0.0) / max(total, 1e-12) for language in among}


def begin_loading() -> None:
    """Begin to load the model beside other work: it takes half a second, mostly of unpacking.

    Best before large libraries are imported: unpacking needs no Python.
    """
    _loading()


def end_loading() -> None:
    """Let go of the model, which holds 70 MB: when all documents are read nobody asks it again."""
    _loading.cache_clear()


def _classifier() -> Callable[[str], dict[str, float]]:
    """Return the model, which gives each language its probability."""
    return _loading().result()


@cache
def _loading() -> Future[Callable[[str], dict[str, float]]]:
    """Load the model once, in a thread: while it is unpacked others can work."""
    # Not imported there: two threads that import the same libraries may hold each other up.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    def load() -> Callable[[str], dict[str, float]]:
        identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        return lambda text: {
            str(language): float(share) for language, share in identifier.rank(text)
        }

    thread = ThreadPoolExecutor(1)
    loading = thread.submit(load)
    thread.shutdown(wait=False)
    return loading
