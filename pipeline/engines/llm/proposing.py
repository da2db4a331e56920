"""Briefs → seven proposals each, checked by us and by a critic → the five best that hold.

Where fewer than five hold, the model is asked once more for others, and what is then still missing
comes from the embedded engine's library of levers.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from pipeline.briefs import Brief, Proposal
from pipeline.engines.embedded.propose import propose as propose_from_library
from pipeline.engines.llm.asking import Asker
from pipeline.engines.llm.briefing import Shown, show
from pipeline.engines.llm.checking import Checker, Fault, is_told
from pipeline.engines.llm.jobs import Answered, Item
from pipeline.engines.llm.jobs import Fault as Silence
from pipeline.engines.llm.schemas import CritiqueResult, ProposalRead, ProposeResult
from pipeline.engines.llm.topic import Embed, Sense
from pipeline.tables import REJECTS, Reject

_STAGE = "hypothesize"
_HOW_MANY = 5
_ASKED_FIRST = 7
_UNCHECKED = "unchecked"
_SPARE = 2
"""How many more than needed are asked for in the second round: some will fall."""


class Proposed(NamedTuple):
    """What came of some briefs."""

    proposals: list[Proposal]
    rejects: pd.DataFrame
    """proposals that do not hold, and briefs that the model did not answer"""


class _Candidate(NamedTuple):
    """A proposal that passed our own checks."""

    row_id: str
    place: int
    proposal: Proposal


@dataclass(slots=True)
class _Work:
    """A brief, and what has come of it so far."""

    brief: Brief
    shown: Shown
    checker: Checker
    kept: list[Proposal] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    is_unanswered: bool = False
    """The model or its critic is silent about it."""

    @property
    def n_missing(self) -> int:
        return _HOW_MANY - len(self.kept)

    def reject(self, row_id: str, place: int, fault: Fault) -> None:
        """Note that a proposal falls, in none of its words but those that are surely ours."""
        lever = f": {fault.lever}" if fault.lever else ""
        self.rejects.append(Reject(row_id, _STAGE, fault.reason, f"proposal {place}{lever}"))


def propose(briefs: Sequence[Brief], asker: Asker, embed: Embed, business: str = "") -> Proposed:
    """Return five proposals for each brief, in the model's order.

    `embed` gives unit vectors of texts. EngineError when the provider cannot be used at all.
    """
    if not briefs:
        return Proposed([], REJECTS.frame())
    sense = Sense(embed)
    works = [_start(brief, sense) for brief in briefs]
    for number in (1, 2):
        _round(number, [w for w in works if w.n_missing and not w.is_unanswered], asker, business)
    _fill(works)
    return Proposed(
        [proposal for work in works for proposal in work.kept],
        REJECTS.frame(reject for work in works for reject in work.rejects),
    )


def brief_item(
    brief: Brief, shown: Shown, kept: Sequence[Proposal] = (), fallen: Sequence[str] = ()
) -> Item:
    """Return what the model is shown of a brief: in the second round, also what it needs not say.

    `fallen` holds the reasons for which proposals of the first round were not accepted.
    """
    told = [f"Planned already: {'; '.join(one.lever for one in kept)}"] if kept else []
    if fallen:
        counts = Counter(reason.replace("_", " ") for reason in fallen)
        listed = ", ".join(f"{n} {reason}" for reason, n in sorted(counts.items()))
        told.append(f"Not accepted before: {listed}")
    return Item(brief.touchpoint_id, (*shown.lines, *told))


def _start(brief: Brief, sense: Sense) -> _Work:
    shown = show(brief)
    return _Work(brief, shown, Checker(brief, shown, sense))


def _round(number: int, works: Sequence[_Work], asker: Asker, business: str) -> None:
    """Ask for proposals for some briefs, and keep those that hold."""
    if not works:
        return
    how_many = _ASKED_FIRST if number == 1 else max(w.n_missing for w in works) + _SPARE
    items = [brief_item(w.brief, w.shown, w.kept, [r.reason for r in w.rejects]) for w in works]
    variables = {"business": business, "how_many": str(how_many)}
    answered = asker.job("propose", variables, items, ProposeResult)
    found = {work.brief.touchpoint_id: _check(work, number, answered) for work in works}
    verdicts = _criticise(works, found, asker, business)
    for work in works:
        _keep(work, found[work.brief.touchpoint_id], verdicts.get(work.brief.touchpoint_id, {}))


def _check(work: _Work, number: int, answered: Answered[ProposeResult]) -> list[_Candidate]:
    """Return the proposals for one brief that pass our own checks; reject the others."""
    key = work.brief.touchpoint_id
    _note_silence(work, "propose", answered.faults.get(key, []))
    work.is_unanswered = key not in answered.results
    candidates: list[_Candidate] = []
    for place, read in enumerate(_proposals(answered, key), start=1):
        row_id = f"{key}/round {number}/{place}"
        told = [*work.kept, *(one.proposal for one in candidates)]
        checked = work.checker.check(read, told)
        if isinstance(checked, Fault):
            work.reject(row_id, place, checked)
        else:
            candidates.append(_Candidate(row_id, place, checked))
    return candidates


def _proposals(answered: Answered[ProposeResult], key: str) -> list[ProposalRead]:
    return [one for result in answered.results.get(key, []) for one in result.proposals]


def _note_silence(work: _Work, prompt: str, silence: Sequence[Silence]) -> None:
    """Note why a prompt has no answer for a brief."""
    row_id = f"{prompt}/{work.brief.touchpoint_id}"
    work.rejects += [Reject(row_id, _STAGE, one.reason, one.detail) for one in silence]


def _criticise(
    works: Sequence[_Work], found: Mapping[str, list[_Candidate]], asker: Asker, business: str
) -> dict[str, dict[int, str]]:
    """Return the critic's faults by brief and number; a proposal it leaves out is not there."""
    judged = [work for work in works if found[work.brief.touchpoint_id]]
    items = [_critic_item(work, found[work.brief.touchpoint_id]) for work in judged]
    answered = asker.job("critique", {"business": business}, items, CritiqueResult)
    for work in judged:
        key = work.brief.touchpoint_id
        _note_silence(work, "critique", answered.faults.get(key, []))
        # Nor would others be judged that are asked for instead.
        work.is_unanswered = key not in answered.results
    return {
        key: {v.number: v.fault for result in results for v in result.verdicts}
        for key, results in answered.results.items()
    }


def _critic_item(work: _Work, candidates: Sequence[_Candidate]) -> Item:
    """Return proposals with the quotes they cite; quotes keep the numbers they had."""
    numbers = {mention_id: n for n, mention_id in enumerate(work.shown.mention_ids, start=1)}
    cited = {one for c in candidates for one in c.proposal.mention_ids}
    proposals = [
        f"Proposal {n}: {c.proposal.lever}: {c.proposal.change} Rests on "
        + " ".join(f"[{numbers[one]}]" for one in c.proposal.mention_ids)
        for n, c in enumerate(candidates, start=1)
    ]
    quotes = [
        f"[{n}] {text}"
        for (mention_id, n), text in zip(numbers.items(), work.shown.quotes, strict=True)
        if mention_id in cited
    ]
    planned = [f"Planned already: {'; '.join(p.lever for p in work.kept)}"] if work.kept else []
    return Item(work.brief.touchpoint_id, (work.shown.lines[0], *quotes, *planned, *proposals))


def _keep(work: _Work, candidates: Sequence[_Candidate], faults: Mapping[int, str]) -> None:
    """Keep what the critic let pass, up to five. What it did not judge is held back: a proposal
    that nobody checked would look like those that were."""
    for n, candidate in enumerate(candidates, start=1):
        reason = faults.get(n, _UNCHECKED)
        if reason == "none" and work.n_missing:
            work.kept.append(candidate.proposal)
            continue
        spare = "too_many" if reason == "none" else reason
        lever = work.checker.showable(candidate.proposal.lever)
        work.reject(candidate.row_id, candidate.place, Fault(spare, lever))


def _fill(works: Sequence[_Work]) -> None:
    """Take what is missing from the library of levers, and say so."""
    short = [work for work in works if work.n_missing]
    spare: dict[str, list[Proposal]] = {}
    for proposal in propose_from_library([work.brief for work in short]):
        spare.setdefault(proposal.touchpoint_id, []).append(proposal)
    for work in short:
        n_model = len(work.kept)
        for proposal in spare.get(work.brief.touchpoint_id, []):
            if work.n_missing and not is_told(proposal, work.kept):
                work.kept.append(proposal)
        detail = f"{len(work.kept) - n_model} of {len(work.kept)} proposals from the library"
        key = work.brief.touchpoint_id
        work.rejects.append(Reject(f"propose/{key}/filled", _STAGE, "filled_up", detail))
