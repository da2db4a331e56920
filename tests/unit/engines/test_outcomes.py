"""Whether it worked, apart from mood."""

import pytest

from pipeline.engines.embedded.heads import rows_of
from pipeline.engines.embedded.outcomes import is_request, is_spared, outcomes
from pipeline.engines.embedded.signals import read_signals


def told(embedder, text):
    return outcomes([text], rows_of([text], embedder.both([text])))[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The export failed again.", "failed"),
        ("The parcel never arrived.", "failed"),
        ("The app keeps crashing.", "failed"),
        ("The new mobile app and the website keep crashing.", "failed"),
        ("It was not sorted.", "failed"),
        ("It was sorted straight away.", "worked"),
        ("They sorted it eventually.", "partly"),
        ("We have a rota.", "unknown"),
        ("", "unknown"),
    ],
)
def test_head_and_cues_together_tell_it_too(embedder, text, expected):
    assert told(embedder, text) == expected


@pytest.mark.parametrize("text", ["The app keeps crashing.", "the login page crashed on me"])
def test_failure_that_is_spelled_out_needs_less_to_be_believed(embedder, text):
    assert told(embedder, text) == "failed"


def test_kind_words_do_not_make_it_work(embedder):
    text = "They were lovely about it but it still does not work."
    assert told(embedder, text) in {"failed", "partly"}


@pytest.mark.parametrize(
    "text", ["I need to cancel my order.", "Can you send me a new card?", "I want a refund."]
)
def test_request_is_no_failure(embedder, text):
    assert is_request(text)
    assert told(embedder, text) == "unknown"


def test_no_texts_have_no_outcomes(embedder):
    assert outcomes([], rows_of([], embedder.both([]))) == []


@pytest.mark.parametrize(
    "text",
    ["Not a single bit of pain during the extraction.", "Never once had a problem with the shelf.",
     "Zero problems with the new till.", "I can't fault the dentist."],
)  # fmt: skip
def test_trouble_that_did_not_come_is_no_complaint(embedder, text):
    found = read_signals([text], embedder.both([text]))
    assert is_spared(text)
    assert found.polarity[0] >= 0
    assert found.kind[0] != "pain"


@pytest.mark.parametrize(
    "text", ["Not a single reply.", "No problems solved so far.", "The till has a problem."]
)
def test_trouble_that_came_is_not_spared(text):
    assert not is_spared(text)
