"""Rows of what was found: quotes, touchpoints, network, scores, hypotheses, rejects, cost."""

from dataclasses import dataclass
from typing import Annotated as A  # noqa: N817 - it stands before every column

ESTIMATED = "estimated, no outcome known"
"""How the basis of a score begins that is computed without anybody's outcome."""


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
    label: A[str, "what the engine calls a touchpoint the catalogue does not have, or ''"] = ""


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

    mention_id: A[str, "hash of turn, span and the touchpoint it was found for"]
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
    backup: A[str, "who stands in for the owner, '' when nobody does"] = ""


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
    review: A[str, "confirmed or hidden by a reviewer, '' when nobody did"] = ""


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

    @property
    def is_estimated(self) -> bool:
        """No outcome was known to compute the value from."""
        return self.basis.startswith(ESTIMATED)


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
    effort_basis: A[str, "owner (from the catalogue), reviewer or assumed"]
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
    status: A[str, "proposed, or by a reviewer accepted, edited or dropped"]


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


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One answer of a language model: what it took and what it cost."""

    request_id: A[str, "hash of model, parameters, messages, schema and attempt"]
    stage: A[str, "the step that asked"]
    model: A[str, "the model's name, as the endpoint knows it"]
    prompt_tokens: A[int, "what was sent, the answer's schema included, as the provider counts"]
    completion_tokens: A[int, "what was answered, as the provider counts"]
    cost: A[float, "in the currency of the price table; not known when the model has no price"]
    cached: A[bool, "the answer had been paid for by an earlier run"]
    seconds: A[float, "until the answer was complete; 0 when cached"]
