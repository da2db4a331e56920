"""What stages ask of mentions again and again."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.methods.measures import among

TEXTS = st.lists(st.sampled_from(["", "a", "b", "ä", "\U0001f4e6", "a b"]), max_size=6)


@given(TEXTS, TEXTS)
def test_among_tells_what_a_set_does(values, ids):
    column = pd.Series(values, dtype="str")
    assert among(column, ids).tolist() == [value in set(ids) for value in values]


@pytest.mark.parametrize(
    "ids",
    [
        ["a"], {"a"}, {"a": 1}, {"a": 1}.keys(), np.array(["a"], dtype=object),
        pd.Series(["a"], dtype="str"), pd.concat([pd.Series(["a"]), pd.Series(["c"])]),
        (key for key in "a"),
    ],
)  # fmt: skip
def test_ids_may_come_in_any_form_and_columns_in_parts(ids):
    column = pd.concat([pd.Series(["a", "b"], index=[7, 9]), pd.Series(["a"])])
    found = among(column, ids)
    assert found.dtype == np.bool_
    assert found.tolist() == [True, False, True]


def test_nothing_is_among_nothing():
    assert among(pd.Series(["a"]), []).tolist() == [False]
    assert among(pd.Series([], dtype="str"), ["a"]).tolist() == []
