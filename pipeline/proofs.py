"""tables of a run -> proofs: what should hold in them, and every row for which it does not."""

from collections.abc import Callable, Iterator, Mapping
from math import isnan
from typing import Any

import pandas as pd

from pipeline import tables as t
from pipeline.errors import shorten
from pipeline.methods.accounts import ACCOUNTS, Proof
from pipeline.methods.choices import choice_of
from pipeline.methods.failures import ANY
from pipeline.methods.measures import counts, failed, usable
from pipeline.methods.timelines import STEPS, build_events, chances_by_customer
from pipeline.schema import Tables

NEEDED = (
    "documents", "turns", "sentences", "mentions", "causes", "touchpoints", "pain_points", "edges",
    "edge_evidence", "moments", "failures", "scores", "priorities", "hypotheses",
    "hypothesis_evidence", "rejects", "candidates", "decisions", "flags",
)  # fmt: skip
"""Tables without which nothing can be proven."""
_HYPOTHESES = 5
_SLACK = 1e-9
"""What a sum of floats may be off."""
_BOUNDS = {
    "emotion": (-1.0, 1.0), "function": (0.0, 1.0), "frequency": (0.0, 1.0), "impact": (0.0, 1.0),
}  # fmt: skip


def column_of(frame: pd.DataFrame, key: str, name: str) -> dict[str, Any]:
    """Return one column of a table by its key."""
    return dict(zip(frame[key].tolist(), frame[name].tolist(), strict=True))


def _prove_quotes(tables: Tables) -> Proof:
    texts = column_of(tables["turns"], "turn_id", "text")
    rows = t.MENTIONS.rows(tables["mentions"])
    return Proof(
        "quotes of mentions stand at their span of the turn",
        len(rows),
        [
            f"mention {m.mention_id}: {shorten(m.quote)!r} is not at {m.start} to {m.end} of turn "
            f"{m.turn_id}"
            for m in rows
            if not m.quote or texts.get(m.turn_id, "")[m.start : m.end] != m.quote
        ],
    )


def _prove_sentences(tables: Tables) -> Proof:
    texts = column_of(tables["turns"], "turn_id", "text")
    rows = t.SENTENCES.rows(tables["sentences"])
    return Proof(
        "sentences stand at their span of the turn",
        len(rows),
        [
            f"sentence {s.sentence_id}: {shorten(s.text)!r} is not at {s.start} to {s.end} of "
            f"turn {s.turn_id}"
            for s in rows
            if texts.get(s.turn_id, "")[s.start : s.end] != s.text
        ],
    )


def _prove_speakers(tables: Tables) -> Proof:
    sides = column_of(tables["turns"], "turn_id", "speaker")
    rows = t.MENTIONS.rows(tables["mentions"])
    return Proof(
        "mentions were said by a customer",
        len(rows),
        [
            f"mention {m.mention_id}: turn {m.turn_id} was said by {sides.get(m.turn_id, 'nobody')}"
            for m in rows
            if sides.get(m.turn_id) != "customer"
        ],
    )


def _prove_documents(tables: Tables) -> Proof:
    documents = {d.document_id: d for d in t.DOCUMENTS.rows(tables["documents"])}
    homes = column_of(tables["turns"], "turn_id", "document_id")
    failures = []
    rows = t.MENTIONS.rows(tables["mentions"])
    for m in rows:
        document = documents.get(m.document_id)
        if document is None:
            failures.append(f"mention {m.mention_id}: there is no document {m.document_id}")
        elif document.duplicate_of:
            failures.append(
                f"mention {m.mention_id}: document {m.document_id} repeats {document.duplicate_of}"
            )
        elif homes.get(m.turn_id) != m.document_id or document.customer_id != m.customer_id:
            failures.append(
                f"mention {m.mention_id}: its turn or customer is not that of document "
                f"{m.document_id}"
            )
    return Proof("documents of mentions exist and repeat no other", len(rows), failures)


def _prove_places(tables: Tables) -> Proof:
    """Check the touchpoint and the pain point of every mention."""
    known = set(tables["touchpoints"]["touchpoint_id"])
    homes = column_of(tables["pain_points"], "pain_point_id", "touchpoint_id")
    failures = []
    rows = t.MENTIONS.rows(tables["mentions"])
    for m in rows:
        if m.touchpoint_id not in known:
            failures.append(f"mention {m.mention_id}: there is no touchpoint {m.touchpoint_id!r}")
        elif m.pain_point_id and homes.get(m.pain_point_id) != m.touchpoint_id:
            failures.append(
                f"mention {m.mention_id}: pain point {m.pain_point_id} is not one of touchpoint "
                f"{m.touchpoint_id}"
            )
    return Proof("touchpoints and pain points of mentions exist", len(rows), failures)


def _prove_causes(tables: Tables) -> Proof:
    turns = {turn.turn_id: turn for turn in t.TURNS.rows(tables["turns"])}
    rows = t.CAUSES.rows(tables["causes"])
    failures = []
    for c in rows:
        name = f"cause {c.cause_mention_id} of {c.effect_mention_id}"
        turn = turns.get(c.turn_id)
        if turn is None or not c.quote or turn.text[c.start : c.end] != c.quote:
            failures.append(
                f"{name}: {shorten(c.quote)!r} is not at {c.start} to {c.end} of turn {c.turn_id}"
            )
        elif turn.speaker != "customer":
            failures.append(f"{name}: turn {c.turn_id} was said by {turn.speaker}")
    return Proof("causes were stated by a customer, word for word", len(rows), failures)


def _prove_edge_evidence(tables: Tables) -> Proof:
    edges = {e.edge_id: e for e in t.EDGES.rows(tables["edges"])}
    mentions = {m.mention_id: m for m in t.MENTIONS.rows(tables["mentions"])}
    stated = {(c.effect_mention_id, c.quote) for c in t.CAUSES.rows(tables["causes"])}
    failures = []
    rows = t.EDGE_EVIDENCE.rows(tables["edge_evidence"])
    for e in rows:
        edge, mention = edges.get(e.edge_id), mentions.get(e.mention_id)
        name = f"evidence {e.mention_id} of edge {e.edge_id}"
        if edge is None or mention is None:
            failures.append(f"{name}: there is no such {'mention' if edge else 'edge'}")
        elif mention.touchpoint_id != edge.target_id:
            failures.append(f"{name}: the mention is not about the edge's target")
        elif (
            (e.mention_id, e.quote) not in stated
            if edge.kind == "influences"
            else e.quote != mention.quote
        ):
            failures.append(f"{name}: nobody said {shorten(e.quote)!r}")
    return Proof("quotes behind edges are those of mentions and causes", len(rows), failures)


def _prove_hypothesis_evidence(tables: Tables) -> Proof:
    known = set(tables["hypotheses"]["hypothesis_id"])
    mentions = set(tables["mentions"]["mention_id"])
    rows = t.HYPOTHESIS_EVIDENCE.rows(tables["hypothesis_evidence"])
    return Proof(
        "quotes behind hypotheses are mentions",
        len(rows),
        [
            f"hypothesis {e.hypothesis_id} rests on mention {e.mention_id}: one of them is missing"
            for e in rows
            if e.hypothesis_id not in known or e.mention_id not in mentions
        ],
    )


def _prove_typical_quotes(tables: Tables) -> Proof:
    """Check the quotes that moments and pain points show."""
    mentions = {m.mention_id: m for m in t.MENTIONS.rows(tables["mentions"])}
    failures = []
    moments = t.MOMENTS.rows(tables["moments"])
    for moment in moments:
        said = mentions.get(moment.quote_mention_id)
        if said is None or said.touchpoint_id != moment.touchpoint_id:
            failures.append(
                f"moment {moment.decision!r} of touchpoint {moment.touchpoint_id}: its quote "
                f"{moment.quote_mention_id} is no mention of it"
            )
    pains = t.PAIN_POINTS.rows(tables["pain_points"])
    for pain in pains:
        said = mentions.get(pain.quote_mention_id)
        if said is None or said.pain_point_id != pain.pain_point_id:
            failures.append(
                f"pain point {shorten(pain.name)!r}: its quote {pain.quote_mention_id} is no "
                "mention of it"
            )
    what = "quotes of moments and pain points are mentions of them"
    return Proof(what, len(moments) + len(pains), failures)


def _prove_touchpoint_counts(tables: Tables) -> Proof:
    return _recounted(tables, "touchpoints", "touchpoint_id")


def _prove_pain_counts(tables: Tables) -> Proof:
    return _recounted(tables, "pain_points", "pain_point_id")


def _recounted(tables: Tables, name: str, key: str) -> Proof:
    """Count customers and mentions again for each row of a table."""
    groups = tables["mentions"].groupby(key)
    found = {
        "n_customers": groups["customer_id"].nunique().to_dict(),
        "n_mentions": groups.size().to_dict(),
    }
    failures = []
    frame = tables[name]
    for row in frame[[key, "name", *found]].to_dict("records"):
        for column, numbers in found.items():
            counted = int(numbers.get(row[key], 0))
            if counted != row[column]:
                failures.append(
                    f"{name} {shorten(row['name'])!r}: {column} is {row[column]}, counted {counted}"
                )
    return Proof(f"customers and mentions of {name} are counted right", len(frame), failures)


def _prove_edges(tables: Tables) -> Proof:
    known = set(tables["touchpoints"]["touchpoint_id"])
    rows = t.EDGES.rows(tables["edges"])
    return Proof(
        "edges join two touchpoints",
        len(rows),
        [
            f"edge {e.edge_id}: {e.source_id} to {e.target_id} does not join two touchpoints"
            for e in rows
            if not {e.source_id, e.target_id} <= known or e.source_id == e.target_id
        ],
    )


def _prove_edge_counts(tables: Tables) -> Proof:
    counted = _stated(tables) | _ordered(tables)
    rows = t.EDGES.rows(tables["edges"])
    failures = []
    for e in rows:
        n = counted.get((e.step, e.source_id, e.target_id), 0)
        if n != e.n_customers:
            failures.append(
                f"edge {e.edge_id} ({e.kind}, {e.step}): n_customers is {e.n_customers}, "
                f"counted {n}"
            )
    return Proof("customers of edges are counted right", len(rows), failures)


def _stated(tables: Tables) -> dict[tuple[str, str, str], int]:
    """Return how many customers stated each influence."""
    mentions = {m.mention_id: m for m in t.MENTIONS.rows(_used(tables))}
    who: dict[tuple[str, str, str], set[str]] = {}
    for c in t.CAUSES.rows(tables["causes"]):
        cause, effect = mentions.get(c.cause_mention_id), mentions.get(c.effect_mention_id)
        if cause and effect:
            pair = ("stated", cause.touchpoint_id, effect.touchpoint_id)
            who.setdefault(pair, set()).add(effect.customer_id)
    return {pair: len(customers) for pair, customers in who.items()}


def _ordered(tables: Tables) -> dict[tuple[str, str, str], int]:
    """Return how many customers show each order; chance plays no part in what is shown."""
    events = build_events(tables["documents"], tables["turns"], _used(tables))
    ids = sorted(tables["touchpoints"]["touchpoint_id"])
    people = chances_by_customer(events, {name: n for n, name in enumerate(ids)}, 1, 0)
    counts: dict[tuple[str, str, str], int] = {}
    for person in people:
        met = person.touchpoints.tolist()
        for step, source, target in zip(
            *(axis.tolist() for axis in person.shown.nonzero()), strict=True
        ):
            key = (STEPS[step], ids[met[source]], ids[met[target]])
            counts[key] = counts.get(key, 0) + 1
    return counts


def _used(tables: Tables) -> pd.DataFrame:
    return usable(tables["documents"], tables["mentions"], tables["touchpoints"])


def _prove_moment_counts(tables: Tables) -> Proof:
    used = _used(tables)
    who: dict[tuple[str, str], set[str]] = {}
    for m in t.MENTIONS.rows(used[used["kind"] == "decision"]):
        who.setdefault((m.touchpoint_id, choice_of(m.quote)), set()).add(m.customer_id)
    rows = t.MOMENTS.rows(tables["moments"])
    failures = []
    for moment in rows:
        n = len(who.get((moment.touchpoint_id, moment.decision), ()))
        if n != moment.n_customers:
            failures.append(
                f"moment {moment.decision!r} of touchpoint {moment.touchpoint_id}: n_customers is "
                f"{moment.n_customers}, counted {n}"
            )
    return Proof("customers of moments are counted right", len(rows), failures)


def _prove_failures(tables: Tables) -> Proof:
    """Check that where it failed, for how many, is what mentions tell, and the quotes with it."""
    mentions = tables["mentions"]
    told = failed(mentions)
    counted = counts(told)
    places = column_of(told, "mention_id", "touchpoint_id")
    rows = t.FAILURES.rows(tables["failures"])
    failures = [
        f"failure {row.way} of touchpoint {row.touchpoint_id}: {row.n_customers} customers, quote "
        f"{row.quote_mention_id}; {counted.get(row.touchpoint_id, 0)} told of any failure there"
        for row in rows
        if places.get(row.quote_mention_id) != row.touchpoint_id
        or row.n_customers > counted[row.touchpoint_id]
        or (row.way == ANY and row.n_customers != counted[row.touchpoint_id])
    ]
    return Proof("failures are counted right, their quotes mentions of them", len(rows), failures)


def _prove_scores(tables: Tables) -> Proof:
    customers = column_of(tables["touchpoints"], "touchpoint_id", "n_customers")
    rows = t.SCORES.rows(tables["scores"])
    is_reviewed = bool((tables["decisions"]["action"] == "score").any())
    failures = [
        f"score {row.dimension} of touchpoint {row.touchpoint_id}: {fault}"
        for row in rows
        if (fault := _score_fault(row, customers, is_reviewed=is_reviewed))
    ]
    return Proof("scores lie within their bounds and intervals", len(rows), failures)


def _score_fault(row: t.Score, customers: Mapping[str, int], *, is_reviewed: bool) -> str:
    """Return what is wrong with a score, '' when nothing is; one a reviewer set has no interval."""
    is_set = is_reviewed and row.basis.startswith("set by ")
    numbers = (row.value,) * 3 if is_set and isnan(row.low) else (row.low, row.value, row.high)
    least, most = _BOUNDS.get(row.dimension, (1.0, 0.0))
    is_few, missing = row.label == "too few", [isnan(n) for n in numbers]
    faults = {
        "there is no such touchpoint": row.touchpoint_id not in customers,
        "'too few' has a number": is_few and not all(missing),
        f"{row.label!r} has no number or no interval": not is_few and any(missing),
        f"{row.low:g}, {row.value:g}, {row.high:g} are not all from {least:g} to {most:g}": any(
            not least <= n <= most for n in numbers if not isnan(n)
        ),
        f"{row.value:g} is not between {row.low:g} and {row.high:g}": not any(missing)
        and not numbers[0] - _SLACK <= row.value <= numbers[2] + _SLACK,
        f"n_customers is {row.n_customers}, counted {customers.get(row.touchpoint_id, 0)}": (
            row.dimension == "frequency" and row.n_customers != customers.get(row.touchpoint_id)
        ),
    }
    return next((fault for fault, is_so in faults.items() if is_so), "")


def _prove_hypotheses(tables: Tables) -> Proof:
    chosen = [p.touchpoint_id for p in t.PRIORITIES.rows(tables["priorities"]) if p.is_chosen]
    positions: dict[str, list[int]] = {touchpoint_id: [] for touchpoint_id in chosen}
    failures = []
    for h in t.HYPOTHESES.rows(tables["hypotheses"]):
        if h.touchpoint_id in positions:
            positions[h.touchpoint_id].append(h.position)
        else:
            failures.append(f"hypothesis {h.hypothesis_id}: its touchpoint was not chosen")
    short = set(_short(tables)["row_id"])
    for touchpoint_id, found in positions.items():
        wanted = len(found) if touchpoint_id in short else _HYPOTHESES
        if sorted(found) != list(range(1, wanted + 1)):
            failures.append(
                f"touchpoint {touchpoint_id} was chosen and has hypotheses {sorted(found)}, not "
                f"1 to {_HYPOTHESES}"
            )
    return Proof("chosen touchpoints have five hypotheses", len(chosen), failures)


def _short(tables: Tables) -> pd.DataFrame:
    """Return the chosen touchpoints of which the run itself says that fewer than five held."""
    return tables["rejects"][tables["rejects"]["reason"] == "fewer_than_five"]


def known_shortages(tables: Tables) -> Iterator[str]:
    """Yield which chosen touchpoints lack hypotheses, as the run itself said."""
    for row in t.REJECTS.rows(_short(tables)):
        yield f"touchpoint {row.row_id} has fewer than five hypotheses: {row.detail}"


PROOFS: tuple[Callable[[Tables], Proof], ...] = (
    _prove_quotes, _prove_speakers, _prove_documents, _prove_places, _prove_sentences,
    _prove_causes, _prove_edge_evidence, _prove_hypothesis_evidence, _prove_typical_quotes,
    _prove_touchpoint_counts, _prove_pain_counts, _prove_edges, _prove_edge_counts,
    _prove_moment_counts, _prove_failures, _prove_scores, _prove_hypotheses, *ACCOUNTS,
)  # fmt: skip
