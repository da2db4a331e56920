"""Filters as an address tells them."""

import pytest

from pipeline.review.parts.filtering import Filters, page_of


@pytest.mark.parametrize(
    ("text", "page"),
    [("2", 2), ("", 1), ("0", 1), ("-1", 1), ("99", 7), ("x", 1), ("²", 1), ("٣", 1), ("9" * 9, 1)],
)
def test_page_of_an_address_is_one_that_is_there(text, page):
    assert page_of(text, 7) == page


def test_where_nothing_is_found_there_is_one_page():
    assert page_of("3", 0) == 1
    assert Filters(page="3").number(0) == (1, 1)
