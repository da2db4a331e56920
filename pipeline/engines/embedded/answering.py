"""Clauses into answers: which touchpoint, which mood, which cause; clauses about two touchpoints
make two answers, each with the mood towards its own."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.answers import Answer, AnswerLink
from pipeline.engines.embedded.aspects import polarities_toward
from pipeline.engines.embedded.matching import Matches
from pipeline.engines.embedded.signals import Signals, kind
from pipeline.engines.embedded.units import Units
from pipeline.engines.embedding import Embedder
from pipeline.text import stable_id

_MOODS = {"pain", "praise", "experience"}


class SaidOfTwo(NamedTuple):
    """Answers of clauses that speak of two touchpoints."""

    first: dict[int, Answer]
    """by number of the clause; they replace the answers given so far"""
    second: list[Answer]


def of_two(
    answers: dict[int, Answer], matches: Matches, names: dict[str, str], embedder: Embedder
) -> SaidOfTwo:
    """Return the answers of clauses with a second touchpoint, moods told apart."""
    numbers = [n for n, one in answers.items() if one.touchpoint_id and matches.second[n] >= 0]
    if not numbers:
        return SaidOfTwo({}, [])
    others = [matches.touchpoint_ids[matches.second[n]] for n in numbers]
    own = [answers[n].touchpoint_id for n in numbers]
    quotes = [answers[n].quote for n in numbers]
    moods = polarities_toward([*quotes, *quotes], [names[t] for t in [*own, *others]], embedder)
    pairs = list(zip(numbers, own, moods[: len(numbers)].tolist(), strict=True))
    further = zip(numbers, others, moods[len(numbers) :].tolist(), strict=True)
    first = {n: _toward(answers[n], touchpoint, mood) for n, touchpoint, mood in pairs}
    second = [
        _further(_toward(answers[n], touchpoint, mood), float(matches.second_confidence[n]))
        for n, touchpoint, mood in further
    ]
    return SaidOfTwo(first, second)


def _toward(one: Answer, touchpoint_id: str, toward: float) -> Answer:
    """Return an answer with the mood towards one touchpoint: half that of its clause, which its
    neighbours helped to tell."""
    mood = (one.polarity + toward) / 2
    kept = one.kind if one.kind not in _MOODS else kind(mood, one.outcome)
    strength = min(max(one.intensity, 0.75 * abs(mood)), 1.0)
    return replace(
        one, touchpoint_id=touchpoint_id, polarity=round(mood, 3), kind=kept,
        intensity=round(strength, 3),
    )  # fmt: skip


def _further(one: Answer, confidence: float) -> Answer:
    """Return the answer under an id of its own."""
    answer_id = stable_id(one.turn_id, one.start, one.end, one.touchpoint_id)
    return replace(one, answer_id=answer_id, confidence=confidence)


def answer(
    units: Units, number: int, touchpoint_id: str, signals: Signals, matches: Matches
) -> Answer:
    """Return the answer made of clause `number`."""
    confidence = float(matches.confidence[number]) if touchpoint_id else 0.0
    start, end = units.starts[number], units.ends[number]
    return Answer(
        answer_id=stable_id(units.turn_ids[number], start, end),
        turn_id=units.turn_ids[number],
        touchpoint_id=touchpoint_id,
        kind=signals.kind[number],
        quote=units.texts[number],
        start=start,
        end=end,
        polarity=round(float(signals.polarity[number]), 3),
        intensity=round(float(signals.intensity[number]), 3),
        outcome=signals.outcome[number],
        confidence=confidence,
    )


def states_more(units: Units, signals: Signals) -> NDArray[np.bool_]:
    """Return which clauses state a decision or are one end of a stated cause."""
    stated = np.array([kind == "decision" for kind in signals.kind], dtype=np.bool_)
    for number, link in enumerate(units.links):
        if link and units.follows[number] >= 0:
            stated[[number, units.follows[number]]] = True
    return stated


def links(units: Units, answers: dict[int, Answer]) -> list[AnswerLink]:
    """Return the causal statements both ends of which are answers."""
    links: list[AnswerLink] = []
    for number, link in enumerate(units.links):
        before = units.follows[number]
        if not link or number not in answers or before not in answers:
            continue
        cause, effect = (before, number) if link == "effect" else (number, before)
        start, end = answers[before].start, answers[number].end
        links.append(
            AnswerLink(
                cause_id=answers[cause].answer_id,
                effect_id=answers[effect].answer_id,
                turn_id=units.turn_ids[number],
                quote="",
                start=start,
                end=end,
            )
        )
    return links
