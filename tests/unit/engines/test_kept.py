"""The last answer is at hand for the same texts, and for no others."""

from pipeline.engines.embedded.kept import keeps_last


def test_only_other_texts_are_looked_at_anew():
    looked_at = []

    @keeps_last
    def lengths(texts):
        looked_at.append(texts)
        return [len(text) for text in texts]

    assert lengths(["a", "bc"]) == lengths(["a", "b" + "c"]) == [1, 2]
    assert lengths(["bc", "a"]) == [2, 1]
    assert lengths([]) == []
    assert looked_at == [["a", "bc"], ["bc", "a"], []]


def test_answer_of_elsewhere_is_at_hand():
    @keeps_last
    def lengths(texts):
        raise AssertionError(texts)

    lengths.keep(["a", "bc"], [1, 2])
    assert lengths(["a", "bc"]) == [1, 2]
