"""A table's frame is checked on every way in."""

from dataclasses import dataclass
from typing import Annotated as A  # noqa: N817

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ContractError
from pipeline.schema import Table


@dataclass(frozen=True, slots=True)
class Visit:
    visit_id: A[str, "hash of the visit"]
    n_pages: int
    minutes: float
    is_new: bool


VISITS = Table("visits", Visit, ("visit_id",))
TWO = [Visit("b", 2, 1.5, True), Visit("a", 1, float("nan"), False)]


def test_columns_and_meanings_come_from_the_row_type():
    assert VISITS.columns == {
        "visit_id": "str", "n_pages": "int64", "minutes": "float64", "is_new": "bool"
    }  # fmt: skip
    assert VISITS.meanings["visit_id"] == "hash of the visit"
    assert VISITS.meanings["n_pages"] == "n pages"


def test_frame_is_sorted_by_key_and_reads_back():
    frame = VISITS.frame(TWO)
    assert frame["visit_id"].tolist() == ["a", "b"]
    assert VISITS.rows(frame)[1] == TWO[0]
    assert list(frame.index) == [0, 1]


def test_empty_frame_has_all_columns_and_types():
    frame = VISITS.frame()
    assert frame.dtypes.astype(str).to_dict() == VISITS.columns
    assert VISITS.rows(frame) == []


def test_check_leaves_its_input_untouched():
    frame = pd.DataFrame(
        {"visit_id": ["b", "a"], "n_pages": [1, 2], "minutes": [1, 2], "is_new": [True, False]}
    )
    before = frame.copy()
    VISITS.check(frame)
    pd.testing.assert_frame_equal(frame, before)


ROWS = st.builds(
    Visit, st.text(max_size=5), st.integers(-(2**62), 2**62), st.floats(0, 9), st.booleans()
)


@given(st.lists(ROWS, unique_by=lambda row: row.visit_id, max_size=8), st.randoms())
def test_row_order_does_not_matter(rows, random):
    other = random.sample(rows, len(rows))
    pd.testing.assert_frame_equal(VISITS.frame(rows), VISITS.frame(other))
    assert sorted(VISITS.rows(VISITS.frame(rows)), key=lambda r: r.visit_id) == VISITS.rows(
        VISITS.frame(rows)
    )


@dataclass(frozen=True, slots=True)
class Step:
    who: str
    at: int
    what: str


STEPS = Table("steps", Step, ("who", "at"))


@given(st.lists(st.tuples(st.sampled_from(["", "a", "ä", "b"]), st.integers(-2, 2)), max_size=6))
def test_keys_of_two_columns_are_sorted_and_never_repeat(keys):
    frame = pd.DataFrame([Step(*key, "x") for key in keys], columns=list(STEPS.columns))
    frame = frame.astype(STEPS.columns).set_index(pd.Index(range(5, 5 + len(keys))))
    if len(set(keys)) < len(keys):
        with pytest.raises(ContractError, match="key repeats"):
            STEPS.check(frame)
        return
    found = STEPS.check(frame)
    assert [(row.who, row.at) for row in STEPS.rows(found)] == sorted(keys)
    assert list(found.index) == list(range(len(keys)))


def test_an_empty_frame_may_be_changed_without_another_changing():
    frame = VISITS.frame()
    frame["more"] = 1
    frame.loc[0] = ["a", 1, 0.0, True, 2]
    assert list(VISITS.frame().columns) == list(VISITS.columns)
    assert len(VISITS.frame()) == 0


def test_columns_come_out_in_declared_order():
    frame = VISITS.frame(TWO)[["is_new", "minutes", "n_pages", "visit_id"]]
    assert list(VISITS.check(frame).columns) == list(VISITS.columns)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="minutes"), r"'visits': missing \['minutes'\]"),
        (lambda f: f.assign(more=1), r"undeclared \['more'\]"),
        (lambda f: f.assign(visit_id=["a", None]), "'visit_id' misses a text"),
        (lambda f: f.assign(visit_id="a"), "key repeats, first {'visit_id': 'a'}"),
        (lambda f: f.assign(n_pages=[1, None]), "n_pages"),
        (lambda f: f.assign(n_pages=["one", "two"]), "n_pages"),
        (lambda f: f.assign(minutes=["soon", "late"]), "minutes"),
    ],
)
def test_fault_is_named(change, message):
    with pytest.raises(ContractError, match=message):
        VISITS.check(change(VISITS.frame(TWO)))
