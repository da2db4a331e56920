"""The command line: a command parses, calls one function, prints. Heavy imports stay inside."""

import gc
import logging
import shlex
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from pipeline.errors import EngineError, TouchpointsError

_TURN_SECONDS = 0.0005
"""How long one thread may keep Python from another that waits for it. What is loaded beside the
imports, and a batch of the model, needs Python a few times for a moment: at Python's own 5 ms it
would mostly wait."""
_AGAIN = "command that goes on"
_STOPPED = "stopped; the run of before is untouched, all answers are kept"


class _Group(TyperGroup):
    """Turns every error into one line and an exit code; the trace is shown with --debug."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - click's own signature
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, TyperException):
            raise
        except KeyboardInterrupt as stop:
            typer.secho(str(stop) or _STOPPED, err=True)
            _tell_again(ctx)
            raise typer.Exit(130) from None
        except Exception as error:
            if ctx.params.get("debug"):
                traceback.print_exception(error)
            text, code = _explain(error)
            typer.secho(f"error: {text}", fg="red", err=True)
            if isinstance(error, EngineError):
                _tell_again(ctx, getattr(error, "least", 0.0))
            raise typer.Exit(code) from error


def _explain(error: Exception) -> tuple[str, int]:
    """Return the line for the user and the exit code of an error."""
    if isinstance(error, TouchpointsError):
        return str(error), error.exit_code
    if isinstance(error, OSError | MemoryError):
        return str(error) or type(error).__name__, 2
    return f"a bug of ours, {type(error).__name__}: {error}; --debug shows where", 1


def _can_go_on(ctx: typer.Context) -> None:
    """Note the command line of a command that goes on where it was stopped."""
    words = ["touchpoints", str(ctx.info_name)]
    for parameter in ctx.command.params:
        value = ctx.params.get(str(parameter.name))
        if value is None or value is False or value == "":
            continue
        is_named = parameter.param_type_name == "option"
        words += [parameter.opts[0]] if is_named else []
        words += [] if value is True else [str(value)]
    ctx.meta[_AGAIN] = words


def _tell_again(ctx: typer.Context, least: float = 0.0) -> None:
    """Print the command that goes on, where there is one; with the least budget that allows a call
    where the one given does not."""
    words = list(ctx.meta.get(_AGAIN, ()))
    if least:
        words[words.index("--budget") + 1] = f"{least:g}"
    if words:
        typer.secho(f"go on with: {shlex.join(words)}", err=True)


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="From what customers said to the touchpoints worth fixing.",
    pretty_exceptions_enable=False,
)

Corpus = Annotated[Path, typer.Argument(help="corpus folder, such as corpora/kestrel")]
Run = Annotated[Path, typer.Argument(help="run folder, such as outputs/kestrel/2026Q3")]
Period = Annotated[str, typer.Option(help="2026Q3, 2026H1, 2026-08, 2026 or one of [periods]")]
Engine = Annotated[str, typer.Option(help="embedded, or llm: a language model")]
Model = Annotated[str, typer.Option(help="the language model, instead of the settings' one")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="print only warnings and errors")]
TextColumn = Annotated[str, typer.Option("--text-column", help="column that holds the text")]
OutFile = Annotated[Path, typer.Option("--out", help="file to write (.csv)")]


@app.callback()
def options(
    debug: Annotated[bool, typer.Option(help="show the trace of an error")] = False,
) -> None:
    """Options before the command."""


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="name of the new corpus, or a path for it")],
    template: Annotated[str, typer.Option(help="what to start from")] = "saas",
    suggest: Annotated[
        str, typer.Option(help="what the business does: a language model suggests the journey")
    ] = "",
    model: Model = "",
    endpoint: Annotated[str, typer.Option(help="base URL of the model's server")] = "",
    key_variable: Annotated[
        str, typer.Option(help="environment variable that holds the key for it")
    ] = "",
) -> None:
    """Make a new corpus folder to fill in."""
    import shlex

    from pipeline.templates import copy_template, model_at, suggest_corpus

    if suggest:
        llm = model_at(model, endpoint, key_variable)
        folder, left_out = suggest_corpus(name, template, suggest, llm)
        for note in left_out:
            typer.echo(f"left out: {note}")
        typer.echo("touchpoints.csv and stages.csv are suggested, not checked: correct them")
    else:
        folder = copy_template(name, template)
    typer.echo(f"made {folder}: put your files below {folder / 'sources'}, say in")
    typer.echo(f"{folder / 'corpus.toml'} which column holds what, then")
    typer.echo(f"  touchpoints check {shlex.quote(str(folder))}")


@app.command()
def check(corpus: Corpus, period: Period = "") -> None:
    """Read everything and say what would be used; run nothing."""
    from pipeline.check import check_corpus
    from pipeline.terminal import print_check

    print_check(check_corpus(corpus, period))


@app.command()
def plan(
    corpus: Corpus,
    period: Period = "",
    engine: Engine = "",
    model: Model = "",
    batch: Annotated[bool, typer.Option(help="reckon with the provider's batch endpoint")] = False,
    quiet: Quiet = False,
) -> None:
    """Say what a run would do, ask a language model and cost; ask nothing."""
    from pipeline.plan import plan_corpus
    from pipeline.run import Options
    from pipeline.terminal import print_plan, progress_bars

    with progress_bars(quiet) as progress:
        options = Options(period, engine=engine, model=model, is_batch=batch)
        planned = plan_corpus(corpus, options, progress)
    print_plan(planned)


@app.command()
def run(
    ctx: typer.Context,
    corpus: Corpus,
    period: Period = "",
    out: Annotated[Path | None, typer.Option(help="run folder to write")] = None,
    engine: Engine = "",
    model: Model = "",
    budget: Annotated[
        float | None, typer.Option(help="what the model's calls may cost at most", min=0)
    ] = None,
    batch: Annotated[
        bool, typer.Option(help="ask through the provider's batch endpoint: cheaper, within a day")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Run the whole pipeline; what has not changed since the last run is not redone."""
    from pipeline.config import load_settings
    from pipeline.periods import find_period
    from pipeline.sources.languages import begin_loading

    # Most objects of a run live to its end: looking through them again and again costs a second.
    gc.set_threshold(100_000, 1_000)
    sys.setswitchinterval(_TURN_SECONDS)
    _can_go_on(ctx)
    find_period(load_settings(corpus), period)  # a wrong folder or period is told at once
    begin_loading()  # while the libraries below are imported
    from pipeline.run import Options, run_corpus
    from pipeline.terminal import print_finished, progress_bars

    _log(quiet)
    with progress_bars(quiet) as progress:
        options = Options(period, out, engine=engine, model=model, budget=budget, is_batch=batch)
        finished = run_corpus(corpus, options, progress)
    if not quiet:
        print_finished(finished)
    if finished.fault_share > finished.allowed_share:
        typer.secho(
            f"{finished.fault_share:.0%} of the rows read could not be used "
            f"(allowed: {finished.allowed_share:.0%}); see rejects.csv in {finished.folder}/export",
            fg="red", err=True,
        )  # fmt: skip
        raise typer.Exit(1)
    if finished.unanswered:
        some = ", ".join(finished.unanswered[:5])
        typer.secho(
            f"the model did not read all of {len(finished.unanswered)} documents: {some}"
            f"{' ...' if len(finished.unanswered) > 5 else ''}; the reasons are in rejects.csv in "
            f"{finished.folder}/export; run again to ask again for what may pass",
            fg="red", err=True,
        )  # fmt: skip
        raise typer.Exit(1)


@app.command()
def show(
    run: Run,
    touchpoint: Annotated[str, typer.Argument(help="name of one touchpoint, or part of it")] = "",
) -> None:
    """Show a run, or one touchpoint with its evidence, in the terminal."""
    from pipeline.store import read_run
    from pipeline.terminal import print_run, print_touchpoint

    tables, manifest = read_run(run)
    if touchpoint:
        print_touchpoint(tables, touchpoint)
    else:
        print_run(tables, manifest)


@app.command()
def ask(
    run: Run,
    question: Annotated[str, typer.Argument(help="what you want to find quotes about")],
    n: Annotated[int, typer.Option("-n", min=1, help="how many quotes")] = 8,
    kind: Annotated[str, typer.Option(help="only this kind: call, survey, ticket ...")] = "",
    customer: Annotated[str, typer.Option(help="only this customer, as shown")] = "",
    segment: Annotated[str, typer.Option(help="only this segment")] = "",
    since: Annotated[str, typer.Option(help="not before this day")] = "",
    until: Annotated[str, typer.Option(help="not after this day")] = "",
) -> None:
    """Find what customers said about something."""
    from pipeline.ask import Filters, ask_run
    from pipeline.terminal import print_hits

    filters = Filters(kind, customer, segment, since, until)
    print_hits(ask_run(run, question, filters, n))


@app.command()
def report(
    run: Run,
    open_it: Annotated[bool, typer.Option("--open", help="open it in the browser")] = False,
) -> None:
    """Write the report of a run again and say where it is."""
    from pipeline.published import write_report

    path = write_report(run)
    typer.echo(path)
    if open_it:
        typer.launch(path.resolve().as_uri())


@app.command()
def export(
    run: Run,
    to: Annotated[str, typer.Option(help="xlsx, csv, json, graphml or md")],
    out: Annotated[Path | None, typer.Option(help="file or folder to write")] = None,
) -> None:
    """Write a run in a form for other programs."""
    from pipeline.published import write_export

    typer.echo(write_export(run, to, out))


@app.command()
def compare(
    run: Run,
    other: Annotated[Path, typer.Argument(help="the run to compare it with")],
    out: Annotated[Path | None, typer.Option(help="file to write the page to (.md)")] = None,
    csv: Annotated[
        Path | None, typer.Option(help="file for the quotes only one run found, or for the changes")
    ] = None,
) -> None:
    """Compare two runs of the same documents, or of two periods."""
    from pipeline.comparison.page import write_page, write_table
    from pipeline.comparison.runs import compare_runs, page_of
    from pipeline.terminal_compare import print_page

    page = page_of(compare_runs(run, other))
    if out:
        write_page(page, out)
    if csv:
        write_table(page, csv)
    print_page(page)


@app.command()
def verify(run: Run) -> None:
    """Prove again that every quote stands in its source and every count in its tables."""
    from pipeline.terminal import print_verified
    from pipeline.verify import verify_run

    verified = verify_run(run)
    print_verified(verified)
    if verified.faults:
        raise typer.Exit(1)


@app.command()
def review(
    run: Run,
    port: Annotated[int, typer.Option(help="0 takes the first free one", min=0, max=65535)] = 0,
    host: Annotated[str, typer.Option(help="another address needs --token")] = "127.0.0.1",
    token: Annotated[
        str, typer.Option(envvar="TOUCHPOINTS_TOKEN", help="secret that lets others in")
    ] = "",
    browser: Annotated[bool, typer.Option(help="open the page in the browser")] = True,
    name: Annotated[str, typer.Option(help="who reviews; the page asks without it")] = "",
    corpus: Annotated[Path | None, typer.Option(help="where the corpus folder is now")] = None,
) -> None:
    """Review a run in the browser: every decision is kept and holds in later runs."""
    from pipeline.review.serve import Place, serve

    serve(run, Place(host, port, token), typer.echo, corpus, name, open_browser=browser)
    typer.echo("stopped; every decision that was confirmed is kept")


@app.command()
def assign(
    file: Annotated[Path, typer.Argument(help=".csv, .tsv, .xlsx or .jsonl with a text a row")],
    catalogue: Annotated[Path, typer.Option(help=".csv with name, definition, optional examples")],
    text_column: TextColumn,
    out: OutFile,
) -> None:
    """Tag the rows of a spreadsheet with the touchpoints of a catalogue."""
    from pipeline.spreadsheet import assign_file

    done = assign_file(file, catalogue, text_column, out)
    typer.echo(
        f"{out}: {done.rows:,} rows, {done.assigned:,} with a touchpoint{_unread(done.unread)}"
    )


@app.command()
def discover(
    file: Annotated[Path, typer.Argument(help=".csv, .tsv, .xlsx or .jsonl with a text a row")],
    text_column: TextColumn,
    out: OutFile,
) -> None:
    """Group the rows of a spreadsheet by what they are about, with no catalogue."""
    from pipeline.spreadsheet import discover_file

    done = discover_file(file, text_column, out)
    typer.echo(
        f"{out}: {done.rows:,} rows in {done.groups} groups, {done.left:,} in none"
        f"{_unread(done.unread)}"
    )


def _unread(rows: int) -> str:
    """Return how many rows were left alone because of their language, '' when none were."""
    return f", {rows:,} not read: their language is not supported" if rows else ""


def _log(quiet: bool) -> None:
    """Send one line a step to the terminal."""
    logging.basicConfig(
        level=logging.WARNING if quiet else logging.INFO, format="%(message)s", stream=sys.stderr
    )
    for noisy in ("chromadb", "httpx", "httpx2", "onnxruntime", "openai"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def main() -> None:
    """Start the command line."""
    try:
        app()
    finally:
        # As the process ends, Python would look through all that a run has made: half a second.
        gc.freeze()
