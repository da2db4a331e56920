"""Figures of a benchmark: printed beside a naive baseline and the goal, and kept in results.csv."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.sets import Part

COLUMNS = ("run", "set", "split", "figure", "value", "naive", "goal", "held_out", "note")
PASSED, SHORT = "PASS", "short of goal"


class Figure(NamedTuple):
    """One measurement; the naive figure is measured in the same run, None where there is none."""

    part: Part
    figure: str
    value: float
    naive: float | None = None
    goal: str = ""
    """'>= 0.70', '<= 0.05', or '' when none is set."""
    note: str = ""
    """What the naive figure is, or what else a reader must know."""


def verdict(value: float, goal: str) -> str:
    """Return PASS or `short of goal`, '' without a goal; a value that is no number falls short."""
    if not goal:
        return ""
    sign, bound = goal.split()
    reached = value >= float(bound) if sign == ">=" else value <= float(bound)
    return PASSED if reached else SHORT


def row(label: str, one: Figure) -> tuple[str, ...]:
    """Return a figure as a row of results.csv."""
    notes = "; ".join(filter(None, (one.note, one.part.note)))
    naive = "" if one.naive is None else f"{one.naive:.3f}"
    part = one.part
    return (
        label, part.set, part.split, one.figure, f"{one.value:.3f}", naive, one.goal,
        part.held_out, notes,
    )  # fmt: skip


def append_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Add rows to a CSV file, its header first when it is new."""
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(columns)
        writer.writerows(rows)


def tabulate(found: Sequence[Figure]) -> list[str]:
    """Return the lines of one aligned table."""
    cells = [("set", "split", "figure", "value", "naive", "goal", "held out", "")]
    for one in found:
        _, name, split, figure, value, naive, goal, held_out, _ = row("", one)
        cells.append((name, split, figure, value, naive, goal, held_out, verdict(one.value, goal)))
    return align(cells, right=(3, 4))


def align(cells: Sequence[Sequence[str]], right: tuple[int, ...] = ()) -> list[str]:
    """Return rows of cells as lines with every column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]
