"""Pain points: complaints that tell the same problem, named by what is wrong with it."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from html import unescape
from itertools import combinations
from typing import NamedTuple

import numpy as np

from pipeline.engines.embedded.groups import unit
from pipeline.engines.embedded.lexicon import (
    FUNCTION_WORDS,
    PERSONAL_WORDS,
    content_words,
    praise_words,
    stem,
    trouble_words,
    words,
)
from pipeline.engines.embedded.outcomes import is_request, is_spared
from pipeline.engines.embedding import Labels, Matrix

Embed = Callable[[list[str]], Matrix]
_MAIN_WORDS = 2
"""So many of the words that a group says most often should stand in its name."""
_SHORTEST, _BEST, _LONGEST = 3, 5, 9
"""Words in a name; `_LONGEST` is where a longer one is cut."""
_CENTRAL = 12
"""Quotes nearest the middle of a group whose parts are looked at for a name."""
_SAME = 0.7
_SAME_WITH_WORD = 0.55
"""Least cosine between the middles of two groups that tell one problem: in other words, or when
they share the word most used in each."""
_SAME_NAME, _SHARED_NAME, _SHARED_WORDS = 0.75, 0.6, 2
"""Two names tell one problem from this cosine on, when they also share so much of the words of the
one that has fewer, and so many. At a cosine of 0.5 that joined 8 pairs of written complaints
wrongly and none rightly."""
_NAMES_IT = 0.12
"""What a clause gains for each of the group's two main words, on the scale of the cosine to the
middle of the group; all that follows is on that scale too."""
_TOO_SHORT = 0.35
"""What a clause of fewer than `_SHORTEST` words loses: "so slow" does not say what is."""
_TOO_LONG, _PER_WORD = 0.4, 0.03
"""What a clause loses that would be cut, and for each word more or fewer than `_BEST`."""
_PERSONAL = 0.1
"""What a clause loses for each word about the speaker or the day: a name is true of all quotes."""
_ONE_CASE = 0.15
"""What a clause loses for a number, and for being a question: both belong to one quote."""
_SUPPOSED = 0.3
"""What a clause loses that only supposes something, whose subject stands elsewhere, or that goes on
in another sentence."""
_FAR_BEHIND = 0.7
"""A clause this far behind the best, nearness apart, is not looked at: nearness hardly ever makes
up for more, and to embed the clauses takes longer than all else."""
_BAD_SAYS_MORE = 0.25
"""How much a bad mood counts beside nearness when the quotes to name a problem are picked."""

_FILLER = (
    r"(?:quite |to be (?:quite |perfectly )?)?(?:honest|frank|fair|blunt)(?:ly)?(?: with you)?|tbh|"
    r"i'm afraid|i am afraid|i must say|i have to say|i'm sorry to say|if i'm honest|mind you|"
    r"believe me|in all honesty|needless to say|sad to say|sorry to say|let's be honest"
)
"""What a speaker adds about the saying, and says nothing of the problem."""
_LEAD = re.compile(
    r"^(?:(?:and|but|so|because(?: of)?|due to|owing to|as a result(?: of)?|since|also|then|plus|"
    r"though|although|however|while|well|oh|actually|again|still|yet|which|that|or|"
    rf"{_FILLER}|"
    r"apart from|except(?: that)?|is why|that is why|that's why|when|"
    r"(?:the |my |our )?(?:only|main|biggest) (?:problem|issue|complaint|downside)s?"
    r" (?:is|was|are|were)(?: that)?|"
    r"as(?= (?:there|i|we|they|it|the|my|our|no)\b)|"
    r"(?:it(?:'s| is| was) |what )?(?:a |such a |the )?(?:great |real )?(?:shame|pity)"
    r"(?: (?:is|was))?(?: that)?|"
    r"to (?:add insult to injury|make (?:matters|things) worse|top it all)|"
    r"for (?:one thing|a start|starters)|worst of all|"
    r"i (?:really |also )?(?:think|thought|feel|felt|found|find|believe|guess|mean|must say|"
    r"would say|noticed|see|saw)(?: that)?|it seems(?: that)?|unfortunately|sadly|basically)"
    r"(?=[\s,]|$)[\s,]*)+",
    re.IGNORECASE,
)
_NO_SUBJECT = re.compile(
    r"^(?:there(?:'s| is| are| was| were)|(?:i|we|they|you|it)(?:'ve| have| had| has| got| get)|"
    r"i'm|we're|i am|we are|i was|we were)\s+(?=(?:no|not|nothing|nobody|never|only|too|very|"
    r"unable|limited|poor|stuck|charged|logged|locked|told|few|little|hardly)\b)|"
    r"^(?:i|we|you)\s+(?=(?:can|could|did|do|never|cannot)"
    r"(?:n't|not)?\b.*)",
    re.IGNORECASE,
)
_TRAIL = re.compile(
    r"(?:[\s,]+(?:again|though|either|as well|at all|too|today|yesterday|anymore|any more|now|and|"
    rf"but|or|so|which|that|because|when|please|sorry|lol|{_FILLER}))+$",
    re.IGNORECASE,
)
_ASIDE = re.compile(rf",?\s+(?:{_FILLER})\b(?!\s+(?:with|about|to|that|of)\b),?", re.IGNORECASE)
_PART = re.compile(
    r"(?<=[^\W\d_]{2})[.!?]\s+|\s*[,;:()]\s+|\.{2,}\s*|\s+[-–—]+\s+|\s+(?:and|but|which|because|so|since|while|whilst|when)\s+"
)
_ASKS = re.compile(
    r"(?:what|why|how|can|could|do|does|did|is|are|will|would|hi|hello|please)\b", re.IGNORECASE
)
_SUPPOSES = re.compile(
    r"(?:if|unless|whether|suppose|in case)\b|.*\b(?:about|wonder|ask) whether\b", re.I
)
_NO_HEAD = re.compile(r"(?:is|are|was|were|to|than|of)\b", re.I)
"""What a clause opens with whose subject stands elsewhere."""
_STOPS = re.compile(r"(?<=[^\W\d_]{2})[.!?]\s")
_SWEARING = frozenset({"bloody", "damn", "damned", "hell", "crap", "fucking", "freaking", "shit"})
"""Words that make another one stronger: alone they do not say that anything is wrong."""
_HALF_BRACKET = re.compile(r"\s*[()]\s*")
_EDGE = " .,;:!?-–—\"'*…()"


class Complaints(NamedTuple):
    """The complaints about one touchpoint."""

    quotes: Sequence[str]
    vectors: Matrix
    polarity: Matrix
    told: Matrix
    """vectors that tell one problem from another, see `by_problem`"""
    labels: Labels
    """groups by those"""


class Problem(NamedTuple):
    """One problem of a touchpoint: its quotes by number, and its name ('' when none states it)."""

    members: list[int]
    name: str


class _Case(NamedTuple):
    """A problem to be named."""

    members: list[int]
    centre: Matrix
    parts: dict[str, float]
    """clauses near the middle that state some trouble, with what else speaks for each as a name"""


class _Named(NamedTuple):
    """A problem and the clause that names it."""

    members: list[int]
    part: str


class _Vectors:
    """The vectors of clauses, each made when it is first asked for: that takes longer than all
    else, and many clauses are out of the question by their words alone."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._known: dict[str, Matrix] = {}

    def learn(self, parts: Iterable[str]) -> None:
        """Make those not made yet: many small calls would mostly look up what is known."""
        new = sorted(set(parts) - self._known.keys())
        if new:
            self._known.update(zip(new, self._embed(new), strict=True))

    def of(self, parts: Sequence[str]) -> Matrix:
        """Return one row a clause."""
        self.learn(parts)
        return np.stack([self._known[part] for part in parts])


def find_problems(touchpoints: Sequence[Complaints], embed: Embed) -> list[list[Problem]]:
    """Return the problems of each touchpoint, larger ones first.

    Groups that tell the same problem in other words are one; no two names of a touchpoint are the
    same. A name is the part of a quote that states the problem best: near the middle of the group,
    short, with the thing and what is wrong with it.
    """
    cases = [_cases(complaints) for complaints in touchpoints]
    vectors = _Vectors(embed)
    open_ones = [case for own in cases for case in own if len(case.parts) > 1]
    vectors.learn(_weightiest(case.parts, case) for case in open_ones)
    vectors.learn(part for case in open_ones for part in _able([*case.parts], case, vectors))
    named = [_name_apart(own, vectors) for own in cases]
    vectors.learn(part for own in named for pair in _alike(own) for part in pair)
    return [_one_each(own, vectors) for own in named]


def _cases(complaints: Complaints) -> list[_Case]:
    """Return the problems of one touchpoint, larger ones first."""
    merged = _merge(complaints.quotes, complaints.told, complaints.labels)
    sizes = Counter(merged.tolist())
    order = sorted(sizes, key=lambda g: (-sizes[g], g))
    return [_case(complaints, np.flatnonzero(merged == label)) for label in order]


def _case(complaints: Complaints, rows: Labels) -> _Case:
    """Return what some complaints offer for a name."""
    quotes = [complaints.quotes[n] for n in rows.tolist()]
    vectors = complaints.vectors[rows]
    centre = unit(vectors.mean(axis=0))
    tells = vectors @ centre - _BAD_SAYS_MORE * complaints.polarity[rows]
    central = np.argsort(-tells, kind="stable")[:_CENTRAL].tolist()
    parts = dict.fromkeys(part for n in central for part in _parts(quotes[n]))
    main = _main_words(quotes)
    merit = {part: _merit(part, main) for part in parts if _states_trouble(part)}
    least = max(merit.values(), default=0.0) - _FAR_BEHIND
    close = {part: value for part, value in merit.items() if value >= least}
    return _Case(rows.tolist(), centre, close)


def _name_apart(cases: Sequence[_Case], vectors: _Vectors) -> list[_Named]:
    """Return the problems with the clause that names each, '' for none: each left to the first who
    has its content words."""
    found: list[_Named] = []
    taken: set[frozenset[str]] = set()
    for case in cases:
        free = [part for part in case.parts if _gist(part) not in taken]
        part = _best(free, case, vectors) if free else ""
        taken.add(_gist(part))
        found.append(_Named(case.members, part))
    return found


def _one_each(found: list[_Named], vectors: _Vectors) -> list[Problem]:
    """Return the problems, each joined to the first whose name says the same in other words."""
    alike = _alike(found)
    kept: list[_Named] = []
    for one in found:
        same = next((k for k in kept if _say_the_same((k.part, one.part), alike, vectors)), None)
        if same:
            same.members.extend(one.members)
        else:
            kept.append(one)
    problems = (Problem(sorted(one.members), _finished(one.part)) for one in kept)
    return sorted(problems, key=lambda problem: -len(problem.members))


def _alike(found: Sequence[_Named]) -> set[tuple[str, str]]:
    """Return the pairs of names, in their order, that share so many words that they may tell one
    problem."""
    gists = [(one.part, _gist(one.part)) for one in found if one.part]
    return {
        (one, other)
        for (one, mine), (other, theirs) in combinations(gists, 2)
        if len(mine & theirs) >= max(_SHARED_WORDS, _SHARED_NAME * min(len(mine), len(theirs)))
    }


def _say_the_same(
    names: tuple[str, str], alike: Collection[tuple[str, str]], vectors: _Vectors
) -> bool:
    """Tell whether two names tell one problem."""
    if names not in alike:
        return False
    one, other = vectors.of(names)
    return float(one @ other) >= _SAME_NAME


def _best(parts: Sequence[str], case: _Case, vectors: _Vectors) -> str:
    """Return the clause that states a problem best."""
    able = _able(parts, case, vectors)
    if len(able) == 1:
        return able[0]
    near = (vectors.of(able) @ case.centre).tolist()
    values = [n + case.parts[part] for n, part in zip(near, able, strict=True)]
    return able[int(np.argmax(values))]


def _able(parts: Sequence[str], case: _Case, vectors: _Vectors) -> list[str]:
    """Return the clauses that could state a problem best: nearness adds 1 at most, so others stay
    behind the one with the most merit whatever their vectors are."""
    if len(parts) == 1:
        return list(parts)
    first = _weightiest(parts, case)
    least = case.parts[first] + float(vectors.of([first])[0] @ case.centre) - 1
    # Itself in any case: a cosine of 1 may be a little more by rounding.
    return [part for part in parts if part == first or case.parts[part] >= least]


def _weightiest(parts: Iterable[str], case: _Case) -> str:
    """Return the clause of a case for which most speaks beside its nearness."""
    return max(parts, key=case.parts.__getitem__)


def _parts(quote: str) -> list[str]:
    """Return a quote and its clauses, without what leads in and what trails off."""
    pieces = [quote, *_PART.split(quote)] if _PART.search(quote) else [quote]
    plain = [_bare(piece) for piece in pieces]
    return [p for p in plain if len(p.split()) >= 2 and content_words(p)]


def _bare(piece: str) -> str:
    """Return a clause without connectives, "I think", "there is" and the like around it."""
    plain = _LEAD.sub("", _ASIDE.sub("", piece.strip(_EDGE)))
    plain = _NO_SUBJECT.sub("", _TRAIL.sub("", plain).strip(_EDGE))
    return plain.strip(_EDGE)


def _states_trouble(part: str) -> bool:
    """Tell whether a clause says that something is wrong: a request ("can you explain the issue")
    only asks for something."""
    if is_spared(part) or is_request(part):
        return False
    said = set(words(part))
    is_sworn = said & _SWEARING and said & praise_words()
    trouble = trouble_words() - _SWEARING if is_sworn else trouble_words()
    return part.lower().startswith("only ") or not trouble.isdisjoint(said)


def _main_words(quotes: Sequence[str]) -> set[str]:
    """Return the stems that a group says most often, ties in alphabetical order."""
    common = Counter(stem(w) for quote in quotes for w in set(content_words(quote)))
    often = sorted(common.items(), key=lambda item: (-item[1], item[0]))[:_MAIN_WORDS]
    return {word for word, n in often if n > 1}


def _merit(part: str, main: set[str]) -> float:
    """Return what speaks for a clause as a name, beside how near it is to the middle."""
    said = words(part)
    n_words = len(part.split())
    stems = [stem(word) for word in content_words(part)]
    length = _PER_WORD * abs(n_words - _BEST) + (_TOO_LONG if n_words > _LONGEST else 0.0)
    short = _TOO_SHORT if n_words < _SHORTEST else 0.0
    named = _NAMES_IT * len(main.intersection(stems))
    personal = _PERSONAL * sum(word in PERSONAL_WORDS for word in said)
    number = _ONE_CASE * bool(re.search(r"\d", part))
    asked = _ONE_CASE * bool(_ASKS.match(part))
    is_loose = _SUPPOSES.match(part) or _NO_HEAD.match(part) or _STOPS.search(part)
    supposed = _SUPPOSED * bool(is_loose)
    return named - length - short - personal - number - asked - supposed


def _merge(quotes: Sequence[str], vectors: Matrix, labels: Labels) -> Labels:
    """Join groups that lie very near each other, or near with the same main word."""
    sizes = Counter(labels.tolist())
    groups = sorted((g for g, n in sizes.items() if n > 1), key=lambda g: (-sizes[g], g))
    if len(groups) < 2:
        return labels
    rows = [np.flatnonzero(labels == g).tolist() for g in groups]
    centres = np.stack([unit(vectors[own].mean(axis=0)) for own in rows])
    main = [_main_word([quotes[n] for n in own]) for own in rows]
    similar = centres @ centres.T
    out = labels.copy()
    for small in range(len(groups) - 1, 0, -1):
        least = [_SAME_WITH_WORD if main[small] & main[g] else _SAME for g in range(small)]
        large = int(np.argmax(similar[small, :small] - least))
        if similar[small, large] >= least[large]:
            out[out == groups[small]] = groups[large]
    return out


def _main_word(own: list[str]) -> set[str]:
    """Return the stem that most quotes of a group use, if it stands in half of them."""
    counts = Counter(stem(w) for quote in own for w in set(content_words(quote)))
    word, n = min(counts.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
    return {word} if n >= max(2, len(own) / 2) else set()


def _gist(name: str) -> frozenset[str]:
    """Return what makes two names the same: their stems, function words apart."""
    kept = {stem(w) for w in words(name) if w not in FUNCTION_WORDS}
    return frozenset(kept or {stem(w) for w in words(name)})


def _finished(part: str) -> str:
    """Return a clause as a name: sentence case, nothing shouted, cut when it is long."""
    if part.count("(") != part.count(")"):
        part = _HALF_BRACKET.sub(", ", part).strip(_EDGE)
    plain = unescape(unescape(part)).strip(_EDGE)
    calm = [w.lower() if w.isupper() and len(w) > 3 else w for w in plain.split()]
    text = " ".join(calm)
    text = text[:1].upper() + text[1:]
    if len(calm) <= _LONGEST + 3:
        return text
    kept = text.split()[:_LONGEST]
    while len(kept) > _BEST and kept[-1].lower().strip(",;:") in FUNCTION_WORDS:
        kept.pop()
    return " ".join(kept) + " …"
