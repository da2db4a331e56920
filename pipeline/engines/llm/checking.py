"""Our own checks of a model's proposals; the critic is a model too, and may be fooled.

A proposal that falls is told by its number. Its words are shown only when they are words that
customers, the business or the library of levers use: what a customer's text made the model say must
not reach a table by way of the rejects.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from rapidfuzz.fuzz import token_set_ratio

from pipeline.briefs import Brief, Pain, Proposal
from pipeline.engines.embedded.measures import Reading, choose_reading
from pipeline.engines.embedded.wording import capital, label, tidy
from pipeline.engines.llm.briefing import Figures, Shown
from pipeline.engines.llm.schemas import ProposalRead
from pipeline.engines.llm.topic import Sense, Topic
from pipeline.methods.quoting import invented, one_line, unquoted
from pipeline.text import normalise

_SAME_CHANGE = 90
"""Likeness of words, of 100, from which two changes are one."""
_LONGEST = {"lever": 70, "change": 700}
_LONGEST_OTHER = 350
"""Characters. The prompt asks for half as much."""
_MOST_LEVER_WORDS = 8
_REFERENCE = re.compile(r"\s*\[\d+(?:\s*[,;\u2013-]\s*\d+)*\]")
"""A number of a quote in the text: readers do not see these numbers."""
_NOT_PLAIN = re.compile(
    r"https?:|www\.|\S@\S+\.\w|\b[\w-]{2,}\.[a-z]{2,}\b|[`{}|\\^~*\x00-\x08\x0b-\x1f]|<[\w/!<]|>>"
    r"|__|==|\w=\w|\b\w{3,}\((?!e?s\))|#\D",
    re.IGNORECASE,
)
"""Addresses, markup, code."""
_SCRAMBLED = re.compile(r"\b\w*[a-z][\d@&$#][a-z]\w*\b|(?:\b[^\W\d_](?:[ .-]|$)){5}")
"""Letters replaced or spaced out."""
_MOST_SCRAMBLED = 1
_ADDRESSED = re.compile(
    r"\b(?:please|dear|(?:the|every|any|our) readers?|the assistant|an? ai|(?:language|ai) model"
    r"|you(?:'re|\u2019re)? (?:should|must|are|now|have to|need to|can|may|will)"
    r"|(?:ignore|disregard|forget) (?:all|any|the|every|previous))\b"
    r"|\b(?-i:I)(?:['\u2019](?:m|ll|ve)| (?:am|will|can|cannot|have|must|would))\b",
    re.IGNORECASE,
)
"""A plan speaks of people; it does not speak to its reader, or of who wrote it. Outside quotation
marks none of 32 sentences written as a good model would does, and one of the library's 522."""
_NO_PAIN = Pain("", "", 0, float("nan"), ())


class Fault(NamedTuple):
    """Why a proposal falls, and its lever if that may be shown."""

    reason: str
    lever: str


_FEWEST_CHANGE_WORDS = 5
"""Nobody can start on a change told in fewer words."""


class Checker:
    """Checks the proposals for one touchpoint."""

    def __init__(self, brief: Brief, shown: Shown, sense: Sense) -> None:
        self._brief = brief
        self._shown = shown
        self._sense = sense
        self._topic: Topic = sense.topic(brief)
        self._quotes = [*shown.quotes, *(text for _, text in brief.quotes())]

    def check(self, read: ProposalRead, kept: Sequence[Proposal]) -> Proposal | Fault:
        """Return what a model proposed as a proposal, or why it cannot be one."""
        proposal = self._as_proposal(read)
        texts = _texts(proposal)
        reason = (
            _fault_of_form(texts)
            or self._fault_of_claims(read, texts)
            or _fault_beside(proposal, kept)
            or self._fault_of_topic(proposal, texts)
        )
        return Fault(reason, self.showable(proposal.lever)) if reason else self._counted(proposal)

    def _as_proposal(self, read: ProposalRead) -> Proposal:
        ids = self._shown.mention_ids
        cited = dict.fromkeys(ids[n - 1] for n in read.evidence if 1 <= n <= len(ids))
        return Proposal(
            touchpoint_id=self._brief.touchpoint_id,
            lever=capital(_plain(read.lever).rstrip(".")),
            change=_plain(read.change),
            resources=_plain(read.resources),
            measure=_plain(read.measure),
            baseline=_plain(read.baseline),
            target=_plain(read.target),
            side_effects=_plain(read.side_effects),
            mention_ids=tuple(cited),
        )

    def _fault_of_claims(self, read: ProposalRead, texts: dict[str, str]) -> str:
        """Return what is wrong with evidence, quotes or figures, or ''."""
        n_quotes = len(self._shown.mention_ids)
        if any(not 1 <= number <= n_quotes for number in read.evidence):
            return "unknown_evidence"
        if n_quotes and not read.evidence:
            return "no_evidence"
        if any(invented(text, self._quotes) for text in texts.values()):
            return "invented_quote"
        if any(_ADDRESSED.search(unquoted(text)) for text in texts.values()):
            return "addressed"
        told = (texts[name] for name in ("change", "resources", "measure", "side_effects"))
        return "invented_figure" if any(map(self._figures.deny, told)) else ""

    def _fault_of_topic(self, proposal: Proposal, texts: dict[str, str]) -> str:
        sense, topic = self._sense, self._topic
        # What stands in quotation marks a customer said; that was looked up before.
        said = [unquoted(text) for name, text in texts.items() if name != "lever"]
        fits = (
            sense.speaks_of(topic, proposal.change)
            and sense.names(topic, proposal.lever, proposal.change)
            and sense.is_sensible(topic, said)
        )
        return "" if fits else "off_topic"

    def showable(self, lever: str) -> str:
        """Return a lever that may stand in a reject, else ''."""
        is_fit = not _fault_of_form({"lever": lever})
        return lever if is_fit and self._sense.is_plain_lever(self._topic, lever) else ""

    def _counted(self, proposal: Proposal) -> Proposal:
        """Return a proposal whose baseline is true: one that we did not count is replaced."""
        if self._figures.hold(proposal.baseline):
            return proposal
        reading = self._reading(proposal)
        return replace(
            proposal,
            measure=f"{reading.measure}. Watch as well: {proposal.measure}",
            baseline=capital(reading.baseline) + ".",
            target=capital(reading.target) + ".",
        )

    def _reading(self, proposal: Proposal) -> Reading:
        """Return the measure of the problem whose quotes the proposal cites most."""
        brief = tidy(self._brief)
        cited = set(proposal.mention_ids)
        pain = max(
            brief.pains,
            key=lambda pain: len(cited & {quote.mention_id for quote in pain.quotes}),
            default=None,
        )
        if pain is None:
            return choose_reading(brief, _NO_PAIN, "", ("any", "worked"), None)[0][1]
        name = label(pain.name, (said for _, said in brief.quotes()))
        return choose_reading(brief, pain, name, ("pain",), None)[0][1]

    @property
    def _figures(self) -> Figures:
        return self._shown.figures


def is_told(proposal: Proposal, kept: Iterable[Proposal]) -> bool:
    """Tell whether a proposal has the lever or says the change of one that is kept."""
    lever, change = normalise(proposal.lever), normalise(proposal.change)
    return any(
        normalise(other.lever) == lever
        or token_set_ratio(normalise(other.change), change) >= _SAME_CHANGE
        for other in kept
    )


def _fault_beside(proposal: Proposal, kept: Sequence[Proposal]) -> str:
    return "duplicate" if is_told(proposal, kept) else ""


def _fault_of_form(texts: dict[str, str]) -> str:
    """Return what is wrong with the form of texts, or ''."""
    if not all(texts.values()):
        return "empty_field"
    if any(len(text) > _LONGEST.get(name, _LONGEST_OTHER) for name, text in texts.items()):
        return "too_long"
    if len(texts["lever"].split()) > _MOST_LEVER_WORDS:
        return "too_long"
    if "change" in texts and len(texts["change"].split()) < _FEWEST_CHANGE_WORDS:
        return "too_thin"
    if len(set(map(normalise, texts.values()))) < len(texts):
        return "too_thin"
    is_plain = not any(
        _NOT_PLAIN.search(text) or len(_SCRAMBLED.findall(text)) > _MOST_SCRAMBLED
        for text in texts.values()
    )
    return "" if is_plain else "not_plain"


def _texts(proposal: Proposal) -> dict[str, str]:
    names = ("lever", "change", "resources", "measure", "baseline", "target", "side_effects")
    return {name: getattr(proposal, name) for name in names}


def _plain(text: str) -> str:
    """Return a text on one line, without the numbers of quotes."""
    return one_line(_REFERENCE.sub("", text))
