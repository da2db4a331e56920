"""Decisions as the log holds them, made without a log."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from pipeline.decisions.lines import from_line, to_line

START = datetime(2026, 7, 1, 9, tzinfo=UTC)
PLACE = {"turn_id": "u1", "start": 0, "end": 9}
ENDS = {"source_id": "t1", "target_id": "t2", "kind": "follows"}


def decided(minute, who, action, target_id="t1", /, before=None, reason="", **argument):
    """Return a decision of the log, made at a minute of one morning."""
    content = {
        "at": (START + timedelta(minutes=minute)).isoformat(timespec="microseconds"),
        "who": who,
        "action": action,
        "target_id": target_id,
        "argument": argument,
        "before": before or {},
        "reason": reason,
        "period": "2026Q3",
    }
    return from_line(to_line(content), "made up")


def undoing(minute, row, who="Ann"):
    """Return the undo of a decision."""
    return decided(minute, who, "undo", row.decision_id)


def settling(minute, row, who="Ann"):
    """Return the choice of a decision over those of others on its target."""
    return decided(minute, who, "settle", row.target_id, decision_id=row.decision_id)


_PLAIN = [
    ("accept", {}), ("rename", {"name": "A"}), ("merge", {"into": "t2"}),
    ("reject", {}), ("own", {"owner": "A"}), ("edit_hypothesis", {"change": "A"}),
    ("drop_hypothesis", {}), ("accept_hypothesis", {}), ("keep", PLACE), ("discard", PLACE),
]  # fmt: skip


@st.composite
def histories(draw):
    """Random decisions of two reviewers on two targets, with undos and settles among them."""
    rows = []
    for minute in range(draw(st.integers(1, 12))):
        who = draw(st.sampled_from(["Ann", "Ben"]))
        kind = draw(st.integers(0, 3)) if rows else 3
        if kind == 0:
            rows.append(undoing(minute, draw(st.sampled_from(rows)), who))
        elif kind == 1:
            rows.append(settling(minute, draw(st.sampled_from(rows)), who))
        else:
            action, argument = draw(st.sampled_from(_PLAIN))
            target = draw(st.sampled_from(["t1", "t2"]))
            rows.append(decided(minute, who, action, target, **argument))
    return rows
