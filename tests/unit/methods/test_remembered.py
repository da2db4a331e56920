"""Answers are worked out once for each text, here or elsewhere."""

from pipeline.methods.remembered import learn, remembers


def test_each_text_is_looked_at_once():
    looked_at = []

    @remembers
    def length(text):
        looked_at.append(text)
        return len(text)

    assert [length(text) for text in ("a", "bc", "a", "")] == [1, 2, 1, 0]
    assert looked_at == ["a", "bc", ""]


def test_what_is_handed_over_is_known_where_it_is_learnt():
    asked = remembers(len)
    asked("bc")

    @remembers
    def asking(text):
        raise AssertionError(text)

    learn([asking], [asked.hand_over()])
    assert asking("bc") == 2
    assert asked.hand_over() == {}
