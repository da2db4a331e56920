"""A run's tables as typed rows, found by id: what pages and files are made from."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import pandas as pd

from pipeline import tables as t
from pipeline.methods.measures import among, counts, originals, pains, usable, voiced
from pipeline.methods.problems import most_told
from pipeline.schema import Table, Tables

Row = TypeVar("Row")


class Rows(Mapping[str, Row]):
    """The rows of a frame by one column, each made when it is first asked for.

    Sources are far larger than what is shown, and a row takes longer to make than to find.
    """

    def __init__(self, table: Table[Row], frame: pd.DataFrame, key: str) -> None:
        """Take a frame that was checked; no value of `key` stands twice."""
        self._table, self._frame = table, frame
        self._places = {name: n for n, name in enumerate(frame[key].tolist())}
        self._made: dict[str, Row] = {}

    def __getitem__(self, name: str) -> Row:
        if name not in self._made:
            place = self._places[name]
            self._made[name] = self._table.row(*(values[place] for values in self._columns))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    @cached_property
    def _columns(self) -> list[list[Any]]:
        return [self._frame[name].tolist() for name in self._table.columns]


@dataclass(frozen=True, slots=True)
class Lookup:
    """Rows in a fixed order, whatever order the frames had."""

    touchpoints: dict[str, t.Touchpoint]
    """In journey order: by stage, then by place in the intended order, then by name."""
    stages: tuple[t.Stage, ...]
    stage_names: tuple[str, ...]
    """The journey's stages, then any others that touchpoints name; without ''."""
    aliases: dict[str, list[t.Alias]]
    scores: dict[tuple[str, str], t.Score]
    mentions: dict[str, t.Mention]
    mentions_at: dict[str, list[t.Mention]]
    pains_at: dict[str, list[t.PainPoint]]
    edges: tuple[t.Edge, ...]
    """Those shown by default first, then by strength."""
    edge_evidence: dict[str, list[t.EdgeEvidence]]
    moments: tuple[t.Moment, ...]
    gaps: tuple[t.Gap, ...]
    failures_at: dict[str, list[t.Failure]]
    changes: tuple[t.Change, ...]
    priorities: dict[str, t.Priority]
    hypotheses_at: dict[str, list[t.Hypothesis]]
    hypothesis_evidence: dict[str, list[t.HypothesisEvidence]]
    documents: Mapping[str, t.Document]
    """Those that a mention comes from."""
    turns: Mapping[str, t.Turn]
    """Those that a mention comes from."""
    hurt: dict[str, int]
    """Distinct customers with a pain, by touchpoint."""
    n_documents: int
    """Those that repeat no other."""
    n_customers: int


_SHOWN: tuple[Table[Any], ...] = (
    t.MENTIONS, t.STAGES, t.TOUCHPOINTS, t.EDGES, t.DOCUMENTS, t.TURNS, t.ALIASES, t.SCORES,
    t.PAIN_POINTS, t.EDGE_EVIDENCE, t.MOMENTS, t.GAPS, t.FAILURES, t.CHANGES, t.PRIORITIES,
    t.HYPOTHESES, t.HYPOTHESIS_EVIDENCE,
)  # fmt: skip
"""What is looked up."""


def look_up(tables: Tables) -> Lookup:
    """Index the tables; a table that is not there counts as empty."""
    tables = {table.name: _checked(tables, table) for table in _SHOWN}
    mentions = _rows(tables, t.MENTIONS)
    stages = sorted(_rows(tables, t.STAGES), key=lambda s: (s.position, s.stage))
    touchpoints = _rows(tables, t.TOUCHPOINTS)
    names = _stage_names(stages, touchpoints)
    place = {name: n for n, name in enumerate(names)}
    touchpoints.sort(key=lambda p: (place.get(p.stage, len(names)), p.position, p.name))
    known = {p.touchpoint_id for p in touchpoints}
    edges = [e for e in _rows(tables, t.EDGES) if {e.source_id, e.target_id} <= known]
    documents = originals(tables["documents"])
    people = voiced(tables["documents"])["customer_id"]
    return Lookup(
        touchpoints={p.touchpoint_id: p for p in touchpoints},
        stages=tuple(stages),
        stage_names=names,
        aliases=_by(_rows(tables, t.ALIASES), "touchpoint_id"),
        scores={(s.touchpoint_id, s.dimension): s for s in _rows(tables, t.SCORES)},
        mentions={m.mention_id: m for m in mentions},
        mentions_at=_by(mentions, "touchpoint_id"),
        pains_at=_by(t.PAIN_POINTS.rows(most_told(tables["pain_points"])), "touchpoint_id"),
        edges=tuple(sorted(edges, key=lambda e: (not e.is_shown, -e.strength, e.edge_id))),
        edge_evidence=_by(_rows(tables, t.EDGE_EVIDENCE), "edge_id"),
        moments=_known(
            sorted(_rows(tables, t.MOMENTS), key=lambda m: (-m.n_customers, m.decision)), known
        ),
        gaps=_known(sorted(_rows(tables, t.GAPS), key=lambda g: -g.n_customers), known),
        failures_at=_by(_known(_rows(tables, t.FAILURES), known), "touchpoint_id"),
        changes=_known(_rows(tables, t.CHANGES), known),
        priorities={
            p.touchpoint_id: p
            for p in sorted(_rows(tables, t.PRIORITIES), key=lambda p: p.rank)
            if p.touchpoint_id in known
        },
        hypotheses_at=_by(
            sorted(_rows(tables, t.HYPOTHESES), key=lambda h: h.position), "touchpoint_id"
        ),
        hypothesis_evidence=_by(_rows(tables, t.HYPOTHESIS_EVIDENCE), "hypothesis_id"),
        documents=_needed(tables, t.DOCUMENTS, "document_id", {m.document_id for m in mentions}),
        turns=_needed(tables, t.TURNS, "turn_id", {m.turn_id for m in mentions}),
        hurt=_hurt(tables),
        n_documents=len(documents),
        n_customers=int(people.nunique()),
    )


def read(tables: Tables, table: Table[Row]) -> list[Row]:
    """Return a table's rows, checked and sorted by key."""
    return table.rows(_checked(tables, table))


def _checked(tables: Tables, table: Table[Row]) -> pd.DataFrame:
    return table.check(tables[table.name]) if table.name in tables else table.frame()


def _rows(tables: Tables, table: Table[Row]) -> list[Row]:
    """Return the rows of a table that was checked."""
    return table.rows(tables[table.name])


def chosen(lookup: Lookup) -> list[t.Priority]:
    """Return the priorities to act on this period, first rank first."""
    return [p for p in lookup.priorities.values() if p.is_chosen]


def _hurt(tables: Tables) -> dict[str, int]:
    used = usable(tables["documents"], tables["mentions"], tables["touchpoints"])
    return counts(pains(used))


def _stage_names(stages: list[t.Stage], touchpoints: list[t.Touchpoint]) -> tuple[str, ...]:
    names = dict.fromkeys(s.stage for s in stages)
    rest = sorted(touchpoints, key=lambda p: (p.position, p.name))
    return tuple(names | dict.fromkeys(p.stage for p in rest if p.stage))


def _by(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, column)].append(row)
    return dict(found)


def _known(rows: list[Row], touchpoint_ids: set[str]) -> tuple[Row, ...]:
    return tuple(row for row in rows if getattr(row, "touchpoint_id") in touchpoint_ids)  # noqa: B009


def _needed(tables: Tables, table: Table[Row], key: str, ids: Iterable[str]) -> Mapping[str, Row]:
    """Return only the rows with these ids: sources can be far larger than what is shown."""
    frame = tables[table.name]
    return Rows(table, frame[among(frame[key], ids)], key)
