"""Names a person would use for a group of quotes, taken from the customers' own words."""

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from pipeline.engines.embedded.groups import unit
from pipeline.engines.embedded.lexicon import DETERMINERS, FUNCTION_WORDS, GENERAL_NOUNS, stem
from pipeline.engines.embedded.terms import EMPTY, QUALITIES, VAGUE, Term, Vocabulary, terms
from pipeline.engines.embedding import Labels, Matrix

LEAST_LIFT = 5.0
"""A word tells of a group when it is this many times as frequent in it as elsewhere."""
_BACKGROUND_SHARE = 0.2
"""A word that this share of all other quotes holds names the business, not a touchpoint."""
_LEAST_SHARE = 0.03
_NAME_SHARE = 0.1
"""A name stands in at least this share of the quotes."""
_QUALITY_SHARE = 0.5
"""The same for what judgements are about: "relaxing" and "pleasant" lie near "quiet"."""
_PAIR_BONUS = 1.6
_GENERAL = 0.15
_NOUN = 0.45
"""Least share of a word's uses, among those that show it, in which it is a noun."""
_DOUBTFUL = 0.4
_SEEN = 10
"""A word that is a noun in this share and so often names a group for want of a better one."""
_SHORTLIST = 8
_ROUNDING = 1e-6
"""Thirds of a customer add up to a little less than one."""
_SAME_ROOT = 4
_TELLING = 6
_EDGE = ".,;:!?()'\""
_UNSPEAKABLE = re.compile(r"[b-df-hj-np-tv-xz]{2,4}")
"""A short word without a vowel: an abbreviation."""
_COVERS = 0.6
_SAME_FIELD = 0.4
"""Two words joined by "and" are at least this near to each other."""
_LONGER = 0.5
"""A word that follows or precedes the name in this share of its uses belongs to it."""

_BESIDE = 0.34
"""Least share of the quotes with a vague name that also hold what it is said to be about: "letter"
alone says little, and more than "letter (reason)" where few letters give one."""
_FULLER_IF_VAGUE = 0.12
"""The same as `_FULLER` where the single word is vague."""

Embed = Callable[[list[str]], Matrix]
Voices = Sequence[float]
_FULLER = 0.25
"""A single word that names a group takes the telling word that stands beside it in this share of
its uses: "leave" alone says less than "leave clash"."""


class Named(NamedTuple):
    """A group's name ('' when nothing tells of it) and its telling words as customers write."""

    name: str
    telling: list[str]
    is_general: bool
    """whether the name is a noun that says nothing by itself ("place")"""


class _Group(NamedTuple):
    """A group to be named."""

    texts: list[str]
    ranked: dict[Term, float]
    """terms that may name it, best first, with what speaks for each"""
    weights: dict[Term, float]
    """telling terms"""
    forms: dict[Term, str]
    as_written: Counter[str]
    """in how many of its texts each word stands just so, texts in nothing but capitals apart"""
    held: Mapping[Term, float]
    """how many customers, or texts, use each term"""
    fuller: Mapping[Term, float]
    """the same of those of several words that may name it"""


def voices(customers: Sequence[str]) -> Voices:
    """Return what each quote of a group weighs: all quotes of one customer count as one."""
    said = Counter(customers)
    return [1 / said[customer] for customer in customers]


def telling_terms(
    own: list[str], vocabulary: Vocabulary, share: float, weights: Voices = ()
) -> list[Term]:
    """Return the terms of a group that this share of its quotes hold, most telling first.

    `weights` tell what each quote counts, one each if left out.
    """
    held = _held(own, weights)
    least = share * (sum(weights) or len(own))
    return [term for term in _weigh(own, held, weights, vocabulary) if held[term] >= least]


def name_groups(  # noqa: PLR0913 - the quotes with three facts on each, and what they stand against
    texts: Sequence[str],
    labels: Labels,
    vectors: Matrix,
    vocabulary: Vocabulary,
    embed: Embed,
    taken: Collection[Term] = (),
    *,
    customers: Sequence[str] = (),
) -> dict[int, Named]:
    """Name each group, larger ones first; no two names are the same, none is among `taken`.

    A name is a noun or a few neighbouring words that end on one: telling of the group against the
    others (class-based TF-IDF, Grootendorst 2022), near its middle (as KeyBERT ranks candidates),
    in the form customers write most often. Where `customers` tell who said each text, all that one
    says in a group counts once.
    """
    members: dict[int, list[int]] = {}
    for row, label in enumerate(labels.tolist()):
        if label >= 0:
            members.setdefault(label, []).append(row)
    if not members:
        return {}
    groups = {
        label: _prepare([texts[n] for n in own], vocabulary, _voices_of(own, customers))
        for label, own in members.items()
    }
    middle = vectors.mean(axis=0)
    forms = sorted({group.forms[term] for group in groups.values() for term in group.ranked})
    places = dict(zip(forms, unit(embed(forms) - middle), strict=True))
    used, named = set(taken), dict[int, Named]()
    for label in sorted(members, key=lambda g: (-len(members[g]), g)):
        centre = unit(vectors[labels == label].mean(axis=0) - middle)
        group = _near_first(groups[label], centre, places)
        parts = _choose(group, places, used)
        parts = [_fuller(part, group, used) for part in parts] if len(parts) == 1 else parts
        used.update(parts)
        used.update((word,) for part in parts for word in part)
        name = " and ".join(_whole(part, group, used) for part in parts)
        name += _matter(name, group, vocabulary, used)
        is_general = all(_is_general(part) for part in parts) or name.lower() in EMPTY
        telling = [_cased(group.forms[t], group) for t in _telling(group, vocabulary)]
        named[label] = Named(name[:1].upper() + name[1:], telling if name else [], is_general)
    return named


def _is_general(part: Term) -> bool:
    """Tell whether a part of a name says nothing by itself; what judgements are about ("space",
    "price") does."""
    return part not in QUALITIES and set(part) <= GENERAL_NOUNS


def _voices_of(rows: Sequence[int], customers: Sequence[str]) -> Voices:
    """Return what each quote of a group weighs; nothing where nobody knows who said it."""
    return voices([customers[n] for n in rows]) if customers else ()


def _prepare(own: list[str], vocabulary: Vocabulary, said: Voices) -> _Group:
    """Return what may name a group, ranked as its words weigh."""
    held, n_own = _held(own, said), sum(said) or len(own)
    weights = _weigh(own, held, said, vocabulary)
    forms = _forms(own, weights)
    values = {t: w * noun_fitness(t, forms[t], vocabulary) for t, w in weights.items()}
    able = [t for t, w in values.items() if w > 0 and held[t] >= _least_share(t) * n_own]
    short = sorted(able, key=lambda t: (-values[t], t))[:_SHORTLIST]
    fuller = {t: held[t] for t in able if len(t) > 1}
    ranked = {t: values[t] for t in short}
    return _Group(own, ranked, weights, forms, _as_written(own), held, fuller)


def _least_share(term: Term) -> float:
    """Return in what share of its quotes a term must stand to name a group."""
    return _QUALITY_SHARE if term in QUALITIES else _NAME_SHARE


def _near_first(group: _Group, centre: Matrix, places: Mapping[str, Matrix]) -> _Group:
    """Rank what may name a group again: as near as it lies to the middle too."""
    values = {
        term: value * (0.5 + max(float(places[group.forms[term]] @ centre), 0.0))
        for term, value in group.ranked.items()
    }
    order = sorted(values, key=lambda term: (-values[term], term))
    return group._replace(ranked={term: values[term] for term in order})


def noun_fitness(term: Term, form: str, vocabulary: Vocabulary) -> float:
    """Return how well a term could end a name: 0 when its last word is no noun."""
    last = form.rsplit(maxsplit=1)[-1]
    noun = vocabulary.noun_share(last)
    is_seen = vocabulary.as_noun[stem(last)] >= _SEEN and not last.endswith("ing")
    if noun < (_DOUBTFUL if is_seen else _NOUN) or not vocabulary.nameless.isdisjoint(term):
        return 0.0
    pairs = zip(form.split(), term, strict=True)
    is_general = all(not GENERAL_NOUNS.isdisjoint(pair) for pair in pairs)
    is_unsure = noun < _NOUN or not vocabulary.as_noun[stem(last)]
    return noun**2 * (_GENERAL if is_general or is_unsure else 1.0)


def _choose(group: _Group, places: Mapping[str, Matrix], used: set[Term]) -> list[Term]:
    """Return the term that names a group, and a second one that covers as much elsewhere in it."""
    free = [term for term in group.ranked if term not in used]
    free = [t for t in free if len(t) > 1 or t[0] not in GENERAL_NOUNS] or free
    if not free:
        return []
    head = free[0]
    holds = [terms(text) for text in group.texts]
    n_head = sum(head in held for held in holds)
    for term in free[1:5]:
        alone = sum(term in held and head not in held for held in holds)
        if len(term) + len(head) > 2 or _is_kin(term, head) or alone < _COVERS * n_head:
            continue
        if float(places[group.forms[head]] @ places[group.forms[term]]) >= _SAME_FIELD:
            return [head, term]
    return [head]


def _is_kin(one: Term, other: Term) -> bool:
    """Tell whether a word of one is a form of, or begins, a word of the other ("ad", "ads")."""
    pairs = [(a[:_SAME_ROOT], b[:_SAME_ROOT]) for a in one for b in other]
    return any(a.startswith(b) or b.startswith(a) for a, b in pairs)


def _fuller(term: Term, group: _Group, used: set[Term]) -> Term:
    """Return a single word with the one that often stands beside it, if that tells more."""
    if len(term) > 1:
        return term
    share = _FULLER_IF_VAGUE if group.forms[term] in VAGUE | EMPTY else _FULLER
    least = max(share * group.held[term], 2)
    beside: dict[Term, float] = {
        t: n for t, n in group.fuller.items() if len(t) == 2 and term[0] in t and t not in used
    }
    best = max(beside, key=lambda t: (beside[t], t), default=None)
    return best if best and beside[best] >= least else term


def _matter(name: str, group: _Group, vocabulary: Vocabulary, used: set[Term]) -> str:
    """Return in brackets what a vague single word is about: "letter" says little, "letter
    (increase)" which."""
    if name.lower() not in VAGUE:
        return ""
    word = (stem(name.lower()),)
    with_it = [own for own in (terms(text).keys() for text in group.texts) if word in own]
    beside = Counter(chain.from_iterable(with_it))
    free = [
        term
        for term in group.weights
        if term not in used and word[0] not in term and term not in QUALITIES
        and group.forms[term] not in EMPTY
        and beside[term] >= max(_BESIDE * len(with_it), 2)
        and noun_fitness(term, group.forms[term], vocabulary) > 0
    ]  # fmt: skip
    best = min(free, key=lambda term: (-beside[term], term), default=None)
    if best is None:
        return ""
    used.add(best)
    return f" ({_cased(group.forms[best], group)})"


def _whole(term: Term, group: _Group, used: set[Term]) -> str:
    """Return a term as customers write it, with the word that mostly stands before it.

    Half of all uses of "haul" follow "long": an opinion elsewhere, here a part of the name.
    """
    form = group.forms[term]
    pattern = re.compile(rf"(?:([^\W\d_][\w'-]*) )?\b{re.escape(form)}\b")
    found = [match for text in group.texts if (match := pattern.search(text.lower()))]
    before = Counter(match.group(1) for match in found if match.group(1))
    first, n = min(before.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
    belongs = n >= max(_LONGER * len(found), 2) and first not in FUNCTION_WORDS | DETERMINERS
    if not belongs or (stem(first), *term) in used:
        return _cased(form, group)
    used.add((stem(first), *term))
    return _cased(f"{first} {form}", group)


def _weigh(
    own: list[str], held: Counter[Term], said: Voices, vocabulary: Vocabulary
) -> dict[Term, float]:
    """Return the telling terms of a group by share in it x how much rarer they are elsewhere."""
    n_own = sum(said) or len(own)
    least = max(2, _LEAST_SHARE * n_own) - _ROUNDING
    often = {term: n for term, n in held.items() if n >= least}
    rest = max(vocabulary.n_quotes - len(own), 1)
    raw = _held(own) if said else held
    # The words of a frequent pair are frequent too, so each has its place here.
    outside = {term: max(vocabulary.counts[term] - raw[term], 0) / rest for term in often}
    weight: dict[Term, float] = {}
    for term, count in often.items():
        inside = count / n_own
        if inside < LEAST_LIFT * outside[term] or _names_nothing(term, outside, vocabulary):
            continue
        lift = math.log((inside + 0.002) / (outside[term] + 0.002))
        weight[term] = inside * lift * (_PAIR_BONUS if len(term) > 1 else 1.0)
    ordered = sorted(weight, key=lambda term: (-weight[term], term))
    return {term: weight[term] for term in ordered}


def _names_nothing(term: Term, outside: dict[Term, float], vocabulary: Vocabulary) -> bool:
    """Tell whether each stem is somebody's name or stands in many other quotes."""
    return all(
        word in vocabulary.nameless or outside.get((word,), 0.0) > _BACKGROUND_SHARE
        for word in term
    )


def _held(own: list[str], said: Voices = ()) -> Counter[Term]:
    """Return how many texts hold each term, each text as much as it counts."""
    if not said:
        return Counter(chain.from_iterable(map(terms, own)))
    held: Counter[Term] = Counter()
    for text, weight in zip(own, said, strict=True):
        for term in terms(text):
            held[term] += weight  # type: ignore[assignment]  # a counter of parts of customers
    return held


def _telling(group: _Group, vocabulary: Vocabulary) -> list[Term]:
    """Return the terms that bring a quote into a group, none with a word of one before it."""
    kept: list[Term] = []
    for term in [*group.ranked, *group.weights]:
        said = any(set(term) & set(other) for other in kept)
        if not said and noun_fitness(term, group.forms[term], vocabulary) > 0:
            kept.append(term)
    return kept[:_TELLING]


def _forms(own: list[str], wanted: Collection[Term]) -> dict[Term, str]:
    """Return for each term wanted the form in which customers write it most often."""
    forms: dict[Term, Counter[str]] = {term: Counter() for term in wanted}
    for text in own:
        said = terms(text)
        for term in said.keys() & forms.keys():
            forms[term][said[term]] += 1
    return {
        term: min(counter, key=lambda form: (-counter[form], form))
        for term, counter in forms.items()
    }


def _as_written(own: list[str]) -> Counter[str]:
    """Return in how many texts each word stands just so, texts in nothing but capitals apart."""
    calm = (text for text in own if not text.isupper())
    return Counter(chain.from_iterable({w.strip(_EDGE) for w in text.split()} for text in calm))


def _cased(form: str, group: _Group) -> str:
    """Return a form with its abbreviations in capitals, as most customers write them, or as what
    nobody can say as a word ("PC")."""
    plain = group.as_written
    return " ".join(
        word.upper()
        if _UNSPEAKABLE.fullmatch(word)
        or plain[word.upper()] > plain[word] + plain[word.title()] + 1
        else word
        for word in form.split()
    )
