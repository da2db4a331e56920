"""Files for other programs: CSV of every table, JSON and GraphML of the network, and the rest."""

import csv
import io
import json
import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pandas as pd

from pipeline.manifest import Manifest
from pipeline.publish import words
from pipeline.publish.lookup import Lookup, look_up
from pipeline.publish.markdown import to_markdown
from pipeline.publish.words import clean, safe_cell, tidy
from pipeline.publish.workbook import to_xlsx
from pipeline.schema import Tables
from pipeline.tables import ALL, BEFORE_REVIEW, Edge, Score, Touchpoint

__all__ = ["to_csv", "to_graphml", "to_json", "to_markdown", "to_xlsx"]

_BYTE_ORDER_MARK = "\ufeff"
JSON_FORMAT = 1


def to_csv(tables: Tables) -> dict[str, str]:
    """Return the tables as CSV by file name; text that is a formula gets an apostrophe.

    What the engine found before reviewers decided is left out: the tables of the run hold it.
    The byte order mark in front makes Excel read UTF-8; write the text as plain UTF-8.
    """
    return {
        f"{name}.csv": _BYTE_ORDER_MARK + _csv(ALL[name].check(tables[name]))
        for name in ALL
        if name in tables and name not in BEFORE_REVIEW
    }


def to_json(tables: Tables, manifest: Manifest, lookup: Lookup | None = None) -> str:
    """Return the network as JSON.

    {"format": 1, "run": {corpus, period, start, end, previous, engine, n_documents, n_customers},
     "nodes": [touchpoint columns + "aliases": [text],
               "scores": {dimension: score columns}, "pain_points": [...], "moments": [...],
               "priority": priority columns or null, "hypotheses": [... + "evidence": [quote]]}],
     "edges": [edge columns + "source", "target": names, "evidence": [quote]]}
    An edge goes from source_id to target_id. A quote is {mention_id, quote, customer_id, date,
    document_kind, place}. A number that is missing ("too few") is null.
    """
    lookup = lookup or look_up(tables)
    content = {
        "format": JSON_FORMAT,
        "run": {
            **manifest.model_dump(
                include={"corpus", "period", "start", "end", "previous", "engine"}
            ),
            "n_documents": lookup.n_documents,
            "n_customers": lookup.n_customers,
        },
        "nodes": [_node(lookup, p) for p in lookup.touchpoints.values()],
        "edges": [_edge(lookup, e) for e in lookup.edges],
    }
    return json.dumps(_plain(content), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def to_graphml(tables: Tables, lookup: Lookup | None = None) -> str:
    """Return the directed network as GraphML; a missing number is a missing attribute."""
    import networkx as nx

    lookup = lookup or look_up(tables)
    graph = nx.MultiDiGraph()
    for touchpoint in lookup.touchpoints.values():
        graph.add_node(clean(touchpoint.touchpoint_id), **_attributes(_flat(lookup, touchpoint)))
    for edge in sorted(lookup.edges, key=lambda e: e.edge_id):
        row = asdict(edge)
        ends = clean(row.pop("source_id")), clean(row.pop("target_id"))
        graph.add_edge(*ends, key=clean(row.pop("edge_id")), **_attributes(row))
    return "\n".join(nx.generate_graphml(graph, named_key_ids=True)) + "\n"


def _csv(frame: pd.DataFrame) -> str:
    writes: dict[str, Callable[[Any], object]] = {"str": safe_cell, "float64": tidy}
    cells: dict[str, Any] = {
        column: [write(cell) for cell in frame[column].tolist()]
        for column in frame.columns
        if (write := writes.get(str(frame[column].dtype)))
    }
    out = io.StringIO()
    frame.assign(**cells).to_csv(out, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    return out.getvalue()


def _node(lookup: Lookup, touchpoint: Touchpoint) -> dict[str, Any]:
    key = touchpoint.touchpoint_id
    priority = lookup.priorities.get(key)
    return {
        **asdict(touchpoint),
        "aliases": [a.alias for a in lookup.aliases.get(key, [])],
        "scores": {s.dimension: _score(s) for s in _scores(lookup, key)},
        "pain_points": [asdict(p) for p in lookup.pains_at.get(key, [])],
        "moments": [asdict(m) for m in lookup.moments if m.touchpoint_id == key],
        "priority": asdict(priority) if priority else None,
        "hypotheses": [
            {
                **asdict(h),
                "evidence": [
                    _quote(lookup, e.mention_id, "")
                    for e in lookup.hypothesis_evidence.get(h.hypothesis_id, [])
                ],
            }
            for h in lookup.hypotheses_at.get(key, [])
        ],
    }


def _edge(lookup: Lookup, edge: Edge) -> dict[str, Any]:
    return {
        **asdict(edge),
        "source": lookup.touchpoints[edge.source_id].name,
        "target": lookup.touchpoints[edge.target_id].name,
        "evidence": [
            _quote(lookup, e.mention_id, e.quote)
            for e in lookup.edge_evidence.get(edge.edge_id, [])
        ],
    }


def _score(score: Score) -> dict[str, Any]:
    row = asdict(score)
    return {k: v for k, v in row.items() if k not in ("touchpoint_id", "dimension")}


def _scores(lookup: Lookup, key: str) -> list[Score]:
    found = [lookup.scores.get((key, dimension)) for dimension in words.DIMENSIONS]
    return [score for score in found if score]


def _quote(lookup: Lookup, mention_id: str, text: str) -> dict[str, Any]:
    mention = lookup.mentions.get(mention_id)
    document = lookup.documents.get(mention.document_id) if mention else None
    return {
        "mention_id": mention_id,
        "quote": text or (mention.quote if mention else ""),
        "customer_id": mention.customer_id if mention else "",
        "date": document.occurred_at[:10] if document else "",
        "document_kind": document.kind if document else "",
        "place": " · ".join(p for p in (document.path, document.locator) if p) if document else "",
    }


def _flat(lookup: Lookup, touchpoint: Touchpoint) -> dict[str, Any]:
    row = asdict(touchpoint)
    del row["touchpoint_id"]
    row["label"] = row["name"]
    for score in _scores(lookup, touchpoint.touchpoint_id):
        row |= {
            score.dimension: score.value,
            f"{score.dimension}_low": score.low,
            f"{score.dimension}_high": score.high,
            f"{score.dimension}_label": score.label,
        }
    priority = lookup.priorities.get(touchpoint.touchpoint_id)
    row |= {"is_chosen": bool(priority and priority.is_chosen)}
    decisions = [m.decision for m in lookup.moments if m.touchpoint_id == touchpoint.touchpoint_id]
    return row | {"decisions": ", ".join(decisions)}


def _attributes(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: clean(value) if isinstance(value, str) else value
        for key, value in row.items()
        if not (isinstance(value, float) and math.isnan(value))
    }


def _plain(value: object) -> object:
    """Return nested data without characters or numbers that JSON cannot hold."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return tidy(value) if math.isfinite(value) else None
    return clean(value) if isinstance(value, str) else value
