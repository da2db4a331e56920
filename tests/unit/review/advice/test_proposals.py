"""What the engine proposes to merge, split and rename, and what makes it stop."""

from types import SimpleNamespace

import pytest

from pipeline.review.advice.proposals import Proposer, proposals_of
from tests.unit.review.mixtures import OTHER, PAINS, PLACES, SHOWERS, TOILETS, mixed, pained, told
from tests.unit.review.quotes import decided, embed, mention, point, run
from tests.unit.review.rooms import view_of


def found(view, kind, proposer=None):
    return [p for p in (proposer or Proposer()).proposals(view, embed) if p.kind == kind]


def test_a_mixed_touchpoint_is_to_be_split_with_a_name_and_its_quotes():
    (split,) = found(mixed(), "split")
    assert (split.touchpoint_id, split.name) == ("a", "Toilets")
    assert set(split.quotes) == {f"a-{n}" for n in range(18, 30)}
    assert set(split.shown) <= set(split.quotes)
    assert "12 quotes of 30, by 12 customers" in split.why


def test_what_the_business_calls_a_part_of_it_is_not_split_off():
    known = mixed(origin="catalogue", definition="Showers and toilets for guests.")
    assert not found(known, "split")


def test_a_touchpoint_of_one_kind_is_left_whole():
    view = run(
        [point("a", "Shower"), point("b", "Wifi")], {"a": told(SHOWERS, 30), "b": told(OTHER)}
    )
    assert not found(view, "split")


def test_a_part_of_few_customers_is_no_proposal():
    one = [mention(f"a{n}", "a", q) for n, q in enumerate(told(SHOWERS, 18))]
    two = [mention(f"t{n}", "a", q, customer_id="C") for n, q in enumerate(told(TOILETS))]
    assert not found(run([point("a", "Shower")], [*one, *two]), "split")


def test_near_duplicates_are_merged_into_the_one_of_the_catalogue():
    points = [
        point("a", "Toilets", n_customers=50), point("b", "Restrooms", origin="catalogue"),
        point("c", "Wifi"),
    ]  # fmt: skip
    view = run(points, {"a": told(TOILETS), "b": told(TOILETS), "c": told(OTHER)})
    (merge,) = found(view, "merge")
    assert (merge.target_id, merge.into, merge.into_name) == ("a", "b", "Restrooms")
    assert {mention_id[0] for mention_id in merge.shown} == {"a", "b"}
    assert merge.why.startswith("What customers say of both is nearly of one kind: ")


def test_touchpoints_that_talk_of_different_things_are_not_merged():
    points = [point("a", "Toilets"), point("b", "Wifi")]
    assert not found(run(points, {"a": told(TOILETS), "b": told(OTHER)}), "merge")


def test_a_handful_of_quotes_is_too_few_to_be_like_anything_but_the_same_name_is_not():
    quotes = {"a": told(TOILETS), "b": told(TOILETS, 3)}
    assert not found(run([point("a", "Toilets"), point("b", "Lavatory")], quotes), "merge")
    assert found(run([point("a", "Toilets"), point("b", "toilet")], quotes), "merge")


def test_names_that_differ_by_a_number_are_two():
    quotes = {"a": told(TOILETS, 3), "b": told(OTHER, 3)}
    assert not found(run([point("a", "Terminal 2"), point("b", "Terminal 3")], quotes), "merge")


def breath(n_together):
    """Two parts of one matter of which customers speak in the same turns, or each by itself."""
    parts = {
        "a": "the letter about {} asks for fourteen per cent",
        "b": "the two paragraphs about {} ask for it without reason",
        "c": "the wifi was slow in {} on monday",
    }  # fmt: skip
    mentions = [
        mention(f"{key}{n}", key, text.format(PLACES[n]),
                turn_id=f"t{n}" if key != "c" and n < n_together else f"{key}{n}")
        for key, text in parts.items() for n in range(8)
    ]  # fmt: skip
    more = [mention(f"c{n}", "c", f"slow wifi number {n}") for n in range(8, 60)]
    names = {"a": "Letter", "b": "Paragraphs", "c": "Wifi"}
    points = [point(key, name, n_customers=9 - n) for n, (key, name) in enumerate(names.items())]
    return run(points, [*mentions, *more])


def test_two_of_which_customers_speak_in_one_breath_may_be_one():
    (merge,) = found(breath(6), "merge")
    assert (merge.target_id, merge.into) == ("b", "a")
    assert merge.why.startswith("Customers who speak of the one hardly ever leave out the other")
    assert "nearly of one kind" not in merge.why
    assert "much the same" not in merge.why
    assert not found(breath(2), "merge")


def test_what_a_reviewer_made_is_not_merged_back():
    points = [point("a", "Toilets"), point("b", "Restrooms", origin="reviewer")]
    assert not found(run(points, {"a": told(TOILETS), "b": told(TOILETS)}), "merge")


def test_customers_name_the_thing_better_than_one_word():
    quotes = [f"the leave clash was missed in {p}" for p in PLACES] + ["my leave is gone"] * 2
    points = [point("a", "Leave"), point("b", "Wifi", origin="catalogue")]
    view = run(points, {"a": quotes, "b": told(OTHER)})
    (rename,) = found(view, "rename")
    assert (rename.target_id, rename.name) == ("a", "Leave clash")
    assert "8 of its 10 quotes" in rename.why


def test_only_names_the_engine_made_are_to_be_bettered():
    quotes = [f"the leave clash was missed in {p}" for p in PLACES]
    for origin in ("catalogue", "reviewer"):
        view = run([point("a", "Leave", origin=origin)], {"a": quotes})
        assert not found(view, "rename")
    renamed = run([point("a", "Leave")], {"a": quotes}, [decided("rename", "a", {"name": "Leave"})])
    assert not found(renamed, "rename")


def test_no_better_name_is_one_that_another_has():
    quotes = [f"the leave clash was missed in {p}" for p in PLACES]
    points = [point("a", "Leave"), point("b", "Leave clash alerts", origin="catalogue")]
    assert not found(run(points, {"a": quotes, "b": told(OTHER)}), "rename")


def test_one_problem_in_two_wordings_goes_under_the_one_more_customers_tell():
    (merge,) = found(pained(), "merge_pain")
    assert (merge.target_id, merge.into) == ("p2", "p1")
    assert (merge.name, merge.into_name) == (PAINS["p2"][0], PAINS["p1"][0])
    assert merge.touchpoint_id == "a"


def test_the_id_of_a_proposal_outlives_the_run():
    before = next(p for p in found(mixed(), "split") if p.name == "Toilets")
    points = [point("a", "Shower"), point("b", "Wifi")]
    later = run(points, {"a": told(SHOWERS, 24) + told(TOILETS, 15), "b": told(OTHER)})
    after = next(p for p in found(later, "split") if p.name == "Toilets")
    assert before.quotes != after.quotes
    assert before.proposal_id == after.proposal_id


def test_a_dismissed_proposal_stays_away_until_that_is_undone():
    (split,) = found(mixed(), "split")
    away = decided("dismiss", split.proposal_id)
    assert not found(mixed([away]), "split")
    assert found(mixed([away, decided("undo", "d1", n=2)]), "split")


def test_a_touchpoint_accepted_as_it_is_needs_no_proposal():
    assert not found(mixed([decided("accept", "a")]), "split")


def test_only_what_changed_is_looked_at_again():
    asked: list[str] = []

    def counting(texts):
        asked.extend(texts)
        return embed(texts)

    proposer, view = Proposer(), mixed()
    first = proposer.proposals(view, counting)
    assert asked
    asked.clear()
    assert proposer.proposals(view, counting) is first
    renamed = run(
        [point("a", "Showers"), point("b", "Wifi")],
        {"a": told(SHOWERS, 18) + told(TOILETS), "b": told(OTHER)}, version="2",
    )  # fmt: skip
    proposer.proposals(renamed, counting)
    assert asked == ["Showers"]


def test_the_same_run_makes_the_same_proposals_in_the_same_order():
    assert Proposer().proposals(mixed(), embed) == Proposer().proposals(mixed(), embed)


def test_an_example_with_hostile_texts_and_an_empty_run_have_proposals_too():
    assert isinstance(Proposer().proposals(view_of(), embed), tuple)
    assert Proposer().proposals(run([], {}), embed) == ()


def test_each_desk_has_its_own():
    desks = [Desk(), Desk()]
    for desk in desks:
        assert [p.kind for p in proposals_of(mixed(), desk)].count("split") == 1


class Desk:
    engine = SimpleNamespace(embed_locally=embed)


@pytest.mark.parametrize("quotes", [["Wifi!"], ["。。。", "…", ""], ["12 34", "56"]])
def test_quotes_without_words_are_no_error(quotes):
    assert Proposer().proposals(run([point("a", "日本")], {"a": quotes * 20}), embed) is not None
