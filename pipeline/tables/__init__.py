"""Every table of a run, declared once: columns, types, keys and what each column holds.

Missing text is "", a missing number is NaN, times are UTC ISO text.
"""

from typing import Any

from pipeline.schema import Table
from pipeline.tables.findings import (
    ESTIMATED,
    Alias,
    Candidate,
    Cause,
    Change,
    Edge,
    EdgeEvidence,
    Failure,
    Gap,
    Hypothesis,
    HypothesisEvidence,
    LedgerRow,
    Mention,
    Moment,
    PainPoint,
    Priority,
    Reject,
    Score,
    Touchpoint,
)
from pipeline.tables.reviews import Decision, Flag
from pipeline.tables.sources import (
    Attribute,
    CatalogueEntry,
    CataloguePhrase,
    Chunk,
    ChunkSpan,
    Document,
    Sentence,
    Stage,
    Turn,
)

DOCUMENTS = Table("documents", Document, ("document_id",))
ATTRIBUTES = Table("attributes", Attribute, ("document_id", "name"))
TURNS = Table("turns", Turn, ("turn_id",))
SENTENCES = Table("sentences", Sentence, ("sentence_id",))
CHUNKS = Table("chunks", Chunk, ("chunk_id",))
CHUNK_SPANS = Table("chunk_spans", ChunkSpan, ("chunk_id", "turn_id", "start"))
CATALOGUE = Table("catalogue", CatalogueEntry, ("touchpoint_id",))
CATALOGUE_PHRASES = Table("catalogue_phrases", CataloguePhrase, ("touchpoint_id", "kind", "text"))
STAGES = Table("stages", Stage, ("stage",))
CANDIDATES = Table("candidates", Candidate, ("mention_id",))
CAUSES = Table("causes", Cause, ("cause_mention_id", "effect_mention_id"))
FOUND_MENTIONS = Table("found_mentions", Mention, ("mention_id",))
FOUND_TOUCHPOINTS = Table("found_touchpoints", Touchpoint, ("touchpoint_id",))
FOUND_ALIASES = Table("found_aliases", Alias, ("touchpoint_id", "alias"))
FOUND_PAIN_POINTS = Table("found_pain_points", PainPoint, ("pain_point_id",))
REMAINDER = Table("remainder", Reject, ("row_id", "stage", "reason"))
DECISIONS = Table("decisions", Decision, ("decision_id",))
FLAGS = Table("flags", Flag, ("mention_id", "decision_id"))
MENTIONS = Table("mentions", Mention, ("mention_id",))
TOUCHPOINTS = Table("touchpoints", Touchpoint, ("touchpoint_id",))
ALIASES = Table("aliases", Alias, ("touchpoint_id", "alias"))
PAIN_POINTS = Table("pain_points", PainPoint, ("pain_point_id",))
EDGES = Table("edges", Edge, ("edge_id",))
EDGE_EVIDENCE = Table("edge_evidence", EdgeEvidence, ("edge_id", "mention_id"))
MOMENTS = Table("moments", Moment, ("touchpoint_id", "decision"))
SCORES = Table("scores", Score, ("touchpoint_id", "dimension"))
GAPS = Table("gaps", Gap, ("touchpoint_id", "kind"))
FAILURES = Table("failures", Failure, ("touchpoint_id", "way"))
CHANGES = Table("changes", Change, ("touchpoint_id", "dimension"))
PRIORITIES = Table("priorities", Priority, ("touchpoint_id",))
FOUND_HYPOTHESES = Table("found_hypotheses", Hypothesis, ("hypothesis_id",))
HYPOTHESES = Table("hypotheses", Hypothesis, ("hypothesis_id",))
HYPOTHESIS_EVIDENCE = Table(
    "hypothesis_evidence", HypothesisEvidence, ("hypothesis_id", "mention_id")
)
LEDGER = Table("ledger", LedgerRow, ("request_id",))
REJECTS = Table("rejects", Reject, ("row_id", "stage", "reason"))

BEFORE_REVIEW = frozenset(
    {
        FOUND_MENTIONS.name, FOUND_TOUCHPOINTS.name, FOUND_ALIASES.name, FOUND_PAIN_POINTS.name,
        FOUND_HYPOTHESES.name, REMAINDER.name,
    }
)  # fmt: skip
"""Tables that hold what the engine found, from which decisions are replayed; readers want those of
the same name without `found_`."""
ALL: dict[str, Table[Any]] = {
    table.name: table for table in list(globals().values()) if isinstance(table, Table)
}

__all__ = [
    "ALIASES",
    "ALL",
    "ATTRIBUTES",
    "BEFORE_REVIEW",
    "CANDIDATES",
    "CATALOGUE",
    "CATALOGUE_PHRASES",
    "CAUSES",
    "CHANGES",
    "CHUNKS",
    "CHUNK_SPANS",
    "DECISIONS",
    "DOCUMENTS",
    "EDGES",
    "EDGE_EVIDENCE",
    "ESTIMATED",
    "FAILURES",
    "FLAGS",
    "FOUND_ALIASES",
    "FOUND_HYPOTHESES",
    "FOUND_MENTIONS",
    "FOUND_PAIN_POINTS",
    "FOUND_TOUCHPOINTS",
    "GAPS",
    "HYPOTHESES",
    "HYPOTHESIS_EVIDENCE",
    "LEDGER",
    "MENTIONS",
    "MOMENTS",
    "PAIN_POINTS",
    "PRIORITIES",
    "REJECTS",
    "REMAINDER",
    "SCORES",
    "SENTENCES",
    "STAGES",
    "TOUCHPOINTS",
    "TURNS",
    "Alias",
    "Attribute",
    "Candidate",
    "CatalogueEntry",
    "CataloguePhrase",
    "Cause",
    "Change",
    "Chunk",
    "ChunkSpan",
    "Decision",
    "Document",
    "Edge",
    "EdgeEvidence",
    "Failure",
    "Flag",
    "Gap",
    "Hypothesis",
    "HypothesisEvidence",
    "LedgerRow",
    "Mention",
    "Moment",
    "PainPoint",
    "Priority",
    "Reject",
    "Score",
    "Sentence",
    "Stage",
    "Touchpoint",
    "Turn",
]
