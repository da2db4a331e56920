"""The touchpoints of the period before, which those of this one can be said to go on with."""

from functools import lru_cache
from pathlib import Path

from pipeline.errors import ContractError
from pipeline.manifest import Manifest
from pipeline.store import find_previous, read_table
from pipeline.tables import TOUCHPOINTS


def earlier_touchpoints(run: Path, manifest: Manifest) -> tuple[tuple[str, str], ...]:
    """Return id and name of the touchpoints of the period before; () when there is none."""
    if not manifest.previous:
        return ()
    folder = find_previous(run.resolve().parent, manifest.corpus, manifest.start)
    return _read(folder / "tables" / "touchpoints.parquet") if folder else ()


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[tuple[str, str], ...]:
    try:
        frame = read_table(path)
    except ContractError:
        return ()
    rows = TOUCHPOINTS.rows(frame)
    named = sorted(rows, key=lambda p: (p.name.casefold(), p.touchpoint_id))
    return tuple((p.touchpoint_id, p.name) for p in named if p.n_mentions)
