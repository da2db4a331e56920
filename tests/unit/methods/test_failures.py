"""In which way a touchpoint failed is read from words that say so, and from no others."""

import pytest

from pipeline import tables as t
from pipeline.methods.failures import WAY_WORDS, ways_in_words, ways_of


@pytest.mark.parametrize(
    ("quote", "way"),
    [
        ("The page froze and then crashed.", "error"),
        ("Coffee machines don't work.", "error"),
        ("I keep getting logged out.", "lock_out"),
        ("We couldn’t log in on Monday", "lock_out"),
        ("The whole site was down again.", "outage"),
        ("The pool was closed.", "outage"),
        ("They refused to change the date.", "refusal"),
        ("I was denied entry.", "refusal"),
        ("The clerk hung up on me.", "conflict"),
        ("Two bookings clashed.", "conflict"),
        ("Nobody called me back.", "no_answer"),
        ("I never got a reply, no answer at all", "no_answer"),
        ("The parcel came three days later.", "late"),
        ("We waited over two hours", "late"),
        ("I was charged twice.", "wrong"),
        ("The totals aren't right.", "wrong"),
        ("One suitcase is still missing.", "missing"),
        ("My order never arrived.", "missing"),
        ("This is urgent, please.", "urgent"),
        ("Seats are incredibly uncomfortable", "unfit"),
        ("They called off my operation", "cancelled"),
        ("cancelled on me again", "cancelled"),
        ("I gave up after the fourth try to sign in", "lock_out"),
        ("phone lines are hopeless, rang 14 times this week", "no_answer"),
        ("Das Paket kam zu spät", "late"),
        ("Llevo un mes esperando el reembolso", "late"),
        ("Le service client ne répond jamais", "no_answer"),
        ("Me cobraron dos veces", "wrong"),
        ("the invoice never matches the quote", "wrong"),
        ("nobody came for the collection", "missing"),
        ("booked for today and no truck came", "missing"),
        ("nobody came back to me", "no_answer"),
        ("two pallets arrived crushed", "unfit"),
        ("Le site plante au moment de payer", "error"),
    ],
)
def test_words_tell_the_way(quote, way):
    assert ways_of(quote) == (way,)


@pytest.mark.parametrize(
    "quote",
    [
        "There were no errors.", "The late train suits me.", "He let us down.", "It was bad.",
        "The plates hung around.", "The slowness of lateral moves.", "Not urgent.",
        "I had no faith left.", "No complaints came to my mind.",
    ],
)  # fmt: skip
def test_other_words_tell_none(quote):
    assert ways_of(quote) == ()


def test_ways_are_told_most_customers_first():
    rows = [t.Failure("a", way, n, 20, "m") for way, n in (("any", 9), ("untold", 2), ("late", 3))]
    rows.append(t.Failure("a", "wrong", 5, 20, "m"))
    assert ways_in_words(rows) == "a wrong result 5, late 3; 2 did not say how"
    assert ways_in_words(rows[:2]) == "2 did not say how"
    assert set(WAY_WORDS) >= {"error", "lock_out", "outage"}
