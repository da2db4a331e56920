"""What a model may be expected to answer, written by the embedded engine: for `plan`, never for a
run. The same shape as a model's answers, so that the same code reads it and the next step's
questions come about; how many tokens it has tells how many a model's answer will have.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from pipeline.answers import ANSWERS, Answer
from pipeline.briefs import Brief, Proposal
from pipeline.engines.embedded.engine import EmbeddedEngine
from pipeline.engines.engine import Reading
from pipeline.engines.llm import known
from pipeline.engines.llm.extracting import Asked, Line
from pipeline.errors import shorten

_ITEM = re.compile(
    r"<<item \d+ (?P<nonce>\w+)>>\n(?P<text>.*?)\n(?=<<(?:item|end) \d+ (?P=nonce)>>)", re.DOTALL
)
_LINE = re.compile(r"^\[\d+\] .*$", re.MULTILINE)
_PROPOSAL = re.compile(r"^Proposal (\d+):", re.MULTILINE)
_QUOTE = re.compile(r"^\[\d+\] ", re.MULTILINE)
_SAME = 0.75
"""Least cosine of two names to be judged the same; little depends on it, an answer to this prompt
is a few numbers."""
_DEFINITION_LENGTH, _PROBLEM_WORDS, _REASON = 110, 5, "It says who does what."
_PROPOSALS, _WORDS, _WORDS_ELSE = 7, {"change": 30}, 12
"""How many proposals the prompt asks for (the library knows five), and how long they will be: half
of what it allows."""
_TO_JUDGE = 6
"""Of them those that will pass our own checks and come before the critic; of the understudy's,
which are the library's cut short, two or three do."""
_GUIDED = 1.15
"""Length of a model's answers for that of quotes which the embedded engine files under a
touchpoint, which it does only where it is rather sure: between what reviews of lounges took (0.95)
and the demo corpus (1.5)."""
_UNGUIDED = 0.74
"""The same where no catalogue says what to look for: that engine reads by clauses. Between what
the demo corpus without its catalogue (0.92) and reviews of seats (0.71) took."""


class Understudy:
    """Answers a model's questions from what the embedded engine finds in the same sentences."""

    def __init__(self, embedded: EmbeddedEngine) -> None:
        self._embedded = embedded
        self._mentions: dict[str, list[dict[str, Any]]] = {}
        self._is_guided = True
        self._proposals: dict[str, list[Proposal]] = {}
        self._tasks: dict[str, Callable[[str], dict[str, Any]]] = {
            "extract": self._extract, "same": self._same, "name": self._name,
            "pains": self._pains, "propose": self._propose, "critique": self._critique,
        }  # fmt: skip

    def learn_reading(
        self, asked: Asked, reading: Reading, sentences: pd.DataFrame, phrases: pd.DataFrame
    ) -> None:
        """Take what the embedded engine read in the documents that are asked about."""
        self._is_guided = not phrases.empty
        codes = {touchpoint_id: code for code, touchpoint_id in known.codes(phrases).items()}
        labels = self._labels(reading, sentences, phrases)
        answers: dict[str, list[Answer]] = {}
        for answer in ANSWERS.rows(reading.answers):
            answers.setdefault(answer.turn_id, []).append(answer)
        for item in asked.items:
            shown = _LINE.findall("\n".join(item.lines))
            for number, (text, line) in enumerate(
                zip(shown, asked.lines[item.key], strict=False), 1
            ):
                own = [
                    _mention(number, one, called)
                    for one in answers.get(line.turn_id, ())
                    if _stands_in(line, one)
                    and (called := codes.get(one.touchpoint_id) or labels.get(one.answer_id, ""))
                ]
                self._mentions.setdefault(text, own)

    def learn_briefs(self, briefs: Sequence[Brief]) -> None:
        """Take what the library of levers proposes."""
        names = {brief.touchpoint_id: brief.name for brief in briefs}
        for proposal in self._embedded.propose(list(briefs)):
            self._proposals.setdefault(names[proposal.touchpoint_id], []).append(proposal)

    def answer(self, task: str, user: str) -> str:
        """Return an answer to a call of a prompt (`extract.v3`) with these items."""
        write = self._tasks[task.partition(".")[0]]
        items = [match["text"] for match in _ITEM.finditer(user)]
        results = [{"id": number, **write(text)} for number, text in enumerate(items, 1)]
        return json.dumps({"results": results})

    def fuller(self, task: str, user: str) -> float:
        """Return how many times as much as is shown to the understudy a model will be shown."""
        n_shown = len(_PROPOSAL.findall(user)) if task.startswith("critique.") else 0
        return _TO_JUDGE * len(_ITEM.findall(user)) / n_shown if n_shown else 1.0

    def share(self, task: str) -> float:
        """Return what part of the length of an answer by the understudy a model's will have."""
        if not task.startswith("extract."):
            return 1.0
        return _GUIDED if self._is_guided else _UNGUIDED

    def _labels(
        self, reading: Reading, sentences: pd.DataFrame, phrases: pd.DataFrame
    ) -> dict[str, str]:
        """Return what quotes outside the catalogue are called, after their group. One that is in
        none is like no other: in a run of the embedded engine it would not count either."""
        answers = reading.answers
        turns = sentences.drop_duplicates("turn_id").set_index("turn_id")
        quotes = answers[["touchpoint_id", "quote", "kind"]].assign(
            mention_id=answers["answer_id"],
            language=answers["turn_id"].map(turns["language"]),
            document_id=answers["turn_id"].map(turns["document_id"]),
            customer_id="",  # so that each document stands for one
        )
        groups = self._embedded.group(quotes, phrases)
        return dict(zip(groups["mention_id"], groups["name"], strict=True))

    def _extract(self, item: str) -> dict[str, Any]:
        """Return the mentions of each line; which led to which is told too seldom to count."""
        found = [one for line in _LINE.findall(item) for one in self._mentions.get(line, ())]
        return {"mentions": found, "causes": []}

    def _same(self, item: str) -> dict[str, Any]:
        lines = item.split("\n")
        others = [line.partition(": ")[2] for line in lines[1:] if line[:1].isdigit()]
        vectors = self._embedded.embed([lines[0], *others])
        alike = (vectors[1:] @ vectors[0] >= _SAME).tolist()
        return {"same": [number for number, is_same in enumerate(alike, 1) if is_same]}

    def _name(self, item: str) -> dict[str, Any]:
        labels, _, quotes = item.partition("\n")
        name = labels.removeprefix("Labels: ").split("; ")[0]
        definition = shorten(" ".join(quotes.replace("- ", "").split()), _DEFINITION_LENGTH)
        return {"name": name, "definition": definition, "stage": "", "near": ""}

    def _pains(self, item: str) -> dict[str, Any]:
        groups = re.split(r"^Group (\d+):\n- ", item, flags=re.MULTILINE)[1:]
        problems = [
            {"groups": [int(number)], "name": " ".join(text.lower().split()[:_PROBLEM_WORDS])}
            for number, text in zip(groups[::2], groups[1::2], strict=True)
        ]
        return {"problems": problems}

    def _propose(self, item: str) -> dict[str, Any]:
        first, _, _ = item.partition("\n")
        own = self._proposals.get(first.removeprefix("Touchpoint: "), [])
        n_quotes = max(len(_QUOTE.findall(item)), 1)
        return {
            "proposals": [
                _proposal(own[place % len(own)], place % n_quotes + 1)
                for place in range(_PROPOSALS if own else 0)
            ]
        }

    def _critique(self, item: str) -> dict[str, Any]:
        numbers = [int(number) for number in _PROPOSAL.findall(item)]
        return {"verdicts": [{"number": n, "fault": "none", "reason": _REASON} for n in numbers]}


def _stands_in(line: Line, answer: Answer) -> bool:
    return line.turn_id == answer.turn_id and line.start <= answer.start < line.end


def _mention(line: int, answer: Answer, touchpoint: str) -> dict[str, Any]:
    return {
        "line": line, "quote": answer.quote, "touchpoint": touchpoint, "kind": answer.kind,
        "polarity": round(answer.polarity, 1), "intensity": round(answer.intensity, 1),
        "outcome": answer.outcome, "confidence": round(answer.confidence, 2),
    }  # fmt: skip


def _proposal(proposal: Proposal, quote: int) -> dict[str, Any]:
    """Return a proposal, as long as a model's."""
    fields = {
        "lever": proposal.lever, "change": proposal.change, "resources": proposal.resources,
        "measure": proposal.measure, "baseline": proposal.baseline, "target": proposal.target,
        "side_effects": proposal.side_effects,
    }  # fmt: skip
    cut = {
        name: " ".join(text.split()[: _WORDS.get(name, _WORDS_ELSE)])
        for name, text in fields.items()
    }
    return {**cut, "evidence": [quote]}
