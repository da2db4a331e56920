"""A finished run, proven again from its files: quotes, evidence, counts, bounds and sources."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from pydantic import ValidationError

from pipeline import tables as t
from pipeline.bill import ledger_faults
from pipeline.config import Settings
from pipeline.decisions.log import Log
from pipeline.errors import ContractError, InputError, TouchpointsError, shorten
from pipeline.manifest import Manifest
from pipeline.methods.accounts import Proof
from pipeline.periods import Period
from pipeline.proofs import NEEDED, PROOFS, column_of, known_shortages
from pipeline.schema import Tables
from pipeline.sources.privacy import redact
from pipeline.sources.read import read
from pipeline.store import read_run

_EXAMPLES = 5
_BILLED = "calls, tokens and costs of steps are the sums of the ledger"


class Verified(NamedTuple):
    """What was proven; the run holds when there is no fault."""

    checked: list[tuple[str, int, int]]
    """(what, how many were checked, how many of them failed)"""
    faults: list[str]
    """For each kind of fault at most five examples, then how many more there are."""
    notes: list[str]
    """What could not be proven, and what has changed since; no faults."""


class _Reread(NamedTuple):
    """The source files as they are now."""

    texts: Mapping[str, str]
    """customers' redacted turns by id"""
    by_path: Mapping[str, frozenset[str]]
    """the same texts by file: an id moves when rows were added above"""
    inputs: Mapping[str, str]


def verify_run(folder: Path) -> Verified:
    """Prove a finished run again; ConfigError or ContractError when it cannot be read at all."""
    tables, manifest = read_run(folder)
    missing = [name for name in NEEDED if name not in tables]
    if missing:
        raise ContractError(
            f"{folder / 'tables'} misses {missing[0]}.parquet: run the period again"
        )
    proofs = [Proof("tables are read, their keys are unique", len(tables), [])]
    proofs += [prove(tables) for prove in PROOFS]
    n_answers = len(tables.get("ledger", ()))
    faults = ledger_faults(tables, manifest.steps)
    if n_answers or faults:
        proofs.append(Proof(_BILLED, n_answers, faults))
    again, notes = _prove_sources(tables, manifest)
    proofs += again
    return Verified(
        [(proof.what, proof.n_checked, len(proof.failures)) for proof in proofs],
        [line for proof in proofs for line in _shown(proof)],
        [*known_shortages(tables), *notes],
    )


def _shown(proof: Proof) -> Iterator[str]:
    """Yield the first failures, and how many more there are."""
    yield from proof.failures[:_EXAMPLES]
    more = len(proof.failures) - _EXAMPLES
    if more > 0:
        yield f"... and {more:,} more of {len(proof.failures):,}: not so that {proof.what}"


def _prove_sources(tables: Tables, manifest: Manifest) -> tuple[list[Proof], list[str]]:
    """Return the proof that mentions still stand in the source files, and what has changed."""
    folder = Path(manifest.corpus_folder)
    what = "turns of mentions still stand in their source files"
    if not folder.is_dir():
        return [], [f"not proven that {what}: there is no corpus folder at {folder} from here"]
    try:
        settings = Settings.model_validate(manifest.settings)
    except ValidationError:
        return [], [f"not proven that {what}: the run's settings are of another version"]
    try:
        found = _read_again(folder, settings, manifest)
    except (TouchpointsError, OSError) as error:
        said = f"the source files cannot be read again: {error}"
        return [Proof(what, 0, [said])], []
    notes = list(_changes(folder, manifest.inputs, found.inputs))
    proofs = [Proof(what, len(tables["mentions"]), list(_lost(tables, found)))]
    return [*proofs, _prove_log(folder, tables["decisions"])], notes


def _prove_log(folder: Path, decisions: pd.DataFrame) -> Proof:
    """Return the proof that no decision of the run was taken out of the log since."""
    what = "decisions of the run still stand in the log"
    try:
        kept = {row.decision_id for row in Log(folder).read()}
    except InputError as error:
        return Proof(what, len(decisions), [f"the log cannot be read again: {error}"])
    lost = [row for row in t.DECISIONS.rows(decisions) if row.decision_id not in kept]
    failures = [f"decision {d.decision_id} ({d.action} by {d.who}) is gone" for d in lost]
    return Proof(what, len(decisions), failures)


def _read_again(folder: Path, settings: Settings, manifest: Manifest) -> _Reread:
    """Read and redact the sources as the run did."""
    period = Period(name=manifest.period, start=manifest.start, end=manifest.end)
    found = read(folder, settings, period)
    turns = redact(found.turns[found.turns["speaker"] == "customer"], settings.privacy)
    paths = column_of(found.documents, "document_id", "path")
    by_path: dict[str, set[str]] = {}
    for document_id, text in zip(turns["document_id"], turns["text"], strict=True):
        by_path.setdefault(paths[document_id], set()).add(text)
    return _Reread(
        column_of(turns, "turn_id", "text"),
        {path: frozenset(texts) for path, texts in by_path.items()},
        found.inputs,
    )


def _lost(tables: Tables, found: _Reread) -> Iterator[str]:
    """Yield a sentence for each mention whose turn stands in its file no more."""
    texts = column_of(tables["turns"], "turn_id", "text")
    documents = {d.document_id: d for d in t.DOCUMENTS.rows(tables["documents"])}
    for m in t.MENTIONS.rows(tables["mentions"]):
        text, document = texts.get(m.turn_id), documents.get(m.document_id)
        if text is None or document is None:
            yield f"mention {m.mention_id}: the run lost its turn or document"
        elif found.texts.get(m.turn_id) != text and text not in found.by_path.get(
            document.path, ()
        ):
            place = f"{document.path} {document.locator}".strip()
            yield f"mention {m.mention_id}: {shorten(m.quote)!r} stands no more in {place}"


def _changes(folder: Path, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """Yield which files have changed since the run."""
    current = {label: now.get(label) or _sha256(folder / label) for label in before}
    gone = [label for label, digest in current.items() if not digest]
    edited = [label for label, digest in current.items() if digest and digest != before[label]]
    added = [label for label in now if label not in before]
    for files, said in (
        (edited, "changed since the run"), (gone, "gone since the run"),
        (added, "new since the run, so not part of it"),
    ):  # fmt: skip
        if files:
            yield f"{len(files)} {'file' if len(files) == 1 else 'files'} {said}: {_some(files)}"


def _sha256(path: Path) -> str:
    """Return the hash of a file, '' when it is not there."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _some(files: Iterable[str]) -> str:
    listed = sorted(files)
    more = f" and {len(listed) - _EXAMPLES} more" if len(listed) > _EXAMPLES else ""
    return ", ".join(listed[:_EXAMPLES]) + more
