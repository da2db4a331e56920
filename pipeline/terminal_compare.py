"""A comparison of two runs in the terminal."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipeline.comparison.page import Grid, Page, is_number

console = Console(highlight=False)


def print_page(page: Page) -> None:
    """Print what was found of two runs."""
    console.print()
    console.rule(f"[bold]{escape(page.title)}[/]")
    for line in page.lines:
        console.print(escape(line))
    for note in page.notes:
        console.print(f"[yellow]{escape(note)}[/]")
    for section in page.sections:
        console.print(f"\n[bold]{escape(section.title)}[/]")
        for line in section.lines:
            console.print(f"  {escape(line)}")
        if section.grid:
            console.print(_table(section.grid))
        if section.caption:
            console.print(Text(section.caption, style="dim italic"))
        for words, who in section.quotes:
            console.print(f"  “{escape(words)}”")
            console.print(Text(f"     {who}", style="dim"))


def _table(grid: Grid) -> Table:
    """Return a table as rich draws it."""
    table = Table()
    for n, name in enumerate(grid.columns):
        number = is_number(grid, n)
        table.add_column(escape(name), justify="right" if number else "left", no_wrap=number)
    for row in grid.rows:
        table.add_row(*map(escape, row))
    return table
