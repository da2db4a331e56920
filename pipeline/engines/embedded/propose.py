"""Five ways to improve a touchpoint, chosen from the library by what its customers said."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isnan
from string import Template

from pipeline.briefs import Brief, Neighbour, Pain, Proposal, Quote
from pipeline.engines.embedded.facts import (
    gather_facts,
    praise_to_cite,
    readable,
    strongest,
    typical,
)
from pipeline.engines.embedded.levers import (
    Lever,
    Library,
    Problem,
    Variant,
    best_word,
    choose_variant,
    diagnose,
    fit,
    found,
    in_common,
    kinds_told,
    load_library,
)
from pipeline.engines.embedded.measures import Reading, choose_reading, of_customers
from pipeline.engines.embedded.wording import (
    aim,
    capital,
    cite,
    label,
    one_line,
    plain,
    tidy,
    whole_conditions,
)

_HOW_MANY = 5
_SAME_PAIN = 0.12
"""What a lever loses for each lever already aimed at the same pain, times the share of complaints
that are about something else: where nearly all tell one problem, the five go after it ..."""
_SAME_FAMILY = 0.1
"""... and for each of the same family, so that the five are different ways."""
_TOLD_BEFORE = 0.1
"""What it loses when its very text stands at another touchpoint already."""
_CASE = re.compile(r"\b(?:for|during|after)\s+((?:[\w'-]+\s+){0,3}[\w'-]+)$")

_VOICES = (
    "In one customer's words",
    "One customer put it this way",
    "As a customer said",
    "A customer",
    "One of them",
)


@dataclass(frozen=True, slots=True)
class _Pick:
    """A lever, spelled out for one problem of the brief."""

    lever: Lever
    variant: Variant
    problem: Problem


@dataclass(frozen=True, slots=True)
class _Asked:
    """A customer's suggestion and the problem it would solve."""

    quote: Quote
    problem: Problem


@dataclass(slots=True)
class _Draft:
    """A brief being worked on: what is known, and what the proposals so far have used."""

    brief: Brief
    library: Library
    facts: dict[str, str]
    cause: Neighbour | None
    help_next: Neighbour | None
    notes: list[Neighbour | Quote]
    told: set[str]
    """changes proposed for other touchpoints already"""
    asked: _Asked | None = None
    read: set[str] = field(default_factory=set)
    cited: Counter[str] = field(default_factory=Counter)


def propose(briefs: Sequence[Brief]) -> list[Proposal]:
    """Return five proposals with five different levers for each brief, best fitting first."""
    library = load_library()
    told: set[str] = set()
    return [proposal for brief in briefs for proposal in _propose(tidy(brief), library, told)]


def _propose(brief: Brief, library: Library, told: set[str]) -> list[Proposal]:
    """Write five proposals, and add the changes they tell of to `told`."""
    draft = _start(brief, library, told)
    pains = [pain for pain in brief.pains if pain.quotes] or brief.pains or [_unnamed(brief)]
    problems = [diagnose(brief, pain, library) for pain in pains]
    draft.asked = _asked(draft, problems)
    draft.facts["suggestion"] = cite(draft.asked.quote.text) if draft.asked else ""
    picks = _choose(draft, problems)
    told.update(pick.variant.change for pick in picks)
    return [_write(draft, pick, place) for place, pick in enumerate(picks)]


def _unnamed(brief: Brief) -> Pain:
    """Stand in for the pain of a brief in which none has a name."""
    return Pain("", "", brief.n_pain_customers, float("nan"), ())


def _asked(draft: _Draft, problems: list[Problem]) -> _Asked | None:
    """Return the suggestion closest to a pain; one close to none stands for the touchpoint."""
    quotes = [quote for quote in draft.brief.suggestions if cite(quote.text)]
    if not quotes:
        return None
    pairs = [(in_common(q, p, draft.library), q, p) for q in quotes for p in problems]
    closest = min(pairs, key=lambda t: (-t[0], -t[2].pain.n_customers, *readable(t[1])))
    if closest[0] == 0:
        unnamed = diagnose(draft.brief, _unnamed(draft.brief), draft.library)
        return _Asked(closest[1], unnamed)
    return _Asked(closest[1], closest[2])


def _start(brief: Brief, library: Library, told: set[str]) -> _Draft:
    cause = strongest(brief.incoming)
    helps = [n for n in brief.outgoing if n.kind == "follows" and found(library.support, n.name)]
    help_next = max(helps, key=lambda n: n.n_customers, default=None)
    others = sorted(brief.outgoing, key=lambda n: (n is not help_next, n.kind, -n.n_customers))
    once = list({n.touchpoint_id: n for n in reversed(others)}.values())[::-1]
    praise = praise_to_cite(brief)
    notes: list[Neighbour | Quote] = [*once[:2], *([praise] if praise else []), *once[2:]]
    return _Draft(brief, library, gather_facts(brief, cause), cause, help_next, notes, told)


def _choose(draft: _Draft, problems: list[Problem]) -> list[_Pick]:
    """Take the best fitting lever five times, each time anew, so that the five differ.

    What is proposed elsewhere already comes last: three touchpoints with one and the same thing to
    try first would be no plan.
    """
    options = _options(draft, problems)
    total = sum(problem.pain.n_customers for problem in problems)
    picks: list[_Pick] = []
    while options and len(picks) < _HOW_MANY:
        _, best = max(options, key=lambda option: option[0] - _repetition(picks, option[1], total))
        picks.append(best)
        options = [option for option in options if option[1].lever.name != best.lever.name]
    return sorted(picks, key=lambda pick: pick.variant.change in draft.told)


def _options(draft: _Draft, problems: list[Problem]) -> list[tuple[float, _Pick]]:
    """Return every lever for every problem it may be aimed at, with what it is worth."""
    options = []
    for lever in draft.library.levers:
        if not all(draft.facts.get(need) for need in lever.needs):
            continue
        for problem in _aims(draft, lever, problems):
            chosen = choose_variant(lever, problem, draft.facts)
            if chosen is not None:
                worth = _worth(draft, lever, problem, chosen[1])
                # A suggestion makes each such text its own.
                if lever.says != "suggestion" and chosen[0].change in draft.told:
                    worth -= _TOLD_BEFORE
                options.append((worth, _Pick(lever, chosen[0], problem)))
    return options


def _aims(draft: _Draft, lever: Lever, problems: list[Problem]) -> list[Problem]:
    """Return the problems to aim at: a suggestion's own, a pilot's most frequent, else any."""
    if lever.says == "suggestion":
        return [draft.asked.problem] if draft.asked else []
    if "segment" in lever.needs:
        return [max(problems, key=lambda problem: problem.pain.n_customers)]
    return problems


def _worth(draft: _Draft, lever: Lever, problem: Problem, specific: float) -> float:
    """Return how much of this touchpoint's trouble the lever can take away, as far as one sees."""
    most = max((pain.n_customers for pain in draft.brief.pains), default=0)
    reach = min(problem.pain.n_customers / most, 1.0) if most else 1.0
    severity = 0.5 if isnan(problem.pain.severity) else problem.pain.severity
    function = draft.brief.function
    failed = 0.3 if isnan(function) else 1 - function
    bonus = lever.failed * failed + (lever.stated if draft.facts["prev_said"] else 0.0)
    share = fit(lever, problem) + bonus + 0.1 * min(specific, 1.5)
    return share * (0.4 + 0.5 * reach + 0.1 * severity)


def _repetition(picks: list[_Pick], option: _Pick, total: int) -> float:
    """Return what an option loses to the picks it is like; `total` counts all complaints."""
    others = 1 - option.problem.pain.n_customers / total if total else 1.0
    pain_id = option.problem.pain.pain_point_id
    family = option.lever.family
    pains = sum(pick.problem.pain.pain_point_id == pain_id for pick in picks)
    families = sum(pick.lever.family == family for pick in picks)
    both = any(
        pick.problem.pain.pain_point_id == pain_id and pick.lever.family == family for pick in picks
    )
    # Two stop-gaps among five would crowd out a lasting change.
    likeness = families * (3 if family == "net" else 1) + both
    return _SAME_PAIN * max(others, 0.0) * pains + _SAME_FAMILY * likeness


def _write(draft: _Draft, pick: _Pick, place: int) -> Proposal:
    brief = draft.brief
    special = _special_quote(draft, pick)
    quotes = _evidence(draft, pick, special)
    reading = _reading(draft, pick)
    return Proposal(
        touchpoint_id=brief.touchpoint_id,
        lever=pick.lever.name,
        change=_change(draft, pick, special, quotes, place),
        resources=_resources(draft, pick, quotes),
        measure=_measure(draft, pick, reading, place),
        baseline=capital(reading.baseline) + ".",
        target=capital(reading.target) + ".",
        side_effects=_side_effects(draft, pick),
        mention_ids=_mention_ids(draft, pick, special, quotes),
    )


def _special_quote(draft: _Draft, pick: _Pick) -> Quote | None:
    """Return the quote the lever cites beside the pain: a suggestion, a praise, an expectation."""
    says, brief = pick.lever.says, draft.brief
    if says == "suggestion":
        return draft.asked.quote if draft.asked else None
    if says == "praise":
        return praise_to_cite(brief)
    if says != "expectation":
        return None
    library, problem = draft.library, pick.problem
    return typical([q for q in brief.expectations if in_common(q, problem, library)])


def _evidence(draft: _Draft, pick: _Pick, special: Quote | None) -> list[Quote]:
    """Return two or three quotes of the pain, first those that fit and are not cited yet."""
    quotes = list(pick.problem.pain.quotes) or ([] if special else _anything(draft.brief))
    fits = pick.lever.fits

    def order(quote: Quote) -> tuple[float | str, ...]:
        kinds = kinds_told(draft.library.worded(quote.language), quote.text)
        fitting = sum(fits.get(kind, 0.0) * kinds[kind] for kind in sorted(kinds))
        # A group of complaints may hold a milder word: it is not what the problem sounds like.
        is_mild = quote.polarity >= 0 and quote.outcome != "failed"
        return is_mild, draft.cited[quote.mention_id], -fitting, *readable(quote)

    n = 3 if len(quotes) > 3 else 2
    taken = _unlike_first(sorted(quotes, key=order))[: n - 1 if special and n == 3 else n]
    # The first is the one shown in the text: it should not speak twice before others did once.
    draft.cited.update(quote.mention_id for quote in taken + taken[:1] * 2)
    return taken


def _unlike_first(quotes: list[Quote]) -> list[Quote]:
    """Return the quotes with those last whose very words another has said before."""
    first = {plain(quote.text).casefold(): quote for quote in reversed(quotes)}
    fresh = {quote.mention_id for quote in first.values()}
    return sorted(quotes, key=lambda quote: quote.mention_id not in fresh)


def _anything(brief: Brief) -> list[Quote]:
    """Return what else customers said, for a pain that has no quote of its own."""
    told = [quote for pain in brief.pains for quote in pain.quotes]
    return [*told, *brief.expectations, *brief.suggestions, *brief.praises]


def _mention_ids(
    draft: _Draft, pick: _Pick, special: Quote | None, quotes: list[Quote]
) -> tuple[str, ...]:
    said = [special.mention_id] if special else []
    if pick.lever.says == "cause" and draft.cause and draft.cause.mention_id:
        said.append(draft.cause.mention_id)
    said += [quote.mention_id for quote in quotes]
    return tuple(dict.fromkeys(said or [key for key, _ in sorted(draft.brief.quotes())[:2]]))


def _change(
    draft: _Draft, pick: _Pick, special: Quote | None, quotes: list[Quote], place: int
) -> str:
    problem = pick.problem
    own = {"word": best_word(pick.variant, problem), "start": _first_case(draft, problem)}
    mechanism = Template(pick.variant.change).substitute(draft.facts | own)
    parts = [
        mechanism,
        _aim(draft, problem.pain, place),
        _voice(draft, pick, special, quotes, place),
    ]
    return " ".join(part for part in parts if part)


def _first_case(draft: _Draft, problem: Problem) -> str:
    """Return a sentence on the case a pain's name ends with: ... wrong for overtime."""
    match = _CASE.search(problem.pain.name)
    if not match or found(draft.library.vague, match[1]):
        return ""
    return f" Start with the case customers name: {match[1]}."


def _aim(draft: _Draft, pain: Pain, place: int) -> str:
    """Return the sentence on the pain and how many report it."""
    name = _label(draft, pain)
    if not name:
        return ""
    n = max(draft.brief.n_customers, pain.n_customers)
    count = of_customers(pain.n_customers, n)
    if place == 0 and draft.facts["segment"]:
        facts = draft.facts
        share = f"{facts['seg_k']} of {facts['seg_n']}"
        count += f"; in the segment {facts['segment']} {share} report a problem"
    return aim(place, pain, name, count)


def _label(draft: _Draft, pain: Pain) -> str:
    return label(pain.name, (said for _, said in draft.brief.quotes()))


def _voice(
    draft: _Draft, pick: _Pick, special: Quote | None, quotes: list[Quote], place: int
) -> str:
    """Return the sentence that lets a customer speak, unless the change does it already."""
    says, cause = pick.lever.says, draft.cause
    if says == "suggestion" and special:
        return ""
    if special:
        lead = "What a customer expected" if says == "expectation" else "Praised so far"
        return f"{lead}: {cite(special.text)}."
    if says == "cause" and cause and cite(cause.quote):
        return f"A customer on the link: {cite(cause.quote)}."
    name = pick.problem.pain.name
    texts = [one_line(quote.text) for quote in quotes]
    cited = [cite(text) for text in texts if not name or (name not in text and text not in name)]
    voice = next((text for text in cited if text), "")
    return f"{_VOICES[place]}: {voice}." if voice else ""


def _resources(draft: _Draft, pick: _Pick, quotes: list[Quote]) -> str:
    owner, variant = draft.brief.owner, pick.variant
    lead = f"Led by {owner}" if owner else "Owner to be named"
    if pick.lever.says == "cause":
        lead += f", together with {draft.facts['prev_team']}"
    channels = sorted({plain(q.channel, 30) for q in quotes} - {""})
    heard = f" (quotes from: {', '.join(channels)})" if channels else ""
    return (
        f"{lead}. {capital(variant.days)} person-days (estimate): {variant.who}. "
        f"Tools: {variant.tools}. Data: {variant.data}{heard}."
    )


def _reading(draft: _Draft, pick: _Pick) -> Reading:
    """Return the preferred measure that no proposal before has used, else the preferred one."""
    pain = pick.problem.pain
    options = choose_reading(
        draft.brief, pain, _label(draft, pain), pick.lever.measures, draft.help_next
    )
    key, reading = next((o for o in options if o[0] not in draft.read), options[0])
    draft.read.add(key)
    return reading


def _measure(draft: _Draft, pick: _Pick, reading: Reading, place: int) -> str:
    goal = whole_conditions(draft.brief.stage_done_when, 160) if place == 0 else ""
    stage = f" The stage's own goal to watch: {goal}." if goal else ""
    return f"{reading.measure}. Early sign, counted weekly: {pick.variant.lead}.{stage}"


def _side_effects(draft: _Draft, pick: _Pick) -> str:
    """Return the lever's own risk and, once per neighbour or praise, what it means there."""
    if not draft.notes:
        return pick.variant.risk
    note = draft.notes.pop(0)
    return f"{pick.variant.risk} {_note(draft, note, pick.lever.flow)}".strip()


def _note(draft: _Draft, note: Neighbour | Quote, flow: str) -> str:
    if isinstance(note, Quote):
        return f"Customers praise this here, so leave it as it is: {cite(note.text)}."
    if note.kind == "influences":
        said = f": {cite(note.quote)}" if cite(note.quote) else ""
        return f"Customers say that it affects {note.name}, so watch both{said}."
    going = f"{of_customers(note.n_customers, max(note.n_customers, draft.brief.n_customers))}"
    go = "goes" if note.n_customers == 1 else "go"
    team = note.owner or f"the team behind {note.name}"
    helps = bool(found(draft.library.support, note.name))
    then = {
        ("less", True): "expect fewer of them there, and make sure that they are helped, not lost",
        ("more", True): f"expect more questions there in the first weeks, and warn {team}",
        ("check", True): "watch that number week by week",
    }.get((flow, helps), f"tell {team} before the start, and watch whether anything changes there")
    return f"{going} {go} on from here to {note.name}: {then}."
