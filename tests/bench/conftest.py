"""Real data, the program run over it once, and the figures, which are told and kept at the end."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.engines.embedded.engine import EmbeddedEngine
from tests.bench import timings as profile
from tests.bench.corpora import HERE, Ran, run_periods
from tests.bench.figures import COLUMNS, Figure, align, append_rows, row, tabulate

RESULTS = HERE / "results.csv"
PROFILE = HERE / "profile.csv"
ASSIGN_LEAST = 0.5
"""The least confidence of the assign command."""


@pytest.fixture(scope="session")
def data(request: pytest.FixtureRequest) -> Path:
    if "bench" not in (request.config.getoption("-m") or "").split():
        pytest.skip("real data is read by `make bench` only")
    folder = os.environ.get("TOUCHPOINTS_DATA")
    if not folder:
        pytest.skip("TOUCHPOINTS_DATA names no folder with the real data")
    return Path(folder)


@pytest.fixture(scope="session")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(scope="session")
def assign(vector_cache: Path) -> EmbeddedEngine:
    """The engine as the assign command sets it up."""
    return EmbeddedEngine(vector_cache, ASSIGN_LEAST)


@pytest.fixture(scope="session")
def eager(vector_cache: Path) -> EmbeddedEngine:
    """The engine that is content with any confidence."""
    return EmbeddedEngine(vector_cache, 0.0)


@pytest.fixture(scope="session")
def finished() -> dict[tuple[str, str], Ran]:
    """Runs so far, by corpus and period."""
    return {}


@pytest.fixture(scope="session")
def ran(
    data: Path, outputs: Path, finished: dict[tuple[str, str], Ran]
) -> Callable[[str, str], Ran]:
    """Runs a period of a corpus, unless it was run before."""
    return lambda name, period: run_periods(name, period, outputs, finished)


@pytest.fixture(scope="session")
def is_kept(request: pytest.FixtureRequest) -> bool:
    """Only the whole benchmark is kept: a part picked out for development is told and forgotten."""
    config = request.config
    whole = any(Path(one).resolve() == HERE for one in config.args)
    return whole and not config.getoption("keyword")


@pytest.fixture(scope="session")
def label() -> str:
    return os.environ.get("TOUCHPOINTS_BENCH_RUN", "unnamed")


@pytest.fixture(scope="session")
def figures(is_kept: bool, label: str) -> Iterator[list[Figure]]:
    """Figures measured so far; at the end they are printed and added to the results."""
    found: list[Figure] = []
    yield found
    found.sort(key=lambda one: (one.part.held_out == "development", one.part.set))
    _say("\n" + "\n".join(tabulate(found)))
    if is_kept:
        append_rows(RESULTS, COLUMNS, (row(label, one) for one in found))


@pytest.fixture(scope="session")
def timings(is_kept: bool, label: str) -> Iterator[list[profile.Timing]]:
    """What each step took so far; at the end it is printed and added to the profile."""
    found: list[profile.Timing] = []
    yield found
    rows = [profile.row(label, one) for one in found]
    shown = [profile.COLUMNS[1:], *(one[1:] for one in rows)]
    _say("\n" + "\n".join(align(shown, right=(2, 3, 4, 5, 6))))
    if is_kept:
        append_rows(PROFILE, profile.COLUMNS, rows)


def _say(text: str) -> None:
    print(text)  # noqa: T201 - what the benchmark is for
