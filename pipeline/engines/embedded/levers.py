"""The library of levers: what can be changed at a touchpoint, and what each one answers."""

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.briefs import Brief, Pain, Quote

_FOLDER = Path(__file__).parent
_ENDING = r"(?:s|es|d|ed|ing)?"
_SHORT, _SHORT_ENDING = 3, r"(?:s|es)?"
"""The same for words of up to so many letters: "feed" is no fee, and a "bared" wire no bar."""
_BETWEEN = r"\s+(?:\S+\s+){0,4}?"
"""What a `~` of a cue stands for."""
_FEWEST_SCREENS = 4
"""Texts that speak of a screen where a touchpoint is one, at least."""
_MOST_SCREEN = 2
"""How many times as often customers must speak of screens as of places for a touchpoint to be one
that nobody can taste, sit on or walk through."""

Cues = dict[str, re.Pattern[str]]


@dataclass(frozen=True, slots=True)
class Variant:
    """A lever spelled out for one kind of problem."""

    kinds: tuple[str, ...]
    cues: Cues
    needs: tuple[str, ...]
    change: str
    who: str
    tools: str
    data: str
    days: str
    lead: str
    risk: str
    on_screen: bool
    """only for what customers meet on a screen"""


@dataclass(frozen=True, slots=True)
class Lever:
    """One way to improve a touchpoint."""

    name: str
    family: str
    fits: dict[str, float]
    needs: tuple[str, ...]
    failed: float
    stated: float
    measures: tuple[str, ...]
    flow: str
    says: str
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """Everything levers.toml and problems.toml hold."""

    kinds: dict[str, dict[str, Cues]]
    """how customers word each kind of problem, by language"""
    ground: Cues
    screen: Cues
    on_the_ground: frozenset[str]
    """kinds of problem that only a place can have"""
    support: Cues
    vague: Cues
    idle: frozenset[str]
    levers: tuple[Lever, ...]

    def worded(self, language: str) -> dict[str, Cues]:
        """Return how each kind of problem is worded; what nothing is known of reads as English."""
        return self.kinds.get(language or "en", {})


@dataclass(frozen=True, slots=True)
class Problem:
    """A pain of a brief with the kinds of problem its words tell of."""

    pain: Pain
    kinds: dict[str, float]
    """shares that add up to 1"""
    texts: tuple[tuple[float, str], ...]
    """where cues are looked for, with the weight of each text"""
    touchpoint: str
    """its name"""
    has_screen: bool
    """customers speak of a screen at that touchpoint"""


@cache
def load_library() -> Library:
    """Read the two data files that stand beside this module."""
    problems = tomllib.loads((_FOLDER / "problems.toml").read_text(encoding="utf-8"))
    levers = tomllib.loads((_FOLDER / "levers.toml").read_text(encoding="utf-8"))
    return Library(
        kinds={
            language: {kind: _cues(words) for kind, words in kinds.items()}
            for language, kinds in problems["kinds"].items()
        },
        ground=_cues(problems["ground"]),
        screen=_cues(problems["screen"]),
        on_the_ground=frozenset(problems["on_the_ground"]),
        support=_cues(problems["support"]),
        vague=_cues(problems["vague"]),
        idle=frozenset(problems["idle"]),
        levers=tuple(_lever(data) for data in levers["lever"]),
    )


def found(cues: Cues, text: str) -> list[str]:
    """Return the cues that stand in `text`, in the order of the library."""
    folded = _fold(text)
    # Looking for the plain letters first spares nearly all searches.
    return [
        cue
        for cue, pattern in cues.items()
        if cue.partition(" ")[0] in folded and pattern.search(folded)
    ]


def kinds_told(kinds: dict[str, Cues], text: str) -> Counter[str]:
    """Return how many cues of each kind stand in `text`.

    What is only ever part of a longer cue of another kind does not count: "nobody came" does not
    say that nobody answered.
    """
    folded = _fold(text)
    spans = [
        (kind, cue, match.span())
        for kind, cues in kinds.items()
        for cue in found(cues, text)
        for match in cues[cue].finditer(folded)
    ]
    kept = {
        (kind, cue)
        for kind, cue, (start, end) in spans
        if not any(
            other != kind and first <= start and end <= last and last - first > end - start
            for other, _, (first, last) in spans
        )
    }
    return Counter(kind for kind, _ in kept)


def _fold(text: str) -> str:
    return text.lower().replace("\u2019", "'")


def diagnose(brief: Brief, pain: Pain, library: Library) -> Problem:
    """Weigh the kinds of problem: the pain's name counts as much as all its quotes together."""
    share = 1 / max(1, len(pain.quotes))
    texts = ((1.0, pain.name), *((share, quote.text) for quote in pain.quotes))
    languages = [_language(pain), *(quote.language for quote in pain.quotes)]
    screens, places = _where(brief, library)
    is_screen = screens >= _FEWEST_SCREENS and screens > _MOST_SCREEN * places
    unfit = library.on_the_ground if is_screen else frozenset()
    counts = [
        (weight, kinds_told(library.worded(language), text))
        for language, (weight, text) in zip(languages, texts, strict=True)
    ]
    weights = {
        kind: sum(weight * n_cues[kind] for weight, n_cues in counts)
        for kind in library.kinds["en"]
        if kind not in unfit
    }
    if weights["mishap"]:  # "I lost my card" is not about a delivery that went missing.
        weights["lost"] = 0.0
    # What only one customer in many adds on the side is not what the pain is about.
    least = max(weights.values()) / 4
    kept = {kind: weight for kind, weight in weights.items() if weight > 0 and weight >= least}
    total = sum(kept.values())
    kinds = {kind: weight / total for kind, weight in kept.items()} or {"general": 1.0}
    return Problem(pain, kinds, ((0.5, brief.name), *texts), brief.name, screens > 0)


def _language(pain: Pain) -> str:
    """Return the language of most quotes of a pain, in which its name is written too."""
    counts = Counter(quote.language for quote in pain.quotes)
    return min(counts, key=lambda language: (-counts[language], language), default="")


def _where(brief: Brief, library: Library) -> tuple[int, int]:
    """Return how many texts of a brief speak of a screen, and how many of a place: "Evernote Food"
    is nothing to taste, and nobody signs in to a scanner."""
    told = [brief.name, brief.definition, *(text for _, text in brief.quotes())]
    screens = sum(bool(found(library.screen, text)) for text in told)
    places = sum(bool(found(library.ground, text)) for text in told)
    return screens, places


def choose_variant(
    lever: Lever, problem: Problem, facts: dict[str, str]
) -> tuple[Variant, float] | None:
    """Return the most specific variant that holds here with how specific it is, or None."""
    best: tuple[Variant, float] | None = None
    for variant in lever.variants:
        score = _specific(variant, problem, facts)
        if score is not None and (best is None or score > best[1]):
            best = variant, score
    return best


def fit(lever: Lever, problem: Problem) -> float:
    """Return how well the lever answers the problem, 0 to 1.

    Half of it is the best of the main kinds: a pain that is both late and unanswered is served
    by what serves either.
    """
    fits = {kind: lever.fits.get(kind, 0.0) for kind in problem.kinds}
    best = max((fits[kind] for kind, share in problem.kinds.items() if share >= 0.25), default=0.0)
    return (best + sum(share * fits[kind] for kind, share in problem.kinds.items())) / 2


def in_common(quote: Quote, problem: Problem, library: Library) -> int:
    """Return how closely a quote belongs to a problem: same pain point, else words shared.

    Words of the touchpoint's own name stand in whatever is said of it, so they show nothing.
    """
    if quote.pain_point_id and quote.pain_point_id == problem.pain.pain_point_id:
        return 100
    told = _words(" ".join([problem.pain.name, *(q.text for q in problem.pain.quotes)]), library)
    return len((_words(quote.text, library) & told) - _words(problem.touchpoint, library))


def _words(text: str, library: Library) -> set[str]:
    words = re.findall(r"[^\W\d_]{4,}", text.lower())
    return {word.removesuffix("s") for word in words if word not in library.idle}


def best_word(variant: Variant, problem: Problem) -> str:
    """Return the variant's cue that the customers use most, or ''."""
    weights = {
        cue: sum(weight for weight, text in problem.texts if pattern.search(_fold(text)))
        for cue, pattern in variant.cues.items()
    }
    return max(weights, key=lambda cue: weights[cue], default="")


def _specific(variant: Variant, problem: Problem, facts: dict[str, str]) -> float | None:
    """Return 0 for a variant that serves any problem, more for a closer one, None for none."""
    if variant.on_screen and not problem.has_screen:
        return None
    if not all(facts.get(need) for need in variant.needs):
        return None
    score = 0.5 * len(variant.needs)
    if variant.kinds:
        share = sum(problem.kinds.get(kind, 0.0) for kind in variant.kinds)
        if share < 0.2:
            return None
        score += 0.2 + share
    if variant.cues:
        weight = sum(w for w, text in problem.texts if found(variant.cues, text))
        if weight < 0.5:
            return None
        score += 0.3 + min(1.0, weight)
    return score


def _cues(words: list[str]) -> Cues:
    return {word.rstrip("*"): _pattern(word) for word in words}


def _pattern(word: str) -> re.Pattern[str]:
    """Compile a cue: whole words with the usual endings, or any ending after `*`."""
    pieces = word.rstrip("*").split(" ~ ")
    endings = [_ENDING if len(piece.split()[-1]) > _SHORT else _SHORT_ENDING for piece in pieces]
    if word.endswith("*"):
        endings[-1] = r"\w*"
    both = zip(pieces, endings, strict=True)
    stem = _BETWEEN.join(_in_a_row(piece) + ending for piece, ending in both)
    return re.compile(rf"(?<!\w){stem}(?!\w)")


def _in_a_row(words: str) -> str:
    """Return the pattern of words one after the other."""
    return r"\s+".join(re.escape(part) for part in words.split())


def _lever(data: dict[str, Any]) -> Lever:
    return Lever(
        name=data["name"],
        family=data["family"],
        fits=data["fits"],
        needs=tuple(data.get("needs", ())),
        failed=data.get("failed", 0.0),
        stated=data.get("stated", 0.0),
        measures=tuple(data["measures"]),
        flow=data["flow"],
        says=data.get("says", "pain"),
        variants=tuple(_variant(data | variant, variant) for variant in data["variant"]),
    )


def _variant(data: dict[str, Any], own: dict[str, Any]) -> Variant:
    """Read a variant; `data` is the lever with what the variant replaces."""
    return Variant(
        kinds=tuple(own.get("kinds", ())),
        cues=_cues(own.get("cues", [])),
        needs=tuple(own.get("needs", ())),
        change=own["change"],
        who=data["who"],
        tools=data["tools"],
        data=data["data"],
        days=data["days"],
        lead=data["lead"],
        risk=data["risk"],
        on_screen=own.get("screen", False),
    )
