"""Sentences that surely carry nothing."""

import pytest

from pipeline.engines.embedded.emptiness import content_shares, surely_empty

EMPTY = ["Hello, good morning.", "Thanks, bye."]
FULL = ["The payroll export was wrong again.", "Setting up single sign-on took two weeks."]


class Asked:
    """An embedder that remembers what it was asked for."""

    def __init__(self, embedder) -> None:
        self.texts: list[str] = []
        self._embedder = embedder

    def both(self, texts):
        self.texts += texts
        return self._embedder.both(texts)


@pytest.fixture
def bound(embedder):
    """Between what says something and what does not."""
    empty, full = content_shares(EMPTY, embedder), content_shares(FULL, embedder)
    assert empty.max() < full.min()
    return float(empty.max() + full.min()) / 2


def test_only_what_says_something_is_kept(embedder, bound):
    mixed = [EMPTY[0], FULL[0], EMPTY[1], FULL[1], EMPTY[0]]
    assert surely_empty(mixed, bound, embedder) == [True, False, True, False, True]
    assert surely_empty([], bound, embedder) == []


def test_clauses_are_looked_at_only_where_the_sentence_is_doubted(embedder, bound):
    asked = Asked(embedder)
    surely_empty(["The export was wrong, but the training was good."], bound, asked)
    assert asked.texts == ["The export was wrong, but the training was good."]


def test_a_full_clause_saves_a_sentence_that_looks_empty(embedder, bound):
    sentence = "Good morning to you, but the payroll export was wrong again."

    class Doubting(Asked):
        """Takes the sentence as a whole for a greeting."""

        def both(self, texts):
            return super().both([EMPTY[0] if text == sentence else text for text in texts])

    asked = Doubting(embedder)
    told = content_shares([sentence], asked)[0]
    assert surely_empty([sentence], float(told) + 0.01, asked) == [False]
    assert len(asked.texts) > 2
