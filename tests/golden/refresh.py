"""Runs both quarters and commits what was found: known misses, README section, snapshots.

    python -m tests.golden.refresh

Read the difference before committing it: a truth that is newly missed is a loss.
"""

import tempfile
from pathlib import Path

from pipeline.store import read_run
from tests.golden.planted import FACTS, PERIODS, list_truths
from tests.golden.recovery import look_up, recover, tabulate
from tests.golden.state import (
    known_state,
    run_quarters,
    snapshot,
    write_expected,
    write_known,
    write_readme,
)


def main() -> None:
    """Refresh all that is committed about the present."""
    truths = list_truths()
    with tempfile.TemporaryDirectory() as folder:
        folders = run_quarters(Path(folder))
        quarters = {period: look_up(read_run(folders[period])[0]) for period in PERIODS}
    results = recover(truths, quarters)
    for truth in truths:
        before = known_state(truth.id) if "known" in FACTS else "unknown"
        if before != results[truth.id].state:
            _say(f"{before} -> {results[truth.id].state}: {truth.id}")
    write_known(truths, results)
    write_readme(truths, results)
    names: dict[str, str] = {}
    for period in PERIODS:
        write_expected(period, snapshot(quarters[period].tables, names))
        names = quarters[period].names
    for category, planted, recovered, direction in tabulate(truths, results):
        _say(f"{category:28} {recovered:3} of {planted:3} recovered, {direction} direction only")


def _say(line: str) -> None:
    print(line)  # noqa: T201 - a command


if __name__ == "__main__":
    main()
