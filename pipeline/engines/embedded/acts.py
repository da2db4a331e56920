"""What a customer does with a clause: states a decision or an expectation, makes a suggestion.

Three logistic regressions on the clause's vector, on cues in its words (acts.toml; for a decision
the words of choices.toml) and on the words and pairs of words that it uses. The weights, the words
and the thresholds come from tests/bench/train_acts.py; it and `weights.provenance` name the
sources. The cues were written while reading some of the sentences the weights are fitted to, so
they weigh little: only words that hold in several industries tell an act of a new one.
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pipeline.engines.embedded.cues import fold, load_cues
from pipeline.engines.embedded.kept import keeps_last
from pipeline.engines.embedded.weights import load_columns, load_weights
from pipeline.engines.embedding import Matrix
from pipeline.methods.choices import choice_of, is_own

ACTS = ("decision", "expectation", "suggestion")
ACTS_FILE = Path(__file__).with_name("acts.npz")
PHRASES = "phrases"

_CUES = load_cues("acts.toml")
_CUE_WEIGHT = 0.2
"""A cue is 0 or 1, an entry of a unit vector is small: at 0.6 the cues outshout what holds for
sentences they were not written for. Chosen, as the next, on acts/unseen.csv."""
_PHRASE_WEIGHT = 2.0
"""Length of a text's row of phrases, beside the length 1 of its vector."""
_TOLD_IN = {
    "decision": ("decided", "own choice"),
    "expectation": ("promised", "said", "expected", "belief", "due", "norm"),
    "suggestion": ("ought", "would_help", "proposes", "orders", "could_it"),
}
_COLUMNS = {name: column for column, name in enumerate([*_CUES, "one choice", "own choice"])}
"""Where marks are, as far as they are looked at by name."""
_ALONE = 0.95
"""Least share for a clause without any of these words. A fifth of the sentences the heads learnt
from state an act, of what customers really say perhaps one in fifty. Of 2,654 clauses of lounge
reviews before 2013, twelve that only this keeps out were read: three stated one."""
_LONG = 20
"""Words of a long clause: the length is divided by it, so that it weighs about as much as a cue."""
_REPORTED = re.compile(
    r"\b(?:said|says|told (?:me|us|him|her)|asked|replied|shouted)[,:]? [\"“]"
    r"(?![^\"”]*\b(?:will|would|should|going to|by|within|free|no|included|\w+'ll|\w+'d)\b)",
    re.IGNORECASE,
)
"""Words repeated in quotes that tell of nothing to come lead nobody to expect anything: "He said,
'That is odd.'" """
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[^\w\s]")
_START, _END, _NUMBER = "^", "$", "0"


def stated(texts: list[str], vectors: Matrix) -> list[str]:
    """Return decision, expectation, suggestion, or '' for each clause that states none of them."""
    if not texts:
        return []
    found = shares(features(texts, vectors), known_phrases(texts))
    sure = np.where(worded(texts) | (found >= _ALONE), found, 0)
    sure[[bool(_REPORTED.search(text)) for text in texts], ACTS.index("expectation")] = 0
    sure /= load_weights(ACTS_FILE)["threshold"]
    best = sure.argmax(axis=1)
    return [ACTS[act] if row[act] >= 1 else "" for act, row in zip(best, sure, strict=True)]


def shares(rows: Matrix, used: csr_matrix) -> Matrix:
    """Return for each row of features and of phrases the probability (0 to 1) of each of ACTS:
    (n, 3)."""
    weights = load_weights(ACTS_FILE)
    told = rows @ weights["w"].T + used @ weights["phrase_w"].T + weights["b"]
    share: Matrix = 1 / (1 + np.exp(-told))
    return share


def worded(texts: list[str]) -> NDArray[np.bool_]:
    """Return whether each clause has words that each of ACTS is usually told in: (n, 3)."""
    has = marks(texts) > 0
    return np.stack(
        [has[:, [_COLUMNS[cue] for cue in _TOLD_IN[act]]].any(axis=1) for act in ACTS], 1
    )


def features(texts: list[str], vectors: Matrix) -> Matrix:
    """Return what the heads read of each clause beside its phrases: its vector, then the cues in
    its words."""
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


def phrases(text: str) -> list[str]:
    """Return the words and marks of a text and each pair of neighbours, once each and sorted.

    A number counts as any other; where the text starts and ends are marks too.
    """
    folded = fold(text.replace("’", "'"))
    words = [_NUMBER if word.isdigit() else word for word in _TOKEN.findall(folded)]
    tokens = [_START, *words, _END]
    return sorted({*tokens, *(f"{one} {other}" for one, other in pairwise(tokens))})


@keeps_last
def known_phrases(texts: list[str]) -> csr_matrix:
    """Return which of the phrases that the heads know each text uses, see `phrase_use`."""
    return phrase_use(texts, load_columns(ACTS_FILE, PHRASES))


def phrase_use(texts: list[str], columns: Mapping[str, int]) -> csr_matrix:
    """Return which of the known phrases each text uses: one column each, rows of one length."""
    used: list[int] = []
    values: list[float] = []
    ends = [0]
    for text in texts:
        known = [columns[phrase] for phrase in phrases(text) if phrase in columns]
        used += known
        values += [_PHRASE_WEIGHT / len(known) ** 0.5] * len(known) if known else []
        ends.append(len(used))
    return csr_matrix(
        (np.array(values, dtype=np.float32), np.array(used, dtype=np.int64), ends),
        shape=(len(texts), len(columns)),
    )


def _marks(text: str) -> tuple[float, ...]:
    """Return what a text tells beside its cues: choices, marks, and how long it is."""
    has_own = is_own(text)  # most texts have none: only of the others it matters which
    is_one = has_own and bool(choice_of(text))
    return is_one, has_own, "?" in text, '"' in text, len(text.split()) / _LONG
