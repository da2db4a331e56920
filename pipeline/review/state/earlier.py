"""The touchpoints of the period before, and which of this one goes on with each."""

from functools import lru_cache
from pathlib import Path

from pipeline.decisions.history import told
from pipeline.errors import ContractError
from pipeline.manifest import Manifest
from pipeline.review.state.view import View
from pipeline.store import MANIFEST, find_previous, read_manifest, read_table
from pipeline.tables import TOUCHPOINTS


def earlier_touchpoints(run: Path, manifest: Manifest) -> tuple[tuple[str, str], ...]:
    """Return id and name of the touchpoints of the period before; () when there is none."""
    if not manifest.previous:
        return ()
    folder = find_previous(run.resolve().parent, manifest.corpus, manifest.start)
    is_it = folder is not None and _period(folder) == manifest.previous
    return _read(folder / "tables" / "touchpoints.parquet") if folder and is_it else ()


def continued_by(view: View) -> dict[str, str]:
    """Return for touchpoints of the period before the one that goes on with each: of the same id,
    or linked to it, unless it was unlinked."""
    linked: dict[str, str] = {}
    for row in view.standing():
        if row.action in ("link", "unlink"):
            linked[row.target_id] = str(told(row.argument).get("earlier_id", ""))
    return {linked.get(key, key): key for key in view.lookup.touchpoints if linked.get(key, key)}


def _period(run: Path) -> str:
    return read_manifest(run / MANIFEST).period


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[tuple[str, str], ...]:
    try:
        frame = read_table(path)
    except ContractError:
        return ()
    rows = TOUCHPOINTS.rows(frame)
    named = sorted(rows, key=lambda p: (p.name.casefold(), p.touchpoint_id))
    return tuple((p.touchpoint_id, p.name) for p in named if p.n_mentions)
