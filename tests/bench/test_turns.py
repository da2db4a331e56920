"""Turns of a chat: those that carry a touchpoint are kept, at the right one."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from tests.bench.baselines import fewest_words, n_words, nearest_name
from tests.bench.corpora import plain
from tests.bench.figures import Figure
from tests.bench.sets import AIRLINE

pytestmark = pytest.mark.bench

NO_TOUCHPOINT = {
    "contentonly", "confirmation", "openinggreeting", "closinggreeting", "thankyou", "rejection",
    "outofdomain",
}  # fmt: skip
CATALOGUE_NAMES = {
    "changeseatassignment": "Changing a seat",
    "getboardingpass": "Getting a boarding pass",
    "getseatinfo": "Asking for seat information",
    "bookflight": "Booking a flight",
}
NAIVE_MATCH = "naive: greatest plain cosine to a name of the catalogue"


def _turns(data, split):
    rows = pd.read_csv(data / f"multidogo/airline/{split}.tsv", sep="\t", dtype="str")
    return rows.dropna(subset=["utterance", "intent"])


@pytest.fixture(scope="module")
def rows(data):
    return _turns(data, "test")


@pytest.fixture(scope="module")
def heard(rows, ran):
    """For each row the touchpoints of its turn's mentions, surest first; None: not in the run."""
    tables = ran("chat_catalogue", "all").tables
    names = tables["touchpoints"].set_index("touchpoint_id")["name"]
    mentions = tables["mentions"].sort_values(["confidence", "mention_id"], ascending=[False, True])
    said: dict[str, list[str]] = {}
    for turn, touchpoint in zip(mentions["turn_id"], mentions["touchpoint_id"], strict=True):
        said.setdefault(turn, []).append(names.get(touchpoint, ""))
    turns = tables["turns"].merge(tables["documents"][["document_id", "locator"]], on="document_id")
    places = {
        (place, plain(text)): said.get(turn, [])
        for place, text, turn in zip(turns["locator"], turns["text"], turns["turn_id"], strict=True)
    }
    keys = zip("conversation " + rows["conversationId"], rows["utterance"].map(plain), strict=True)
    return [places.get(key) for key in keys]


def test_turns_that_carry_a_touchpoint_are_kept(data, rows, heard, figures):
    carries = ~rows["intent"].isin(NO_TOUCHPOINT)
    train = _turns(data, "train")
    least = fewest_words(train["utterance"], ~train["intent"].isin(NO_TOUCHPOINT))
    plain_way = rows["utterance"].map(n_words) >= least
    found = float(np.mean([one is not None for one in heard]))
    score = float(f1_score(carries, [bool(one) for one in heard]))
    figures += [
        Figure(AIRLINE, "F1 of 'carries a touchpoint'", score, float(f1_score(carries, plain_way)),
               ">= 0.90", f"naive: turns of {least} words or more (chosen on train)"),
        Figure(AIRLINE, "share of turns found again in the run", found),
    ]  # fmt: skip
    assert found > 0.9
    assert score > 0.5


def test_turns_are_matched_to_their_touchpoint(rows, heard, embedder, figures):
    """Four intents have a touchpoint of the same meaning in the catalogue."""
    wanted = rows["intent"].map(CATALOGUE_NAMES)
    has_name = wanted.notna().to_numpy()
    names = [(one or [""])[0] for one, is_named in zip(heard, has_name, strict=True) if is_named]
    right = np.array(names) == wanted[has_name].to_numpy()
    is_kept = np.array(names) != ""
    naive = nearest_name(
        embedder, rows["utterance"][has_name].tolist(), list(CATALOGUE_NAMES.values())
    )
    plain_right = np.array(naive.names) == wanted[has_name].to_numpy()
    figures += [
        Figure(AIRLINE, "right touchpoint, of the turns kept", float(right[is_kept].mean()),
               float(plain_right[is_kept].mean()), "", NAIVE_MATCH),
        Figure(AIRLINE, "right touchpoint, of all turns with one", float(right.mean()),
               float(plain_right.mean()), "", NAIVE_MATCH),
    ]  # fmt: skip
    assert right[is_kept].mean() > 0.5
