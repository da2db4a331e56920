"""What a run of a corpus would read, and what to mend before it. Nothing is written."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pipeline.advice import CorpusRead, heard, of_source, warnings_of
from pipeline.config import Settings, Source, load_settings
from pipeline.decisions.history import states
from pipeline.decisions.log import FILE, Log
from pipeline.errors import shorten
from pipeline.periods import Period, find_period, quarter_of
from pipeline.sources.catalogue import read_catalogue
from pipeline.sources.customers import read_customers
from pipeline.sources.find import find_files
from pipeline.sources.read import read
from pipeline.sources.speakers import CUSTOMER


class SourceChecked(NamedTuple):
    """What one [[sources]] entry holds; all counts but `n_in_period` are over all dates."""

    kind: str
    path: str
    """The glob of the settings."""
    n_files: int
    n_documents: int
    n_in_period: int
    n_turns: int
    n_customer_turns: int
    """Only these can become evidence."""
    n_without_customer: int
    n_without_date: int


class Rejected(NamedTuple):
    """The rows that could not be read for one reason."""

    reason: str
    n_rows: int
    example: str


class Checked(NamedTuple):
    """What was found; a fault that stops a run was raised as an error before."""

    folder: Path
    corpus: str
    period: str
    """Name and days of the period, '' when neither the command nor the settings give one."""
    n_documents: int
    n_in_period: int
    """Documents a run would read; those without a date belong to every period."""
    n_undated: int
    n_customers: int
    """Customers whose words a run would read."""
    n_touchpoints: int
    n_stages: int
    quarters: list[tuple[str, int]]
    """Quarters that the dates cover, with their number of documents."""
    sources: list[SourceChecked]
    rejects: list[Rejected]
    decisions: str
    """How many decisions of reviewers the next run will hold against what it finds, '' for none."""
    warnings: list[str]
    """Each says what is odd, what follows from it, and what to do."""

    def lines(self) -> list[str]:
        """Return all of it as lines of text."""
        return [*_headline(self), "", *_grid(self), "", *_set_aside(self), *_advice(self)]


def check_corpus(folder: Path, period: str) -> Checked:
    """Read a whole corpus and say what a run would use.

    ConfigError and InputError name the first fault that would stop a run.
    """
    settings = load_settings(folder)
    span = find_period(settings, period) if period or settings.period else None
    catalogue = read_catalogue(folder)
    known = frozenset(read_customers(folder, settings.customers, None).customers)
    found = read(folder, settings, None)
    documents = _placed(folder, settings, found.documents, span)
    corpus = CorpusRead(settings, catalogue, found._replace(documents=documents), span, known)
    days = documents.loc[documents["occurred_at"] != "", "occurred_at"]
    return Checked(
        folder=folder,
        corpus=settings.corpus.name,
        period=f"{span.name} ({span.start} to {span.end})" if span else "",
        n_documents=len(documents),
        n_in_period=int(documents["is_in_period"].sum()),
        n_undated=len(documents) - len(days),
        n_customers=len(heard(corpus)),
        n_touchpoints=len(catalogue.catalogue),
        n_stages=len(catalogue.stages),
        quarters=sorted(Counter(quarter_of(day) for day in days.tolist()).items()),
        sources=_sources(folder, corpus),
        rejects=_rejects(found.rejects),
        decisions=_decisions(folder),
        warnings=list(warnings_of(corpus)),
    )


def _placed(
    folder: Path, settings: Settings, documents: pd.DataFrame, period: Period | None
) -> pd.DataFrame:
    """Return the documents with the number of their source entry and whether they are in time."""
    owners: dict[str, list[int]] = {}
    for number, source in enumerate(settings.sources):
        for file in find_files(folder, source.path):
            owners.setdefault(file.label, []).append(number)
    columns = (documents[name].tolist() for name in ("path", "locator"))
    numbers = [
        _owner(owners[path], locator, settings.sources)
        for path, locator in zip(*columns, strict=True)
    ]
    within = [period is None or period.holds(day) for day in documents["occurred_at"].tolist()]
    return documents.assign(
        source=pd.Series(numbers, index=documents.index, dtype="int64"),
        is_in_period=pd.Series(within, index=documents.index, dtype="bool"),
    )


def _owner(numbers: Sequence[int], locator: str, sources: Sequence[Source]) -> int:
    """Return which entry a document is of, where a file is read again for another text column."""
    for number in numbers[1:]:
        if locator.endswith(f"column {sources[number].columns.text}"):
            return number
    return numbers[0]


def _sources(folder: Path, corpus: CorpusRead) -> list[SourceChecked]:
    """Return the counts of each source entry, in the order of the settings."""
    checked = []
    for number, source in enumerate(corpus.settings.sources):
        documents, turns = of_source(corpus.found, number)
        checked.append(
            SourceChecked(
                kind=source.kind,
                path=source.path,
                n_files=len(find_files(folder, source.path)),
                n_documents=len(documents),
                n_in_period=int(documents["is_in_period"].sum()),
                n_turns=len(turns),
                n_customer_turns=int((turns["speaker"] == CUSTOMER).sum()),
                n_without_customer=int(documents["is_anonymous"].sum()),
                n_without_date=int((documents["occurred_at"] == "").sum()),
            )
        )
    return checked


def _rejects(rejects: pd.DataFrame) -> list[Rejected]:
    """Return the reasons, most frequent first, each with its first row."""
    ordered = rejects.sort_values(["reason", "row_id"])
    return sorted(
        (
            Rejected(
                str(reason),
                len(rows),
                shorten(f"{rows['row_id'].iloc[0]}: {rows['detail'].iloc[0]}", 160),
            )
            for reason, rows in ordered.groupby("reason")
        ),
        key=lambda one: (-one.n_rows, one.reason),
    )


def _decisions(folder: Path) -> str:
    """Return in words what the log of decisions holds; InputError names a line at fault."""
    decisions = Log(folder).read()
    if not decisions:
        return ""
    people = sorted({one.who for one in decisions})
    n_over = sum(state != "" for state in states(decisions).values())
    over = f", {n_over:,} of them undone or replaced since" if n_over else ""
    noun = "decision" if len(decisions) == 1 else "decisions"
    return f"{FILE}: {len(decisions):,} {noun} by {', '.join(map(shorten, people))}{over}"


def _headline(checked: Checked) -> Iterator[str]:
    yield (
        f"{checked.corpus} in {checked.folder}: settings, {checked.n_touchpoints} touchpoints and "
        f"{checked.n_stages} stages are in order"
    )
    if checked.period:
        outside = checked.n_documents - checked.n_in_period
        yield (
            f"period {checked.period}: {checked.n_in_period:,} documents in it, {outside:,} "
            f"outside; {checked.n_customers:,} customers speak"
        )
    else:
        yield f"{checked.n_documents:,} documents; {checked.n_customers:,} customers speak"
    covered = ", ".join(f"{name} ({n:,})" for name, n in checked.quarters) or "none"
    undated = f"; {checked.n_undated:,} documents without a date" if checked.n_undated else ""
    yield f"quarters that the dates cover: {covered}{undated}"
    if checked.decisions:
        yield checked.decisions


def _grid(checked: Checked) -> list[str]:
    """Return the sources as a table in plain text."""
    head = (
        "kind", "path", "files", "documents", "in period", "turns", "by customers", "no customer",
        "no date",
    )  # fmt: skip
    rows = [
        head,
        *(tuple(f"{c:,}" if isinstance(c, int) else c for c in s) for s in checked.sources),
    ]
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if n < 2 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _set_aside(checked: Checked) -> Iterator[str]:
    if checked.rejects:
        yield "rows that cannot be used"
        for one in checked.rejects:
            yield f"  {one.n_rows:>6,}  {one.reason}: {one.example}"
        yield ""


def _advice(checked: Checked) -> Iterator[str]:
    yield from (f"warning: {warning}" for warning in checked.warnings)
    if not checked.warnings:
        yield "nothing to mend"
