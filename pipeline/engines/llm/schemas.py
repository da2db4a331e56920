"""What a model may answer: one pydantic model for each prompt, the same outer shape for all.

Every prompt gives the model numbered items and every answer is a list of results, each with the
number of its item. A result that does not fit its model is rejected alone.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["experience", "pain", "praise", "expectation", "suggestion", "decision"]
Outcome = Literal["worked", "partly", "failed", "unknown"]
Fault = Literal["none", "generic", "duplicate", "unsupported"]


class Result(BaseModel):
    """What is said of one item. Strict endpoints need every field named, so none has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    """number of the item"""


class _Part(BaseModel):
    """A part of a result."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MentionRead(_Part):
    """A quote about one touchpoint."""

    line: int
    quote: str
    touchpoint: str
    """code of a catalogue touchpoint, such as T3, or a name of two to five words"""
    kind: Kind
    polarity: float
    intensity: float
    outcome: Outcome
    confidence: float


class CauseRead(_Part):
    """One mention of the item led to another, as the customer says."""

    line: int
    cause: int
    """place of the cause in `mentions`, from 0"""
    effect: int
    quote: str
    """the words that hold both ends"""


class ExtractResult(Result):
    """The mentions of one document, and which led to which."""

    mentions: tuple[MentionRead, ...]
    causes: tuple[CauseRead, ...]


class SameResult(Result):
    """Which other names stand for the same touchpoint as the one asked about."""

    same: tuple[int, ...]
    """numbers of the others, as the item gives them"""


class NameResult(Result):
    """What a group of quotes should be called."""

    name: str
    definition: str
    stage: str
    """one of the stages given, or ''"""
    near: str
    """code of the catalogue touchpoint that is most alike, or ''"""


class Problem(_Part):
    """Groups of quotes that tell one problem."""

    groups: tuple[int, ...]
    name: str


class PainResult(Result):
    """The problems at one touchpoint."""

    problems: tuple[Problem, ...]


class ProposalRead(_Part):
    """One way to improve a touchpoint."""

    lever: str
    change: str
    resources: str
    measure: str
    baseline: str
    target: str
    side_effects: str
    evidence: tuple[int, ...]
    """numbers of the quotes it rests on"""


class ProposeResult(Result):
    """Ways to improve one touchpoint."""

    proposals: tuple[ProposalRead, ...]


class Verdict(_Part):
    """What the critic says of one proposal."""

    number: int
    fault: Fault
    reason: str


class CritiqueResult(Result):
    """The critic's verdicts on the proposals for one touchpoint."""

    verdicts: tuple[Verdict, ...]


class SuggestedStage(_Part):
    """A phase of the journey."""

    stage: str
    aim_customer: str
    aim_business: str
    done_when: str
    timeframe_days: int


class SuggestedTouchpoint(_Part):
    """A touchpoint that such a business will have."""

    name: str
    definition: str
    stage: str
    channel: str
    owner: str
    aliases: tuple[str, ...]
    examples: tuple[str, ...]


class SuggestResult(Result):
    """The journey of a business, from its description."""

    stages: tuple[SuggestedStage, ...]
    touchpoints: tuple[SuggestedTouchpoint, ...]
