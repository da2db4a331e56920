"""The whole embedded run against BERTopic on the sentences of the same documents.

    TOUCHPOINTS_DATA=... TOUCHPOINTS_BENCH_RUN=label make bench-peers

Documents: airline lounge reviews dated before 2013, then seat reviews, in the order of their files,
1,470 in all (about 8,300 sentences); without TOUCHPOINTS_DATA the demo corpus, both quarters.

Ours is the command `touchpoints run`, from its start to its end: reading, vectors, touchpoints,
network, scores, hypotheses, report, exports and search index, with no catalogue and no kept vector
or step; the median of three runs. BERTopic only finds topics, on the sentences that our run cut:
once end to end as its documentation says, and once with our int8 vectors given to it, the time of
making them counted. Both start from a cold process with the imports counted.

What a machine makes once is made before: Python's bytecode, our int8 graph, and what numba compiles
and keeps on disk for BERTopic (an untimed run of ours, an untimed fit on the first sentences).
So both sides may write bytecode whatever PYTHONDONTWRITEBYTECODE says: pip compiles BERTopic's
libraries as it installs them, and ours compile as they are first imported.
Each side runs alone, one after the other. On a busy machine only CPU seconds can be compared.

Every row is added to results.csv beside this file. Needs only the standard library: the peak memory
of a process counts what its parent held when it was started, so the parent stays small.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
RESULTS = HERE / "results.csv"
COLUMNS = (
    "run", "documents", "sentences", "characters", "cores", "load_before", "side", "wall_s",
    "cpu_s", "peak_mb",
)  # fmt: skip
OURS, THEIRS = ROOT / ".venv/bin", ROOT / ".venv-peers/bin"
REPEATS = 3
REVIEWS = 1_470
BEFORE = "2013"
WARM_UP = 4_200
"""Sentences of the untimed fit: up to 4,096 rows UMAP compares all pairs, so fewer would leave the
code of its neighbour search uncompiled."""
FASTER, LEAST_MEMORY = 5.0, 700.0
"""The goal: this many times faster than BERTopic in wall time, with a peak below (MB)."""
BUSY = 0.5
"""Load average, in processes, above which something else was running before the start."""
KILOBYTES = 1024 if sys.platform == "darwin" else 1
"""getrusage counts memory in bytes on macOS, in kilobytes elsewhere."""
SETTINGS = """\
[corpus]
name = "Airline reviews"
business = "Airport lounges and seats of airlines, reviewed by passengers."

[periods]
all = { start = "2000-01-01", end = "2029-12-31" }

[outcome]
good = ["1"]
bad = ["0"]

[[sources]]
kind = "review"
path = "reviews.csv"
columns = { customer = "author", account = "airline_name", date = "date", text = "content", segment = "type_traveller", outcome = "recommended" }
channel = "review site"
"""  # noqa: E501 - a table of TOML stands on one line
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
FIELDS = ("author", "airline_name", "date", "content", "type_traveller", "recommended")
WHOLE = "touchpoints: whole run"
END_TO_END = "BERTopic: end to end, first fit"
END_TO_END_AGAIN = "BERTopic: end to end, fit again"
VECTORS = "our vectors of the sentences"
GIVEN = "BERTopic: our vectors, first fit"
GIVEN_AGAIN = "BERTopic: our vectors, fit again"


class Corpus(NamedTuple):
    """What both sides read."""

    folder: Path
    period: str


class Cost(NamedTuple):
    """What one side took: wall and CPU seconds, and the peak of its largest process in MB."""

    wall: float
    cpu: float
    peak: float

    def and_then(self, other: "Cost") -> "Cost":
        """Return the cost of one process after another."""
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.peak, other.peak))


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201 - what the comparison is for


def make_corpus(folder: Path) -> Corpus:
    """Write the reviews as a corpus folder; without the data take the demo corpus."""
    data = os.environ.get("TOUCHPOINTS_DATA")
    if not data:
        return Corpus(ROOT / "corpora/kestrel", "2026")
    folder.mkdir()
    (folder / "corpus.toml").write_text(SETTINGS, "utf-8")
    rows: list[list[str]] = []
    for name in ("lounge", "seat"):
        with (Path(data) / "skytrax" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows += [
                [row[field] for field in FIELDS]
                for row in csv.DictReader(file)
                if name == "seat" or row["date"] < BEFORE
            ]
    with (folder / "reviews.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([FIELDS, *rows[:REVIEWS]])
    return Corpus(folder, "all")


def measure(command: list[object], folder: Path) -> tuple[Cost, str]:
    """Run a command in a new folder to its end; return what it took and what it printed."""
    folder.mkdir()
    said, complaints = folder / "stdout", folder / "stderr"
    began = time.perf_counter()
    with said.open("wb") as out, complaints.open("wb") as err:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            [str(word) for word in command],
            cwd=folder,
            stdout=out,
            stderr=err,
            env={name: value for name, value in os.environ.items() if name != NO_BYTECODE},
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    if process.returncode:
        sys.exit(f"{command[0]} ended with {process.returncode}:\n{complaints.read_text('utf-8')}")
    cost = Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / KILOBYTES / 1024)
    return cost, said.read_text("utf-8")


def run_ours(corpus: Corpus, folder: Path) -> tuple[Cost, Path]:
    """Run the whole pipeline in a new folder; return what it took and the run folder."""
    out = folder / "outputs" / corpus.folder.name / corpus.period
    command = [OURS / "touchpoints", "run", corpus.folder, "--period", corpus.period, "--quiet"]
    return measure(command, folder)[0], out


def cut_sentences(run: Path, scratch: Path) -> Path:
    """Write the sentences of a run to a file; return it."""
    target = scratch / "sentences.json"
    measure([OURS / "python", HERE / "our_side.py", "sentences", run, target], scratch / "cut")
    return target


def warm_up(sentences: Path, scratch: Path) -> None:
    """Fit BERTopic on the first sentences, so that what is compiled once lies on the disk."""
    few = scratch / "few.json"
    texts = json.loads(sentences.read_text("utf-8"))[:WARM_UP]
    few.write_text(json.dumps(texts), "utf-8")
    command = [THEIRS / "python", HERE / "bertopic_side.py", few, time.time(), 1]
    measure(command, scratch / "warm-up")


def fit_theirs(sentences: Path, folder: Path, *vectors: Path) -> tuple[Cost, Cost]:
    """Fit BERTopic twice in one new process; return the first fit, start included, and the second.

    The peak of the second is that of the process so far.
    """
    command = [THEIRS / "python", HERE / "bertopic_side.py", sentences, time.time(), 2, *vectors]
    _, printed = measure(command, folder)
    found = json.loads(printed.splitlines()[-1])
    say(f"  start: {found['ready']['wall']:.1f} s for imports and model")
    for fit in found["fits"]:
        say(f"  fit: {fit['topics']} topics, {fit['unassigned']:.0%} of the sentences in none")
    first, second = (Cost(fit["wall"], fit["cpu"], fit["peak"]) for fit in found["fits"])
    return first, Cost(second.wall - first.wall, second.cpu - first.cpu, second.peak)


def compare(corpus: Corpus, scratch: Path, sentences: Path) -> dict[str, Cost]:
    """Return what each side took, by its name."""
    say(f"{WHOLE}, {REPEATS} times")
    runs: list[Cost] = []
    for n in range(REPEATS):
        cost, _ = run_ours(corpus, scratch / f"ours-{n}")
        say(f"  {cost.wall:.1f} s, {cost.cpu:.1f} CPU s, {cost.peak:.0f} MB")
        runs.append(cost)
    ours = Cost(*(median(values) for values in zip(*runs, strict=True)))
    say("BERTopic, end to end")
    first, again = fit_theirs(sentences, scratch / "theirs")
    vectors = scratch / "vectors.npy"
    command = [OURS / "python", HERE / "our_side.py", "vectors", sentences, vectors]
    made, _ = measure(command, scratch / "vectors")
    say("BERTopic, our vectors given")
    given, given_again = fit_theirs(sentences, scratch / "given", vectors)
    return {
        WHOLE: ours,
        END_TO_END: first,
        END_TO_END_AGAIN: again,
        VECTORS: made,
        GIVEN: made.and_then(given),
        GIVEN_AGAIN: made.and_then(given_again),
    }


def tabulate(costs: dict[str, Cost]) -> None:
    """Print every side beside ours, and whether the goal is reached."""
    ours = costs[WHOLE]
    say(f"\n{'':34} {'wall s':>7} {'CPU s':>7} {'peak MB':>8}  times ours: wall, CPU")
    for side, cost in costs.items():
        times = f"{cost.wall / ours.wall:16.1f} {cost.cpu / ours.cpu:4.1f}"
        say(f"{side:34} {cost.wall:7.1f} {cost.cpu:7.1f} {cost.peak:8.0f}  {times}")
    say("")
    for side in (END_TO_END, GIVEN):
        ratio = costs[side].wall / ours.wall
        reached = "PASS" if ratio >= FASTER else "short of goal"
        say(f"faster than {side}: {ratio:.1f} times, goal {FASTER:.0f}: {reached}")
    reached = "PASS" if ours.peak < LEAST_MEMORY else "short of goal"
    say(f"peak memory: {ours.peak:.0f} MB, goal below {LEAST_MEMORY:.0f}: {reached}")


def keep(costs: dict[str, Cost], documents: int, texts: list[str], load: float) -> None:
    """Add a row a side to the results."""
    label = os.environ.get("TOUCHPOINTS_BENCH_RUN", "unnamed")
    facts = (label, documents, len(texts), sum(map(len, texts)), os.cpu_count(), f"{load:.2f}")
    is_new = not RESULTS.exists()
    with RESULTS.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(COLUMNS)
        writer.writerows(
            (*facts, side, f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{cost.peak:.0f}")
            for side, cost in costs.items()
        )


def main() -> None:
    """Prepare, compare, print and keep."""
    load = os.getloadavg()[0]
    if load > BUSY:
        say(f"the machine is busy (load {load:.1f}): go by CPU seconds, or try again later")
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        corpus = make_corpus(scratch / "reviews")
        _, run = run_ours(corpus, scratch / "untimed")
        steps = json.loads((run / "manifest.json").read_text("utf-8"))["steps"]
        sentences = cut_sentences(run, scratch)
        texts = json.loads(sentences.read_text("utf-8"))
        say(f"{steps[0]['used']} documents, {len(texts)} sentences, {os.cpu_count()} cores")
        say("BERTopic, untimed")
        warm_up(sentences, scratch)
        costs = compare(corpus, scratch, sentences)
    tabulate(costs)
    keep(costs, steps[0]["used"], texts, load)


if __name__ == "__main__":
    main()
