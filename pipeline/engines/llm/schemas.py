"""What a model may answer: one pydantic model for each prompt, the same outer shape for all.

Every prompt gives the model numbered items and every answer is a list of results, each with the
number of its item. A result that does not fit its model is rejected alone.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _as_listed(word: object) -> object:
    """Return a word as the lists below write it: models that are held to nothing write "Pain"."""
    return word.strip().lower() if isinstance(word, str) else word


_Listed = BeforeValidator(_as_listed)
Kind = Annotated[
    Literal["experience", "pain", "praise", "expectation", "suggestion", "decision"], _Listed
]
Outcome = Annotated[Literal["worked", "partly", "failed", "unknown"], _Listed]
Fault = Annotated[Literal["none", "generic", "duplicate", "unsupported"], _Listed]


class Result(BaseModel):
    """What is said of one item. Strict endpoints need every field named, so none has a default.

    What a model adds of its own is not read; the schema allows no addition where it is enforced.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    is_divisible: ClassVar[bool] = False
    """A long item may be answered in pieces, each with a result of its own."""
    answer_share: ClassVar[float] = 1.3
    """Tokens of a long answer for each of its item: what packs may hold depends on it."""

    id: int
    """number of the item"""


class _Part(BaseModel):
    """A part of a result."""

    model_config = ConfigDict(frozen=True, extra="ignore")


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

    is_divisible: ClassVar[bool] = True
    answer_share: ClassVar[float] = 2.6

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
    reason: str
    """before the fault: a model that writes in this order has thought when it judges"""
    fault: Fault


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
