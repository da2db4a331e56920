"""What the commands print: tables and short paragraphs, with rich."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from math import isnan
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid
from rich.text import Text

from pipeline.ask import Found
from pipeline.check import Checked
from pipeline.decisions.history import ordered
from pipeline.decisions.wording import all_in_words
from pipeline.errors import ConfigError, nearest
from pipeline.manifest import Manifest
from pipeline.methods.failures import ANY, ways_in_words
from pipeline.methods.languages import language_notes
from pipeline.methods.measures import n_customers, originals
from pipeline.methods.problems import most_told
from pipeline.methods.remainder import remainder_note
from pipeline.methods.reviewing import NOT_THIS_PERIODS
from pipeline.publish.words import plural
from pipeline.run import Finished
from pipeline.runner import StepProgress
from pipeline.schema import Tables
from pipeline.tables import DECISIONS, ESTIMATED, FAILURES, SCORES, Score
from pipeline.verify import Verified

if TYPE_CHECKING:  # it loads the engine of language models
    from pipeline.plan import Planned

console = Console(highlight=False)
_TOP = 10
_DIMENSIONS = ("emotion", "function", "frequency", "impact")


@contextmanager
def progress_bars(quiet: bool) -> Iterator[StepProgress | None]:
    """Yield a callback that draws one bar a step; None when nothing shall be drawn.

    A step that cannot say how far it is has a bar that moves to and fro until it is done.
    """
    error_console = Console(stderr=True, highlight=False)
    if quiet or not error_console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    with Progress(*columns, console=error_console, transient=True) as progress:
        tasks: dict[str, Any] = {}

        def update(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=total or None)
            progress.update(tasks[step], completed=done, total=total or None)

        yield update


def print_finished(finished: Finished) -> None:
    """Print the summary of a run and where its files are."""
    print_run(finished.tables, finished.manifest)
    for line in decisions_in_words(finished.tables["decisions"]):
        console.print(escape(line), soft_wrap=True)
    console.print(
        f"report   [bold]{escape(str(finished.folder / 'report.html'))}[/]", soft_wrap=True
    )
    console.print(f"tables   {escape(str(finished.folder / 'tables'))}", soft_wrap=True)
    console.print(f"exports  {escape(str(finished.folder / 'export'))}", soft_wrap=True)


def decisions_in_words(decisions: pd.DataFrame) -> Iterator[str]:
    """Yield how many decisions of reviewers hold in a run, and each that waits with its reason.

    Those about quotes that only another period has wait as a matter of course: they are counted.
    """
    rows = ordered(DECISIONS.rows(decisions))
    if not rows:
        return
    states = Counter(row.state for row in rows)
    told = ", ".join(f"{n:,} {state}" for state, n in sorted(states.items()))
    yield f"decisions of reviewers: {told}"
    words = all_in_words(rows, {})
    waiting = [row for row in rows if row.state == "waiting"]
    elsewhere = [row for row in waiting if row.note == NOT_THIS_PERIODS]
    for row in waiting:
        at = row.at
        if row not in elsewhere:
            yield f"  waits: {words[row.decision_id]} ({row.who}, {at[:10]}): {row.note}"
    if elsewhere:
        noun = "decision" if len(elsewhere) == 1 else "decisions"
        yield f"  {len(elsewhere):,} {noun} about quotes that this period does not have"


def print_plan(planned: "Planned") -> None:
    """Print what a run would do and take."""
    currency = planned.currency or "in the prices' currency"
    console.rule(f"[bold]{escape(planned.corpus)}, {escape(planned.period)}: plan[/]")
    console.print(
        f"{planned.n_documents:,} documents of {planned.n_customers:,} customers, "
        f"{planned.n_sentences:,} sentences said by customers"
    )
    if planned.steps:
        console.print(
            f"shown to {escape(planned.engine)}: {planned.n_sentences - planned.n_left_out:,} "
            f"sentences; {planned.n_left_out:,} left out, they carry nothing"
        )
        console.print(_plan_grid(planned))
        cost, kept = planned.whole.cost, planned.whole.kept
        price = "not known" if isnan(cost) else f"{cost:.4f} {escape(currency)}"
        console.print(
            f"price    {price}" + (f"; {kept:,} answers are kept and cost nothing" if kept else "")
        )
    else:
        console.print("the embedded engine asks no model: 0 calls, no cost")
    console.print(f"time     {duration(planned.seconds)}")
    for note in planned.notes:
        console.print(f"[yellow]{escape(note)}[/]")


def _plan_grid(planned: "Planned") -> Grid:
    """Return what each step would ask, and all of them."""
    grid = Grid()
    grid.add_column("step", no_wrap=True)
    for name in ("calls", "kept", "tokens sent", "tokens answered", "cost", "waiting"):
        grid.add_column(name, justify="right")
    named = [(step.step + (" (done)" if step.is_done else ""), step) for step in planned.steps]
    for name, step in (*named, ("all", planned.whole)):
        grid.add_row(
            name, f"{step.calls:,}", f"{step.kept:,}", f"{step.prompt_tokens:,}",
            f"{step.completion_tokens:,}", "?" if isnan(step.cost) else f"{step.cost:.4f}",
            duration(step.seconds),
        )  # fmt: skip
    return grid


def duration(seconds: float) -> str:
    """Return a time as people say it."""
    if isnan(seconds):
        return "up to a day"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def print_run(tables: Tables, manifest: Manifest) -> None:
    """Print what a run found, best things first."""
    documents, touchpoints = tables["documents"], tables["touchpoints"]
    n_heard = int((touchpoints["n_mentions"] > 0).sum())
    n_discovered = (touchpoints["origin"] == "discovered").sum()
    console.print()
    console.rule(f"[bold]{escape(manifest.corpus)}, {escape(manifest.period)}[/]")
    console.print(
        f"{plural(len(originals(documents)), 'document')} of "
        f"{plural(n_customers(documents), 'customer')}; "
        f"{plural(len(tables['mentions']), 'quote')} about {plural(n_heard, 'touchpoint')}, "
        f"{n_discovered} of them not in the catalogue; {plural(len(tables['edges']), 'link')}; "
        f"{plural(len(tables['rejects']), 'row')} set aside"
    )
    for note in language_notes(documents, manifest.engine):
        console.print(f"[yellow]{escape(note)}[/]")
    if remainder := remainder_note(tables):
        console.print(remainder)
    if manifest.bill:
        console.print(escape(manifest.bill.in_words(manifest.currency)))
    _print_chosen(tables)
    if len(touchpoints):
        console.print(_touchpoint_grid(tables))
    _print_edges(tables)
    _print_moments(tables)


def _print_chosen(tables: Tables) -> None:
    """Print the touchpoints to fix first, with a quote and the first hypothesis."""
    chosen = tables["priorities"][tables["priorities"]["is_chosen"]].sort_values("rank")
    names = _names(tables)
    if chosen.empty:
        console.print("\nNothing hurts enough customers to be put first.")
        return
    console.print("\n[bold]If you fix only these this period[/]")
    for place, row in enumerate(chosen.to_dict("records"), start=1):
        touchpoint_id = str(row["touchpoint_id"])
        console.print(
            f"\n[bold]{place}. {escape(names[touchpoint_id])}[/]  "
            f"(rank {row['rank']}, in the top three in {row['p_top3']:.0%} of resamples)"
        )
        console.print(f"   {escape(str(row['reason']))}")
        quote = _typical_quote(tables, touchpoint_id)
        if quote:
            console.print(f"   [italic]“{escape(quote)}”[/]")
        to_try = tables["hypotheses"].query(
            "touchpoint_id == @touchpoint_id and status != 'dropped'"
        )
        if len(to_try):
            first = to_try.sort_values("position")["change"].iloc[0]
            console.print(f"   Try first: {escape(str(first))}")
    console.print()


def _touchpoint_grid(tables: Tables) -> Grid:
    """Return the most mentioned touchpoints with their four scores."""
    found = tables["touchpoints"]
    title = f"The {_TOP} most mentioned touchpoints" if len(found) > _TOP else "All touchpoints"
    grid = Grid(title=title, title_justify="left")
    grid.add_column("touchpoint")
    grid.add_column("customers", justify="right")
    for dimension in _DIMENSIONS:
        grid.add_column(dimension, justify="right")
    scores = {(row.touchpoint_id, row.dimension): row for row in SCORES.rows(tables["scores"])}
    top = found.sort_values(["n_customers", "name"], ascending=[False, True])
    for row in top.head(_TOP).to_dict("records"):
        cells = [_score_cell(scores.get((row["touchpoint_id"], name))) for name in _DIMENSIONS]
        star = " *" if row["origin"] == "discovered" else ""
        grid.add_row(escape(row["name"]) + star, str(row["n_customers"]), *cells)
    grid.caption = (
        "emotion -1 to 1, the others 0 to 1; - too few customers; n.s. not significant; "
        "* not in the catalogue"
    )
    if any(score.is_estimated for score in scores.values()):
        grid.caption += f"; ~ {ESTIMATED}"
    return grid


def _score_cell(score: Score | None) -> str:
    """Return a score in figures, coloured where customers clearly feel something."""
    if score is None or isnan(score.value):
        return "-"
    if score.label == "not significant":
        return "n.s."
    if score.dimension != "emotion":
        return f"{'~' if score.is_estimated else ''}{score.value:.2f}"
    colour = "red" if score.value < -0.1 else "blue" if score.value > 0.1 else "default"
    return f"[{colour}]{score.value:+.2f}[/]"


def _print_edges(tables: Tables) -> None:
    """Print the strongest links of both kinds."""
    names = _names(tables)
    edges = tables["edges"].sort_values(["strength", "edge_id"], ascending=[False, True])
    for kind, verb in (("follows", "is followed by"), ("influences", "leads to, customers say,")):
        own = edges[edges["kind"] == kind].head(5)
        if own.empty:
            continue
        console.print(f"\n[bold]Strongest links: {kind}[/]")
        for row in own.to_dict("records"):
            lift = "" if isnan(row["lift"]) else f", {row['lift']:.1f} times as often as by chance"
            console.print(
                f"  {escape(names[row['source_id']])} {verb} {escape(names[row['target_id']])} "
                f"({plural(row['n_customers'], 'customer')}{lift})"
            )


def _print_moments(tables: Tables) -> None:
    """Print where customers decide."""
    moments = tables["moments"].sort_values(["n_customers", "reason"], ascending=[False, True])
    if moments.empty:
        return
    names = _names(tables)
    console.print("\n[bold]Where customers decide[/]")
    for row in moments.head(5).to_dict("records"):
        console.print(f"  {escape(names[row['touchpoint_id']])}: {escape(row['reason'])}")
    console.print()


def print_touchpoint(tables: Tables, wanted: str) -> None:
    """Print one touchpoint with its evidence; ConfigError when no name fits."""
    touchpoint_id = _find(tables, wanted)
    row = _of(tables["touchpoints"], touchpoint_id).to_dict("records")[0]
    owner, stage = escape(row["owner"] or "nobody yet"), escape(row["stage"] or "none")
    heading = f"[bold]{escape(row['name'])}[/]\n{escape(row['definition'])}\n"
    heading += f"stage: {stage}   owner: {owner}   origin: {row['origin']}   "
    heading += f"{plural(row['n_customers'], 'customer')}, {plural(row['n_mentions'], 'quote')}"
    console.print(Panel(heading))
    for score in _of(tables["scores"], touchpoint_id).to_dict("records"):
        interval = "" if isnan(score["low"]) else f" [{score['low']:.2f} … {score['high']:.2f}]"
        number = "" if isnan(score["value"]) else f" {score['value']:.2f}"
        console.print(f"{score['dimension']:<10} {score['label']}{number}{escape(interval)}")
        console.print(Text(f"           {score['basis']}", style="dim"))
    _print_failures(tables, touchpoint_id)
    _print_pains(tables, touchpoint_id)
    _print_quotes(tables, touchpoint_id)
    _print_hypotheses(tables, touchpoint_id)


def _print_failures(tables: Tables, touchpoint_id: str) -> None:
    """Print for how many customers a touchpoint failed, and in which way."""
    rows = FAILURES.rows(_of(tables["failures"], touchpoint_id))
    for row in rows:
        if row.way == ANY:
            console.print("\n[bold]Where it failed[/]")
            console.print(f"  {row.n_customers} of {row.n_told} customers: {ways_in_words(rows)}")


def _print_pains(tables: Tables, touchpoint_id: str) -> None:
    """Print the pain points of a touchpoint, most customers first."""
    pains = most_told(_of(tables["pain_points"], touchpoint_id))
    if pains.empty:
        return
    console.print("\n[bold]Where it hurts[/]")
    for pain in pains.to_dict("records"):
        console.print(f"  {plural(pain['n_customers'], 'customer'):>13}  {escape(pain['name'])}")


def _print_quotes(tables: Tables, touchpoint_id: str) -> None:
    """Print the strongest quotes of a touchpoint with where they stand."""
    mentions = _of(tables["mentions"], touchpoint_id)
    facts = tables["documents"][["document_id", "kind", "path", "locator", "occurred_at"]]
    joined = mentions.merge(facts, on="document_id", suffixes=("", "_of"))
    ordered = joined.sort_values(["intensity", "mention_id"], ascending=[False, True])
    console.print("\n[bold]What customers said[/]")
    for row in ordered.head(15).to_dict("records"):
        console.print(f"  {row['polarity']:+.1f} “{escape(row['quote'])}”")
        source = f"{row['kind_of']}, {row['occurred_at'][:10] or 'undated'}, {row['path']}"
        console.print(Text(f"       {row['customer_id']}, {source} {row['locator']}", style="dim"))


def _print_hypotheses(tables: Tables, touchpoint_id: str) -> None:
    """Print the hypotheses of a touchpoint."""
    own = _of(tables["hypotheses"], touchpoint_id).query("status != 'dropped'")
    if len(own):
        console.print("\n[bold]Hypotheses[/]")
    for row in own.sort_values("position").to_dict("records"):
        console.print(f"\n  [bold]{row['position']}. {escape(row['change'])}[/]")
        console.print(f"     resources: {escape(row['resources'])}")
        console.print(f"     measure: {escape(row['measure'])}")
        console.print(f"     today: {escape(row['baseline'])}   target: {escape(row['target'])}")
        console.print(f"     side effects: {escape(row['side_effects'])}")


def print_hits(found: Found) -> None:
    """Print the quotes that answer a question."""
    console.print(f"[bold]{escape(found.question)}[/]")
    if found.touchpoints:
        console.print(f"nearest touchpoints: {escape(', '.join(found.touchpoints))}\n")
    if not found.hits:
        console.print("No customer said anything near that (with these filters).")
    if found.note:
        console.print(f"[yellow]{escape(found.note)}[/]")
    for hit in found.hits:
        about = f"  -> {hit.touchpoint}" if hit.touchpoint else ""
        console.print(f"{hit.similarity:.2f} “{escape(hit.quote)}”{escape(about)}")
        source = f"{hit.customer_id}, {hit.kind}, {hit.occurred_at[:10] or 'undated'}"
        console.print(Text(f"     {source}, {hit.path} {hit.locator}", style="dim"))


def print_check(checked: Checked) -> None:
    """Print what a run would read."""
    for line in checked.lines():
        console.print(line, markup=False, soft_wrap=True)


def print_verified(verified: Verified) -> None:
    """Print what was proven."""
    for what, number, failed in verified.checked:
        mark = "[green]ok[/]  " if not failed else "[red]fail[/]"
        console.print(
            f"{mark} {number:>7,}  {escape(what)}" + (f": {failed} failed" if failed else "")
        )
    for note in verified.notes:
        console.print(f"note: {escape(note)}")
    for fault in verified.faults:
        console.print(f"[red]{escape(fault)}[/]")


def _names(tables: Tables) -> dict[str, str]:
    """Return the name of each touchpoint."""
    touchpoints = tables["touchpoints"]
    return dict(zip(touchpoints["touchpoint_id"], touchpoints["name"], strict=True))


def _of(frame: pd.DataFrame, touchpoint_id: str) -> pd.DataFrame:
    """Return the rows of one touchpoint."""
    return frame[frame["touchpoint_id"] == touchpoint_id]


def _typical_quote(tables: Tables, touchpoint_id: str) -> str:
    """Return the quote of the pain point with most customers, or ''."""
    pains = most_told(_of(tables["pain_points"], touchpoint_id))
    if pains.empty:
        return ""
    mentions = tables["mentions"].set_index("mention_id")
    return str(mentions.loc[pains["quote_mention_id"].iloc[0], "quote"])


def _find(tables: Tables, wanted: str) -> str:
    """Return the id of the touchpoint with that name, or with a name that holds it."""
    names = _names(tables)
    exact = [key for key, name in names.items() if name.casefold() == wanted.casefold()]
    near = exact or [key for key, name in names.items() if wanted.casefold() in name.casefold()]
    if not near:
        raise ConfigError(f"no touchpoint is called {wanted!r}{nearest(wanted, names.values())}")
    return near[0]
