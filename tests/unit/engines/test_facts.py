"""Which praise the levers may quote."""

from dataclasses import replace

import pytest

from pipeline.briefs import Quote
from pipeline.engines.embedded.facts import firm

PRAISE = Quote("m1", "", "c1", 0.9, "unknown", "praise", "", "", "")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("The training was a pleasure from start to end", "unknown"),
        ("Swaps go through in ten seconds now", "worked"),
        ("El envío fue excelente", "unknown"),
        ("Die Lieferung war super", "unknown"),
    ],
)
def test_praise_in_words_or_of_what_worked_may_be_quoted(text, outcome):
    assert firm([replace(PRAISE, text=text, outcome=outcome)])


def test_words_praise_in_the_language_of_the_quote_alone():
    bill = replace(PRAISE, text="It goes on top of the bill by rapid post")
    assert firm([replace(bill, language="pt")])
    assert not firm([replace(bill, language="en")])
    assert firm([replace(PRAISE, text="Die Lieferung war super", language="de")])


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("TWENTY years here and I have NEVER seen totals like yours.", "unknown"),
        ("We corrected it by hand.", "worked"),
        ("I sat, I watched, it finished.", "unknown"),
        ("Great, another lovely form", "unknown"),
        ("it didnt know who I was", "worked"),
    ],
)
def test_praise_that_only_the_mood_tells_of_is_not_quoted(text, outcome):
    assert not firm([replace(PRAISE, text=text, outcome=outcome)])
