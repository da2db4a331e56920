"""Acts: of sentences from six industries, which state a decision, an expectation, a suggestion or
a cause; which decision it is; and both ends of each cause with the direction between them.

The sentences and the rules they were labelled by stand in acts/. A sentence states an act when one
of its clauses does, as the engine reads it.
"""

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from pipeline.engines.embedded.acts import ACTS
from pipeline.engines.embedded.signals import read_signals
from pipeline.engines.embedded.units import Units, lay_out
from pipeline.methods.choices import choice_of
from pipeline.text import sentence_spans
from tests.bench.figures import Figure
from tests.bench.sets import Part

pytestmark = pytest.mark.bench

HERE = Path(__file__).parent
PARTS = {
    "test": Part("acts", "test", "yes", "heads saw all other files of acts/"),
    "later": Part("acts", "later", "yes", "another voice, five industries in no other file"),
    "newer": Part("acts", "newer", "yes", "four industries and voices in no other file"),
    "newer_open": Part("acts", "newer_open", "development", "the other half of what was written"),
    "later_open": Part("acts", "later_open", "development", "the other half of what was written"),
    "dev": Part("acts", "dev", "development", "heads and words were chosen on it"),
}
WORDS = {
    "decision": r"decided|cancelled|renewed|left|bought|upgraded|complained",
    "expectation": r"expected|promised|supposed to|told",
    "suggestion": r"should|suggest|would be (?:nice|good|great)|please",
    "cause": r"because|so|due to|led to",
}
NAIVE = "naive: the act's usual words"
ENOUGH = ">= 0.85"
HALF = 0.5
"""Share of the words of the longer of two ends that must be in both: then they are the same end."""


class Said(NamedTuple):
    """What the engine reads in a sentence."""

    acts: set[str]
    choice: str
    causes: list[tuple[str, str]]
    """what led, to what"""


@pytest.fixture(scope="module", params=PARTS)
def part(request):
    return request.param


@pytest.fixture(scope="module")
def rows(part):
    return pd.read_csv(HERE / f"acts/{part}.csv", dtype="str", keep_default_na=False)


@pytest.fixture(scope="module")
def heard(rows, embedder):
    """What the engine reads in each row."""
    return [_read(text, embedder) for text in rows["text"]]


def _read(text, embedder):
    found = [
        {"document_id": "d", "turn_id": "t", "start": start, "text": text[start:end]}
        for start, end in sentence_spans(text)
    ]
    units = lay_out(pd.DataFrame(found))
    kinds = read_signals(units.texts, embedder.both(units.texts)).kind
    acts = {kind for kind in kinds if kind in ACTS}
    said = [t for t, kind in zip(units.texts, kinds, strict=True) if kind == "decision"]
    choice = next(filter(None, map(choice_of, said)), "")
    causes = _causes(units)
    return Said(acts | ({"cause"} if causes else set()), choice, causes)


def _causes(units: Units):
    out = []
    for number, (link, before) in enumerate(zip(units.links, units.follows, strict=True)):
        if link and before >= 0:
            one, other = units.texts[before], units.texts[number]
            out.append((one, other) if link == "effect" else (other, one))
    return out


def _shares(found, wanted):
    """Return precision and recall of two lists of truth values."""
    both = sum(f and w for f, w in zip(found, wanted, strict=True))
    return both / max(sum(found), 1), both / max(sum(wanted), 1)


@pytest.mark.parametrize("act", WORDS)
def test_act_is_stated(part, rows, heard, figures, act):
    wanted = [act in acts.split("|") for acts in rows["acts"]]
    found = [act in said.acts for said in heard]
    usual = re.compile(rf"\b(?:{WORDS[act]})\b", re.IGNORECASE)
    naive = _shares([bool(usual.search(text)) for text in rows["text"]], wanted)
    precision, recall = _shares(found, wanted)
    figures += [
        Figure(PARTS[part], f"{act}: precision", precision, naive[0], ENOUGH, NAIVE),
        Figure(PARTS[part], f"{act}: recall", recall, naive[1], "", NAIVE),
    ]
    assert recall > 0


def test_decision_is_the_right_one(part, rows, heard, figures):
    wanted = rows["decision_kind"].tolist()
    told = [
        (said.choice, kind)
        for said, kind in zip(heard, wanted, strict=True)
        if kind and "decision" in said.acts
    ]
    named = [one for one, kind in told if one]
    right = sum(one == kind for one, kind in told)
    figures += [
        Figure(PARTS[part], "decision found: its kind is named", len(named) / max(len(told), 1)),
        Figure(PARTS[part], "decision's kind named: right", right / max(len(named), 1), None,
               ENOUGH),
        Figure(PARTS[part], "decision found with its kind, of all", right / sum(map(bool, wanted))),
    ]  # fmt: skip
    assert right > 0


def test_cause_has_both_ends_and_the_direction(part, rows, heard, figures):
    labelled = rows[["cause", "effect"]].itertuples(index=False)
    stated = [bool(cause) for cause in rows["cause"]]
    right = [
        any(_same(one, cause) and _same(other, effect) for one, other in said.causes)
        for said, (cause, effect) in zip(heard, labelled, strict=True)
    ]
    n_found = sum(bool(said.causes) for said in heard)
    figures += [
        Figure(PARTS[part], "cause, both ends and direction: precision", sum(right) / n_found,
               None, ENOUGH),
        Figure(PARTS[part], "cause, both ends and direction: recall", sum(right) / sum(stated)),
    ]  # fmt: skip
    assert sum(right) > 0


def _same(one, other):
    """Tell whether two ends share words enough to be the same."""
    first, second = (Counter(re.findall(r"\w+", text.casefold())) for text in (one, other))
    longer = max(first.total(), second.total())
    return bool(longer) and (first & second).total() / longer >= HALF
