"""The LLM engine: a language model reads, judges, names and proposes; vectors narrow the choice.

The embedded engine stays beside it: its vectors leave out what carries nothing, propose what may
belong together unless the endpoint has a model for that, and guard what is proposed.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import pandas as pd

from pipeline.answers import GROUPS, Group
from pipeline.beside import Ask, here
from pipeline.briefs import Brief, Proposal
from pipeline.config import Settings
from pipeline.engines.embedded.engine import EmbeddedEngine
from pipeline.engines.embedded.gathering import group_pains_elsewhere, same_thing
from pipeline.engines.embedded.groups import unit
from pipeline.engines.embedding import Matrix
from pipeline.engines.engine import Aftermath, Progress, Reading
from pipeline.engines.llm import known
from pipeline.engines.llm.asking import Asker
from pipeline.engines.llm.extracting import Asked, Known, lay_out, read_answers
from pipeline.engines.llm.jobs import Answered, Item
from pipeline.engines.llm.merging import (
    Label,
    gather,
    join_unlabelled,
    pair_items,
    propose_pairs,
    typical,
    unite,
    verdicts,
    worth_naming,
)
from pipeline.engines.llm.naming import (
    Called,
    PainGroup,
    Shown,
    call_groups,
    group_items,
    pain_item,
    read_problems,
)
from pipeline.engines.llm.proposing import propose
from pipeline.engines.llm.schemas import ExtractResult, NameResult, PainResult, Result, SameResult
from pipeline.engines.llm.skipping import Skipper
from pipeline.methods.fewest import fewest_customers
from pipeline.prompts import example_of
from pipeline.tables import LEDGER, REJECTS, LedgerRow, Reject

_PROMPTS = ("extract", "same", "name", "pains", "propose", "critique")
_SHOWN_QUOTES = 3
"""Quotes shown of each group to be named."""
_LARGE_PAIN = 3
"""Of a group of so many painful quotes two are shown; near ones say the same, so else one does."""
_MAY_COME = frozenset({"provider_failed", "provider_busy"})
"""What failed for these reasons another run may get."""
R = TypeVar("R", bound=Result)


class LaidOut(NamedTuple):
    """Sentences as the model is shown them, and those left out, as rejects."""

    asked: Asked
    empty: pd.DataFrame


class Vectors(Protocol):
    """Vectors of an endpoint, or what stands for them in a plan."""

    name: str
    stage: str
    """the step that asks from now on, for the ledger"""

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """Return one unit vector a text, in order."""

    def prepare(self, texts: Sequence[str], progress: Progress | None = None) -> None:
        """Have the vectors of texts made and kept."""

    def ledger(self) -> list[LedgerRow]:
        """Return one row a call, paid now or before."""

    def drain_faults(self) -> list[Reject]:
        """Return the texts that got no vector of their own since the last time."""


class LlmEngine:
    """A language model behind the one interface of engines."""

    def __init__(
        self,
        asker: Asker,
        embedded: EmbeddedEngine,
        settings: Settings,
        stages: Sequence[str],
        vectors: Vectors | None = None,
    ) -> None:
        """`vectors` are those of the endpoint, where the settings name a model for them."""
        self._asker = asker
        self._stages = stages
        self._embedded = embedded
        self._business = " ".join((settings.corpus.business or settings.corpus.name).split())
        self._resolve = settings.resolve
        self._skipper = Skipper(embedded, is_on=asker.settings.skip_empty)
        self._faults: list[Reject] = []
        self._booked: set[str] = set()
        self._is_settled = True
        self.staff_characters = asker.settings.staff_characters
        self.examples = tuple(example_of(asker.prompt("extract").task).splitlines())
        self._vectors = vectors
        self.has_endpoint_vectors = vectors is not None
        self.has_clauses = False
        named = [embedded.name, *([vectors.name] if vectors else [])]
        self.name = f"llm-1 {asker.fingerprint()} {' '.join(named)}"

    def begin(self, step: str) -> None:
        """Note which step asks from now on; a chat's request says so itself."""
        if self._vectors:
            self._vectors.stage = step

    def unread(self, language: str) -> str:  # noqa: ARG002 - a model reads every language
        """Return why texts in a language are not read: never."""
        return ""

    def warm(
        self,
        sentences: pd.DataFrame,
        progress: Progress | None,
        ask: Ask = here,  # noqa: ARG002 - the words are looked at by the model
    ) -> int:
        """Have the vectors made that sentences are found by, and tell which carry nothing, which
        the embedded model always does."""
        texts = sorted(set(sentences["text"]))
        if self._vectors:
            self._vectors.prepare(texts, progress)
        if self._asker.settings.skip_empty or not self._vectors:
            self._embedded.embed(texts, progress)
        self._skipper.look(sentences)
        return len(texts)

    def read(
        self,
        sentences: pd.DataFrame,
        catalogue_phrases: pd.DataFrame,
        progress: Progress | None = None,
    ) -> Reading:
        """Return what the model finds in sentences, document by document.

        `sentences` has, beside its own columns, language, position of the turn in the document, and
        staff: the end of what staff said right before the turn.
        """
        return self.read_laid_out(self.lay_out(sentences), sentences, catalogue_phrases, progress)

    def lay_out(self, sentences: pd.DataFrame) -> LaidOut:
        """Return what of the sentences is shown to the model."""
        shown, empty = self._skipper.carrying(sentences)
        return LaidOut(lay_out(shown), empty)

    def read_laid_out(
        self,
        laid_out: LaidOut,
        sentences: pd.DataFrame,
        catalogue_phrases: pd.DataFrame,
        progress: Progress | None = None,
    ) -> Reading:
        """Return what the model finds in what is laid out of these sentences."""
        answered = self._ask(
            "extract", self._variables(catalogue_phrases), list(laid_out.asked.items),
            ExtractResult, progress,
        )  # fmt: skip
        meant = Known(
            known.codes(catalogue_phrases),
            known.names(catalogue_phrases),
            known.vocabulary(sentences, "text", self._given(catalogue_phrases)),
        )
        reading = read_answers(laid_out.asked, answered, meant)
        return reading._replace(rejects=REJECTS.check(pd.concat([reading.rejects, laid_out.empty])))

    def group(
        self,
        candidates: pd.DataFrame,
        catalogue_phrases: pd.DataFrame,
        ask: Ask = here,  # noqa: ARG002 - the words are looked at by the model
    ) -> pd.DataFrame:
        """Return GROUPS of the quotes under labels that the model judged to mean the same."""
        if self._vectors:
            # Also of those that the catalogue knows: reviewing and searching go by them.
            self._vectors.prepare(candidates["quote"].tolist())
        unknown = candidates[candidates["touchpoint_id"] == ""].reset_index(drop=True)
        if unknown.empty or not (unknown["label"] != "").any():
            return GROUPS.frame()
        vectors = self.embed(unknown["quote"].tolist())
        labels = gather(unknown, vectors, self.embed(unknown["label"].tolist()))
        rows = [list(label.rows) for label in labels]
        for row, place in join_unlabelled(unknown, vectors, labels).items():
            rows[place].append(row)
        intended = known.as_labels(catalogue_phrases, self.embed)
        united, same = self._unite(labels, intended, unknown["quote"].tolist())
        groups = [sorted(row for place in own for row in rows[place]) for own in united]
        texts = [[labels[n].text for n in own] for own in united]
        who = unknown["customer_id"].tolist()
        least = fewest_customers(self._resolve, len(set(who)), has_catalogue=bool(intended))
        worth = worth_naming(groups, same, who, least, self._resolve.max_discovered)
        called = self._name(unknown, vectors, texts, groups, worth, catalogue_phrases)
        return _as_groups(unknown, vectors, groups, called, same)

    def _unite(
        self, labels: Sequence[Label], intended: Sequence[Label], quotes: Sequence[str]
    ) -> tuple[list[list[int]], list[str]]:
        """Return groups of labels, and for each the catalogue's touchpoint it is, or ''."""
        everything = [*labels, *intended]
        vectors = np.stack([label.vector for label in everything])
        pairs = propose_pairs(labels, intended)
        items, beside = pair_items(
            pairs,
            [label.text for label in everything],
            [quotes[label.rows[0]] if label.rows else "" for label in everything],
        )
        answered = self._ask("same", {"business": self._business}, items, SameResult)
        catalogued = range(len(labels), len(everything))
        # What the business keeps apart stays apart.
        judged = verdicts(beside, answered) | dict.fromkeys(combinations(catalogued, 2), False)
        united = unite(pairs, judged, vectors)
        groups, same = [], []
        for members in united:
            ours = [n for n in members if n < len(labels)]
            theirs = [everything[n].key for n in members if n >= len(labels)]
            if ours:
                groups.append(ours)
                same.append(theirs[0] if theirs else "")
        return groups, same

    def _name(
        self,
        candidates: pd.DataFrame,
        vectors: Matrix,
        labels: Sequence[Sequence[str]],
        groups: Sequence[Sequence[int]],
        worth: Collection[int],
        phrases: pd.DataFrame,
    ) -> list[Called]:
        """Return what each group is called; the model names those that are worth it."""
        quotes, customers = candidates["quote"].tolist(), candidates["customer_id"].tolist()
        shown = [
            Shown(
                str(n), own, [quotes[r] for r in typical(rows, vectors, customers, _SHOWN_QUOTES)]
            )
            for n, (own, rows) in enumerate(zip(labels, groups, strict=True))
        ]
        items = group_items([shown[n] for n in sorted(worth)])
        answered = self._ask("name", self._variables(phrases), items, NameResult)
        vocabulary = known.vocabulary(candidates, "quote", self._given(phrases))
        order = sorted(shown, key=lambda one: -len(groups[int(one.key)]))
        called = call_groups(order, answered, known.codes(phrases), self._stages, vocabulary)
        return [called[one.key] for one in shown]

    def group_pains(self, mentions: pd.DataFrame, touchpoints: pd.DataFrame) -> pd.DataFrame:
        """Return GROUPS of painful mentions: near ones first, then as the model gathers them."""
        proposed = (
            group_pains_elsewhere(mentions, self.embed)
            if self._vectors
            else self._embedded.group_pains(mentions, touchpoints)
        )
        if proposed.empty:
            return proposed
        joined = proposed.merge(mentions[["mention_id", "touchpoint_id", "quote"]], on="mention_id")
        names = dict(zip(touchpoints["touchpoint_id"], touchpoints["name"], strict=True))
        groups = {str(key): _pain_groups(own) for key, own in joined.groupby("touchpoint_id")}
        worth = {key: own for key, own in groups.items() if sum(g.size for g in own) > 1}
        items = [pain_item(key, names.get(key, ""), own) for key, own in worth.items()]
        answered = self._ask("pains", {"business": self._business}, items, PainResult)
        vocabulary = known.vocabulary(mentions, "quote", [self._business])
        renamed: dict[str, tuple[str, str]] = {}
        for key, own in worth.items():
            problems = read_problems(own, answered.results.get(key, []), vocabulary)
            for number, (first, name) in problems.items():
                renamed[f"{key} {number}"] = f"{key} {first}", name
        return GROUPS.frame(
            replace(row, group=renamed[row.group][0], name=renamed[row.group][1])
            if row.group in renamed
            else row
            for row in GROUPS.rows(proposed)
        )

    def same_thing(self, before: pd.DataFrame, now: pd.DataFrame) -> dict[str, str]:
        """Match groups of two periods by their vectors."""
        return same_thing(before, now, self.embed)

    def embed(self, texts: list[str]) -> Matrix:
        """Return unit vectors of texts: the endpoint's where there are any, else the embedded."""
        return self._vectors.embed(texts) if self._vectors else self._embedded.embed(texts)

    def embed_locally(self, texts: list[str]) -> Matrix:
        """Return the embedded model's unit vectors of texts."""
        return self._embedded.embed(texts)

    def propose(self, briefs: list[Brief]) -> list[Proposal]:
        """Return five proposals for each brief: the model's that hold, then the library's."""
        done = propose(briefs, self._asker, self._embedded.embed, self._business)
        self._faults += REJECTS.rows(done.rejects)
        self._is_settled &= not done.rejects["reason"].isin(_MAY_COME).any()
        return done.proposals

    def drain(self) -> Aftermath:
        """Return the answers since the last call, paid or kept, and what was asked in vain."""
        rows = self._asker.caller.ledger()
        if self._vectors:
            rows = [*rows, *self._vectors.ledger()]
            lost = self._vectors.drain_faults()
            self._faults += lost
            self._is_settled &= all(fault.reason not in _MAY_COME for fault in lost)
        new = [row for row in rows if row.request_id not in self._booked]
        self._booked.update(row.request_id for row in new)
        rejects, self._faults = self._faults, []
        is_settled, self._is_settled = self._is_settled, True
        return Aftermath(
            LEDGER.frame(new),
            REJECTS.frame({(r.row_id, r.stage, r.reason): r for r in rejects}.values()),
            is_settled=bool(is_settled),
        )

    def prompts(self) -> dict[str, str]:
        """Return the sha256 of each prompt in the form for this model."""
        return {prompt.task: prompt.sha256 for prompt in map(self._asker.prompt, _PROMPTS)}

    def _ask(
        self,
        name: str,
        variables: dict[str, str],
        items: list[Item],
        result: type[R],
        progress: Progress | None = None,
    ) -> Answered[R]:
        """Ask a prompt; of what was not answered keep the reasons, unless stages see to that."""
        answered = self._asker.job(name, variables, items, result, progress)
        faults = [fault for own in answered.faults.values() for fault in own]
        self._is_settled &= all(fault.reason not in _MAY_COME for fault in faults)
        if result is not ExtractResult:
            self._faults += [
                Reject(f"{name}/{key}", self._asker.prompt(name).stage, fault.reason, fault.detail)
                for key, faults in answered.faults.items()
                for fault in faults
            ]
        return answered

    def _variables(self, phrases: pd.DataFrame) -> dict[str, str]:
        """Return what the prompts that know the catalogue may ask for."""
        return {
            "business": self._business,
            "catalogue": known.shown_catalogue(phrases),
            "stages": "; ".join(self._stages),
        }

    def _given(self, phrases: pd.DataFrame) -> list[str]:
        """Return texts that the business wrote: their words may stand in names."""
        return [self._business, *phrases["text"].tolist(), *self._stages]


def _pain_groups(joined: pd.DataFrame) -> list[PainGroup]:
    """Return the groups of painful quotes of one touchpoint, largest first."""
    groups = []
    for group, own in joined.groupby("group"):
        quotes = list(dict.fromkeys(own["quote"].tolist()))[: 2 if len(own) >= _LARGE_PAIN else 1]
        number = int(str(group).rsplit(" ", 1)[-1])
        groups.append(PainGroup(number, str(own["name"].iloc[0]), quotes, len(own)))
    return sorted(groups, key=lambda group: (-group.size, group.number))


def _as_groups(
    candidates: pd.DataFrame,
    vectors: Matrix,
    groups: Sequence[Sequence[int]],
    called: Sequence[Called],
    same: Sequence[str],
) -> pd.DataFrame:
    """Return GROUPS of the quotes by row; a group without a name is none."""
    ids = candidates["mention_id"].tolist()
    rows = []
    for number, (own, one, same_id) in enumerate(zip(groups, called, same, strict=True)):
        if not (one.name or same_id):
            continue
        middle = unit(vectors[list(own)].mean(axis=0))
        rows += [
            Group(
                ids[row], str(number), one.name, one.definition, one.near_id,
                round(min(max(float(vectors[row] @ middle), 0.0), 1.0), 3), one.stage, same_id,
            )
            for row in own
        ]  # fmt: skip
    return GROUPS.frame(rows)
