"""Groups of quotes → their names, definitions and stages; painful groups → named problems."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipeline.engines.llm.jobs import Answered, Item
from pipeline.engines.llm.schemas import NameResult, PainResult
from pipeline.engines.llm.words import Vocabulary, tidy_name
from pipeline.errors import shorten
from pipeline.text import normalise

_QUOTE_LENGTH = 100
_LONGEST_DEFINITION = 300
_MOST_LABELS = 6
_MOST_GROUPS = 15
"""Groups of painful quotes shown for a touchpoint at most, the largest."""
_PLAIN = re.compile(r"[^<>{}\[\]\\|`@#*_=]*")
_ADDRESS = re.compile(r"https?:|www\.|\w\.(?:com|net|org|io)\b", re.IGNORECASE)


class Shown(NamedTuple):
    """A group as the model sees it."""

    key: str
    labels: Sequence[str]
    """what readers called it, most often first"""
    quotes: Sequence[str]
    """typical ones"""


class Called(NamedTuple):
    """What a group is called."""

    name: str
    definition: str
    stage: str
    near_id: str


def group_items(groups: Sequence[Shown]) -> list[Item]:
    """Return an item for each group to be named."""
    return [
        Item(
            group.key,
            (
                f"Labels: {'; '.join(group.labels[:_MOST_LABELS])}",
                *(f"- {shorten(quote, _QUOTE_LENGTH)}" for quote in group.quotes),
            ),
        )
        for group in groups
    ]


def call_groups(
    groups: Sequence[Shown],
    answered: Answered[NameResult],
    codes: Mapping[str, str],
    stages: Sequence[str],
    vocabulary: Vocabulary,
) -> dict[str, Called]:
    """Return what each group is called; a name that will not do gives way to its labels.

    A name is taken once: a later group falls back on its own labels, and one whose labels are
    taken as well gets none ('').
    """
    known = {normalise(stage): stage for stage in stages}
    taken: set[str] = set()
    out: dict[str, Called] = {}
    for group in groups:
        results = answered.results.get(group.key)
        own = vocabulary.beside(*group.quotes)
        offered = [tidy_name(results[0].name, own)] if results else []
        names = [one for one in (*offered, *group.labels) if one and normalise(one) not in taken]
        name = names[0] if names else ""
        taken.add(normalise(name))
        definition = _definition(results[0].definition, own) if results else ""
        out[group.key] = Called(
            name,
            definition or f"What customers say about {name[:1].lower()}{name[1:]}.",
            known.get(normalise(results[0].stage), "") if results else "",
            codes.get(results[0].near.strip().upper(), "") if results else "",
        )
    return out


def _definition(said: str, vocabulary: Vocabulary) -> str:
    """Return a definition as it may be kept: one plain paragraph in known words, or ''."""
    text = " ".join(said.split())
    is_plain = _PLAIN.fullmatch(text) and not _ADDRESS.search(text)
    if not is_plain or len(text) > _LONGEST_DEFINITION or not vocabulary.mostly_holds(text):
        return ""
    return text


class PainGroup(NamedTuple):
    """Painful quotes that lie near each other."""

    number: int
    name: str
    """what the embedded engine calls them"""
    quotes: Sequence[str]
    size: int


def pain_item(touchpoint_id: str, name: str, groups: Sequence[PainGroup]) -> Item:
    """Return the item for one touchpoint: its largest groups of painful quotes, numbered from 1."""
    lines = [f"Touchpoint: {name}"]
    for place, group in enumerate(groups[:_MOST_GROUPS], 1):
        lines.append(f"Group {place}:")
        lines += [f"- {shorten(quote, _QUOTE_LENGTH)}" for quote in group.quotes]
    return Item(touchpoint_id, tuple(lines))


def read_problems(
    groups: Sequence[PainGroup], results: Sequence[PainResult], vocabulary: Vocabulary
) -> dict[int, tuple[int, str]]:
    """Return for each group by number its problem: the number of its first group, and the name.

    A group belongs to the first problem that claims it. A group the model left out, or one whose
    problem has no name that will do, keeps the name it came with.
    """
    own = {group.number: (group.number, group.name) for group in groups}
    claimed: set[int] = set()
    taken: set[str] = set()
    for problem in results[0].problems if results else ():
        places = dict.fromkeys(
            n for n in problem.groups if 1 <= n <= min(len(groups), _MOST_GROUPS)
        )
        members = [groups[n - 1] for n in places if groups[n - 1].number not in claimed]
        if not members:
            continue
        said = [quote for member in members for quote in member.quotes]
        name = tidy_name(problem.name, vocabulary.beside(*said), is_problem=True)
        if not name or normalise(name) in taken:
            name = next((m.name for m in members if m.name and normalise(m.name) not in taken), "")
        taken.add(normalise(name))
        claimed.update(member.number for member in members)
        own |= {member.number: (members[0].number, name) for member in members}
    return own
