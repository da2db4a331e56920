"""Rows of what reviewers decided, and of what the engine proposed before they did."""

from dataclasses import dataclass
from typing import Annotated as A  # noqa: N817 - it stands before every column


@dataclass(frozen=True, slots=True)
class Decision:
    """One action of a reviewer and what became of it in this run."""

    decision_id: A[str, "hash of all that the line says"]
    at: A[str, "when it was made, UTC ISO time"]
    who: A[str, "the reviewer's name"]
    action: A[str, "rename, merge, reject ...; the README lists them"]
    target_id: A[str, "the touchpoint, quote, link, pain point, hypothesis or decision it is about"]
    argument: A[str, "what exactly is decided, as JSON with sorted keys"]
    before: A[str, "what the reviewer saw before, as JSON with sorted keys"]
    reason: A[str, "'' when none was given"]
    period: A[str, "the period of the run that was reviewed"]
    state: A[str, "applied, undone, superseded (a later one replaced it) or waiting"]
    note: A[str, "why it does not hold in this run, '' when it does"]


@dataclass(frozen=True, slots=True)
class Flag:
    """A quote to look at again because a decision changed what its touchpoint means."""

    mention_id: str
    decision_id: A[str, "the decision that raised it"]
    touchpoint_id: A[str, "where the quote may belong instead, '' when nowhere known"]
    reason: A[str, "redefined, or like_split: more like the touchpoint split off than its own"]
