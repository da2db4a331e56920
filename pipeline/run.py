"""One run, from a corpus folder to a finished run folder. STEPS shows the whole flow.

Each step below joins sources or an engine to a pure stage; runner.py carries the steps out.
"""

import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from threadpoolctl import threadpool_limits

from pipeline import __version__
from pipeline.bill import bill_of
from pipeline.config import Settings, load_settings
from pipeline.engines.choice import Caches, choose_engine, override
from pipeline.engines.engine import UNANSWERED, Engine
from pipeline.manifest import Manifest
from pipeline.methods.measures import pains
from pipeline.periods import find_period
from pipeline.published import Draft, publish
from pipeline.runner import Context, Done, Step, StepProgress, carry_out
from pipeline.schema import Tables
from pipeline.sources.catalogue import read_catalogue
from pipeline.sources.privacy import redact, redact_text
from pipeline.sources.read import read
from pipeline.stages.chunk import chunk
from pipeline.stages.compare import Previous, compare
from pipeline.stages.extract import extract, in_context, spoken_by_customers
from pipeline.stages.hypothesize import build_briefs, hypothesize
from pipeline.stages.network import network
from pipeline.stages.prioritize import prioritize
from pipeline.stages.resolve import Known, assign, name_pains
from pipeline.stages.score import score
from pipeline.stages.segment import segment
from pipeline.store import (
    ANSWERS,
    EMBEDDINGS,
    Steps,
    find_previous,
    read_run,
    refuse_foreign,
)

EXPECTED = frozenset({"outside_period", "no_text"})
"""Reasons for a reject that are part of the work; any other is a fault of the input."""
_KEPT_STEPS = 60


def _read(context: Context, _: Tables) -> Tables:
    found = read(context.folder, context.settings, context.period, context.progress)
    context.inputs.update(found.inputs)
    return _pick(found, "documents", "turns", "attributes", "rejects") | {
        "attributes": _redacted(found.attributes, "value", context),
        "rejects": _redacted(found.rejects, "detail", context),
    }


def _redacted(frame: pd.DataFrame, column: str, context: Context) -> pd.DataFrame:
    """Return a table with the personal data in one column replaced."""
    privacy = context.settings.privacy
    return frame.assign(**{column: [redact_text(text, privacy) for text in frame[column]]})


def _privacy(context: Context, tables: Tables) -> Tables:
    return {"turns": redact(tables["turns"], context.settings.privacy)}


def _segment(context: Context, tables: Tables) -> Tables:
    done = segment(
        tables["documents"], tables["turns"], context.settings.segment, context.engine.unread
    )
    return _pick(done, "sentences", "rejects")


def _chunk(context: Context, tables: Tables) -> Tables:
    return _pick(chunk(tables["turns"], context.settings.chunk), "chunks", "chunk_spans")


def _embed(context: Context, tables: Tables) -> Tables:
    context.engine.warm(_customers_sentences(tables), context.progress)
    return {}


def _extract(context: Context, tables: Tables) -> Tables:
    if context.publish_early:
        context.publish_early(tables, context.engine)
    phrases = context.catalogue.catalogue_phrases
    sentences = in_context(
        tables["turns"], _customers_sentences(tables), context.engine.staff_characters
    )
    reading = context.engine.read(sentences, phrases, context.progress)
    done = extract(
        tables["documents"], tables["turns"], tables["sentences"], reading.answers,
        reading.answer_links, context.engine.name,
        examples=context.engine.examples, unread=reading.rejects,
    )  # fmt: skip
    return _pick(done, "candidates", "causes", "rejects")


def _resolve(context: Context, tables: Tables) -> Tables:
    catalogue, engine, settings = context.catalogue, context.engine, context.settings.resolve
    candidates = tables["candidates"]
    groups = engine.group(_with_language(candidates, tables), catalogue.catalogue_phrases)
    known = Known(
        catalogue.catalogue, catalogue.catalogue_phrases,
        _continued(context, candidates, groups),
    )  # fmt: skip
    assigned = assign(tables["documents"], candidates, groups, known, settings)
    pained = name_pains(
        assigned.mentions,
        engine.group_pains(pains(assigned.mentions), assigned.touchpoints),
        settings,
    )
    return {
        "catalogue": catalogue.catalogue,
        "catalogue_phrases": catalogue.catalogue_phrases,
        "stages": catalogue.stages,
        "mentions": pained.mentions,
        "touchpoints": assigned.touchpoints,
        "aliases": assigned.aliases,
        "pain_points": pained.pain_points,
        "rejects": assigned.rejects,
    }


def _network(context: Context, tables: Tables) -> Tables:
    done = network(
        tables["documents"], tables["turns"], tables["mentions"], tables["causes"],
        tables["touchpoints"], context.settings.network,
    )  # fmt: skip
    return _pick(done, "edges", "edge_evidence", "moments")


def _score(context: Context, tables: Tables) -> Tables:
    scores = score(
        tables["documents"], tables["mentions"], tables["touchpoints"],
        context.settings.score, context.settings.outcome,
    )  # fmt: skip
    return {"scores": scores}


def _compare(context: Context, tables: Tables) -> Tables:
    before = context.previous
    previous = Previous(*(before[name] for name in Previous._fields)) if before else None
    done = compare(
        tables["documents"], tables["turns"], tables["mentions"], tables["touchpoints"],
        tables["edges"], tables["stages"], tables["scores"], previous, context.settings.compare,
    )  # fmt: skip
    return _pick(done, "gaps", "failures", "changes")


def _prioritize(context: Context, tables: Tables) -> Tables:
    priorities = prioritize(
        tables["documents"], tables["mentions"], tables["touchpoints"], tables["pain_points"],
        tables["edges"], tables["scores"], context.settings.prioritize,
    )  # fmt: skip
    return {"priorities": priorities}


def _hypothesize(context: Context, tables: Tables) -> Tables:
    settings = context.settings.hypothesize
    briefs = build_briefs(tables, settings)
    done = hypothesize(briefs, context.engine.propose(briefs), settings)
    return _pick(done, "hypotheses", "hypothesis_evidence", "rejects")


def _customers_sentences(tables: Tables) -> pd.DataFrame:
    """Return the sentences that customers said, with their document's language."""
    return _with_language(spoken_by_customers(tables["turns"], tables["sentences"]), tables)


def _with_language(frame: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Return rows that name a document with the language of that document."""
    languages = tables["documents"].set_index("document_id")["language"]
    return frame.assign(language=frame["document_id"].map(languages))


STEPS: tuple[Step, ...] = (
    Step("read", _read, ()),
    Step("privacy", _privacy, ("turns",), ("privacy",), lands=("turns", "turn_id")),
    Step(
        "segment", _segment, ("turns", "documents"), ("segment",), uses_engine=True,
        lands=("sentences", "turn_id"),
    ),
    Step("chunk", _chunk, ("turns",), ("chunk",), lands=("chunk_spans", "turn_id")),
    Step(
        "embed", _embed, ("sentences", "turns", "documents"), uses_engine=True,
        counted=_customers_sentences,
    ),
    Step(
        "extract", _extract, ("sentences", "turns", "documents"), ("extract", "corpus"),
        uses_engine=True, counted=_customers_sentences,
    ),
    Step(
        "resolve", _resolve, ("candidates", "documents"), ("resolve", "corpus"), uses_engine=True,
        uses_previous=True, lands=("mentions", "mention_id"),
    ),
    Step(
        "network", _network, ("mentions", "documents", "turns", "causes", "touchpoints"),
        ("network",),
    ),
    Step("score", _score, ("mentions", "documents", "touchpoints"), ("score", "outcome")),
    Step(
        "compare", _compare,
        ("mentions", "documents", "turns", "touchpoints", "edges", "stages", "scores"),
        ("compare",), uses_previous=True,
    ),
    Step(
        "prioritize", _prioritize,
        ("mentions", "documents", "touchpoints", "pain_points", "edges", "scores"), ("prioritize",),
    ),
    Step(
        "hypothesize", _hypothesize,
        (
            "mentions", "documents", "turns", "touchpoints", "pain_points", "edges",
            "edge_evidence", "scores", "stages", "priorities",
        ),
        ("hypothesize", "corpus"), uses_engine=True,
    ),
)  # fmt: skip


def _pick(result: object, *names: str) -> Tables:
    """Return fields of a stage's result as tables by name."""
    return {name: getattr(result, name) for name in names}


def _continued(
    context: Context, candidates: pd.DataFrame, groups: pd.DataFrame
) -> dict[str, tuple[str, str]]:
    """Return for each group the touchpoint of the period before that it continues."""
    if not context.previous or groups.empty:
        return {}
    touchpoints = context.previous["touchpoints"]
    discovered = touchpoints[touchpoints["origin"] == "discovered"]
    quotes = context.previous["mentions"].merge(discovered[["touchpoint_id"]], on="touchpoint_id")
    before = quotes[["touchpoint_id", "quote"]].rename(columns={"touchpoint_id": "group"})
    now = groups[["mention_id", "group"]].merge(
        candidates[["mention_id", "quote"]], on="mention_id"
    )
    names = dict(zip(discovered["touchpoint_id"], discovered["name"], strict=True))
    pairs = context.engine.same_thing(before, now[["group", "quote"]])
    return {group: (earlier, names[earlier]) for group, earlier in pairs.items()}


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

    ConfigError and InputError say what to mend; until the end the run folder of an earlier run of
    the same period stays as it was.
    """
    prepared = prepare(
        folder, options, partial(choose_engine, budget=options.budget, is_batch=options.is_batch)
    )
    context, home, target, previous = prepared
    kept = Steps(home)
    # Sums in one order wherever the run is made; and threads that wait for each other in a thousand
    # small products cost more than they save. Embedding has threads of its own.
    with threadpool_limits(limits=1, user_api="blas"), Draft(target.resolve()) as draft:
        context = replace(context, publish_early=draft.index_chunks)
        done = carry_out(STEPS, context, kept, progress)
        manifest = _manifest(context, done, previous)
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
    previous: str
    """The period compared with, '' when there is none."""


def prepare(
    folder: Path, options: Options, choose: Callable[[Settings, Caches, Sequence[str]], Engine]
) -> Prepared:
    """Read settings, catalogue and the period before, and choose the engine; write nothing.

    ConfigError and InputError say what to mend.
    """
    settings = override(load_settings(folder), options.engine, options.model)
    period = find_period(settings, options.period)
    home = options.outputs / folder.resolve().name
    target = options.out or home / period.name
    refuse_foreign(target.resolve(), settings.corpus.name)
    catalogue = read_catalogue(folder)
    caches = Caches(home / EMBEDDINGS, home / ANSWERS)
    engine = choose(settings, caches, catalogue.stages["stage"].tolist())
    before = find_previous(target.resolve().parent, settings.corpus.name, period.start)
    previous, earlier = read_run(before) if before else ({}, None)
    context = Context(folder, settings, period, engine, catalogue, previous)
    return Prepared(context, home, target, earlier.period if earlier else "")


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


def _manifest(context: Context, done: Done, previous: str) -> Manifest:
    """Return what the run says about itself."""
    settings, period = context.settings, context.period
    libraries = ("pandas", "numpy", "onnxruntime", "chromadb")
    return Manifest(
        corpus=settings.corpus.name,
        corpus_folder=str(context.folder),
        business=settings.corpus.business,
        currency=settings.corpus.currency,
        period=period.name,
        start=period.start,
        end=period.end,
        previous=previous,
        engine=context.engine.name,
        versions={
            "touchpoints": __version__,
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
