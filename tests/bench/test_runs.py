"""Whole runs: what comes out makes sense, what they take, and where the time goes."""

import time

import numpy as np
import pytest

from pipeline.engines.embedding import Embedder
from pipeline.run import EXPECTED
from tests.bench.corpora import JUDGED, command
from tests.bench.figures import Figure
from tests.bench.sets import run_of
from tests.bench.timings import EMBED, Timing, timings_of

pytestmark = pytest.mark.bench

CUSTOMERS = {"lounge": (300, 410), "chat": (2300, 2404), "survey": (400, 644)}
"""Least and most customers of the judged period, from the rows of the files."""
BAD_SCORES = 67
"""Ratings above 5 among lounge reviews that are rated 1 to 5."""
FEWEST_TOUCHPOINTS = {"lounge": 8, "chat": 8, "survey": 3}
"""The survey's answers are short, and in a language that is read in part."""
N_SENTENCES = 2000
LEAST_RATE = 50
"""Sentences a second. Two cores do some 1,000; 103 is the least seen, with both busy otherwise."""


@pytest.mark.parametrize("name", JUDGED)
def test_corpus_runs_and_makes_sense(name, ran, outputs, figures, timings):
    one = ran(name, JUDGED[name])
    timings += timings_of(name, one)
    peak = max(step.peak_mb for step in one.manifest.steps)
    part = run_of(name, JUDGED[name])
    figures += [
        Figure(part, "wall seconds of the whole run", one.seconds),
        Figure(part, "processor seconds of the whole run", one.cpu_seconds),
        Figure(part, "peak memory, MB", peak, None, "<= 700"),
    ]
    assert not any(step.reused for step in one.manifest.steps)
    _print(name, one, outputs)
    _check(name.split("_")[0], one.tables)


def _check(kind, tables):
    """Assert what holds for every run that is not broken."""
    rejects = tables["rejects"][tables["rejects"]["stage"] == "read"]
    faults = rejects[~rejects["reason"].isin(EXPECTED)]
    assert len(faults) <= (BAD_SCORES if kind == "lounge" else 0), faults
    turns = tables["turns"].set_index("turn_id").loc[tables["mentions"]["turn_id"]]
    spans = zip(turns["text"], *(tables["mentions"][c] for c in ("quote", "start", "end")),
                strict=True)  # fmt: skip
    assert [quote for text, quote, start, end in spans if text[start:end] != quote] == []
    assert set(turns["speaker"]) <= {"customer"}
    assert (tables["touchpoints"]["n_customers"] > 0).sum() >= FEWEST_TOUCHPOINTS[kind]
    assert tables["priorities"]["is_chosen"].sum() == 3
    least, most = CUSTOMERS[kind]
    n_all = tables["documents"]["customer_id"].nunique()
    assert least <= n_all <= most
    assert tables["touchpoints"]["n_customers"].max() <= n_all


def test_vectors_are_computed_fast(ran, timings):
    """Sentences alone, with no cache: what the model does in a second on this machine."""
    sentences = sorted(set(ran("lounge", "2014").tables["sentences"]["text"]))
    rows = np.random.default_rng(0).permutation(len(sentences))[:N_SENTENCES]
    texts = [sentences[row] for row in rows]
    embedder = Embedder(None)
    embedder.embed(texts[:1])
    began = time.perf_counter()
    embedder.embed(texts)
    seconds = time.perf_counter() - began
    rate = len(texts) / seconds
    timings.append(Timing("lounge", EMBED, seconds, 0.0, 0.0, len(texts), rate))
    assert rate > LEAST_RATE


def _print(name, one, outputs):
    """Print what the program said of a run, and one hypothesis."""
    print(f"\n######## {name}: {one.seconds:.1f} s\n{one.printed}")  # noqa: T201
    tables = one.tables
    if tables["priorities"].empty:
        return
    first = tables["priorities"].sort_values("rank")["touchpoint_id"].iloc[0]
    called = tables["touchpoints"].set_index("touchpoint_id").loc[first, "name"]
    shown = command(outputs, "show", str(one.folder), str(called)).split("\nHypotheses")[-1]
    print(f"First hypothesis for {called}:{shown.split('  2. ')[0]}")  # noqa: T201
