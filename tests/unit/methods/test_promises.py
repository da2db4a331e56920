"""What was to come is told from what merely was said."""

import pytest

from pipeline import tables as t
from pipeline.methods.promises import broken_expectations
from tests.unit.stages import journeys as j


def expects(quote: str) -> bool:
    """Tell whether a failed mention with these words is read as an unmet expectation."""
    said = t.MENTIONS.frame([j.mention("m", "c", "a", quote=quote, outcome="failed")])
    return bool(broken_expectations(said))


@pytest.mark.parametrize(
    "quote",
    [
        "I expected a call.", "We were expecting someone at nine.", "It was supposed to be quiet.",
        "I was told it would take two days.", "They promised me a refund.",
        "The agent said it'll be here by Friday", "It should have arrived in May.",
        "The room was not as advertised.", "Sales told us we could add users later.",
    ],
)  # fmt: skip
def test_expectations_and_promises_are_known_by_their_words(quote):
    assert expects(quote)


@pytest.mark.parametrize(
    "quote",
    [
        "I was told to restart it.", "I told them the story.", "According to the list it was May.",
        "I expected worse.", "I was expected to queue.", "They said no.", "As promised, it failed.",
        "One of the nurses told me it was like a dog.", "She told me how to do it.",
    ],
)  # fmt: skip
def test_other_talk_is_no_expectation(quote):
    assert not expects(quote)
