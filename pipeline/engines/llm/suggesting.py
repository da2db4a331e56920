"""A business's own description → the journey that it will have planned, for people to correct.

What comes back fits stages.csv and touchpoints.csv: whatever their reader would refuse is left out
and told, instead of leaving a corpus that does not load.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from pipeline.engines.llm.asking import Asker
from pipeline.engines.llm.jobs import Item
from pipeline.engines.llm.schemas import SuggestedStage, SuggestedTouchpoint, SuggestResult
from pipeline.errors import ConfigError, EngineError
from pipeline.text import normalise

STAGE_COLUMNS = (
    "stage", "position", "aim_customer", "aim_business", "done_when", "timeframe_days",
    "red_flags", "owner",
)  # fmt: skip
TOUCHPOINT_COLUMNS = (
    "name", "definition", "stage", "channel", "owner", "effort", "aliases", "examples",
)  # fmt: skip
_KEY = "business"
_FEWEST_STAGES, _FEWEST_TOUCHPOINTS = 3, 5
"""With less than this the suggestion is no journey."""
_LONGEST_NAME, _LONGEST_TEXT = 60, 240
_LONGEST_DAYS = 3650
_LONGEST_DESCRIPTION = 8_000
_NOT_PLAIN = re.compile(
    r"https?:|www\.|\S@\S+\.\w|[`{}<>|\\^~*=\x00-\x08\x0b-\x1f]|\b\w{3,}\((?!e?s\))", re.IGNORECASE
)
_FORMULA = re.compile(r"\s*[=+@-]")
"""A spreadsheet would compute a cell that begins so."""


class Suggested(NamedTuple):
    """What is written to the two files."""

    touchpoints: pd.DataFrame
    stages: pd.DataFrame
    left_out: tuple[str, ...]
    """what was not fit to be written, and why, for a person"""


class _Kept(NamedTuple):
    rows: list[dict[str, str]]
    left_out: list[str]


def suggest(description: str, asker: Asker, template_stages: Sequence[str] = ()) -> Suggested:
    """Return the touchpoints and stages a model expects of a business.

    ConfigError when there is no description or it is too long; EngineError when the provider cannot
    be used, gives no answer, or one that holds no journey.
    """
    text = description.strip()
    if not text or len(text) > _LONGEST_DESCRIPTION:
        wrong = f"is longer than {_LONGEST_DESCRIPTION} characters" if text else "is empty"
        raise ConfigError(f"the description of the business {wrong}; a few sentences are enough")
    item = Item(_KEY, tuple(line for line in text.splitlines() if line.strip()))
    variables = {"template": "; ".join(template_stages)}
    answered = asker.job("suggest", variables, [item], SuggestResult)
    results = answered.results.get(_KEY, [])
    if not results:
        faults = answered.faults.get(_KEY, [])
        why = "; ".join(sorted({f"{one.reason} ({one.detail})" for one in faults}))
        raise EngineError(f"the model suggested nothing: {why}; start from a template instead")
    return _checked(results[0])


def _checked(result: SuggestResult) -> Suggested:
    stages = _keep_stages(result.stages)
    known = {normalise(row["stage"]): row["stage"] for row in stages.rows}
    touchpoints = _keep_touchpoints(result.touchpoints, known)
    if len(stages.rows) < _FEWEST_STAGES or len(touchpoints.rows) < _FEWEST_TOUCHPOINTS:
        raise EngineError(
            f"the model's suggestion holds no journey: {len(stages.rows)} stages and "
            f"{len(touchpoints.rows)} touchpoints are fit to be used; tell more of the business, "
            "or start from a template"
        )
    return Suggested(
        pd.DataFrame(touchpoints.rows, columns=list(TOUCHPOINT_COLUMNS)),
        pd.DataFrame(stages.rows, columns=list(STAGE_COLUMNS)),
        (*stages.left_out, *touchpoints.left_out),
    )


def _keep_stages(stages: Iterable[SuggestedStage]) -> _Kept:
    """Return the stages with names that are fit and not there yet, in their order."""
    kept = _Kept([], [])
    names: set[str] = set()
    for number, one in enumerate(stages, start=1):
        name = _name(one.stage)
        if not name or normalise(name) in names:
            kept.left_out.append(f"stage {number}: its name {_wrong(name)}")
            continue
        names.add(normalise(name))
        days = one.timeframe_days
        kept.rows.append({
            "stage": name,
            "position": str(len(kept.rows) + 1),
            "aim_customer": _sentence(one.aim_customer),
            "aim_business": _sentence(one.aim_business),
            "done_when": _sentence(one.done_when),
            "timeframe_days": str(days) if 0 < days <= _LONGEST_DAYS else "",
            "red_flags": "",
            "owner": "",
        })  # fmt: skip
    return kept


def _keep_touchpoints(touchpoints: Iterable[SuggestedTouchpoint], stages: dict[str, str]) -> _Kept:
    """Return the touchpoints with a name, a definition and a stage; no word means two of them."""
    kept = _Kept([], [])
    given: list[tuple[str, SuggestedTouchpoint]] = []
    taken: set[str] = set()
    for number, one in enumerate(touchpoints, start=1):
        name = _name(one.name)
        wrong = (
            f"its name {_wrong(name)}" if not name or normalise(name) in taken
            else "its definition cannot be used" if not _sentence(one.definition)
            else "its stage is none of those suggested" if normalise(one.stage) not in stages
            else ""
        )  # fmt: skip
        if wrong:
            kept.left_out.append(f"touchpoint {number}: {wrong}")
            continue
        taken.add(normalise(name))
        given.append((name, one))
    for name, one in given:
        kept.rows.append(_touchpoint(name, one, stages, taken))
    return kept


def _touchpoint(
    name: str, one: SuggestedTouchpoint, stages: dict[str, str], taken: set[str]
) -> dict[str, str]:
    """Return a row; its aliases are added to the words that are `taken`."""
    aliases = []
    for alias in map(_name, one.aliases):
        if alias and ";" not in alias and normalise(alias) not in taken:
            taken.add(normalise(alias))
            aliases.append(alias)
    examples = dict.fromkeys(filter(None, map(_sentence, one.examples)))
    return {
        "name": name,
        "definition": _sentence(one.definition),
        "stage": stages[normalise(one.stage)],
        "channel": _name(one.channel),
        "owner": _name(one.owner),
        "effort": "",
        "aliases": "; ".join(aliases),
        "examples": " | ".join(examples),
    }


def _name(text: str) -> str:
    """Return a short text as it may stand in a cell; '' when it may not."""
    name = " ".join(text.split()).strip(" .\"'“”‘’")
    return name if len(name) <= _LONGEST_NAME and _is_plain(name) else ""


def _sentence(text: str) -> str:
    """Return a text of a sentence or two as it may stand in a cell; '' when it may not."""
    sentence = " ".join(text.split())
    return sentence if len(sentence) <= _LONGEST_TEXT and _is_plain(sentence) else ""


def _is_plain(text: str) -> bool:
    has_letter = any(letter.isalpha() for letter in text)
    return has_letter and not _NOT_PLAIN.search(text) and not _FORMULA.match(text)


def _wrong(name: str) -> str:
    return f"{name!r} is there already" if name else "is too long, empty or not plain words"
