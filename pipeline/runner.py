"""How steps are carried out: what has not changed is taken from before, no row is lost."""

import hashlib
import json
import logging
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from pipeline.beside import Ask, here
from pipeline.config import Settings
from pipeline.engines.engine import Engine
from pipeline.errors import ContractError
from pipeline.manifest import StepRecord
from pipeline.methods.measures import among
from pipeline.periods import Period
from pipeline.schema import Tables
from pipeline.sources.catalogue import Catalogue
from pipeline.store import Steps, table_hash, table_hashes
from pipeline.tables import ALL, DECISIONS, LEDGER, REJECTS

if TYPE_CHECKING:
    from pipeline.stages.compare import Previous

logger = logging.getLogger(__name__)

_LIBRARIES = (
    "pandas", "numpy", "scipy", "onnxruntime", "tokenizers", "sentencex",
    "vadersentiment", "phonenumberslite", "networkx", "langchain-text-splitters",
)  # fmt: skip
"""What a step's result may depend on beside our own code."""
_GATHERED = (REJECTS, LEDGER)
"""Tables to which every step may add rows."""
StepProgress = Callable[[str, int, int], None]
"""Told a step's name, how much of it is done, and of how much; 0 of 0 when nobody knows yet."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every step of one run may use beside its tables."""

    folder: Path
    settings: Settings
    period: Period
    engine: Engine
    catalogue: Catalogue
    previous: Tables
    """The tables of the period before; empty when there is none."""
    progress: Callable[[int, int], None] | None = None
    publish_early: Callable[[Tables, Engine], None] | None = None
    """Begins to publish, once it is clear that something will be new, what is known by then."""
    ask: Ask = here
    """Has a function called that needs words alone, it may be in another process."""
    inputs: dict[str, str] = field(default_factory=dict)
    """sha256 of each source file, filled in by the first step."""
    previous_period: str = ""
    """The name of the period before."""
    decisions: pd.DataFrame = field(default_factory=DECISIONS.frame)
    """What reviewers decided, as it stands in the log."""
    restated: dict[str, "Previous"] = field(default_factory=dict)
    """The period before under today's names, by the decisions it was told under; kept in memory."""

    def begin_to_publish(self, tables: Tables) -> None:
        """Have written what is known by now, beside the step that comes."""
        if self.publish_early:
            self.publish_early(tables, self.engine)


class Step(NamedTuple):
    """One step: what it does, and what its result depends on."""

    name: str
    run: Callable[[Context, Tables], Tables]
    reads: tuple[str, ...]
    """Tables it depends on; the first is the one whose rows are counted."""
    settings: tuple[str, ...] = ()
    """Sections of the settings it depends on."""
    uses_engine: bool = False
    uses_previous: tuple[str, ...] = ()
    """Tables of the period before that it depends on."""
    uses_decisions: bool = False
    """Depends on the log itself, and on the period's name."""
    counted: Callable[[Tables], pd.DataFrame] | None = None
    """Which rows of the first table the step is meant to use; all when None."""
    lands: tuple[str, str] = ("", "")
    """(table, column) where every counted row turns up unless it is among the rejects."""
    leaves: str = ""
    """Table of the rows that it leaves to a later step, by row_id; they are not rejected yet."""


class Done(NamedTuple):
    """All tables, and what each step did."""

    tables: Tables
    records: tuple[StepRecord, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the keys of all steps are made of, each hashed once."""

    code: str
    catalogue: dict[str, str]
    previous: dict[str, str]
    decisions: str
    tables: dict[str, str]
    """The hash of each table written so far, by name."""


def carry_out(
    steps: tuple[Step, ...], context: Context, kept: Steps, progress: StepProgress | None
) -> Done:
    """Run the steps in order; a step with unchanged inputs, settings and code is not redone."""
    tables: Tables = {}
    gathered: dict[str, list[pd.DataFrame]] = {table.name: [] for table in _GATHERED}
    records: list[StepRecord] = []
    known = _Known(
        code_hash(),
        table_hashes(
            {
                "catalogue": context.catalogue.catalogue,
                "catalogue_phrases": context.catalogue.catalogue_phrases,
                "stages": context.catalogue.stages,
            }
        ),
        table_hashes(context.previous),
        table_hash("decisions", context.decisions),
        {},
    )
    for step in steps:
        written, record = _one(step, context, tables, kept, (known, progress))
        for table in _GATHERED:
            gathered[table.name].append(written.pop(table.name, table.frame()))
        tables |= written
        records.append(record)
        logger.info(
            "%-12s in %7s  used %7s  rejected %7s  %6.1f s%s",
            step.name, f"{record.rows_in:,}", f"{record.used:,}", f"{record.rejected:,}",
            record.seconds, "  (unchanged)" if record.reused else "",
        )  # fmt: skip
    tables |= {table.name: table.check(pd.concat(gathered[table.name])) for table in _GATHERED}
    return Done(tables, tuple(records))


def _one(
    step: Step,
    context: Context,
    tables: Tables,
    kept: Steps,
    rest: tuple[_Known, StepProgress | None],
) -> tuple[Tables, StepRecord]:
    """Return a step's tables and record, from before where nothing changed."""
    began = time.perf_counter()
    known, progress = rest
    key = _key(step, context, known)
    found = kept.load(step.name, key) if step.reads else None
    if found:
        known.tables.update(table_hashes(found[0]))
        return found[0], found[1].model_copy(update={"reused": True})
    watch = _watch(step.name, progress) if progress else None
    watched = replace(context, progress=watch)
    if watch:
        watch(0, 0)
    context.engine.begin(step.name)
    written = step.run(watched, tables)
    after = context.engine.drain()
    if step.uses_engine:
        written["ledger"] = after.ledger
        written["rejects"] = pd.concat([written.get("rejects", REJECTS.frame()), after.rejects])
    written = {name: ALL[name].check(frame) for name, frame in written.items()}
    known.tables.update(table_hashes(written))
    done = _record(step, tables, written, began).model_copy(update=_bill(after.ledger))
    if watch:
        watch(done.rows_in or 1, done.rows_in or 1)
    if step.reads and after.is_settled:
        kept.keep(step.name, key, written, done)
    return written, done


def _bill(ledger: pd.DataFrame) -> dict[str, float]:
    """Return what the answers of a step took, for its record."""
    paid = ledger[~ledger["cached"]]
    return {
        "calls": len(paid),
        "cached": len(ledger) - len(paid),
        "prompt_tokens": int(paid["prompt_tokens"].sum()),
        "completion_tokens": int(paid["completion_tokens"].sum()),
        "cost": round(float(paid["cost"].sum()), 6),
    }


def _watch(name: str, progress: StepProgress) -> Callable[[int, int], None]:
    """Return a progress callback that also tells the step's name."""
    return lambda done, total: progress(name, done, total)


def _record(step: Step, tables: Tables, written: Tables, began: float) -> StepRecord:
    """Return what the step did; ContractError when a row was lost."""
    rejects = written.get("rejects", REJECTS.frame())
    if step.reads:
        counted = step.counted(tables) if step.counted else tables[step.reads[0]]
        keys = counted[ALL[step.reads[0]].key[0]]
        rejected = int(among(keys, rejects["row_id"]).sum())
        rows_in = len(counted)
        _account(step, keys, rejects, written)
    else:
        rejected = len(rejects)
        rows_in = len(written["documents"]) + rejected
    return record(step.name, (rows_in, rejected), began)


def record(step: str, rows: tuple[int, int], began: float) -> StepRecord:
    """Return what a step did that began at `began` on the performance counter and ends now.

    `rows` are those that went in and those rejected.
    """
    rows_in, rejected = rows
    return StepRecord(
        step=step,
        rows_in=rows_in,
        used=rows_in - rejected,
        rejected=rejected,
        seconds=round(time.perf_counter() - began, 3),
        peak_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        reused=False,
    )


def _account(step: Step, keys: pd.Series, rejects: pd.DataFrame, written: Tables) -> None:
    """Raise ContractError when a counted row is neither used nor rejected."""
    table, column = step.lands
    if not table:
        return
    lost = keys[~(among(keys, written[table][column]) | among(keys, rejects["row_id"]))]
    if step.leaves:
        lost = lost[~among(lost, written[step.leaves]["row_id"])]
    if len(lost):
        raise ContractError(
            f"step {step.name!r} lost {len(lost)} of {len(keys)} rows, first {lost.iloc[0]!r}"
        )


def _key(step: Step, context: Context, known: _Known) -> str:
    """Return a hash over everything the step's result depends on."""
    parts = {
        "step": step.name,
        "code": known.code,
        "tables": {name: known.tables[name] for name in step.reads},
        "settings": [_section(context.settings, name) for name in step.settings],
        "engine": context.engine.name if step.uses_engine else "",
        "catalogue": known.catalogue,
        "previous": {name: known.previous.get(name, "") for name in step.uses_previous},
        "decisions": _decided(context, known) if step.uses_decisions else [],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _decided(context: Context, known: _Known) -> list[str]:
    """Return the hash of the log, and the periods that its decisions are held against."""
    return [known.decisions, context.period.name, context.previous_period]


def _section(settings: Settings, name: str) -> str:
    """Return one section of the settings as JSON."""
    section = settings.model_dump(mode="json", include={name})
    return json.dumps(section, sort_keys=True)


@cache
def code_hash() -> str:
    """Return a hash of our files and library versions, so that new code redoes every step."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}".encode())
    return digest.hexdigest()
