"""What a reviewer can decide: each action with its target and its checked argument."""

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Target = Literal["touchpoint", "mention", "edge", "pain_point", "hypothesis", "decision", "advice"]

Line = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=300, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
    ),
]
"""One line of a form, without control characters."""
Name = Annotated[Line, StringConstraints(min_length=1, max_length=80)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-zA-Z_-]{1,64}$")]


NAMES_TOUCHPOINT = ("into", "touchpoint_id", "source_id", "target_id", "earlier_id")
"""Fields of arguments, and of what a reviewer saw, that name a touchpoint; where pain points are
merged, `into` names one of these."""


class Argument(BaseModel):
    """What an action is told beside its target; most are told nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rename(Argument):
    """A new name; the old one stays an alias."""

    name: Name


class Redefine(Argument):
    """A new definition; the quotes it no longer fits are flagged."""

    definition: Annotated[Text, StringConstraints(min_length=1)]


class Move(Argument):
    """A stage of the journey, '' for none."""

    stage: Line


class Own(Argument):
    """Who answers for it, and who stands in."""

    owner: Line
    backup: Line = ""


class Into(Argument):
    """What the target becomes a part of."""

    into: Id


class Found(Argument):
    """A touchpoint made by a reviewer."""

    name: Name
    definition: Text = ""
    stage: Line = ""
    channel: Line = ""
    owner: Line = ""
    backup: Line = ""
    like: tuple[Text, ...] = Field(default=(), max_length=12)
    """Quotes that show what belongs to it: others like them follow in other periods."""


class Split(Found):
    """A touchpoint taken out of the target, with the quotes that go with it."""

    touchpoint_id: Id
    quotes: tuple[Id, ...] = Field(min_length=1, max_length=5_000)
    """mention_ids"""


class ScoreIs(Argument):
    """A score as the reviewer knows it: 0 to 1, emotion -1 to 1."""

    dimension: Literal["emotion", "function", "frequency", "impact"]
    value: float = Field(ge=-1, le=1)

    @model_validator(mode="after")
    def _only_emotion_is_below_zero(self) -> Self:
        """Refuse a share below 0."""
        if self.value < 0 and self.dimension != "emotion":
            raise ValueError(f"{self.dimension} goes from 0 to 1")
        return self


class EffortIs(Argument):
    """How hard the touchpoint is to change."""

    effort: float = Field(ge=1, le=5)


class Continues(Argument):
    """The touchpoint of an earlier period that the target goes on with."""

    earlier_id: Id


class Moment(Argument):
    """What customers decide at the target."""

    decision: Literal["buy", "stay", "leave", "upgrade", "escalate"]
    mention_id: Id | Literal[""] = ""
    """A quote that shows it."""


class Link(Argument):
    """A link by its ends, which outlive its id."""

    source_id: Id
    target_id: Id
    kind: Literal["follows", "influences"]


class Place(Argument):
    """Where a quote stands, which outlives its id."""

    turn_id: Id
    start: int = Field(ge=0)
    end: int = Field(ge=1)


class Reassign(Place):
    """The touchpoint a quote belongs to."""

    touchpoint_id: Id


class Wording(Argument):
    """New words for parts of a hypothesis; what is '' stays."""

    change: Text = ""
    resources: Text = ""
    measure: Text = ""
    target: Text = ""
    side_effects: Text = ""
    owner: Line = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        """Refuse an edit that changes nothing."""
        if not any(self.model_dump().values()):
            raise ValueError("change at least one part")
        return self


class Settle(Argument):
    """Of two decisions that differ, the one that stands."""

    decision_id: Id


class Action(NamedTuple):
    """One kind of decision."""

    target: Target
    argument: type[Argument]
    needs_reason: bool = False


ACTIONS: Mapping[str, Action] = {
    "accept": Action("touchpoint", Argument),
    "rename": Action("touchpoint", Rename),
    "redefine": Action("touchpoint", Redefine),
    "move": Action("touchpoint", Move),
    "own": Action("touchpoint", Own),
    "merge": Action("touchpoint", Into),
    "split": Action("touchpoint", Split),
    "reject": Action("touchpoint", Argument, needs_reason=True),
    "score": Action("touchpoint", ScoreIs, needs_reason=True),
    "effort": Action("touchpoint", EffortIs, needs_reason=True),
    "add": Action("touchpoint", Found),
    "link": Action("touchpoint", Continues),
    "unlink": Action("touchpoint", Argument),
    "mark": Action("touchpoint", Moment),
    "unmark": Action("touchpoint", Moment),
    "confirm": Action("edge", Link),
    "hide": Action("edge", Link),
    "keep": Action("mention", Place),
    "reassign": Action("mention", Reassign),
    "discard": Action("mention", Place, needs_reason=True),
    "rename_pain": Action("pain_point", Rename),
    "merge_pain": Action("pain_point", Into),
    "accept_hypothesis": Action("hypothesis", Argument),
    "edit_hypothesis": Action("hypothesis", Wording),
    "drop_hypothesis": Action("hypothesis", Argument, needs_reason=True),
    "dismiss": Action("advice", Argument),
    "settle": Action("advice", Settle),
    "undo": Action("decision", Argument),
}
"""Every action by its name, as it stands in the log."""
