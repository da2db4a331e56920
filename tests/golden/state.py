"""What is committed about the present: which truths are missed, and each quarter's snapshot."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.engines.embedded.engine import EmbeddedEngine
from pipeline.methods.measures import counts, usable
from pipeline.run import Options, run_corpus
from pipeline.schema import Tables
from tests.golden.planted import CORPUS, FACTS, HERE, PERIODS, Truth
from tests.golden.recovery import DIRECTION, MISSED, RECOVERED, Result, tabulate

TRUTHS = HERE / "truths.toml"
EXPECTED = HERE / "expected"
README = CORPUS / "README.md"
MARK = "# Below this line: written by `python -m tests.golden.refresh`."
HEADING = "## Known misses"
_PROBES = ["The overtime totals were wrong again.", "Text reminders come after the shift."]


def run_quarters(outputs: Path) -> dict[str, Path]:
    """Run both quarters into a folder; return the run folder of each."""
    return {
        period: run_corpus(CORPUS, Options(period, outputs=outputs)).folder for period in PERIODS
    }


def kernel() -> str:
    """Return a mark of the model's arithmetic, which differs a little between processors."""
    vectors = EmbeddedEngine(None, 0.5).embed(_PROBES)
    return hashlib.sha256(vectors.tobytes()).hexdigest()[:12]


def known_state(truth_id: str) -> str:
    """Return the committed state of a truth."""
    known = FACTS["known"]
    if truth_id in known["known_misses"]:
        return MISSED
    return DIRECTION if truth_id in known["direction_only"] else RECOVERED


def snapshot(tables: Tables, before: Mapping[str, str]) -> dict[str, Any]:
    """Return what a person would compare; `before` names touchpoints that are gone."""
    touchpoints = tables["touchpoints"].sort_values(["position", "name"])
    names = dict(zip(touchpoints["touchpoint_id"], touchpoints["name"], strict=True))
    called = {**before, **names}
    number = counts(usable(tables["documents"], tables["mentions"], touchpoints))
    chosen = tables["priorities"].query("is_chosen").sort_values("rank")
    return {
        "customers": {name: number.get(key, 0) for key, name in names.items()},
        "chosen": [names[key] for key in chosen["touchpoint_id"]],
        "links": sorted(_links(tables["edges"], names)),
        "verdicts": {
            f"{called[key]}: {dimension}": verdict
            for key, dimension, verdict in sorted(
                tables["changes"][["touchpoint_id", "dimension", "verdict"]].itertuples(
                    index=False, name=None
                ),
                key=lambda row: (called[row[0]], row[1]),
            )
        },
    }


def _links(edges: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    rows = edges[["source_id", "kind", "target_id"]].itertuples(index=False, name=None)
    return sorted({f"{names[a]} {kind} {names[b]}" for a, kind, b in rows})


def expected(period: str) -> dict[str, Any]:
    """Return the committed snapshot of a quarter."""
    found: dict[str, Any] = json.loads((EXPECTED / f"{period}.json").read_text("utf-8"))
    return found


def write_expected(period: str, found: Mapping[str, Any]) -> None:
    """Commit the snapshot of a quarter."""
    EXPECTED.mkdir(exist_ok=True)
    text = json.dumps(found, indent=1, ensure_ascii=False)
    (EXPECTED / f"{period}.json").write_text(text + "\n", "utf-8")


def write_known(truths: list[Truth], results: Mapping[str, Result]) -> None:
    """Write which truths are missed into truths.toml, below the mark."""
    lists = {
        key: [t.id for t in truths if results[t.id].state == state]
        for key, state in (("known_misses", MISSED), ("direction_only", DIRECTION))
    }
    lines = [MARK, "", "[known]", f'kernel = "{kernel()}"']
    for key, ids in lists.items():
        lines += [f"{key} = [", *(f"  {json.dumps(one, ensure_ascii=False)}," for one in ids), "]"]
    kept = TRUTHS.read_text("utf-8").split(MARK)[0].rstrip()
    TRUTHS.write_text(kept + "\n\n" + "\n".join(lines) + "\n", "utf-8")


def write_readme(truths: list[Truth], results: Mapping[str, Result]) -> None:
    """Write the section on known misses, the last of the corpus' README."""
    kept = README.read_text("utf-8").split(f"{HEADING}\n")[0]
    README.write_text(f"{kept}{HEADING}\n\n{_section(truths, results)}", "utf-8")


def _section(truths: list[Truth], results: Mapping[str, Result]) -> str:
    *rows, total = tabulate(truths, results)
    _, planted, recovered, direction = total
    parts = [
        f"The embedded engine recovers {recovered} of {planted} planted truths, {direction} of them"
        " only in their direction: the difference is too small to be told apart from chance."
        " A count is recovered when it is within 35 % or three customers of the plan. The golden"
        " test notices every truth that is newly missed or newly recovered;"
        " `python -m tests.golden.refresh` writes this section again.\n",
        "| truths | planted | recovered | of these direction only |",
        "|---|---|---|---|",
        *(f"| {' | '.join(map(str, row))} |" for row in (*rows, total)),
    ]
    for category, *_ in rows:
        own = [t for t in truths if t.category == category and results[t.id].state != RECOVERED]
        parts += [f"\n{category[0].upper()}{category[1:]}:\n"] if own else []
        parts += [f"- **{t.id}** ({results[t.id].state}): {results[t.id].said}" for t in own]
    return "\n".join(parts) + "\n"


def readme_states() -> dict[str, str]:
    """Return the truths that the README says are not fully recovered, with their state."""
    section = README.read_text("utf-8").split(f"{HEADING}\n")[1]
    return dict(re.findall(r"^- \*\*(.+?)\*\* \((.+?)\): ", section, re.MULTILINE))


def readme_table() -> dict[str, tuple[int, int, int]]:
    """Return the README's (planted, recovered, direction only) by category."""
    section = README.read_text("utf-8").split(f"{HEADING}\n")[1]
    rows = re.findall(r"^\| (.+?) \| (\d+) \| (\d+) \| (\d+) \|$", section, re.MULTILINE)
    return {name: (int(a), int(b), int(c)) for name, a, b, c in rows}
