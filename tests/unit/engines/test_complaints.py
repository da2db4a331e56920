"""Pain points named by what is wrong."""

from itertools import permutations

import numpy as np
import pytest

from pipeline.engines.embedded.complaints import (
    REMEMBERS,
    Complaints,
    _main_words,
    find_problems,
    tell_complaints,
)
from pipeline.engines.embedded.faults import kinds_said
from pipeline.engines.embedded.groups import centred
from pipeline.methods.remembered import learn


def complaints(embedder, quotes, labels):
    polarity = np.full(len(quotes), -0.5, dtype=np.float32)
    vectors = embedder.embed(quotes)
    told = centred(vectors, 0.5)
    return Complaints(quotes, vectors, polarity, told, np.array(labels), kinds_said(quotes))


def problems(embedder, quotes, labels):
    return find_problems([complaints(embedder, quotes, labels)], embedder.embed)[0]


def pain(embedder, *quotes):
    return problems(embedder, quotes, [0] * len(quotes))[0].name


def test_pain_is_named_in_a_customers_own_words(embedder):
    quotes = (
        "but the export totals are wrong.", "And the totals of the export were wrong again!",
        "Wrong totals.",
    )  # fmt: skip
    name = pain(embedder, *quotes)
    assert any(name.lower() in quote.lower() for quote in quotes)
    assert name[0].isupper()
    assert name[-1] not in ".,!"
    assert not name.lower().startswith(("but", "and"))


@pytest.mark.parametrize(
    ("quote", "name"),
    [
        ("and then I found that the refund never came", "The refund never came"),
        ("There were no towels in the showers again.", "No towels in the showers"),
        ("We could not find two seats together", "Could not find two seats together"),
        ("I think the support chat is BROKEN", "The support chat is broken"),
        ("As there were no seats", "No seats"),
        ("It's a shame that the showers were broken", "The showers were broken"),
        ("To add insult to injury, the bar was closed", "The bar was closed"),
        ("The list &amp; the export are wrong", "The list & the export are wrong"),
    ],
)
def test_what_leads_in_and_trails_off_is_no_part_of_the_name(embedder, quote, name):
    assert pain(embedder, quote) == name


def test_clause_that_states_the_problem_is_taken_from_a_long_quote(embedder):
    name = pain(embedder, "On Tuesday my colleague rang, and the export drops the last column is "
                          "missing, which she told me on the phone later that day")  # fmt: skip
    assert "missing" in name
    assert "colleague" not in name


@pytest.mark.parametrize(
    ("quote", "name"),
    [
        (
            "No idea. The certificate for the sign-in is broken",
            "The certificate for the sign-in is broken",
        ),
        ("the review was bloody useful", ""),
        ("If the price is wrong, the invoice gets rejected", "The invoice gets rejected"),
    ],
)
def test_name_states_one_thing_that_is_wrong(embedder, quote, name):
    assert pain(embedder, quote) == name


def test_quotes_that_state_no_problem_have_no_name(embedder):
    assert pain(embedder, "The demo was", "It was the demo in May") == ""


@pytest.mark.parametrize("quote", ["no refund " * 40, "The export totals " + "were wrong " * 20])
def test_clause_without_end_names_nothing(embedder, quote):
    assert pain(embedder, quote) == ""


def test_problem_that_no_clause_names_is_called_by_its_thing_and_its_fault(embedder):
    quotes = ["I asked what the wifi was for, so slow was it, on Tuesday", "it: slow", "so slow"]
    one = complaints(embedder, quotes, [0, 0, 0])._replace(called="Wifi")
    assert [problem.name for problem in find_problems([one], embedder.embed)[0]] == ["Wifi: slow"]


def test_name_says_the_fault_that_most_of_the_quotes_say(embedder):
    quotes = [
        "The phone app logs everyone out", "it signs us out of the phone app every day",
        "logged out of the phone app", "the phone app is a broken thing",
    ]  # fmt: skip
    assert "out" in pain(embedder, *quotes)


def test_groups_near_each_other_that_say_the_same_fault_are_one():
    told = np.array([[1, 0], [1, 0], [0.6, 0.8], [0.6, 0.8]], dtype=np.float32)
    quotes = ["one", "two", "three", "four"]
    same, other = (np.eye(2, dtype=np.float32)[own] for own in ([0] * 4, [0, 0, 1, 1]))
    polarity, labels = np.zeros(4, dtype=np.float32), np.array([0, 0, 1, 1])
    groups = [
        [problem.members for problem in find_problems([touchpoint], lambda _: told)[0]]
        for touchpoint in (
            Complaints(quotes, told, polarity, told, labels, said) for said in (same, other)
        )
    ]
    assert groups == [[[0, 1, 2, 3]], [[0, 1], [2, 3]]]


def test_groups_that_would_have_one_name_are_one(embedder):
    quotes = ["The wifi is slow", "Slow wifi", "A very slow checkout", "The wifi is slow"]
    found = problems(embedder, quotes, [0, 0, 1, 2])
    assert [problem.members for problem in found] == [[0, 1, 3], [2]]


def test_what_the_touchpoint_is_called_is_no_fault(embedder):
    quotes = ["The delay notice came up on Monday", "The delay notice is in the rota"]
    one = complaints(embedder, quotes, [0, 0])
    told, about = (
        find_problems([touchpoint], embedder.embed)[0][0].name
        for touchpoint in (one, one._replace(called="Delay notice"))
    )
    assert (told != "", about) == (True, "")


def test_groups_that_tell_the_same_problem_are_one(embedder):
    quotes = [
        "The export totals are wrong", "Export totals wrong", "Wrong totals in the export",
        "The totals of the export are not right", "Nobody rang back", "They never rang me back",
    ]  # fmt: skip
    found = problems(embedder, quotes, [0, 0, 1, 1, 2, 2])
    assert [sorted(problem.members) for problem in found] == [[0, 1, 2, 3], [4, 5]]


def test_touchpoints_are_named_each_for_itself_but_looked_at_together(embedder):
    calls = []

    def embed(texts):
        calls.append(list(texts))
        return embedder.embed(texts)

    wifi, till = ["The wifi is slow", "Slow wifi here"], ["The till was broken and the bill wrong"]
    touchpoints = [complaints(embedder, quotes, [0] * len(quotes)) for quotes in (wifi, till, wifi)]
    found = find_problems(touchpoints, embed)
    assert len(calls) == 2  # what most speaks for, then what may still be better
    asked = [text for call in calls for text in call]
    assert len(set(asked)) == len(asked)
    alone = [find_problems([one], embedder.embed)[0] for one in touchpoints]
    assert found == alone
    assert found[0][0].name == found[2][0].name != ""


def test_clause_that_cannot_name_a_problem_whatever_its_vector_is_not_looked_at(embedder):
    asked = []

    def embed(texts):
        asked.extend(texts)
        return embedder.embed(texts)

    alone = complaints(embedder, ["The wifi is slow"], [0])
    assert find_problems([alone], embed)[0][0].name == "The wifi is slow"
    assert asked == []
    long = "The wifi is slow and the coffee machine by the door was broken"
    assert find_problems([complaints(embedder, [long], [0])], embed)[0][0].name
    assert "The wifi is slow" in asked
    assert long not in asked


def test_no_complaints_have_no_problems(embedder):
    assert find_problems([], embedder.embed) == []


@pytest.mark.parametrize("order", list(permutations(["till broke", "queue grew", "refund stuck"])))
def test_words_said_equally_often_count_in_one_order_only(order):
    """Words come out of sets, whose order differs from run to run."""
    assert _main_words([*order, *order]) == _main_words(sorted([*order, *order]))


@pytest.mark.parametrize(
    "quote",
    [
        "Honestly, the lift stops between floors", "the lift stops between floors, frankly",
        "To be honest the lift stops between floors", "I'm afraid the lift stops between floors",
        "the lift, to be fair, stops between floors",
    ],
)  # fmt: skip
def test_remarks_on_the_saying_are_no_part_of_the_name(embedder, quote):
    name = pain(embedder, f"{quote} and is out of order")
    assert not {"honestly", "frankly", "honest", "afraid", "fair"} & set(name.lower().split())


def test_honest_stays_where_it_tells_of_the_problem(embedder):
    assert "honest" in pain(embedder, "The adviser was not honest about the fee")


def test_one_problem_in_other_words_is_one(embedder):
    quotes = [
        "The totals in the invoice are wrong.", "Invoice totals wrong again.",
        "The invoice adds up totals wrong.", "Your invoice adds up the totals wrong!",
        "The invoice comes by fax only.", "No invoice but by fax.",
    ]  # fmt: skip
    found = problems(embedder, quotes, [0, 0, 1, 1, 2, 2])
    assert [problem.members for problem in found] == [[0, 1, 2, 3], [4, 5]]


def test_clause_that_is_its_problem_whole_is_named_though_its_cosine_rounds_to_more_than_one():
    # Two parts, of which the weightier lies exactly in the middle, a hair longer than a unit.
    quote = "The wifi is slow, and the tea was cold"
    vector = np.array([1 + 1e-6, 0], dtype=np.float32)

    def embed(texts):
        return np.stack([vector] * len(texts))

    polarity, labels = np.array([-0.5], dtype=np.float32), np.array([0])
    said = kinds_said([quote])
    one = Complaints([quote], embed([quote]), polarity, embed([quote]), labels, said)
    assert find_problems([one], embed)[0][0].name


def test_words_told_elsewhere_lead_to_the_same_names(embedder):
    quotes = ["The refund never came, sadly.", "I found that the refund never came"]
    here = pain(embedder, *quotes)
    told = tell_complaints(quotes)
    assert all(answers.keys() >= set(quotes) for answers in told[:2])
    learn(REMEMBERS, told)
    assert pain(embedder, *quotes) == here
