"""One run, from a corpus folder to a finished run folder; steps.py shows the whole flow."""

import hashlib
import os
import platform
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from threadpoolctl import threadpool_limits

from pipeline import __version__
from pipeline.bill import bill_of
from pipeline.config import Settings, load_settings
from pipeline.decisions.log import Log
from pipeline.engines.choice import Caches, choose_engine, override
from pipeline.engines.engine import UNANSWERED, Engine
from pipeline.errors import ConfigError
from pipeline.manifest import Manifest
from pipeline.periods import find_period, quarter_of
from pipeline.published import Draft, publish
from pipeline.runner import Context, Done, Step, StepProgress, carry_out, code_hash
from pipeline.schema import Tables
from pipeline.sources.catalogue import read_catalogue
from pipeline.sources.languages import end_loading
from pipeline.sources.read import read
from pipeline.steps import STEPS
from pipeline.store import (
    ANSWERS,
    EMBEDDINGS,
    Steps,
    find_previous,
    read_run,
    refuse_foreign,
)
from pipeline.tables import DECISIONS

EXPECTED = frozenset({"outside_period", "no_text"})
"""Reasons for a reject that are part of the work; any other is a fault of the input."""
_KEPT_STEPS = 60
_MOST_NAMED = 8
"""Quarters named one by one in a message; of more, the first and the last."""


class Options(NamedTuple):
    """What the command line says about a run."""

    period: str = ""
    out: Path | None = None
    outputs: Path = Path("outputs")
    engine: str = ""
    """`embedded` or `llm` instead of what the settings say."""
    model: str = ""
    budget: float | None = None
    """What the calls of this run may cost at most, in the corpus' currency."""
    is_batch: bool = False
    """Ask through the provider's batch endpoint."""
    home: Path | None = None
    """Folder of what is kept between runs; None: below `outputs`, by the corpus folder's name."""


class Finished(NamedTuple):
    """A finished run."""

    folder: Path
    tables: Tables
    manifest: Manifest
    fault_share: float
    """Share of the rows read that a fault of the input made unusable."""
    unanswered: tuple[str, ...]
    """documents of which the model did not read a part, by path and place"""
    allowed_share: float


def run_corpus(folder: Path, options: Options, progress: StepProgress | None = None) -> Finished:
    """Run a corpus from its files to a finished run folder.

    ConfigError and InputError say what to mend, also where all documents are of other periods;
    until the end the run folder of an earlier run of the same period stays as it was.
    """
    choose = partial(choose_engine, budget=options.budget, is_batch=options.is_batch, is_run=True)
    prepared = prepare(folder, options, choose)
    context, home, target = prepared
    kept = Steps(home)
    # Sums in one order wherever the run is made; and threads that wait for each other in a thousand
    # small products cost more than they save. Embedding has threads of its own.
    with threadpool_limits(limits=1, user_api="blas"), Draft(target.resolve()) as draft:
        context = replace(context, publish_early=draft.begin, ask=draft.ask)
        steps = (filled(STEPS[0]), *STEPS[1:])
        done = carry_out(steps, context, kept, progress)
        manifest = _manifest(prepared, done)
        manifest = publish(draft, done.tables, manifest, context.engine, progress)
    kept.prune(_KEPT_STEPS)
    share = _fault_share(done)
    unanswered = _unanswered(done.tables)
    return Finished(target, done.tables, manifest, share, unanswered, context.settings.max_rejected)


class Prepared(NamedTuple):
    """What a run needs before its first step."""

    context: Context
    home: Path
    """Folder of all runs of the corpus."""
    target: Path
    """Folder of this run."""


def prepare(
    folder: Path, options: Options, choose: Callable[[Settings, Caches, Sequence[str]], Engine]
) -> Prepared:
    """Read settings, catalogue, decisions and the period before, and choose the engine.

    ConfigError and InputError say what to mend.
    """
    settings = override(load_settings(folder), options.engine, options.model)
    period = find_period(settings, options.period)
    home = options.home or options.outputs / folder.resolve().name
    target = options.out or home / period.name
    refuse_foreign(target.resolve(), settings.corpus.name)
    catalogue = read_catalogue(folder)
    caches = Caches(home / EMBEDDINGS, home / ANSWERS)
    engine = choose(settings, caches, catalogue.stages["stage"].tolist())
    before = find_previous(target.resolve().parent, settings.corpus.name, period.start)
    previous, earlier = read_run(before) if before else ({}, None)
    log = Log(folder)
    context = Context(
        folder, settings, period, engine, catalogue, previous,
        previous_period=earlier.period if earlier else "",
        decisions=DECISIONS.frame(log.read()),
    )  # fmt: skip
    if log.path.is_file():
        context.inputs[log.path.name] = hashlib.sha256(log.path.read_bytes()).hexdigest()
    return Prepared(context, home, target)


def filled(reading: Step) -> Step:
    """Return the first step as one that raises ConfigError for a period without documents, before
    anything is written, and after which nobody asks for a language again."""

    def run(context: Context, tables: Tables) -> Tables:
        written = reading.run(context, tables)
        if written["documents"].empty:
            _refuse_other_dates(context)
        end_loading()
        return written

    return reading._replace(run=run)


def _refuse_other_dates(context: Context) -> None:
    """Raise ConfigError when the corpus has documents, of other periods than the one to be run."""
    days = read(context.folder, context.settings, None).documents["occurred_at"]
    counts = sorted(Counter(quarter_of(day) for day in days.tolist() if day).items())
    if not counts:
        return
    covered = ", ".join(f"{name} ({n:,})" for name, n in counts)
    if len(counts) > _MOST_NAMED:
        covered = f"{counts[0][0]} to {counts[-1][0]} ({len(days):,} documents)"
    raise ConfigError(
        f"no document is dated in {context.period.name}; the dates cover {covered}: give --period "
        "one of these, or correct the date columns in corpus.toml"
    )


def _fault_share(done: Done) -> float:
    """Return the share of rows read that a fault of the input made unusable."""
    rejects = done.tables["rejects"]
    at_reading = rejects[(rejects["stage"] == "read") & (rejects["reason"] != "outside_period")]
    faults = int((~at_reading["reason"].isin(EXPECTED)).sum())
    return faults / max(len(done.tables["documents"]) + len(at_reading), 1)


def _unanswered(tables: Tables) -> tuple[str, ...]:
    """Return the documents, by path and place, with sentences that the model gave no answer for."""
    rejects = tables["rejects"]
    lost = rejects[(rejects["stage"] == "extract") & rejects["reason"].isin(UNANSWERED)]
    sentences, documents = tables["sentences"], tables["documents"]
    own = sentences.loc[sentences["sentence_id"].isin(lost["row_id"]), "document_id"]
    rows = documents[documents["document_id"].isin(own)].sort_values(["path", "locator"])
    return tuple(
        f"{path} {locator}".strip()
        for path, locator in zip(rows["path"], rows["locator"], strict=True)
    )


def _manifest(prepared: Prepared, done: Done) -> Manifest:
    """Return what the run says about itself."""
    context = prepared.context
    settings, period = context.settings, context.period
    libraries = ("pandas", "numpy", "onnxruntime", "chromadb")
    return Manifest(
        corpus=settings.corpus.name,
        corpus_folder=str(context.folder),
        home=os.path.relpath(prepared.home.resolve(), prepared.target.resolve()),
        business=settings.corpus.business,
        currency=settings.corpus.currency,
        period=period.name,
        start=period.start,
        end=period.end,
        previous=context.previous_period,
        engine=context.engine.name,
        versions={
            "touchpoints": __version__,
            "code": code_hash(),
            "python": platform.python_version(),
            **{name: version(name) for name in libraries},
        },
        settings=settings.model_dump(mode="json"),
        inputs=dict(sorted({**context.inputs, **context.catalogue.inputs}.items())),
        prompts=context.engine.prompts(),
        steps=done.records,
        bill=bill_of(settings.engine.llm, done.tables, done.records),
        tables=tuple(sorted(done.tables)),
    )
