"""One run, from a corpus folder to a finished run folder. STEPS shows the whole flow.

Each step below joins sources or an engine to a pure stage; runner.py carries the steps out.
"""

import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pipeline import __version__
from pipeline.answers import GROUPS
from pipeline.ask import index_run
from pipeline.config import Settings, find_period, load_settings
from pipeline.engines.embedded.engine import EmbeddedEngine
from pipeline.engines.engine import Engine
from pipeline.errors import ConfigError, nearest, shorten
from pipeline.manifest import Manifest
from pipeline.methods.measures import pains
from pipeline.publish.exports import to_csv, to_graphml, to_json
from pipeline.publish.markdown import to_markdown
from pipeline.publish.report import render
from pipeline.publish.workbook import to_xlsx
from pipeline.runner import Context, Done, Step, StepProgress, carry_out
from pipeline.schema import Tables
from pipeline.sources.catalogue import read_catalogue
from pipeline.sources.privacy import redact, redact_text
from pipeline.sources.read import read
from pipeline.stages.chunk import chunk
from pipeline.stages.compare import Previous, compare
from pipeline.stages.extract import extract, spoken_by_customers
from pipeline.stages.hypothesize import build_briefs, hypothesize
from pipeline.stages.network import network
from pipeline.stages.prioritize import prioritize
from pipeline.stages.resolve import Known, assign, name_pains
from pipeline.stages.score import score
from pipeline.stages.segment import segment
from pipeline.store import (
    EMBEDDINGS,
    Steps,
    built_aside,
    find_previous,
    read_run,
    refuse_foreign,
    write_manifest,
    write_tables,
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
    done = segment(tables["documents"], tables["turns"], context.settings.segment)
    return _pick(done, "sentences", "rejects")


def _chunk(context: Context, tables: Tables) -> Tables:
    return _pick(chunk(tables["turns"], context.settings.chunk), "chunks", "chunk_spans")


def _embed(context: Context, tables: Tables) -> Tables:
    context.engine.warm(_customers_sentences(tables), context.progress)
    return {}


def _extract(context: Context, tables: Tables) -> Tables:
    phrases = context.catalogue.catalogue_phrases
    reading = context.engine.read(_customers_sentences(tables), phrases)
    done = extract(
        tables["documents"], tables["turns"], tables["sentences"], reading.answers,
        reading.answer_links, context.engine.name,
    )  # fmt: skip
    return _pick(done, "candidates", "causes", "rejects")


def _resolve(context: Context, tables: Tables) -> Tables:
    catalogue, engine, settings = context.catalogue, context.engine, context.settings.resolve
    candidates = tables["candidates"]
    groups = engine.group(candidates, catalogue.catalogue_phrases)
    known = Known(
        catalogue.catalogue, catalogue.catalogue_phrases,
        _continued(context, candidates, groups),
    )  # fmt: skip
    assigned = assign(tables["documents"], candidates, groups, known, settings)
    pained = name_pains(assigned.mentions, _pain_groups(engine, assigned.mentions), settings)
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
        tables["documents"], tables["mentions"], tables["touchpoints"], tables["edges"],
        tables["stages"], tables["scores"], previous, context.settings.compare,
    )  # fmt: skip
    return _pick(done, "gaps", "changes")


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
    """Return the sentences that customers said."""
    return spoken_by_customers(tables["turns"], tables["sentences"])


STEPS: tuple[Step, ...] = (
    Step("read", _read, ()),
    Step("privacy", _privacy, ("turns",), ("privacy",), lands=("turns", "turn_id")),
    Step("segment", _segment, ("turns", "documents"), ("segment",), lands=("sentences", "turn_id")),
    Step("chunk", _chunk, ("turns",), ("chunk",), lands=("chunk_spans", "turn_id")),
    Step(
        "embed", _embed, ("sentences", "turns"), uses_engine=True, counted=_customers_sentences,
    ),
    Step(
        "extract", _extract, ("sentences", "turns", "documents"), ("extract",), uses_engine=True,
        counted=_customers_sentences,
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
        "compare", _compare, ("mentions", "documents", "touchpoints", "edges", "stages", "scores"),
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
        ("hypothesize",), uses_engine=True,
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


def _pain_groups(engine: Engine, mentions: pd.DataFrame) -> pd.DataFrame:
    """Return the engine's groups of painful mentions, touchpoint by touchpoint."""
    hurt = pains(mentions)
    parts = [
        engine.group_pains(hurt[hurt["touchpoint_id"] == touchpoint_id])
        for touchpoint_id in sorted(set(hurt["touchpoint_id"]))
    ]
    return pd.concat(parts) if parts else GROUPS.frame()


class Options(NamedTuple):
    """What the command line says about a run."""

    period: str = ""
    out: Path | None = None
    outputs: Path = Path("outputs")


class Finished(NamedTuple):
    """A finished run."""

    folder: Path
    tables: Tables
    manifest: Manifest
    fault_share: float
    """Share of the rows read that a fault of the input made unusable."""
    allowed_share: float


def run_corpus(folder: Path, options: Options, progress: StepProgress | None = None) -> Finished:
    """Run a corpus from its files to a finished run folder.

    ConfigError and InputError say what to mend; until the end the run folder of an earlier run of
    the same period stays as it was.
    """
    settings = load_settings(folder)
    period = find_period(settings, options.period)
    home = options.outputs / folder.resolve().name
    target = (options.out or home / period.name).resolve()
    refuse_foreign(target, settings.corpus.name)
    engine = EmbeddedEngine(
        home / EMBEDDINGS, settings.extract.min_confidence, settings.corpus.name
    )
    before = find_previous(target.parent, settings.corpus.name, period.start)
    previous, earlier = read_run(before) if before else ({}, None)
    context = Context(folder, settings, period, engine, read_catalogue(folder), previous)
    kept = Steps(home)
    done = carry_out(STEPS, context, kept, progress)
    manifest = _manifest(context, done, earlier.period if earlier else "")
    with built_aside(target) as scratch:
        _publish(scratch, done.tables, manifest, engine)
    kept.prune(_KEPT_STEPS)
    share = _fault_share(done)
    return Finished(
        options.out or home / period.name, done.tables, manifest, share, settings.max_rejected
    )


def write_report(folder: Path) -> Path:
    """Write the report of a finished run again; return where it is."""
    tables, manifest = read_run(folder)
    settings = Settings.model_validate(manifest.settings)
    path = folder / "report.html"
    path.write_text(render(tables, manifest, settings.publish), "utf-8")
    return path


def write_export(folder: Path, form: str, out: Path | None) -> Path:
    """Write a finished run as xlsx, csv, json, graphml or md; return the file or folder."""
    tables, manifest = read_run(folder)
    if form == "csv":
        return _write_csv(out or folder / "export", tables)
    writers: dict[str, tuple[str, Callable[[], str | bytes]]] = {
        "xlsx": ("touchpoints.xlsx", lambda: to_xlsx(tables, manifest)),
        "json": ("network.json", lambda: to_json(tables, manifest)),
        "graphml": ("network.graphml", lambda: to_graphml(tables)),
        "md": ("summary.md", lambda: to_markdown(tables, manifest)),
    }
    if form not in writers:
        known = nearest(form, [*writers, "csv"])
        raise ConfigError(f"--to {shorten(form)!r} is no form we write{known}")
    name, write = writers[form]
    path = out or folder / "export" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = write()
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _write_csv(folder: Path, tables: Tables) -> Path:
    """Write every table as CSV into a folder; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in to_csv(tables).items():
        (folder / name).write_bytes(text.encode())
    return folder


def _publish(folder: Path, tables: Tables, manifest: Manifest, engine: Engine) -> None:
    """Write everything that readers of the run open."""
    write_tables(folder / "tables", tables)
    index_run(folder, tables, engine)
    write_manifest(folder, manifest)
    write_report(folder)
    for form in ("csv", "json", "graphml", "md", "xlsx"):
        write_export(folder, form, None)


def _fault_share(done: Done) -> float:
    """Return the share of rows read that a fault of the input made unusable."""
    rejects = done.tables["rejects"]
    at_reading = rejects[(rejects["stage"] == "read") & (rejects["reason"] != "outside_period")]
    faults = int((~at_reading["reason"].isin(EXPECTED)).sum())
    return faults / max(len(done.tables["documents"]) + len(at_reading), 1)


def _manifest(context: Context, done: Done, previous: str) -> Manifest:
    """Return what the run says about itself."""
    settings, period = context.settings, context.period
    libraries = ("pandas", "numpy", "scikit-learn", "onnxruntime", "chromadb")
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
        prompts={},
        steps=done.records,
        tables=tuple(sorted(done.tables)),
    )
