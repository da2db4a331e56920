"""One run under review: its tables with every decision of the log, always those of this moment.

It is shown as it was published until somebody decides more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock, RLock

import pandas as pd
from threadpoolctl import threadpool_limits

from pipeline import tables as t
from pipeline.config import load_settings
from pipeline.decisions.log import Draft, Log
from pipeline.engines.engine import Engine
from pipeline.errors import ConfigError, shorten
from pipeline.manifest import Manifest
from pipeline.publish.lookup import look_up, read
from pipeline.replay import context_of, replay
from pipeline.review.state.earlier import earlier_touchpoints
from pipeline.review.state.quiet import replayed_already
from pipeline.review.state.stale import stale_ids
from pipeline.review.state.view import MissingError, View
from pipeline.runner import Context
from pipeline.schema import Tables
from pipeline.store import MANIFEST, read_manifest, read_run
from pipeline.tables import Decision
from pipeline.text import stable_id

MOVED = (
    "the corpus folder of this run is gone: manifest.corpus_folder is {folder}; "
    "give the place where it is now with --corpus PATH"
)
OTHER = (
    "{folder} is the corpus {name!r}, the run is of {own!r}: give the folder of {own!r} with "
    "--corpus PATH, or, if the corpus was renamed since, run the period again into a new folder "
    "with --out"
)
_CORPUS = "corpus.toml"
_AWAY = (0, 0)


@dataclass(frozen=True)
class _Read:
    """A run folder as it was read."""

    tables: Tables
    manifest: Manifest
    stamp: tuple[int, int]
    """Of its manifest: a run published since has another."""
    decided: frozenset[str]
    """decision_ids the run was made with"""
    earlier: tuple[tuple[str, str], ...]
    """id and name of the touchpoints of the period before"""


@dataclass(frozen=True)
class _Fresh:
    """Hypotheses proposed anew for one touchpoint, kept until the server stops."""

    hypotheses: pd.DataFrame
    evidence: pd.DataFrame
    decided: frozenset[str]
    """decision_ids they took into account"""


class Desk:
    """Reads a run and its log, and appends to the log; every method may be called by any thread."""

    def __init__(self, run: Path, corpus: Path | None = None) -> None:
        """ConfigError when the folder holds no run, or its corpus is not where it was or was
        renamed."""
        self.folder = run
        if not (run / MANIFEST).is_file():
            read_run(run)  # says what is missing, and what is near
        self._manifest = read_manifest(run / MANIFEST)
        self.corpus_folder = _find_corpus(self._manifest, corpus)
        self.log = Log(self.corpus_folder)
        self._lock = RLock()
        self._proposing = Lock()
        self._replaying = Lock()
        """Taken after the other, never before it."""
        self._run: _Read | None = None
        self._fresh: dict[str, _Fresh] = {}
        self._context: Context | None = None
        self._view: View | None = None
        self._key: tuple[tuple[int, int], tuple[int, int], int] | None = None
        """Of the log, of the run, and how often hypotheses were proposed anew"""
        self._n_fresh = 0

    @property
    def manifest(self) -> Manifest:
        """What the run says about itself."""
        return self._run.manifest if self._run else self._manifest

    @property
    def engine(self) -> Engine:
        """The engine of the run's settings; made when first needed."""
        return self._context_of_run().engine

    def view(self) -> View:
        """Return the run with all decisions of the log, replayed only when something is new.

        InputError: the log cannot be read, for instance while git left a conflict in it.
        """
        with self._lock:
            run = self._read_run()
            key = (self.log.stamp(), run.stamp, self._n_fresh)
            if self._view is None or key != self._key:
                version, decisions = stable_id(*key), self.log.read()
                if self._key and key[1:] == self._key[1:]:
                    known = self._known(decisions)
                else:
                    known = self._published(run, decisions)
                self._view = known or self._replayed(run, decisions)
                self._view = replace(self._view, version=version)
                self._key = key
            return self._view

    def rehearse(self) -> None:
        """Replay what stands, so that the first decision finds in memory what a replay reads."""
        with self._lock:
            run = self._read_run()
        self._replay(run, self.log.read())

    def decide(
        self, drafts: Sequence[Draft], seen: Mapping[str, str] | None
    ) -> tuple[Decision, ...]:
        """Append decisions, all or none; when this returns they are on the disk.

        ConflictError when something about a target was decided since what its form had `seen`.
        ConfigError and EngineError, before anything is written, when an endpoint has to give new
        words their vectors and cannot: no replay could carry such a decision out.
        """
        if self.engine.has_endpoint_vectors:
            self.engine.embed(sorted({text for draft in drafts for text in _typed(draft)}))
        return self.log.append(drafts, seen)

    def propose(self, touchpoint_id: str) -> int:
        """Propose hypotheses for one touchpoint anew from the reviewed tables; return how many.

        They are kept in memory: publishing writes them. MissingError when the touchpoint is not
        among those to fix first.
        """
        # Loaded late, for the sake of the start: scipy is behind it.
        from pipeline.stages.hypothesize import build_briefs, hypothesize  # noqa: PLC0415

        view, settings = self.view(), self._context_of_run().settings.hypothesize
        with self._proposing:
            briefs = build_briefs(_only(view.tables, touchpoint_id), settings)
            proposals = self.engine.propose(briefs)
        found = hypothesize(briefs, proposals, settings)
        fresh = _Fresh(
            found.hypotheses,
            found.hypothesis_evidence,
            frozenset(d.decision_id for d in view.decisions),
        )
        with self._lock:
            self._fresh[touchpoint_id] = fresh
            self._n_fresh += 1
        return len(found.hypotheses)

    def _known(self, decisions: Sequence[Decision]) -> View | None:
        """Return the view with what was decided since, None when only a replay can tell."""
        view = self._view
        if view is None:
            return None
        told = replayed_already(view.decisions, decisions, view.lookup.touchpoints)
        if told is None:
            return None
        tables = view.tables | {"decisions": t.DECISIONS.frame(told)}
        return replace(view, tables=tables, decisions=told)

    def _published(self, run: _Read, decisions: Sequence[Decision]) -> View | None:
        """Return the run as it was published, None when more was decided or proposed since."""
        if self._fresh:
            return None
        there = dict.fromkeys(run.tables["touchpoints"]["touchpoint_id"].tolist())
        told = replayed_already(_ordered(run.tables), decisions, there)
        if told is None:
            return None
        return self._made(run, run.tables | {"decisions": t.DECISIONS.frame(told)})

    def _replayed(self, run: _Read, decisions: Sequence[Decision]) -> View:
        return self._made(run, self._replay(run, decisions))

    def _replay(self, run: _Read, decisions: Sequence[Decision]) -> Tables:
        context = replace(self._context_of_run(), decisions=t.DECISIONS.frame(decisions))
        base = run.tables | _with_fresh(run.tables, self._fresh)
        # As in a run: sums in one order. The limit is one of the whole process.
        with self._replaying, threadpool_limits(limits=1, user_api="blas"):
            return replay(base, context)

    def _made(self, run: _Read, tables: Tables) -> View:
        known = {key: fresh.decided for key, fresh in self._fresh.items()}
        ordered = _ordered(tables)
        return View(
            tables=tables,
            lookup=look_up(tables),
            decisions=ordered,
            base=run.tables,
            stale=stale_ids(ordered, tables, run.decided, known),
            manifest=run.manifest,
            version="",
            decided=run.decided,
            fresh=frozenset(self._fresh),
            earlier=run.earlier,
        )

    def _read_run(self) -> _Read:
        """Return the run as the folder holds it, read again when it was published anew.

        While another run takes its place there is none for a moment: then it is the one of before.
        """
        stamp = _stamp(self.folder / MANIFEST)
        if self._run is None or self._run.stamp != stamp != _AWAY:
            tables, manifest = read_run(self.folder)
            if "found_touchpoints" not in tables:
                raise ConfigError(
                    f"{self.folder} was made before reviews were possible; run the period again"
                )
            decided = frozenset(d.decision_id for d in read(tables, t.DECISIONS))
            earlier = earlier_touchpoints(self.folder, manifest)
            self._run = _Read(tables, manifest, stamp, decided, earlier)
            self._fresh.clear()
            self._context = None
        return self._run

    def _context_of_run(self) -> Context:
        """Return settings, catalogue, the period before and the engine, read once a run."""
        with self._lock:
            run = self._read_run()
            if self._context is None:
                found = context_of(self.folder, run.manifest, run.tables, t.DECISIONS.frame())
                self._context = replace(found, folder=self.corpus_folder)
            return self._context


def _typed(draft: Draft) -> list[str]:
    """Return the words of a decision that quotes may be held against."""
    if draft.action not in ("redefine", "add", "split"):
        return []
    argument = draft.argument.model_dump()
    texts = [argument.get("name"), argument.get("definition"), *(argument.get("like") or ())]
    return [text for text in texts if isinstance(text, str) and text]


def _ordered(tables: Tables) -> tuple[Decision, ...]:
    """Return the decisions of a run as they were made."""
    return tuple(sorted(read(tables, t.DECISIONS), key=lambda d: (d.at, d.decision_id)))


def _find_corpus(manifest: Manifest, corpus: Path | None) -> Path:
    """Return the corpus folder of a run; ConfigError when it is not there, or is another's, whose
    log would take decisions that are not about it."""
    folder = corpus or Path(manifest.corpus_folder)
    if not (folder / _CORPUS).is_file():
        if corpus:
            told = f"--corpus {corpus} holds no {_CORPUS}; give the folder of the corpus"
            raise ConfigError(told)
        raise ConfigError(MOVED.format(folder=folder))
    name = load_settings(folder).corpus.name
    if name != manifest.corpus:
        own = shorten(manifest.corpus)
        raise ConfigError(OTHER.format(folder=folder, name=shorten(name), own=own))
    return folder


def _stamp(path: Path) -> tuple[int, int]:
    """Return what changes when a file does; _AWAY when there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return _AWAY
    return (found.st_mtime_ns, found.st_size)


def _only(tables: Tables, touchpoint_id: str) -> Tables:
    """Return tables in which one touchpoint is the only one to be worked on.

    A run proposes for those that are chosen: it would not keep what is proposed for another.
    """
    priorities = tables["priorities"]
    own = priorities[(priorities["touchpoint_id"] == touchpoint_id) & priorities["is_chosen"]]
    if own.empty:
        raise MissingError("this touchpoint is not among those to fix first")
    return tables | {"priorities": own}


def _with_fresh(tables: Tables, fresh: Mapping[str, _Fresh]) -> Tables:
    """Return the tables of hypotheses with those proposed anew in the place of those of before."""
    rows, proofs = tables["found_hypotheses"], tables["hypothesis_evidence"]
    gone = rows.loc[rows["touchpoint_id"].isin(fresh), "hypothesis_id"]
    rows = rows[~rows["hypothesis_id"].isin(gone)]
    proofs = proofs[~proofs["hypothesis_id"].isin(gone)]
    return {
        "found_hypotheses": pd.concat([rows, *(f.hypotheses for f in fresh.values())]),
        "hypothesis_evidence": pd.concat([proofs, *(f.evidence for f in fresh.values())]),
    }
