"""What each reviewer thinks of what the engine found, how far they agree, and where they differ.

A reviewer has one verdict on a target: the last they gave. On a touchpoint a rejection that was
not taken back counts before a change, and a change before accepting what it made: who renames and
then accepts did not accept what was found. Decisions that are undone count for nothing; those that
others have superseded since do count, for they still say what their reviewer thinks.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, get_args

from pipeline.decisions.history import VERDICTS, Kind, ordered, reviewer, settled, states, told
from pipeline.methods.reliability import krippendorff_nominal
from pipeline.tables import Decision

KINDS: tuple[Kind, ...] = get_args(Kind)


class Verdict(NamedTuple):
    """What one reviewer thinks of one target."""

    kind: Kind
    target_id: str
    who: str
    """As last typed."""
    verdict: str
    into: str
    """For `reassign` the touchpoint, else ''."""
    decision_id: str
    """The decision that says so last."""
    at: str


class Agreement(NamedTuple):
    """How far reviewers agree about one kind of targets."""

    kind: Kind
    n_reviewers: int
    """Who judged a target that another judged too."""
    n_shared: int
    """Targets that two or more judged."""
    n_same: int
    """Of these, targets with the same verdict of all."""
    alpha: float
    """Krippendorff's, nominal; NaN when it cannot be known."""
    note: str
    """Why there is no alpha, or what speaks against trusting it; '' otherwise."""


class Difference(NamedTuple):
    """A target that reviewers see differently and nobody has settled."""

    kind: Kind
    target_id: str
    verdicts: tuple[Verdict, ...]
    """One for each reviewer, the earliest first."""


FEWEST_SHARED = 10
"""With ten targets one disagreement takes about 0.2 from alpha, with fewer even more."""


def verdicts(decisions: Iterable[Decision]) -> tuple[Verdict, ...]:
    """Return one verdict for each reviewer and target, by kind, target and reviewer."""
    rows = ordered(decisions)
    gone = {key for key, state in states(rows).items() if state == "undone"}
    given: dict[tuple[Kind, str, str], list[Decision]] = defaultdict(list)
    for row in rows:
        if row.action in VERDICTS and row.decision_id not in gone:
            given[VERDICTS[row.action].kind, row.target_id, reviewer(row)].append(row)
    return tuple(_verdict(kind, own) for (kind, _, _), own in sorted(given.items()))


def _verdict(kind: Kind, own: Sequence[Decision]) -> Verdict:
    """Return what all decisions of one reviewer about one target say together."""
    last = own[-1]
    if kind == "touchpoint":
        said = [row for row in own if row.action in ("accept", "reject")][-1:]
        changed = [row for row in own if VERDICTS[row.action].verdict == "change"]
        rejected = [row for row in said if row.action == "reject"]
        last = (rejected or changed or said)[-1]
    into = str(told(last.argument)["touchpoint_id"]) if last.action == "reassign" else ""
    verdict = VERDICTS[last.action].verdict
    return Verdict(kind, last.target_id, last.who, verdict, into, last.decision_id, last.at)


def agreement(decisions: Iterable[Decision]) -> tuple[Agreement, ...]:
    """Return how far reviewers agree, by kind; a kind that nobody judged is left out."""
    found = verdicts(decisions)
    return tuple(_agreement(kind, own) for kind in KINDS if (own := _of(kind, found)))


def _of(kind: Kind, found: Iterable[Verdict]) -> dict[str, list[Verdict]]:
    """Return the verdicts of a kind by target, the earliest first."""
    by_target: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in sorted(found, key=lambda verdict: (verdict.at, verdict.decision_id)):
        if verdict.kind == kind:
            by_target[verdict.target_id].append(verdict)
    return by_target


def _agreement(kind: Kind, by_target: Mapping[str, Sequence[Verdict]]) -> Agreement:
    """Return how far reviewers agree about targets of one kind."""
    shared = [own for own in by_target.values() if len(own) > 1]
    labels = [[_label(verdict) for verdict in own] for own in shared]
    return Agreement(
        kind=kind,
        n_reviewers=len({verdict.who for own in shared for verdict in own}),
        n_shared=len(shared),
        n_same=sum(len(set(unit)) == 1 for unit in labels),
        alpha=krippendorff_nominal(labels),
        note=_note(labels),
    )


def _label(verdict: Verdict) -> tuple[str, str]:
    """Return what must be equal for two reviewers to agree."""
    return verdict.verdict, verdict.into


def _note(labels: Sequence[Sequence[tuple[str, str]]]) -> str:
    """Say why alpha is missing or weak."""
    if not labels:
        return "no two reviewers have judged the same yet"
    kinds = {label[0] for unit in labels for label in unit}
    if len({label for unit in labels for label in unit}) == 1:
        return (
            f"all verdicts are '{kinds.pop()}': reviewers agree, but with one kind of verdict "
            "nothing shows whether they would also agree on when not to give it"
        )
    if len(labels) < FEWEST_SHARED:
        return f"fewer than {FEWEST_SHARED} were judged by two: one verdict moves this figure much"
    return ""


def differing(decisions: Iterable[Decision]) -> tuple[Difference, ...]:
    """Return the targets whose reviewers differ, by kind and time, without those settled since.

    A settle covers the verdicts given before it: a later one that differs opens the target again.
    """
    rows = ordered(decisions)
    settles = settled(rows)
    found = verdicts(rows)
    return tuple(
        Difference(kind, target_id, tuple(own))
        for kind in KINDS
        for target_id, own in _of(kind, found).items()
        if len({_label(verdict) for verdict in own}) > 1 and _is_open(own, settles.get(target_id))
    )


def _is_open(own: Sequence[Verdict], settle: Decision | None) -> bool:
    """Tell whether a verdict came after the settle of its target."""
    return settle is None or any(
        (verdict.at, verdict.decision_id) > (settle.at, settle.decision_id) for verdict in own
    )
