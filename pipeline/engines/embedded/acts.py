"""What a customer does with a clause: states a decision or an expectation, makes a suggestion.

Three logistic regressions on the clause's vector and on cues in its words (acts.toml; for a
decision the words of choices.toml). The weights and thresholds (a few KB) come from
tests/bench/train_acts.py; it and `weights.provenance` name the sources. The cues were written while
reading the sentences the weights are fitted to, so only other sentences can tell how good they are.
"""

from pathlib import Path

import numpy as np

from pipeline.engines.embedded.cues import fold, load_cues
from pipeline.engines.embedded.kept import keeps_last
from pipeline.engines.embedded.weights import load_weights
from pipeline.engines.embedding import Matrix
from pipeline.methods.choices import choice_of, is_own

ACTS = ("decision", "expectation", "suggestion")
ACTS_FILE = Path(__file__).with_name("acts.npz")

_CUES = load_cues("acts.toml")
_CUE_WEIGHT = 0.6
"""A cue is 0 or 1, an entry of a unit vector is small: at 1 the cues outshout the vector. Chosen on
the development sentences that the cues were written for, so it is a setting, not a finding."""
_LONG = 20
"""Words of a long clause: the length is divided by it, so that it weighs about as much as a cue."""


def stated(texts: list[str], vectors: Matrix) -> list[str]:
    """Return decision, expectation, suggestion, or '' for each clause that states none of them."""
    if not texts:
        return []
    sure = shares(features(texts, vectors)) / load_weights(ACTS_FILE)["threshold"]
    best = sure.argmax(axis=1)
    return [ACTS[act] if row[act] >= 1 else "" for act, row in zip(best, sure, strict=True)]


def shares(rows: Matrix) -> Matrix:
    """Return for each row of features the probability (0 to 1) of each of ACTS: (n, 3)."""
    weights = load_weights(ACTS_FILE)
    share: Matrix = 1 / (1 + np.exp(-(rows @ weights["w"].T + weights["b"])))
    return share


def features(texts: list[str], vectors: Matrix) -> Matrix:
    """Return what the heads read of each clause: its vector, then the cues in its words."""
    joined: Matrix = np.hstack([vectors, _CUE_WEIGHT * marks(texts)]).astype(np.float32)
    return joined


@keeps_last
def marks(texts: list[str]) -> Matrix:
    """Return the cues in the words of each clause, unweighted: (n clauses, n cues)."""
    plain = [text.replace("’", "'") for text in texts]
    folded = [fold(text) for text in plain]
    found = [list(map(bool, map(cue.search, folded))) for cue in _CUES.values()]
    others = np.array([_marks(text) for text in plain], dtype=np.float32)
    cues: Matrix = np.hstack([np.array(found, dtype=np.float32).T, others])
    return cues


def _marks(text: str) -> tuple[float, ...]:
    """Return what a text tells beside its cues: choices, marks, and how long it is."""
    has_own = is_own(text)  # most texts have none: only of the others it matters which
    is_one = has_own and bool(choice_of(text))
    return is_one, has_own, "?" in text, '"' in text, len(text.split()) / _LONG
