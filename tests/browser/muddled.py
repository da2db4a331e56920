"""A run as a poor reading would have left it, so that something of each kind is proposed."""

from pathlib import Path

import pandas as pd

from pipeline import tables as t
from pipeline.schema import Tables
from pipeline.store import read_run, write_tables

_TWO_IN_ONE = ("Payroll export", "Rota builder")
_ONE_IN_TWO = ("Live chat support", "Live chats")
_MISNAMED = ("Payroll bureau", "Bureau")
_SAME_PAIN = "The overtime in the payroll file was wrong"


def muddle(run: Path) -> None:
    """Rewrite what was found: two touchpoints are one, one is two, one has a name that hardly
    anybody says, and one pain point stands twice."""
    tables = read_run(run)[0]
    ids = tables["touchpoints"].set_index("name")["touchpoint_id"].to_dict()
    written: Tables = {}
    for prefix in ("", "found_"):
        found = {
            name: tables[f"{prefix}{name}"] for name in ("touchpoints", "mentions", "pain_points")
        }
        for name, frame in _muddled(found, ids).items():
            written[prefix + name] = t.ALL[prefix + name].check(frame)
    write_tables(run / "tables", tables | written)


def _muddled(found: Tables, ids: dict[str, str]) -> Tables:
    points, quotes, pains = found["touchpoints"], found["mentions"], found["pain_points"]
    inner, outer = (ids[name] for name in _TWO_IN_ONE)
    home = {inner: outer}
    quotes = quotes.assign(touchpoint_id=quotes["touchpoint_id"].replace(home))
    pains = pains.assign(touchpoint_id=pains["touchpoint_id"].replace(home))

    whole = ids[_ONE_IN_TWO[0]]
    twin = points[points["touchpoint_id"] == whole].assign(
        touchpoint_id="twin", name=_ONE_IN_TWO[1], origin="discovered"
    )
    new_names = {_MISNAMED[0]: _MISNAMED[1], _TWO_IN_ONE[0]: "Bicycles"}
    points = pd.concat([points.assign(name=points["name"].replace(new_names)), twin])
    quotes = _halved(quotes, "touchpoint_id", whole, "twin")
    at_twin = quotes["touchpoint_id"] == "twin"
    quotes["pain_point_id"] = quotes["pain_point_id"].mask(at_twin, "")

    worst = pains.sort_values("n_mentions")["pain_point_id"].iloc[-1]
    same = pains[pains["pain_point_id"] == worst].assign(pain_point_id="same", name=_SAME_PAIN)
    quotes = _halved(quotes, "pain_point_id", worst, "same")
    return {"touchpoints": points, "mentions": quotes, "pain_points": pd.concat([pains, same])}


def _halved(quotes: pd.DataFrame, column: str, old: str, new: str) -> pd.DataFrame:
    """Return the quotes, every second one of `old` given to `new`."""
    half = quotes.index[quotes[column] == old][::2]
    return quotes.assign(**{column: quotes[column].mask(quotes.index.isin(half), new)})
