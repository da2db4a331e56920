"""What is said about two runs that were compared: one page, for the terminal and as Markdown."""

from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from pipeline.comparison.sides import DIMENSIONS, SIDES, Run
from pipeline.methods.measures import n_customers
from pipeline.publish.markdown import plain
from pipeline.publish.words import plural, safe_cell, share, signed, tidy

ROWS = 40
"""Rows of one table; a longer one says how many it leaves out."""


class Grid(NamedTuple):
    """A table; the columns from `numbers_from` to `numbers_to` hold numbers."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numbers_from: int = 1
    numbers_to: int = 99


class Section(NamedTuple):
    """A heading with what stands below it, in this order; what is empty is left out."""

    title: str
    lines: Sequence[str] = ()
    grid: Grid | None = None
    caption: str = ""
    quotes: Sequence[tuple[str, str]] = ()
    """(words, who said them and where)"""


class Page(NamedTuple):
    """A comparison in words."""

    title: str
    lines: list[str]
    notes: list[str]
    """what to bear in mind when reading the rest"""
    sections: list[Section]
    table: pd.DataFrame
    """the rows for other programs"""


def write_page(page: Page, path: Path) -> None:
    """Write the page as Markdown."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_markdown(page), encoding="utf-8")


def write_table(page: Page, path: Path) -> None:
    """Write the rows behind the page as CSV that Excel opens right and that runs no formula."""
    path.parent.mkdir(parents=True, exist_ok=True)
    safe = page.table.map(_written)
    safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def _written(cell: object) -> object:
    """Return a cell as other programs read it best."""
    if isinstance(cell, float):
        return tidy(cell)
    return safe_cell(cell) if isinstance(cell, str) else cell


def to_markdown(page: Page) -> str:
    """Return the page as Markdown."""
    parts = [
        f"# {plain(page.title)}",
        "\n".join(f"- {plain(line)}" for line in page.lines),
        "\n".join(f"- **Note:** {plain(note)}" for note in page.notes),
    ]
    for section in page.sections:
        parts.append(f"## {plain(section.title)}")
        parts.append("\n".join(f"- {plain(line)}" for line in section.lines))
        if section.grid:
            parts.append(_markdown_grid(section.grid))
        parts.append(plain(section.caption))
        parts += [f"> “{plain(words)}”  \n> {plain(who)}" for words, who in section.quotes]
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_grid(grid: Grid) -> str:
    """Return a table in Markdown."""
    rules = ["---:" if is_number(grid, n) else "---" for n in range(len(grid.columns))]
    rows = [map(plain, grid.columns), rules, *(map(plain, row) for row in grid.rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def is_number(grid: Grid, column: int) -> bool:
    """Tell whether a column holds numbers, which are set to the right."""
    return grid.numbers_from <= column <= grid.numbers_to


def run_line(run: Run) -> str:
    """Return what a run is, on one line."""
    tables = run.tables
    told = int((tables["touchpoints"]["n_mentions"] > 0).sum())
    return (
        f"{run.label}: {run.folder} ({run.manifest.engine.split(' ')[0]}), "
        f"{plural(len(tables['mentions']), 'quote')} about {plural(told, 'touchpoint')}, "
        f"{plural(n_customers(tables['documents']), 'customer')}"
    )


def chosen_section(chosen: pd.DataFrame, one: Run, other: Run) -> Section:
    """Return what either run puts first."""
    if chosen.empty:
        return Section("What to fix first", ["Neither run puts anything first."])
    rows = [
        (
            row["name"],
            *(_rank(row, side) for side in SIDES),
            *(share(row[f"reach_{side}"]) or "-" for side in SIDES),
        )
        for row in records(chosen)
    ]
    return Section(
        "What to fix first",
        grid=Grid(
            (
                "touchpoint", f"rank {one.label}", f"rank {other.label}", f"hurt {one.label}",
                f"hurt {other.label}",
            ),
            rows,
        ),
        caption="! among those to fix first; hurt: share of all customers; - not ranked",
    )  # fmt: skip


def _rank(row: dict[str, Any], side: str) -> str:
    """Return a rank, marked when it is among those to fix first."""
    rank = row[f"rank_{side}"]
    return "-" if isnan(rank) else f"{'! ' if row[f'is_chosen_{side}'] else ''}{rank:.0f}"


def scores_section(scores: pd.DataFrame, one: Run, other: Run) -> Section:
    """Return the scores of both sides by side."""
    if scores.empty:
        return Section("Scores side by side", ["No touchpoint was told of."])
    rows = [
        (row["name"], *(_sides(row, dimension) for dimension in DIMENSIONS))
        for row in records(scores)
    ]
    return Section(
        f"Scores side by side: {one.label} / {other.label}",
        grid=Grid(("touchpoint", *DIMENSIONS), rows),
        caption="emotion -1 to 1, the others 0 to 1; - too few customers; n.s. not significant",
    )


def _sides(row: dict[str, Any], dimension: str) -> str:
    """Return one score of both sides."""
    cells = []
    for side in SIDES:
        value = row[f"{dimension}_{side}"]
        if row[f"{dimension}_label_{side}"] == "not significant":
            cells.append("n.s.")
        elif isnan(value):
            cells.append("-")
        else:
            cells.append(signed(value) if dimension == "emotion" else f"{value:.2f}")
    return " / ".join(cells)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows that are shown."""
    return [
        {str(key): cell for key, cell in row.items()} for row in frame.head(ROWS).to_dict("records")
    ]


def more_than(frame: Sequence[object] | pd.DataFrame) -> str:
    """Return how many rows are not shown."""
    return f"and {len(frame) - ROWS:,} more; " if len(frame) > ROWS else ""


def part_of(n: int, of: int) -> str:
    """Return '12 (40 %)', or '-' of nothing."""
    return f"{n:,} ({share(n / of)})" if of else "-"
