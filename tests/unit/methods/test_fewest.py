"""How many customers make a touchpoint that no catalogue has."""

import pytest

from pipeline.config import Resolve
from pipeline.methods.fewest import fewest_customers


@pytest.mark.parametrize(
    ("n_customers", "least"), [(0, 3), (20, 3), (60, 3), (61, 4), (81, 5), (100, 5), (9_000, 5)]
)
def test_where_few_speak_fewer_make_a_touchpoint(n_customers, least):
    assert fewest_customers(Resolve(), n_customers, has_catalogue=False) == least


def test_beside_a_catalogue_it_takes_as_many_as_anywhere():
    assert fewest_customers(Resolve(), 20, has_catalogue=True) == 5


def test_settings_bound_it_from_both_sides():
    strict, lenient = Resolve(min_customers_of_few=5), Resolve(min_customers=2)
    assert fewest_customers(strict, 20, has_catalogue=False) == 5
    assert fewest_customers(lenient, 20, has_catalogue=False) == 2
    assert fewest_customers(Resolve(min_customers=9), 9_000, has_catalogue=False) == 9
