"""Which document repeats which."""

import random

import pytest

from pipeline.sources.duplicates import Written, find_duplicates

WORDS = [f"word{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(400)]


def texts(seed, n=60):
    """Return documents of two customers; every other one is an earlier one with words changed."""
    draw = random.Random(seed)  # noqa: S311 - nothing secret
    found = []
    for number in range(n):
        if number % 2 and found:
            words = [w for w in draw.choice(found).text.split() if draw.random() > 0.1]
            words += draw.sample(WORDS, draw.randrange(4))
        else:
            words = draw.sample(WORDS, draw.randrange(20, 60))
        found.append(Written(f"d{number:02}", draw.choice("ab"), "2026-01-01", " ".join(words)))
    return found


def share(one, other):
    """Return the share of common words of two documents."""
    left, right = set(one.text.split()), set(other.text.split())
    return len(left & right) / len(left | right)


@pytest.mark.parametrize("seed", range(5))
def test_all_texts_that_share_enough_words_are_found_and_no_others(seed):
    documents = texts(seed)
    by_id = {one.document_id: one for one in documents}
    found = find_duplicates(documents)
    for number, one in enumerate(documents):
        originals = [other for other in documents[:number] if other.document_id not in found]
        like = {
            other.document_id
            for other in originals
            if len(one.text.split()) >= 20 <= len(other.text.split())
            and share(one, other) >= (0.8 if one.customer_id == other.customer_id else 0.9)
        }
        assert found.get(one.document_id, "") in (like or {""})
    assert found
    assert set(found.values()) <= by_id.keys() - found.keys()


@pytest.mark.parametrize(("word", "other"), [("2", "9"), ("not", "also"), ("x2", "x9")])
def test_texts_with_other_numbers_or_negations_are_not_the_same(word, other):
    body = " ".join(WORDS[:40])
    documents = [Written(one, "c", "1", f"{body} {one}") for one in (word, other)]
    assert find_duplicates(documents) == {}


def test_short_texts_are_the_same_only_word_for_word_and_from_one_customer():
    said = [("a", "x", "Great service"), ("b", "x", "great  service"), ("c", "y", "Great service")]
    documents = [Written(name, who, name, text) for name, who, text in said]
    assert find_duplicates(documents) == {"b": "a"}


def test_order_of_the_documents_does_not_matter():
    documents = texts(7)
    assert find_duplicates(reversed(documents)) == find_duplicates(documents)


def test_nothing_repeats_nothing():
    assert find_duplicates([]) == {}
