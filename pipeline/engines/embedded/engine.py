"""The embedded engine: no key, no network, no cost, the same answers every time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.answers import ANSWER_LINKS, ANSWERS, GROUPS, Group
from pipeline.beside import Ask, here
from pipeline.briefs import Brief, Proposal
from pipeline.engines.embedded.ahead import look_ahead
from pipeline.engines.embedded.answering import answer, links, of_two, states_more
from pipeline.engines.embedded.complaints import REMEMBERS, tell_complaints
from pipeline.engines.embedded.discovery import Groups, discover
from pipeline.engines.embedded.emptiness import surely_empty
from pipeline.engines.embedded.gathering import group_pains, same_thing
from pipeline.engines.embedded.groups import TOUCHPOINT_CUT, centred, find_groups
from pipeline.engines.embedded.heads import content_share, rows_of
from pipeline.engines.embedded.lexicon import content_words, root, stem, words
from pipeline.engines.embedded.matching import Matches, match
from pipeline.engines.embedded.names import Named, name_groups
from pipeline.engines.embedded.partly import apart, group_partly, read_partly
from pipeline.engines.embedded.places import anchor
from pipeline.engines.embedded.propose import propose
from pipeline.engines.embedded.signals import signals_of
from pipeline.engines.embedded.tagging import tag
from pipeline.engines.embedded.terms import Term, Vocabulary, count_terms
from pipeline.engines.embedded.units import lay_out
from pipeline.engines.embedded.unplanned import Claimed, reclaim, stand_beside
from pipeline.engines.embedded.wordless import attach_emoji, without_words
from pipeline.engines.embedding import Embedder, Labels, Matrix
from pipeline.engines.engine import Aftermath, Progress, Reading
from pipeline.methods.languages import why_unread
from pipeline.methods.remembered import learn

Flags = NDArray[np.bool_]

_CARRIES = 0.6
"""Least probability that a clause carries a touchpoint at all."""
_CARRIES_NAMED = 0.25
"""The same for a clause the catalogue matches: naming a touchpoint is half the proof."""
_STATED_CONFIDENCE = 0.4
"""Least confidence for a clause that states a decision, or one end of a cause: it is about
something the business does, so a weaker likeness is enough."""
_FEWEST_WORDS = 2


class EmbeddedEngine:
    """Sentence vectors, small linear heads, word lists and clustering."""

    examples: tuple[str, ...] = ()
    staff_characters = 0
    has_endpoint_vectors = False
    has_clauses = True

    def __init__(self, cache: Path | None, min_confidence: float, business: str = "") -> None:
        self._embedder = Embedder(cache)
        self._min_confidence = min_confidence
        self._business = business
        self.name = f"embedded-1 {self._embedder.name}"

    def begin(self, step: str) -> None:
        """Do nothing: no step asks anybody."""

    def warm(self, sentences: pd.DataFrame, progress: Progress | None, ask: Ask = here) -> int:
        """Compute the vectors of all clauses in English; return how many clauses there are."""
        return look_ahead(apart(sentences)[0], self._embedder, progress, ask)

    def unread(self, language: str) -> str:
        """Return why texts in a language are not read, '' when they are."""
        return why_unread(language)

    def read(
        self,
        sentences: pd.DataFrame,
        catalogue_phrases: pd.DataFrame,
        progress: Progress | None = None,  # noqa: ARG002 - the vectors took the time
    ) -> Reading:
        """Return the clauses that carry a touchpoint, matched or not, and stated causes.

        `sentences` may have the column language of their documents.
        """
        english, others = apart(sentences)
        reading = self._read_english(english, catalogue_phrases)
        parts = [read_partly(one, own, catalogue_phrases) for one, own in others.items()]
        answers = pd.concat([reading.answers, *parts]) if parts else reading.answers
        return reading._replace(
            answers=ANSWERS.check(answers), rejects=without_words(sentences, answers)
        )

    def surely_empty(self, sentences: pd.DataFrame, below: float) -> list[bool]:
        """Tell of each sentence whether it carries a touchpoint with less than a probability; of
        none in another language than English, of which this engine knows little.
        """
        english, _ = apart(sentences)
        found = surely_empty(english["text"].tolist(), below, self._embedder)
        is_empty = dict(zip(english.index.tolist(), found, strict=True))
        return [is_empty.get(row, False) for row in sentences.index.tolist()]

    def _read_english(self, sentences: pd.DataFrame, catalogue_phrases: pd.DataFrame) -> Reading:
        """Return what the vectors and the English word lists find."""
        units = lay_out(sentences)
        if not units.texts:
            return Reading(ANSWERS.frame(), ANSWER_LINKS.frame())
        # The two ends of a cause are two topics: neither borrows from the other.
        borrows = [-1 if k else f for f, k in zip(units.follows, units.links, strict=True)]
        # Vectors are asked for twice, so that those of before do not stand in memory with the fit.
        both = self._embedder.both
        matches = match(units.texts, both(units.texts), borrows, catalogue_phrases, self._embedder)
        rows = rows_of(units.texts, both(units.texts))
        carries = content_share(rows.dense, rows.words)
        signals = signals_of(units.texts, rows, units.turn_ids)
        stated = states_more(units, signals)
        touchpoints = self._touchpoints(matches, stated)
        named = np.array([bool(t) for t in touchpoints])
        spoken = np.array([len(words(text)) >= _FEWEST_WORDS for text in units.texts])
        kept = spoken & np.where(named, carries >= _CARRIES_NAMED, carries >= _CARRIES)
        answers = {
            number: answer(units, number, touchpoints[number], signals, matches)
            for number in np.flatnonzero(kept).tolist()
        }
        answers |= attach_emoji(units, answers, signals)
        said_of_two = of_two(answers, matches, _called(catalogue_phrases), self._embedder)
        found = ANSWERS.frame([*(answers | said_of_two.first).values(), *said_of_two.second])
        return Reading(found, ANSWER_LINKS.frame(links(units, answers)))

    def group(
        self, candidates: pd.DataFrame, catalogue_phrases: pd.DataFrame, ask: Ask = here
    ) -> pd.DataFrame:
        """Group the quotes that the catalogue does not know by what they are about.

        General remarks and loners are left out; matched quotes that fit a group better join it.
        `candidates` may have the column language of their documents. `ask` has a function called,
        it may be in another process.
        """
        english, others = apart(candidates)
        # Complaints are grouped by problem next.
        complaints = ask(tell_complaints, english.loc[english["kind"] == "pain", "quote"].tolist())
        groups = self._group_english(english, catalogue_phrases)
        parts = [group_partly(one, own, catalogue_phrases) for one, own in others.items()]
        learn(REMEMBERS, complaints())
        return GROUPS.check(pd.concat([groups, *parts])) if parts else groups

    def _group_english(
        self, candidates: pd.DataFrame, catalogue_phrases: pd.DataFrame
    ) -> pd.DataFrame:
        """Return GROUPS of the candidates in English."""
        is_known = candidates["touchpoint_id"] != ""
        unknown, known = candidates[~is_known], candidates[is_known]
        unknown = unknown[[bool(content_words(quote)) for quote in unknown["quote"]]]
        if len(unknown) < 2:
            return GROUPS.frame()
        texts = unknown["quote"].tolist()
        vocabulary = count_terms(texts, self._business)
        raw = self._embedder.embed(texts)
        who = _voices_of(unknown)
        labels = discover(texts, centred(raw), vocabulary, who, _called_by(catalogue_phrases))
        found = Groups(texts, centred(raw), labels, who)
        claimed = Claimed(
            known["quote"].tolist(), self._centred(known["quote"].tolist(), raw),
            known["touchpoint_id"].tolist(), _voices_of(known), _judges(known),
        )  # fmt: skip
        labels = stand_beside(
            found, _judges(unknown), claimed, vocabulary, lambda own: self._centred(own, raw)
        )
        found = found._replace(labels=labels)
        taken = reclaim(claimed, found, vocabulary, _stems(catalogue_phrases))
        rows = self._describe(found, raw, vocabulary, catalogue_phrases)
        ids = unknown["mention_id"].tolist() + known["mention_id"].tolist()
        labels = np.concatenate([found.labels, taken])
        typical = _typicality(np.concatenate([found.vectors, claimed.vectors]), labels)
        return GROUPS.frame(
            replace(rows[label], mention_id=mention_id, confidence=round(float(share), 3))
            for mention_id, label, share in zip(ids, labels.tolist(), typical, strict=True)
            if label in rows
        )

    def _centred(self, texts: list[str], around: Matrix) -> Matrix:
        """Return unit vectors of texts less the mean of others."""
        return centred(self._embedder.embed(texts), around=around)

    def _describe(
        self, found: Groups, raw: Matrix, vocabulary: Vocabulary, phrases: pd.DataFrame
    ) -> dict[int, Group]:
        """Return for each named group the row that its members share; `raw` is not centred."""
        named = name_groups(
            found.texts, found.labels, raw, vocabulary, self._embedder.embed, _names_of(phrases),
            customers=found.customers,
        )  # fmt: skip
        near = self._nearest(found, phrases)
        called = _called(phrases)
        intended = {_root_of(name): touchpoint_id for touchpoint_id, name in called.items()}
        return {
            label: Group(
                "", str(label), one.name, _definition(one, called.get(near.get(label, ""), "")),
                near.get(label, ""), 0.0, same_id=intended.get(_root_of(one.name), ""),
            )
            for label, one in named.items()
            if one.name and not one.is_general
        }  # fmt: skip

    def group_pains(self, mentions: pd.DataFrame, touchpoints: pd.DataFrame) -> pd.DataFrame:
        """Group the painful mentions of each touchpoint by problem, named by a customer's words."""
        return group_pains(mentions, touchpoints, self._embedder)

    def same_thing(self, before: pd.DataFrame, now: pd.DataFrame) -> dict[str, str]:
        """Match groups of two periods by the centres of their quotes, best pairs first."""
        return same_thing(before, now, self._embedder.embed)

    def propose(self, briefs: list[Brief]) -> list[Proposal]:
        """Return five proposals for each brief, from the levers that fit its evidence best."""
        return propose(briefs)

    def drain(self) -> Aftermath:
        """Return nothing: no calls, and what cannot be read the stages see for themselves."""
        return Aftermath()

    def prompts(self) -> dict[str, str]:
        """Return none."""
        return {}

    def tag(self, texts: list[str], catalogue_phrases: pd.DataFrame) -> pd.DataFrame:
        """Return touchpoint_id ('' abstained), confidence, polarity and quote of each text."""
        return tag(texts, catalogue_phrases, self._embedder, self._min_confidence)

    def cluster(self, texts: list[str]) -> pd.DataFrame:
        """Return group ('' for none) and name of each text, with no catalogue."""
        if len(texts) < 2:
            return pd.DataFrame({"group": [""] * len(texts), "name": [""] * len(texts)})
        vectors = self._embedder.embed(texts)
        labels = find_groups(centred(vectors), TOUCHPOINT_CUT, texts=texts)
        named = name_groups(texts, labels, vectors, count_terms(texts), self._embedder.embed)
        return pd.DataFrame(
            {
                "group": [str(label) if label >= 0 else "" for label in labels.tolist()],
                "name": [named[label].name if label >= 0 else "" for label in labels.tolist()],
            }
        )

    def embed(self, texts: list[str], progress: Progress | None = None) -> Matrix:
        """Return unit vectors of texts, for retrieval."""
        return self._embedder.embed(texts, progress)

    def embed_locally(self, texts: list[str]) -> Matrix:
        """Return the same: nobody is asked for them."""
        return self._embedder.embed(texts)

    def _touchpoints(self, matches: Matches, stated: Flags) -> list[str]:
        """Return the matched touchpoint of each clause, '' where the match is not sure enough.

        A clause that states a decision, or one end of a cause, is about something the business
        does: for it a weaker likeness is enough.
        """
        if not matches.touchpoint_ids:
            return [""] * len(stated)
        sure = matches.confidence >= np.where(stated, _STATED_CONFIDENCE, self._min_confidence)
        return [
            matches.touchpoint_ids[column] if is_sure else ""
            for column, is_sure in zip(matches.best.tolist(), sure.tolist(), strict=True)
        ]

    def _nearest(self, found: Groups, catalogue_phrases: pd.DataFrame) -> dict[int, str]:
        """Return for each group the touchpoint of the catalogue that is most like it."""
        if catalogue_phrases.empty:
            return {}
        anchors = anchor(catalogue_phrases, self._embedder)
        groups = sorted(set(found.labels.tolist()) - {-1})
        means = (found.vectors[found.labels == group].mean(axis=0) for group in groups)
        likeness = (anchors.centred @ mean for mean in means)
        return {
            group: anchors.touchpoint_ids[int(row.argmax())]
            for group, row in zip(groups, likeness, strict=True)
        }


def _voices_of(candidates: pd.DataFrame) -> list[str]:
    """Return who said each candidate: a document stands for a customer nobody knows."""
    who, documents = candidates["customer_id"], candidates["document_id"]
    return who.where(who != "", documents).tolist()


def _judges(candidates: pd.DataFrame) -> Flags:
    """Return which candidates judge, ask or decide, and do not only tell what happened."""
    judges: Flags = (candidates["kind"] != "experience").to_numpy()
    return judges


def _called_by(phrases: pd.DataFrame) -> list[frozenset[str]]:
    """Return the stems in the name and the aliases of each touchpoint."""
    names = phrases[phrases["kind"].isin(["name", "alias"])]
    return [frozenset(stems) for stems in _stems(names).values()]


def _stems(phrases: pd.DataFrame) -> dict[str, set[str]]:
    """Return the stems in the phrases of each touchpoint."""
    stems: dict[str, set[str]] = {}
    for touchpoint_id, text in zip(phrases["touchpoint_id"], phrases["text"], strict=True):
        stems.setdefault(touchpoint_id, set()).update(stem(word) for word in content_words(text))
    return stems


def _typicality(vectors: Matrix, labels: Labels) -> Matrix:
    """Return for each vector its cosine to the centre of its group, as a share from 0 to 1."""
    out = np.zeros(len(vectors), dtype=np.float32)
    for label in set(labels.tolist()) - {-1}:
        own = labels == label
        centre = vectors[own].mean(axis=0)
        centre = centre / max(float(np.linalg.norm(centre)), 1e-9)
        out[own] = vectors[own] @ centre
    return np.clip(out, 0, 1)


def _called(phrases: pd.DataFrame) -> dict[str, str]:
    """Return the name of each touchpoint of the catalogue."""
    names = phrases[phrases["kind"] == "name"]
    return dict(zip(names["touchpoint_id"].tolist(), names["text"].tolist(), strict=True))


def _root_of(name: str) -> frozenset[str]:
    """Return the content words of a name without their endings: "Book flight" is the touchpoint
    "Booking a flight"."""
    return frozenset(root(word) for word in content_words(name)) or frozenset({name})


def _names_of(phrases: pd.DataFrame) -> set[Term]:
    """Return the catalogue's names, their words, and its aliases, as terms for nobody else."""
    taken: set[Term] = set()
    for kind, text in zip(phrases["kind"], phrases["text"], strict=True):
        stems = tuple(stem(word) for word in content_words(text))
        if kind in ("name", "alias"):
            taken.add(stems)
        if kind == "name":
            taken.update((word,) for word in stems)
    return taken


def _definition(named: Named, near: str) -> str:
    """Return what a group holds, the words that bring a quote into it, and what it leaves out."""
    about = f"What customers say about {_lower_first(named.name)}."
    inside = ", ".join(f"“{word}”" for word in named.telling[:4])
    rule = f" A quote belongs here when it speaks of {inside} or the like." if inside else ""
    return about + rule + (f" Not: {near}." if near else "")


def _lower_first(name: str) -> str:
    """Return a name as it stands within a sentence; abbreviations keep their capitals."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
