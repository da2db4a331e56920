"""The corpora of the benchmark, each run by the command as a user would."""

import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pipeline.manifest import Manifest
from pipeline.schema import Tables
from pipeline.store import EMBEDDINGS, read_run
from pipeline.tables import CATALOGUE_PHRASES, CataloguePhrase

HERE = Path(__file__).parent
COMMAND = Path(sys.executable).with_name("touchpoints")
CORPORA = {
    "lounge": ("2013", "2014"),
    "lounge_catalogue": ("2013", "2014", "2013-2015"),
    "chat": ("all",),
    "chat_catalogue": ("all",),
    "survey_pt": ("all",),
}
"""Periods in the order they are run; a run is compared with those before it."""
JUDGED = {
    "lounge": "2014", "lounge_catalogue": "2014", "chat": "all", "chat_catalogue": "all",
    "survey_pt": "all",
}  # fmt: skip
"""The period whose whole run is looked at."""
# A new process counts the memory of the one it was started from towards its own peak. A small
# shell in between, that stays, keeps the benchmark's own memory out of the figure.
_SHELL = ("/bin/sh", "-c", '"$@"; exit $?', "sh")


class Ran(NamedTuple):
    """A period of a corpus, finished by the command."""

    tables: Tables
    manifest: Manifest
    printed: str
    folder: Path
    seconds: float
    """Wall time."""
    cpu_seconds: float
    """Of all cores together: unlike wall time, hardly touched by what else the machine does."""

    @property
    def embeddings(self) -> Path:
        """Where the run kept its vectors."""
        return self.folder.parent / EMBEDDINGS


def command(outputs: Path, *words: str) -> str:
    """Run the command in a folder of its own, so that no step of an earlier run is reused."""
    data = Path(os.environ["TOUCHPOINTS_DATA"]).resolve()
    done = subprocess.run(  # noqa: S603 - our own command
        [*_SHELL, COMMAND, *words],
        capture_output=True, text=True, check=False, cwd=outputs,
        env=os.environ | {"TOUCHPOINTS_DATA": str(data)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_periods(name: str, period: str, outputs: Path, finished: dict[tuple[str, str], Ran]) -> Ran:
    """Run the periods of a corpus up to `period`, each once; return that one."""
    periods = CORPORA[name]
    for one in periods[: periods.index(period) + 1]:
        if (name, one) in finished:
            continue
        began, worked = time.perf_counter(), _cpu_seconds()
        printed = command(outputs, "run", str(HERE / name), "--period", one)
        seconds, cpu_seconds = time.perf_counter() - began, _cpu_seconds() - worked
        folder = outputs / "outputs" / name / one
        finished[name, one] = Ran(*read_run(folder), printed, folder, seconds, cpu_seconds)
    return finished[name, period]


def _cpu_seconds() -> float:
    """Return the processor time of all programs started and ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def plain(text: str) -> str:
    """Return the words of a text, lower-case, with single spaces."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def join_source(documents: pd.DataFrame, source: Path) -> pd.DataFrame:
    """Return documents with all columns of the rows they were read from (as text)."""
    rows = pd.read_csv(source, dtype="str").reset_index(names="place")
    rows["locator"] = "row " + (rows["place"] + 2).astype("str")
    joined = documents.merge(rows, on="locator", validate="one_to_one")
    assert len(joined) == len(documents)
    return joined


def named(names: Iterable[str]) -> pd.DataFrame:
    """Return the phrases of a catalogue that has names and nothing else."""
    return CATALOGUE_PHRASES.frame(
        CataloguePhrase(one, "name", one.replace("_", " ")) for one in sorted(set(names))
    )
