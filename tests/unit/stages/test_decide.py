import pandas as pd
import pytest

from pipeline import tables as t
from pipeline.config import Resolve
from pipeline.stages.decide import decide
from tests.unit.stages.reviewed import PERIOD, SAID, Log, build, place, vectors


class Case:
    """Decisions about the small run, and what became of it."""

    def __init__(self):
        self.log = Log()
        self.found = build()
        self.period = PERIOD

    def __call__(self):
        return decide(self.found, self.log.frame, vectors, self.period, Resolve())

    def at(self, touchpoint_id):
        mentions = self().mentions
        own = mentions[mentions["touchpoint_id"] == touchpoint_id]
        return set(own["mention_id"])

    def touchpoint(self, key):
        rows = {row.touchpoint_id: row for row in t.TOUCHPOINTS.rows(self().touchpoints)}
        return rows[key]

    def names(self):
        return dict(self().touchpoints[["touchpoint_id", "name"]].to_numpy().tolist())

    def aliases(self, key):
        aliases = self().aliases
        return set(aliases.loc[aliases["touchpoint_id"] == key, "alias"])

    def pains(self):
        return {row.pain_point_id: row for row in t.PAIN_POINTS.rows(self().pain_points)}

    def ended(self):
        return {
            row.decision_id: (row.state, row.note) for row in t.DECISIONS.rows(self().decisions)
        }

    def flags(self):
        return {(f.mention_id, f.reason, f.touchpoint_id) for f in t.FLAGS.rows(self().flags)}

    def rejects(self):
        return {row.row_id: (row.stage, row.reason) for row in t.REJECTS.rows(self().rejects)}


@pytest.fixture
def case():
    return Case()


def test_without_decisions_nothing_changes(case):
    done = case()
    for name in ("mentions", "touchpoints", "aliases", "pain_points"):
        pd.testing.assert_frame_equal(getattr(done, name), case.found[f"found_{name}"])
    pd.testing.assert_frame_equal(done.rejects, case.found["remainder"])
    assert done.flags.empty


def test_old_name_of_a_renamed_touchpoint_is_an_alias(case):
    case.log("rename", "letter", name="Price letter")
    assert case.names()["letter"] == "Price letter"
    assert case.aliases("letter") == {"Letter", "Mail"}


def test_alias_that_becomes_the_name_is_none_any_more(case):
    case.log("rename", "letter", name="mail")
    assert case.aliases("letter") == {"Letter"}


def test_stage_owners_and_effort_are_set(case):
    case.log("move", "letter", stage="Renewal")
    case.log("own", "letter", owner="Ola", backup="Bo")
    case.log("effort", "letter", effort=2.0)
    row = case.touchpoint("letter")
    assert (row.stage, row.owner, row.backup, row.effort) == ("Renewal", "Ola", "Bo", 2.0)


def test_quotes_that_a_new_definition_leaves_behind_are_flagged(case):
    frame = case.found["found_touchpoints"].copy()
    words = "letter about the new price late, parcel with a postage stamp"
    frame.loc[frame["touchpoint_id"] == "letter", "definition"] = words
    case.found["found_touchpoints"] = frame
    case.log("redefine", "letter", definition="letter about the new price late")
    assert {key for key, _, _ in case.flags()} == {"l4", "l5", "l6"}
    case.log("keep", "l4", **place("l4"))
    assert {key for key, _, _ in case.flags()} == {"l5", "l6"}


def test_merged_touchpoint_is_a_part_with_all_its_quotes_and_names(case):
    case.log("merge", "letter", into="billing")
    assert case.at("billing") == {"l1", "l2", "l3", "l4", "l5", "l6", "b1", "b2", "b3"}
    assert "letter" not in case.names()
    assert case.aliases("billing") == {"Letter", "Mail"}
    row = case.touchpoint("billing")
    assert (row.n_mentions, row.n_customers) == (9, 6)


def test_pain_points_of_one_name_become_one(case):
    case.log("merge", "letter", into="billing")
    pains = case.pains()
    assert set(pains) == {"late2", "slow"}
    assert (pains["late2"].n_mentions, pains["late2"].n_customers) == (4, 2)
    mentions = case().mentions.set_index("mention_id")["pain_point_id"]
    assert mentions["l1"] == "late2"


def test_pain_point_of_another_name_goes_along(case):
    case.log("merge", "chat", into="billing")
    assert case.pains()["slow"].touchpoint_id == "billing"
    assert case.pains()["slow"].n_mentions == 2


def test_merges_chain(case):
    case.log("merge", "letter", into="billing")
    case.log("merge", "billing", into="chat")
    case.log("reassign", "r1", touchpoint_id="letter", **place("r1"))
    assert set(case.names()) == {"chat"}
    assert case.aliases("chat") == {"Letter", "Mail", "Bill"}
    assert "r1" in case.at("chat")


def test_merge_into_itself_waits(case):
    case.log("merge", "letter", into="billing")
    back = case.log("merge", "billing", into="letter")
    assert case.ended()[back] == ("waiting", "it is 'Bill' itself")


def test_same_span_twice_at_one_touchpoint_counts_once():
    case = Case()
    twice = case.found["found_mentions"].copy()
    own = {"turn_id": "t0", "start": 0, "end": 26}
    twice.loc[twice["mention_id"] == "b1", list(own)] = list(own.values())
    case.found["found_mentions"] = twice
    case.log("merge", "letter", into="billing")
    assert case.rejects()["l1"] == ("decide", "same_quote")
    assert "b1" in case.at("billing")


def test_chosen_quotes_alone_go_where_a_split_is_decided_and_others_like_them_are_flagged(case):
    case.log("split", "letter", touchpoint_id="post", quotes=["l4", "l5"], name="Parcel")
    assert case.at("post") == {"l4", "l5"}
    assert case.at("letter") == {"l1", "l2", "l3", "l6"}
    assert case.flags() == {("l6", "like_split", "post")}
    row = case.touchpoint("post")
    assert (row.name, row.origin, row.n_customers, row.n_mentions) == ("Parcel", "reviewer", 2, 2)


def test_split_carries_over_to_other_periods(case):
    case.period = "2026Q4"
    like = ["the parcel without a postage stamp"]
    case.log("split", "letter", touchpoint_id="post", quotes=["x9"], name="Parcel", like=like)
    assert case.at("post") == {"l4", "l5", "l6"}
    assert not case.flags()


def test_quote_that_a_person_placed_does_not_go_along(case):
    case.period = "2026Q4"
    case.log("keep", "l4", **place("l4"))
    like = ["the parcel without a postage stamp"]
    case.log("split", "letter", touchpoint_id="post", quotes=["x9"], name="Parcel", like=like)
    assert case.at("post") == {"l5", "l6"}


PARCEL = {"touchpoint_id": "post", "quotes": ["x9"], "name": "Parcel", "like": ["parcel"]}


def test_split_waits_where_nothing_is_like_it_and_leaves_no_empty_touchpoint(case):
    case.period = "2026Q4"
    key = case.log("split", "billing", **PARCEL)
    own = case.log("own", "post", owner="Ola", before={"name": "Parcel"})
    assert case.at("billing") == {"b1", "b2", "b3"}
    assert set(case.names()) == {"letter", "billing", "chat"}
    assert case.ended()[key] == ("waiting", "no quote of this period is like those that show it")
    assert case.ended()[own] == ("waiting", "no touchpoint 'Parcel' in this period")


def test_split_comes_back_in_a_period_that_speaks_of_it(case):
    case.period = "2026Q4"
    key = case.log("split", "billing", **PARCEL)
    own = case.log("own", "post", owner="Ola", before={"name": "Parcel"})
    said = [*SAID, ("b4", "billing", "", "C9", "the parcel")]
    case.found = build(said)
    assert case.at("post") == {"b4"}
    assert case.ended()[key] == case.ended()[own] == ("applied", "")


def test_split_without_quotes_holds_where_what_was_found_has_its_name(case):
    case.period = "2026Q4"
    key = case.log("split", "billing", **(PARCEL | {"name": "chat"}))
    own = case.log("own", "post", owner="Ola")
    assert case.ended()[key] == case.ended()[own] == ("applied", "")
    assert case.touchpoint("chat").owner == "Ola"


def test_split_whose_quotes_are_elsewhere_by_now_waits_in_its_own_period(case):
    case.log("reassign", "l4", touchpoint_id="chat", **place("l4"))
    key = case.log("split", "letter", **(PARCEL | {"quotes": ["l4"], "like": []}))
    note = "none of the quotes that were chosen is there any more"
    assert case.ended()[key] == ("waiting", note)
    assert not case.flags()


def test_touchpoint_made_by_hand_is_there_also_when_nobody_speaks_of_it(case):
    key = case.log("add", "garden", name="Garden", like=["a palm tree on an island"])
    assert case.ended()[key] == ("applied", "")
    row = case.touchpoint("garden")
    assert (row.name, row.n_customers, row.n_mentions) == ("Garden", 0, 0)


def test_pain_points_go_along_with_a_split(case):
    case.log("split", "letter", touchpoint_id="late", quotes=["l1", "l2"], name="Late letter")
    pains = {p.touchpoint_id: p for p in case.pains().values()}
    assert set(pains) == {"late", "billing", "chat"}
    assert (pains["late"].name, pains["late"].n_mentions) == ("Late", 2)


def test_pain_point_with_too_few_customers_left_is_none(case):
    case.log("reassign", "l1", touchpoint_id="chat", **place("l1"))
    assert set(case.pains()) == {"late2", "slow"}
    mentions = case().mentions.set_index("mention_id")["pain_point_id"]
    assert (mentions["l1"], mentions["l2"]) == ("", "")


def test_rejected_touchpoint_and_its_quotes_are_out(case):
    case.log("reject", "letter", reason="no touchpoint")
    assert "letter" not in case.names()
    assert {case.rejects()[f"l{n}"] for n in range(1, 7)} == {("decide", "touchpoint_rejected")}
    assert "late" not in case.pains()
    assert not case.aliases("letter")


def test_quote_of_a_rejected_touchpoint_can_be_put_elsewhere(case):
    case.log("reject", "letter", reason="no touchpoint")
    case.log("reassign", "l3", touchpoint_id="chat", **place("l3"))
    assert "l3" in case.at("chat")
    assert "l3" not in case.rejects()


def test_touchpoint_made_by_hand_takes_what_is_surely_like_it(case):
    case.log("add", "garden", name="Garden", like=["a sunny garden today"])
    assert case.at("garden") == {"r1", "r2"}
    assert set(case.rejects()) == {"r3"}
    row = case.touchpoint("garden")
    assert (row.origin, row.n_customers) == ("reviewer", 2)


def test_touchpoint_made_by_hand_is_taken_for_one_that_is_found_by_its_name(case):
    case.log("add", "hand", name="chat")
    case.log("reassign", "r3", touchpoint_id="hand", **place("r3"))
    assert set(case.names()) == {"letter", "billing", "chat"}
    assert "r3" in case.at("chat")


def test_quotes_are_placed_and_discarded_one_by_one(case):
    case.log("reassign", "r3", touchpoint_id="chat", **place("r3"))
    case.log("discard", "c1", reason="a joke", **place("c1"))
    case.log("discard", "r1", reason="a joke", **place("r1"))
    assert case.at("chat") == {"c2", "r3"}
    assert case.rejects()["c1"] == case.rejects()["r1"] == ("decide", "discarded")
    sure = case().mentions.set_index("mention_id")["confidence"]
    assert (sure["r3"], sure["c2"]) == (1.0, 0.8)


def test_quote_is_found_again_by_its_place(case):
    case.log("reassign", "other", touchpoint_id="chat", **place("b3"))
    assert "b3" in case.at("chat")


def test_quote_of_another_period_waits(case):
    key = case.log("discard", "q", reason="a joke", turn_id="t99", start=0, end=4)
    other = case.log("discard", "q", reason="a joke", turn_id="t1", start=1, end=4)
    note = "the quote is not in this period"
    assert case.ended()[key] == ("superseded", "")
    assert case.ended()[other] == ("waiting", note)


def test_pain_points_are_renamed_and_merged(case):
    case.found = build([(*row[:2], "slow" if row[0] == "c1" else row[2], *row[3:]) for row in SAID])
    case.log("rename_pain", "late", name="Too late")
    assert case.pains()["late"].name == "Too late"
    case.log("merge_pain", "slow", into="late")
    [last] = [note for state, note in case.ended().values() if state == "waiting"]
    assert last == "the two pain points are at different touchpoints in this period"
    case.log("merge", "chat", into="letter")
    case.log("merge_pain", "slow", into="late")
    assert case.pains()["late"].n_mentions == 4
    assert "slow" not in case.pains()


@pytest.mark.parametrize(
    ("action", "argument"),
    [("rename", {"name": "Price letter"}), ("move", {"stage": "Renewal"}), ("accept", {})],
)
def test_target_is_found_again_by_its_name_or_alias(case, action, argument):
    by_name = case.log(action, "old1", before={"name": "LETTER"}, **argument)
    by_alias = case.log(action, "old2", before={"name": "mail"}, **argument)
    elsewhere = {"name": "Telex"} if action == "rename" else argument
    away = case.log(action, "old3", before={"name": "Fax"}, **elsewhere)
    ended = case.ended()
    assert ended[by_name] == ended[by_alias] == ("applied", "")
    assert ended[away] == ("waiting", "no touchpoint 'Fax' in this period")


def test_decision_about_what_was_merged_or_rejected_waits_and_says_so(case):
    case.log("merge", "letter", into="billing")
    case.log("reject", "chat", reason="no")
    ids = [
        case.log("rename", "letter", name="Mine"),
        case.log("move", "chat", stage="Renewal"),
        case.log("rename", "old", before={"name": "Letter"}, name="Mine"),
    ]
    notes = [case.ended()[key][1] for key in ids]
    assert notes == [
        "'Letter' is now part of 'Bill'", "'Chat' is rejected", "'Letter' is now part of 'Bill'"
    ]  # fmt: skip
    assert case.names() == {"billing": "Bill"}


def test_what_merges_into_a_touchpoint_that_is_not_there_stands_in_for_it(case):
    case.log("merge", "letter", into="post", before={"into_name": "Post"})
    assert case.names()["post"] == "Post"
    assert case.aliases("post") == {"Letter", "Mail"}
    assert case.at("post") == {"l1", "l2", "l3", "l4", "l5", "l6"}
    assert case.touchpoint("post").n_mentions == 6


def test_merge_of_what_is_not_there_still_tells_what_it_is_part_of(case):
    key = case.log("merge", "fax", into="letter", before={"name": "Fax"})
    case.log("reassign", "r1", touchpoint_id="fax", **place("r1"))
    assert case.ended()[key] == ("waiting", "no touchpoint 'Fax' in this period")
    assert "r1" in case.at("letter")


def test_decision_about_what_was_merged_before_this_period_waits_too(case):
    case.log("merge", "fax", into="letter", before={"name": "Fax"})
    key = case.log("rename", "fax", name="Telefax", before={"name": "Fax"})
    case.log("reassign", "r1", touchpoint_id="fax", **place("r1"))
    last = case.log("rename", "fax", name="Telefax", before={"name": "Fax"})
    assert case.ended()[key] == ("superseded", "")
    assert case.ended()[last] == ("waiting", "'Fax' is now part of 'Letter'")
    assert case.names()["letter"] == "Letter"


def test_nothing_is_found_by_a_name_that_was_taken_back(case):
    slip = case.log("rename", "fax", name="Chat", before={"name": "Fax"})
    case.log("own", "fax", owner="Ola", before={"name": "Chat"})
    case.log("undo", slip)
    key = case.log("reject", "fax", reason="no", before={"name": "Fax"})
    assert case.ended()[key] == ("waiting", "no touchpoint 'Fax' in this period")
    assert (case.names()["chat"], case.touchpoint("chat").owner) == ("Chat", "")


def test_other_words_in_the_place_of_a_quote_are_not_taken_for_it(case):
    told = {"reason": "a joke", "before": {"quote": "A chat at last!"}}
    key = case.log("discard", "c1", **told, **place("c1"))
    assert case.ended()[key] == ("waiting", "other words stand in the quote's place by now")
    assert "c1" in case.at("chat")
    case.log("discard", "c1", reason="x", before={"quote": "The chat is slow ."}, **place("c1"))
    assert "c1" not in case.at("chat")


def test_quote_is_found_where_its_words_stand_in_the_period_that_was_reviewed(case):
    told = {"reason": "a joke", "before": {"quote": "the postage stamp on the parcel"}}
    moved = {"turn_id": "t99", "start": 3, "end": 9}
    case.log("discard", "l0", **told, **moved)
    assert "l4" not in case.at("letter")
    case.period = "2026Q4"
    assert "l4" in case.at("letter")


def test_pain_point_of_the_same_name_elsewhere_is_another(case):
    before = {"name": "slow", "touchpoint_id": "billing"}
    key = case.log("rename_pain", "old", name="Too slow", before=before)
    assert case.ended()[key] == ("waiting", "no pain point 'slow' at 'Bill' in this period")
    assert case.pains()["slow"].name == "slow"


def test_part_with_the_name_of_the_whole_waits(case):
    key = case.log("split", "letter", touchpoint_id="p", quotes=["l4"], name="letter")
    after = case.log("rename", "p", name="Parcel")
    assert case.ended()[key] == ("waiting", "the part has the name of the whole, 'Letter'")
    assert case.ended()[after][0] == "waiting"
    assert case.names()["letter"] == "Letter"


def test_link_lets_decisions_about_the_earlier_one_find_it(case):
    case.log("link", "letter", earlier_id="mail-2026Q2")
    case.log("rename", "mail-2026Q2", name="Price letter")
    assert case.names()["letter"] == "Price letter"


def test_undo_and_its_undo(case):
    key = case.log("rename", "letter", name="Price letter")
    undo = case.log("undo", key)
    assert case.names()["letter"] == "Letter"
    assert case.ended()[key] == ("undone", "")
    case.log("undo", undo)
    assert case.names()["letter"] == "Price letter"


def test_order_of_rows_does_not_matter(case):
    case.log("merge", "letter", into="billing")
    case.log("rename", "billing", name="Invoices")
    case.log("split", "billing", touchpoint_id="x", quotes=["l1"], name="Part")
    first = case()
    case.log.rows.reverse()
    for one, other in zip(first, case(), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_inputs_stay_untouched(case):
    before = {name: frame.copy() for name, frame in case.found.items()}
    case.log("merge", "letter", into="billing")
    case.log("discard", "r1", reason="no", **place("r1"))
    case()
    for name, frame in before.items():
        pd.testing.assert_frame_equal(case.found[name], frame)
