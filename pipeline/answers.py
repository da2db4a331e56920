"""What engines answer, before the stages have checked it."""

from dataclasses import dataclass
from typing import Annotated as A  # noqa: N817 - it stands before every column

from pipeline.schema import Table


@dataclass(frozen=True, slots=True)
class Answer:
    """A quote an engine offers; it counts only after the quote gate."""

    answer_id: str
    turn_id: str
    touchpoint_id: A[str, "the catalogue's, or '' when the catalogue has none for it"]
    kind: A[str, "experience, pain, praise, expectation, suggestion or decision"]
    quote: A[str, "words said in the turn"]
    start: A[int, "where the engine saw them"]
    end: int
    polarity: A[float, "-1 to 1"]
    intensity: A[float, "0 to 1"]
    outcome: A[str, "worked, partly, failed or unknown"]
    confidence: A[float, "0 to 1"]
    label: A[str, "what the engine calls a touchpoint the catalogue does not have, or ''"] = ""


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """Two answers of which the customer said that one led to the other."""

    cause_id: A[str, "answer_id of the cause"]
    effect_id: A[str, "answer_id of the effect"]
    turn_id: str
    quote: A[str, "the whole causal statement; '' when it is all that stands there"]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Group:
    """A mention in a group that an engine formed and named."""

    mention_id: str
    group: A[str, "number of the group"]
    name: A[str, "what a person would call it"]
    definition: A[str, "one sentence on what it holds"]
    near_id: A[str, "the catalogue's touchpoint that is most alike, or ''"]
    confidence: A[float, "0 to 1: how typical the mention is of its group"]
    stage: A[str, "the journey's stage it belongs to, '' when the engine does not say"] = ""
    same_id: A[str, "the catalogue's touchpoint that it turned out to be, or ''"] = ""


ANSWERS = Table("answers", Answer, ("answer_id",))
ANSWER_LINKS = Table("answer_links", AnswerLink, ("cause_id", "effect_id"))
GROUPS = Table("groups", Group, ("mention_id",))
