"""One name per thing: every touchpoint with what it is, its other names, and where names clash."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.decisions.history import standing, told
from pipeline.publish import words
from pipeline.review.advice.wordings import bare
from pipeline.review.state.view import Asked, Page, View
from pipeline.tables import Decision, Touchpoint
from pipeline.text import normalise

_SOURCES = {
    "catalogue": "the catalogue",
    "discovered": "the engine, from customers' words",
    "reviewer": "a reviewer",
}
CSV_PATH = "/glossary.csv"
_COLUMNS = (
    "name", "definition", "also_called", "stage", "owner", "customers", "name_from", "is_checked",
    "touchpoint_id",
)  # fmt: skip
_NAMING = frozenset({"rename", "add", "split"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing and its name."""

    touchpoint_id: str
    name: str
    definition: str
    also: tuple[str, ...]
    stage: str
    owner: str
    source: str
    """Where the name comes from."""
    is_checked: bool
    """A person gave the name."""
    n_customers: int


@dataclass(frozen=True, slots=True)
class Use:
    """A thing that goes by a name."""

    touchpoint_id: str
    name: str
    how: str
    """name or 'also called'"""


@dataclass(frozen=True, slots=True)
class Clash:
    """A name that means two things."""

    name: str
    uses: tuple[Use, ...]


def build(asked: Asked) -> Mapping[str, object]:
    """Return what glossary.html shows."""
    found = entries(asked.view)
    stages = asked.view.lookup.stages
    return {
        "entries": found,
        "clashes": clashes(found),
        "stages": stages,
        "n_engine": sum(not e.is_checked for e in found),
        "terms": words.GLOSSARY,
    }


def to_csv(view: View) -> bytes:
    """Return the glossary as CSV, a name a row, other names joined by '; '.

    Text that is a formula gets an apostrophe; the byte order mark in front makes Excel read UTF-8.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for e in entries(view):
        texts = (e.name, e.definition, "; ".join(e.also), e.stage, e.owner)
        ends = (e.source, "yes" if e.is_checked else "no", e.touchpoint_id)
        named = map(words.safe_cell, texts), [e.n_customers], map(words.safe_cell, ends)
        writer.writerow(cell for part in named for cell in part)
    return out.getvalue().encode("utf-8-sig")


def entries(view: View) -> tuple[Entry, ...]:
    """Return all touchpoints in alphabetical order."""
    given = _given(view.decisions)
    rows = (_entry(view, point, given.get(key)) for key, point in view.lookup.touchpoints.items())
    return tuple(sorted(rows, key=lambda e: (normalise(e.name), e.touchpoint_id)))


def _entry(view: View, point: Touchpoint, given: Decision | None) -> Entry:
    aliases = (alias.alias for alias in view.lookup.aliases.get(point.touchpoint_id, []))
    also = {normalise(a): a for a in aliases if normalise(a) != normalise(point.name)}
    source = _SOURCES.get(point.origin, point.origin)
    if given:
        source = f"{given.who}, {words.day(given.at)}"
    return Entry(
        touchpoint_id=point.touchpoint_id,
        name=point.name,
        definition=point.definition,
        also=tuple(also[key] for key in sorted(also)),
        stage=point.stage,
        owner=point.owner,
        source=source,
        is_checked=given is not None or point.origin != "discovered",
        n_customers=point.n_customers,
    )


def _given(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """Return for each touchpoint the standing decision that named it last."""
    found: dict[str, Decision] = {}
    for decision in standing(decisions):
        if decision.action not in _NAMING:
            continue
        target = decision.target_id
        if decision.action == "split":
            target = str(told(decision.argument).get("touchpoint_id", ""))
        found[target] = decision
    return found


def clashes(found: Iterable[Entry]) -> tuple[Clash, ...]:
    """Return the names that several things go by, whatever their case, spacing or plural."""
    uses: dict[str, dict[str, Use]] = defaultdict(dict)
    shown: dict[str, str] = {}
    for entry in found:
        for name, how in ((entry.name, "name"), *((a, "also called") for a in entry.also)):
            key = bare(name)
            shown.setdefault(key, name)
            uses[key].setdefault(entry.touchpoint_id, Use(entry.touchpoint_id, entry.name, how))
    return tuple(
        Clash(shown[key], tuple(own.values())) for key, own in sorted(uses.items()) if len(own) > 1
    )


PAGES = (Page("/glossary", "Glossary", "glossary.html", build),)
