"""What the tables hold, beyond their shape."""

import pytest

from pipeline.answers import ANSWERS
from pipeline.tables import ALL, CANDIDATES, MENTIONS


@pytest.mark.parametrize("name", ALL)
def test_table_is_found_under_its_own_name(name):
    assert ALL[name].name == name
    assert ALL[name].frame().empty


@pytest.mark.parametrize("name", ALL)
def test_rows_are_frozen_and_slotted(name):
    row = ALL[name].row
    assert row.__dataclass_params__.frozen
    assert "__slots__" in vars(row)


def test_mention_is_a_candidate_with_its_pain_point():
    assert set(MENTIONS.columns) - set(CANDIDATES.columns) == {"pain_point_id"}
    assert set(CANDIDATES.columns) - set(MENTIONS.columns) == {"label"}


def test_answer_holds_all_a_candidate_says_of_a_quote():
    said = {"turn_id", "touchpoint_id", "kind", "quote", "start", "end", "polarity", "intensity"}
    assert said <= set(ANSWERS.columns) & set(CANDIDATES.columns)
