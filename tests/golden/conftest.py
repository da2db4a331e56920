"""The demo corpus, both quarters run once for all golden tests."""

from pathlib import Path
from typing import NamedTuple

import pytest

from pipeline.store import read_run
from tests.golden.planted import FACTS, PERIODS, list_truths
from tests.golden.recovery import Quarter, Result, look_up, recover
from tests.golden.state import kernel, run_quarters


class Ran(NamedTuple):
    """Both quarters, finished."""

    outputs: Path
    folders: dict[str, Path]
    quarters: dict[str, Quarter]


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    outputs = tmp_path_factory.mktemp("outputs")
    folders = run_quarters(outputs)
    quarters = {period: look_up(read_run(folders[period])[0]) for period in PERIODS}
    return Ran(outputs, folders, quarters)


@pytest.fixture(scope="session")
def results(ran: Ran) -> dict[str, Result]:
    return recover(list_truths(), ran.quarters)


@pytest.fixture(scope="session")
def same_arithmetic() -> bool:
    """Whether this processor computes the same vectors as the one that wrote the known state."""
    return kernel() == FACTS["known"]["kernel"]
