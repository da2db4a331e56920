"""Every table of a run, declared once: columns, types, keys and what each column holds.

Missing text is "", a missing number is NaN, times are UTC ISO text.
"""

from dataclasses import dataclass
from typing import Annotated as A  # noqa: N817 - it stands before every column
from typing import Any

from pipeline.schema import Table


@dataclass(frozen=True, slots=True)
class Document:
    """One call, chat, survey answer, ticket, note, review, post or analytics row."""

    document_id: A[str, "hash of path and locator"]
    kind: A[str, "call, chat, survey, ticket, note, sales, review, social, analytics or event"]
    path: A[str, "source file, relative to the corpus folder"]
    locator: A[str, "where in the file: 'row 12', 'conversation 7' or ''"]
    customer_id: A[str, "who spoke; a document without one counts as a customer of its own"]
    is_anonymous: A[bool, "no customer was named, so customer_id was made up from document_id"]
    account_id: A[str, "the customer's company"]
    segment: A[str, "the customer's segment"]
    channel: A[str, "phone, chat, e-mail ..."]
    occurred_at: A[str, "UTC ISO time, '' when the source has no date"]
    language: A[str, "ISO 639-1 code of the customer's text, '' when nothing tells"]
    score: A[float, "the survey score or stars given with the text"]
    score_kind: A[str, "nps, csat, ces, stars or ''"]
    outcome: A[str, "what the customer did in the end, as the source says it, or ''"]
    value: A[float, "money the customer is worth a year, in the corpus' currency"]
    duplicate_of: A[str, "document_id of the document this one repeats, or ''"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One further column of a source row, kept as it was."""

    document_id: str
    name: A[str, "the column's name in the source"]
    value: A[str, "its text"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker said in one go."""

    turn_id: str
    document_id: str
    position: A[int, "0 for the first turn of the document"]
    speaker: A[str, "customer, agent or unknown"]
    speaker_name: A[str, "the label in the source"]
    at: A[str, "time within the recording, '' when unknown"]
    text: A[str, "what was said, personal data replaced by [EMAIL] and the like"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A span of a turn; `text` is exactly the turn's characters start to end."""

    sentence_id: str
    turn_id: str
    document_id: str
    start: A[int, "first character in the turn's text"]
    end: A[int, "one past the last character"]
    text: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Neighbouring spans of a document, sized for retrieval; what Chroma stores."""

    chunk_id: str
    document_id: str
    position: A[int, "0 for the first chunk of the document"]
    text: A[str, "the spans, one a line, each led by its speaker"]


@dataclass(frozen=True, slots=True)
class ChunkSpan:
    """The part of a turn that stands in a chunk; the spans of all chunks cover every turn."""

    chunk_id: str
    turn_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One touchpoint as the business intends it (a row of touchpoints.csv)."""

    touchpoint_id: A[str, "hash of the name"]
    name: str
    definition: A[str, "what it is, in the business' words"]
    stage: str
    channel: str
    owner: str
    audience: A[str, "customer, employee, candidate or partner"]
    effort: A[float, "1 (easy to change) to 5 (hard), NaN when nobody said"]
    position: A[int, "place in the intended order, 0 first"]


@dataclass(frozen=True, slots=True)
class CataloguePhrase:
    """One way to recognise a touchpoint of the catalogue."""

    touchpoint_id: str
    kind: A[str, "name, definition, alias or example"]
    text: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A phase of the journey and its contract (a row of stages.csv)."""

    stage: str
    position: A[int, "0 for the first stage"]
    aim_customer: A[str, "what the customer wants to reach here"]
    aim_business: A[str, "what the business wants to reach here"]
    done_when: A[str, "what must be true for the stage to be over"]
    timeframe_days: A[float, "target days, NaN when open"]
    red_flags: A[str, "signs that it goes wrong"]
    owner: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A quote about one touchpoint that passed the quote gate and is not resolved yet."""

    mention_id: A[str, "hash of turn, span and touchpoint"]
    document_id: str
    turn_id: str
    customer_id: str
    touchpoint_id: A[str, "the catalogue's, or '' when the catalogue has none for it"]
    kind: A[str, "experience, pain, praise, expectation, suggestion or decision"]
    quote: A[str, "exactly the turn's characters start to end"]
    start: int
    end: int
    polarity: A[float, "-1 (bad) to 1 (good)"]
    intensity: A[float, "0 (flat) to 1 (furious or delighted)"]
    outcome: A[str, "worked, partly, failed or unknown"]
    confidence: A[float, "0 to 1: how sure the engine is of the touchpoint"]
    engine: A[str, "the engine and version that found it"]


@dataclass(frozen=True, slots=True)
class Cause:
    """A sentence in which a customer said that one mention led to another."""

    cause_mention_id: str
    effect_mention_id: str
    turn_id: str
    quote: A[str, "the whole causal statement, as said"]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """One piece of evidence: a verbatim quote about one touchpoint."""

    mention_id: A[str, "hash of turn, span and touchpoint"]
    document_id: str
    turn_id: str
    customer_id: str
    touchpoint_id: str
    pain_point_id: A[str, "'' when it tells of no pain"]
    kind: A[str, "experience, pain, praise, expectation, suggestion or decision"]
    quote: A[str, "exactly the turn's characters start to end"]
    start: int
    end: int
    polarity: A[float, "-1 (bad) to 1 (good)"]
    intensity: A[float, "0 (flat) to 1 (furious or delighted)"]
    outcome: A[str, "worked, partly, failed or unknown"]
    confidence: A[float, "0 to 1: how sure the engine is of the touchpoint"]
    engine: A[str, "the engine and version that found it"]


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """An interaction between a customer and the business."""

    touchpoint_id: str
    name: str
    definition: A[str, "what it is"]
    stage: A[str, "'' when it belongs to none"]
    channel: str
    owner: A[str, "'' when nobody owns it"]
    origin: A[str, "catalogue, discovered or reviewer"]
    audience: str
    effort: A[float, "1 (easy to change) to 5 (hard), NaN when nobody said"]
    position: A[int, "place in the intended order; discovered ones follow the catalogue"]
    n_customers: A[int, "distinct customers who mention it"]
    n_mentions: A[int, "quotes about it"]


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name under which a touchpoint goes."""

    touchpoint_id: str
    alias: A[str, "the other name"]


@dataclass(frozen=True, slots=True)
class PainPoint:
    """A named problem at a touchpoint."""

    pain_point_id: str
    touchpoint_id: str
    name: A[str, "in the customers' words"]
    n_customers: int
    n_mentions: A[int, "quotes that tell of it"]
    severity: A[
        float, "0 to 1: mean intensity of its customers' worst words, failures weighing more"
    ]
    quote_mention_id: A[str, "its most typical quote"]


@dataclass(frozen=True, slots=True)
class Edge:
    """A directed link between two touchpoints."""

    edge_id: str
    source_id: str
    target_id: str
    kind: A[str, "follows (order) or influences (stated cause)"]
    step: A[str, "next, eventual (first contact before first contact), or stated"]
    n_customers: A[int, "distinct customers who show it"]
    n_expected: A[float, "customers expected by chance; NaN for influences"]
    lift: A[float, "n_customers / n_expected; NaN for influences"]
    p_value: A[float, "one-sided, against shuffled timelines; NaN for influences"]
    q_value: A[float, "after Benjamini-Hochberg; NaN for influences"]
    strength: A[float, "0 to 1, for drawing"]
    is_shown: A[bool, "drawn by default"]


@dataclass(frozen=True, slots=True)
class EdgeEvidence:
    """A quote behind an edge."""

    edge_id: str
    mention_id: str
    quote: A[str, "for influences the whole causal statement, else the mention's quote"]


@dataclass(frozen=True, slots=True)
class Moment:
    """A touchpoint where customers decide."""

    touchpoint_id: str
    decision: A[str, "buy, stay, leave, upgrade or escalate"]
    reason: str
    n_customers: int
    quote_mention_id: str


@dataclass(frozen=True, slots=True)
class Score:
    """One of the four dimensions of a touchpoint."""

    touchpoint_id: str
    dimension: A[str, "emotion, function, frequency or impact"]
    value: A[float, "0 to 1, emotion -1 to 1; NaN when too few customers"]
    low: A[float, "lower end of the 95 % interval"]
    high: A[float, "upper end of the 95 % interval"]
    n_customers: A[int, "customers behind the value"]
    label: A[str, "the value in words: 'highly negative', 'rare', 'too few' ..."]
    basis: A[str, "what the value was computed from"]
    confidence: A[float, "0 to 1, from number of customers and diversity of sources"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Intended against experienced."""

    touchpoint_id: str
    kind: A[str, "as_planned, never_mentioned, unplanned, other_order, expectation, mixed_messages"]
    detail: str
    n_customers: int
    attainable: A[str, "can it be had as intended: attainable, not yet, too few; '' unplanned"] = ""
    n_attained: A[int, "customers who already had it as intended"] = 0
    n_telling: A[int, "customers whose words tell whether they had it"] = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """A way in which a touchpoint failed its customers."""

    touchpoint_id: str
    way: A[str, "any (all of them), error, lock_out, outage ..., or untold"]
    n_customers: A[int, "distinct customers for whom it failed, wholly or partly"]
    n_told: A[int, "distinct customers who mention the touchpoint"]
    quote_mention_id: str


@dataclass(frozen=True, slots=True)
class Change:
    """This period against the one before, for one dimension of a touchpoint."""

    touchpoint_id: str
    dimension: str
    before: A[float, "the value in the period before"]
    after: A[float, "the value in this period"]
    low: A[float, "lower end of the 95 % interval of the difference"]
    high: A[float, "upper end of the 95 % interval of the difference"]
    verdict: A[str, "new, rising, falling, resolved, returned or steady"]


@dataclass(frozen=True, slots=True)
class Priority:
    """Where a touchpoint stands in the order of what to fix."""

    touchpoint_id: str
    rank: A[int, "1 is first"]
    rank_low: A[int, "best rank in 95 % of resamples"]
    rank_high: A[int, "worst rank in 95 % of resamples"]
    p_top3: A[float, "share of resamples in which it is among the first three"]
    reach: A[float, "share of customers with a pain here"]
    severity: A[float, "0 to 1"]
    impact: A[float, "0 to 1"]
    confidence: A[float, "0 to 1"]
    effort: A[float, "1 to 5"]
    effort_basis: A[str, "owner (from the catalogue) or assumed"]
    priority: A[float, "reach x severity x impact x confidence / effort"]
    is_chosen: A[bool, "one of the three to fix this period"]
    is_quick_win: A[bool, "clearly negative and easy"]
    reason: str


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One testable way to improve a touchpoint."""

    hypothesis_id: str
    touchpoint_id: str
    position: A[int, "1 to 5"]
    lever: A[str, "the kind of change, different for each of the five"]
    change: A[str, "what exactly changes"]
    resources: A[str, "who and what it takes"]
    measure: A[str, "how success is measured"]
    baseline: A[str, "the measure today"]
    target: A[str, "the measure next period if it works"]
    side_effects: A[str, "what could go wrong elsewhere"]
    owner: A[str, "'' when nobody owns the touchpoint"]
    status: A[str, "proposed"]


@dataclass(frozen=True, slots=True)
class HypothesisEvidence:
    """A quote a hypothesis rests on."""

    hypothesis_id: str
    mention_id: str


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be used."""

    row_id: A[str, "what was rejected: a table's id, or path and locator"]
    stage: A[str, "the step that could not use it"]
    reason: A[str, "one word, the same for all of a kind"]
    detail: A[str, "for a person"]


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
HYPOTHESES = Table("hypotheses", Hypothesis, ("hypothesis_id",))
HYPOTHESIS_EVIDENCE = Table(
    "hypothesis_evidence", HypothesisEvidence, ("hypothesis_id", "mention_id")
)
REJECTS = Table("rejects", Reject, ("row_id", "stage", "reason"))

ALL: dict[str, Table[Any]] = {
    table.name: table for table in list(globals().values()) if isinstance(table, Table)
}
