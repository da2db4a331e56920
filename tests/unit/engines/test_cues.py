"""Word cues and the folded text they read."""

import re
import sys
from string import ascii_lowercase

import pytest

from pipeline.engines.embedded.acts import features
from pipeline.engines.embedded.cues import fold, load_cues
from pipeline.engines.embedded.surface import cues

FILES = ("acts.toml", "causes.toml", "moods.toml", "outcomes.toml")


def test_folding_does_what_a_search_without_case_does():
    letters = {letter: re.compile(letter, re.IGNORECASE) for letter in ascii_lowercase}
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    folded = fold(every)
    assert len(folded) == len(every)
    for letter, pattern in letters.items():
        assert {m.start() for m in pattern.finditer(every)} == {
            place for place, one in enumerate(folded) if one == letter
        }


@pytest.mark.parametrize("kind", [r"\w", r"\s", r"\d"])
def test_folding_keeps_what_is_a_word_a_space_or_a_number(kind):
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    found = [[m.start() for m in re.finditer(kind, text)] for text in (every, fold(every))]
    assert found[0] == found[1]


@pytest.mark.parametrize("file", FILES)
def test_no_cue_asks_for_a_capital_letter(file):
    for name, cue in load_cues(file).items():
        assert not re.search(r"(?<!\\)[A-Z]", cue.pattern), name


@pytest.mark.parametrize(
    "text", ["it still wasn't sorted.", "we've decided to leave, they never ring back."]
)
def test_capitals_change_no_cue(text, embedder):
    same = embedder.embed([text])
    assert (features([text], same) == features([text.upper()], same)).all()
    first_cue = 10
    assert (cues([text])[:, first_cue:] == cues([text.upper()])[:, first_cue:]).all()
