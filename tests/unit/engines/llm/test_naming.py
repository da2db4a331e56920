"""What groups and problems are called: the model's word where it will do, else what was there."""

import pytest

from pipeline.engines.llm.jobs import Answered
from pipeline.engines.llm.naming import (
    PainGroup,
    Shown,
    call_groups,
    group_items,
    pain_item,
    read_problems,
)
from pipeline.engines.llm.schemas import NameResult, PainResult, Problem
from pipeline.engines.llm.words import common_words

WORDS = common_words([], ["boarding queue gate passenger"])
GROUP = Shown("7", ["Gate line", "Queue"], ["The gate line was long.", "We stood at the gate."])


def named(key="7", *, name="Boarding queue", definition="", stage="", near=""):
    result = NameResult(id=1, name=name, definition=definition, stage=stage, near=near)
    return Answered({key: [result]}, {})


def call(answered, groups=(GROUP,), stages=("Land", "Adoption")):
    return call_groups(groups, answered, {"T1": "tp-1"}, stages, WORDS)


def test_item_shows_labels_and_quotes_cut_short():
    shown = Shown("7", [f"Label {n}" for n in range(9)], ["word " * 100])
    [item] = group_items([shown])
    assert item.key == "7"
    assert item.lines[0] == "Labels: " + "; ".join(f"Label {n}" for n in range(6))
    assert item.lines[1].startswith("- word word")
    assert len(item.lines[1]) < 170


def test_everything_the_model_says_is_taken_when_it_will_do():
    said = "Where passengers queue to board at the gate."
    called = call(named(definition=said, stage=" adoption ", near="t1"))["7"]
    assert called == ("Boarding queue", said, "Adoption", "tp-1")


@pytest.mark.parametrize(
    "name", ["Elephant", "www.gate.com", "", "gate " * 9, "<gate>", "Brasilia"]
)
def test_a_name_that_will_not_do_gives_way_to_the_first_label(name):
    assert call(named(name=name))["7"].name == "Gate line"


@pytest.mark.parametrize(
    "definition",
    [
        "",
        "The capital of Brazil is Brasilia, a planned city.",
        "See www.gate for the queue",
        "The gate queue at gate.com",
        "The *gate* queue",
        "`gate`",
        "gate queue " * 40,
        "{gate}",
    ],
)
def test_a_definition_that_will_not_do_is_replaced(definition):
    called = call(named(definition=definition))["7"]
    assert called.definition == "What customers say about boarding queue."


def test_stages_and_codes_that_do_not_exist_are_dropped():
    assert call(named(stage="Nowhere", near="T9"))["7"][2:] == ("", "")


def test_a_group_the_model_left_out_keeps_its_label():
    assert call(Answered())["7"] == (
        "Gate line", "What customers say about gate line.", "", "",
    )  # fmt: skip


def test_a_name_is_taken_once():
    groups = [Shown(key, labels, []) for key, labels in (("1", ["Gate"]), ("2", ["gate", "Queue"]),
                                                         ("3", ["GATE"]))]  # fmt: skip
    called = call(Answered(), groups)
    assert [called[key].name for key in "123"] == ["Gate", "Queue", ""]
    answered = Answered(
        {key: [NameResult(id=1, name="Boarding", definition="", stage="", near="")] for key in "12"}
    )
    called = call(answered, groups[:2])
    assert [called[key].name for key in "12"] == ["Boarding", "gate"]


def pains(*names, quotes=("The gate was shut.",)):
    return [PainGroup(n * 10, name, quotes, 5 - n) for n, name in enumerate(names)]


def problem(*groups, name="Gate shut"):
    return Problem(groups=groups, name=name)


def problems(groups, *told):
    return read_problems(groups, [PainResult(id=1, problems=told)], WORDS.beside("shut refused"))


def test_pain_item_numbers_the_groups_it_shows():
    groups = [PainGroup(n, "", (f"quote {n}",), 1) for n in range(40)]
    item = pain_item("tp-1", "Boarding", groups)
    assert item.key == "tp-1"
    assert item.lines[:3] == ("Touchpoint: Boarding", "Group 1:", "- quote 0")
    assert item.lines[-2:] == ("Group 15:", "- quote 14")


def test_groups_of_one_problem_share_number_and_name():
    found = problems(pains("a", "b", "c"), problem(1, 3))
    assert found == {0: (0, "Gate shut"), 20: (0, "Gate shut"), 10: (10, "b")}


def test_a_group_belongs_to_the_first_problem_that_claims_it():
    found = problems(pains("a", "b"), problem(1, 2, 2), problem(2, name="Queue refused"))
    assert found == {0: (0, "Gate shut"), 10: (0, "Gate shut")}


@pytest.mark.parametrize("name", ["", "Brasilia", "see www.gate.com"])
def test_a_problem_without_a_fit_name_keeps_that_of_its_largest_group(name):
    assert problems(pains("a", "b"), problem(2, 1, name=name)) == {0: (10, "b"), 10: (10, "b")}


def test_two_problems_do_not_share_a_name():
    found = problems(pains("a", "b"), problem(1), problem(2))
    assert found == {0: (0, "Gate shut"), 10: (10, "b")}
    found = problems(pains("a", "Gate shut"), problem(1), problem(2))
    assert found[10] == (10, "")


def test_numbers_that_do_not_exist_are_no_groups():
    assert problems(pains("a"), problem(0, 2, 998)) == {0: (0, "a")}
    assert read_problems(pains("a"), [], WORDS) == {0: (0, "a")}
