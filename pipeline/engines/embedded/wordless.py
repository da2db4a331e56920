"""Texts that say how somebody feels and nothing else: "😡", "👍👍"."""

from dataclasses import replace

import pandas as pd

from pipeline.answers import Answer
from pipeline.engines.embedded.emoji import emoji_sign
from pipeline.engines.embedded.signals import Signals
from pipeline.engines.embedded.units import Units
from pipeline.tables import REJECTS, Reject
from pipeline.text import stable_id

_REASON = "no_words"


def attach_emoji(units: Units, answers: dict[int, Answer], signals: Signals) -> dict[int, Answer]:
    """Return answers made of clauses that are nothing but emoji, by number: each is about the
    touchpoint of the clause right before it in its turn, where that has one."""
    found: dict[int, Answer] = {}
    for number, text in enumerate(units.texts):
        before = answers.get(units.follows[number])
        if not (_is_wordless(text) and emoji_sign(text) and before and before.touchpoint_id):
            continue
        start, end = units.starts[number], units.ends[number]
        found[number] = replace(
            before, answer_id=stable_id(before.turn_id, start, end), kind=signals.kind[number],
            quote=text, start=start, end=end, polarity=float(signals.polarity[number]),
            intensity=float(signals.intensity[number]), outcome="unknown",
        )  # fmt: skip
    return found


def without_words(sentences: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Return a reject for each sentence that holds no letter and no digit, unless it is a quote."""
    quoted = set(zip(answers["turn_id"], answers["start"], strict=True))
    places = (sentences[name].tolist() for name in ("sentence_id", "turn_id", "start", "text"))
    return REJECTS.frame(
        Reject(sentence_id, "extract", _REASON, text[:200])
        for sentence_id, turn_id, start, text in zip(*places, strict=True)
        if _is_wordless(text) and (turn_id, start) not in quoted
    )


def _is_wordless(text: str) -> bool:
    """Tell whether a text holds neither letters nor digits."""
    return not any(character.isalnum() for character in text)
