"""Whatever is decided, in whatever order it stands in the file: the same tables, and undo of all
gives back what was found."""

from random import Random

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import Resolve
from pipeline.methods.accounts import candidates_land, decisions_end, flags_stand
from pipeline.stages.decide import LATER, decide
from tests.unit.stages.reviewed import PERIOD, SAID, Log, build, place, vectors

TOUCHPOINTS = ("letter", "billing", "chat", "new", "part", "gone")
MENTIONS = tuple(row[0] for row in SAID)
PERIODS = (PERIOD, "2026Q2")
names = st.sampled_from(["Letter", "Bill", "Mail", "Post", "chat"])
ids = st.sampled_from(TOUCHPOINTS)


def action(action, target, /, **argument):
    return st.tuples(st.just(action), target, st.fixed_dictionaries(argument))


quotes = st.sampled_from(MENTIONS)
decisions = st.one_of(
    action("accept", ids),
    action("rename", ids, name=names),
    action("redefine", ids, definition=st.sampled_from(["the price", "a parcel", "late bill"])),
    action("move", ids, stage=st.just("Renewal")),
    action("merge", ids, into=ids),
    action("reject", ids),
    action("effort", ids, effort=st.sampled_from([1.0, 5.0])),
    action("link", ids, earlier_id=ids),
    action("add", st.just("new"), name=names, like=st.just(["sunny garden"])),
    action(
        "split", ids, touchpoint_id=st.just("part"), name=names,
        quotes=st.lists(quotes, min_size=1, max_size=3), like=st.just(["postage stamp"]),
    ),
    action("keep", quotes),
    action("discard", quotes),
    action("reassign", quotes, touchpoint_id=ids),
    action("rename_pain", st.sampled_from(["late", "late2", "slow"]), name=st.just("Late")),
    action("merge_pain", st.sampled_from(["late", "slow"]), into=st.just("late2")),
    st.tuples(st.just("undo"), st.integers(0, 11), st.just({})),
)  # fmt: skip


def logged(drawn, period):
    log = Log()
    for name, target, told in drawn:
        if name == "undo":
            if log.rows:
                log(name, log.rows[target % len(log.rows)].decision_id, period=period)
        elif target in MENTIONS:
            log(name, target, period=period, **told, **place(target))
        else:
            log(name, target, period=period, before={"name": target}, **told)
    return log


def replayed(log, found=None):
    return decide(found or build(), log.frame, vectors, PERIOD, Resolve())


def assert_same(one, other):
    for first, second in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(first, second)


@given(st.lists(decisions, max_size=12), st.sampled_from(PERIODS), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_replay_is_deterministic_and_order_safe(drawn, period, seed):
    log = logged(drawn, period)
    first = replayed(log)
    shuffled = Log()
    shuffled.rows = Random(seed).sample(log.rows, len(log.rows))  # noqa: S311 - an order, no secret
    assert_same(first, replayed(shuffled))
    assert_same(first, replayed(log))


@given(st.lists(decisions, max_size=12), st.sampled_from(PERIODS))
@settings(max_examples=40, deadline=None)
def test_no_quote_is_lost_and_no_decision_left_untold(drawn, period):
    found = build()
    log = logged(drawn, period)
    done = replayed(log)._asdict()
    later = done["decisions"]["action"].isin(LATER)
    tables = found | done | {"decisions": done["decisions"][~later]}
    for account in (candidates_land, decisions_end, flags_stand):
        assert account(tables).failures == []
    counted = done["mentions"].groupby("touchpoint_id").size()
    points = done["touchpoints"]
    assert set(counted.index) <= set(points["touchpoint_id"])
    for key, n in zip(points["touchpoint_id"], points["n_mentions"], strict=True):
        assert counted.get(key, 0) == n
    hurt = done["mentions"].loc[done["mentions"]["pain_point_id"] != ""]
    pains = done["pain_points"]
    assert set(hurt["pain_point_id"]) == set(pains["pain_point_id"])
    assert hurt.groupby("pain_point_id").size().to_dict() == dict(
        zip(pains["pain_point_id"], pains["n_mentions"], strict=True)
    )
    homes = dict(zip(pains["pain_point_id"], pains["touchpoint_id"], strict=True))
    assert [homes[p] for p in hurt["pain_point_id"]] == hurt["touchpoint_id"].tolist()
    assert set(done["aliases"]["touchpoint_id"]) <= set(points["touchpoint_id"])


@given(st.lists(decisions, max_size=12), st.sampled_from(PERIODS))
@settings(max_examples=30, deadline=None)
def test_undo_of_all_gives_back_what_was_found(drawn, period):
    log = logged(drawn, period)
    undone = {row.target_id for row in log.rows if row.action == "undo"}
    for row in list(log.rows):
        if row.action != "undo" and row.decision_id not in undone:
            log("undo", row.decision_id)
    for row in list(log.rows):
        if row.action == "undo" and any(r.target_id == row.decision_id for r in log.rows):
            return  # an undo that was undone: not all is undone
    done, found = replayed(log)._asdict(), build()
    for name in ("mentions", "touchpoints", "aliases", "pain_points"):
        pd.testing.assert_frame_equal(done[name], found[f"found_{name}"])
    pd.testing.assert_frame_equal(done["rejects"], found["remainder"])
    assert done["flags"].empty
