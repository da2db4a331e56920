"""Small runs to compare, from a few quotes, in memory and on disk."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from pipeline import tables as t
from pipeline.comparison.runs import NEEDED
from pipeline.comparison.sides import Run
from pipeline.config import Corpus, Settings
from pipeline.manifest import Manifest
from pipeline.schema import Tables
from pipeline.store import write_manifest, write_tables
from tests import example_run
from tests.unit.stages import journeys as j

TEXT = "The export was late. The invoice was wrong. The course was good."
LATE, WRONG, GOOD = (0, 20), (21, 43), (44, 64)
SETTINGS = Settings(corpus=Corpus(name="Acme")).model_dump(mode="json")


def said(customer: int, span: tuple[int, int], touchpoint: str, **others) -> t.Mention:
    """A mention in the one turn of a customer's document."""
    key = f"{customer}-{span[0]}-{touchpoint}"
    return j.mention(
        key, f"c{customer:02}", touchpoint, document_id=f"d{customer:02}",
        turn_id=f"t{customer:02}", start=span[0], end=span[1], quote=TEXT[slice(*span)], **others,
    )  # fmt: skip


def touchpoint(name: str, origin: str = "catalogue") -> t.Touchpoint:
    return replace(j.touchpoint(name), origin=origin)


def tables_of(
    mentions: list[t.Mention],
    touchpoints: list[t.Touchpoint],
    n_customers: int = 12,
    text: str = TEXT,
) -> Tables:
    """All tables of a run in which each customer said `text` in a call."""
    tables: Tables = {name: table.frame() for name, table in t.ALL.items()}
    people = range(n_customers)
    tables["documents"] = t.DOCUMENTS.frame(
        j.document(f"d{n:02}", f"c{n:02}", path=f"calls/{n:02}.txt") for n in people
    )
    tables["turns"] = t.TURNS.frame(
        t.Turn(f"t{n:02}", f"d{n:02}", 0, "customer", "", "", text) for n in people
    )
    tables["mentions"] = t.MENTIONS.frame(mentions)
    tables["touchpoints"] = t.TOUCHPOINTS.frame(_counted(one, mentions) for one in touchpoints)
    return tables


def _counted(one: t.Touchpoint, mentions: list[t.Mention]) -> t.Touchpoint:
    own = [m for m in mentions if m.touchpoint_id == one.touchpoint_id]
    return replace(one, n_mentions=len(own), n_customers=len({m.customer_id for m in own}))


def manifest_of(**others) -> Manifest:
    base = example_run.build_empty()[1]
    return base.model_copy(
        update={"corpus": "Acme", "engine": "embedded-1 x", "settings": SETTINGS, **others}
    )


def run_of(tables: Tables, label: str = "A", **others) -> Run:
    return Run(Path(label), tables, manifest_of(**others), label)


def written(folder: Path, tables: Tables, **others) -> Path:
    """A run folder with those of these tables that are compared."""
    write_tables(folder / "tables", {name: tables[name] for name in NEEDED})
    write_manifest(folder, manifest_of(**others))
    return folder


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple]:
    return list(frame[list(columns)].itertuples(index=False, name=None))
