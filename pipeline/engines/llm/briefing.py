"""A brief as the model is shown it: counted facts, problems, links, and quotes with numbers.

What stands here is all that a proposal may rest on. `Figures` holds its numbers, so that a figure
in an answer can be looked up.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import NamedTuple

from pipeline.briefs import Brief, Neighbour, Quote
from pipeline.engines.embedded.wording import plain
from pipeline.engines.llm.money import estimate_tokens
from pipeline.methods.quoting import one_line

_MOST_TOKENS = 1_100
"""Of one brief; with fewer quotes of each problem when it is longer."""
_QUOTES_OF_A_PAIN = (3, 2, 1)
_PAINS, _SUGGESTIONS, _EXPECTATIONS, _PRAISES, _AFTER, _BEFORE = 6, 3, 2, 2, 3, 2
_LONGEST_QUOTE = 160
_PAIR = re.compile(r"(?<![\d.,])(\d+)\s*(?:of|out of|/)\s*(?:the\s+|all\s+)?(\d+)(?![\d.,]*\d)")
_PERCENT = re.compile(r"(?<![\d.,])(\d+(?:[.,]\d+)?)\s*(?:%|per ?cent\b)")
_NUMBER = re.compile(r"[+\u2212-]?\d+(?:[.,]\d+)*")
_MEASURED_OTHERWISE = re.compile(
    r"\d\s*(?:h\b|s\b|min|sec|hour|day|week|month|year|euro|dollar|pound|times|[\u20ac$\u00a3])"
    r"|[\u20ac$\u00a3]\s*\d",
    re.IGNORECASE,
)
"""A figure of time or money: no brief holds one of the touchpoint as a whole."""
_OF_CUSTOMERS = re.compile(
    r"(\d+)\s*(?:of|out of)\s*(?:the\s+|our\s+|all\s+)?(\d+)\s+(?:customers|clients|guests|users)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Figures:
    """The numbers of a brief."""

    pairs: set[tuple[int, int]] = field(default_factory=set)
    percents: set[int] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)

    def share(self, k: int, n: int) -> str:
        """Note and return `k of n customers`."""
        n = max(k, n)
        self.pairs.add((k, n))
        self.numbers |= {str(k), str(n)}
        if n:
            self.percents.add(round(100 * k / n))
        return f"{k} of {n} customers"

    def number(self, value: float, digits: int = 2) -> str:
        """Note and return a number."""
        text = f"{value:.{digits}f}"
        self.numbers.add(text.lstrip("+-"))
        return text

    def hold(self, text: str) -> bool:
        """Tell whether every figure of a text is one of these."""
        if _MEASURED_OTHERWISE.search(text):
            return False
        if any((int(k), int(n)) not in self.pairs for k, n in _PAIR.findall(text)):
            return False
        rest = _PAIR.sub(" ", text)
        shares = [float(one.replace(",", ".")) for one in _PERCENT.findall(rest)]
        if any(round(share) not in self.percents for share in shares):
            return False
        rest = _PERCENT.sub(" ", rest)
        found = (one.lstrip("+-\u2212").replace(",", ".") for one in _NUMBER.findall(rest))
        return all(one in self.numbers for one in found)

    def deny(self, text: str) -> bool:
        """Tell whether a text counts customers otherwise than these do."""
        return any((int(k), int(n)) not in self.pairs for k, n in _OF_CUSTOMERS.findall(text))


class Shown(NamedTuple):
    """A brief as shown."""

    lines: tuple[str, ...]
    mention_ids: tuple[str, ...]
    """of the quotes in their order: the first is number 1"""
    quotes: tuple[str, ...]
    figures: Figures


def show(brief: Brief) -> Shown:
    """Return a brief in lines, with as many quotes as there is room for."""
    for n_quotes in _QUOTES_OF_A_PAIN:
        writer = _Writer(brief, n_quotes)
        lines = tuple(writer.write())
        if sum(estimate_tokens(line) + 1 for line in lines) <= _MOST_TOKENS:
            break
    return Shown(lines, tuple(writer.said), tuple(writer.said.values()), writer.figures)


class _Writer:
    """Writes a brief and numbers the quotes on the way, each once."""

    def __init__(self, brief: Brief, n_quotes: int) -> None:
        self.brief = brief
        self.n_quotes = n_quotes
        self.figures = Figures()
        self.said: dict[str, str] = {}

    def write(self) -> Iterator[str]:
        """Return the lines."""
        yield from self._known()
        yield from self._counted()
        yield from self._pains()
        brief = self.brief
        for title, quotes, n in (
            ("Customers suggest", brief.suggestions, _SUGGESTIONS),
            ("Customers expected", brief.expectations, _EXPECTATIONS),
            ("Customers praise", brief.praises, _PRAISES),
        ):
            numbered = self._quoted(quotes, n)
            if numbered:
                yield f"{title}:"
                yield from numbered
        yield from self._links(brief.incoming[:_BEFORE], "Before it", "leads to it")
        yield from self._links(brief.outgoing[:_AFTER], "After it", "suffers from it")

    def _known(self) -> Iterator[str]:
        brief = self.brief
        yield f"Touchpoint: {plain(brief.name, 80)}"
        if brief.definition:
            yield f"Meaning: {plain(brief.definition, 200)}"
        yield f"Owner: {plain(brief.owner, 60) or 'not named'}"
        if brief.stage_done_when:
            days = brief.stage_timeframe_days
            within = "" if isnan(days) else f", within {days:.0f} days"
            yield f"Its stage is done when: {plain(brief.stage_done_when, 160)}{within}"

    def _counted(self) -> Iterator[str]:
        brief, figures = self.brief, self.figures
        yield f"Spoken of by {figures.share(brief.n_customers, brief.n_all_customers)}"
        yield f"A problem reported by {figures.share(brief.n_pain_customers, brief.n_customers)}"
        if not isnan(brief.emotion):
            low, high = brief.emotion_low, brief.emotion_high
            span = "" if isnan(low + high) else f", interval {low:+.2f} to {high:+.2f}"
            yield f"Emotion, -1 to 1: {figures.number(brief.emotion)}{span}"
        if not isnan(brief.function) and brief.n_function_customers:
            n = brief.n_function_customers
            yield f"Did its job: {figures.share(round(brief.function * n), n)} who told the outcome"
        if brief.worst_segment and brief.n_segment:
            count = figures.share(brief.n_segment_pain, brief.n_segment)
            yield f"Worst segment, {plain(brief.worst_segment, 40)}: a problem reported by {count}"

    def _pains(self) -> Iterator[str]:
        brief = self.brief
        for pain in brief.pains[:_PAINS]:
            count = self.figures.share(pain.n_customers, brief.n_customers)
            severity = pain.severity
            weight = "" if isnan(severity) else f", severity {self.figures.number(severity)} of 1"
            yield f"Problem: {plain(pain.name) or 'no name'} ({count}{weight})"
            yield from self._quoted(pain.quotes, self.n_quotes)

    def _links(self, neighbours: Sequence[Neighbour], place: str, cause: str) -> Iterator[str]:
        for one in neighbours:
            count = self.figures.share(one.n_customers, self.brief.n_customers)
            owner = f" (owner {plain(one.owner, 40)})" if one.owner else ""
            how = f"{cause}, customers say" if one.kind == "influences" else "in their journey"
            yield f"{place}: {plain(one.name, 60)}{owner}, {how}: {count}"
            if one.mention_id and one.quote:
                yield from self._number([(one.mention_id, one.quote)])

    def _quoted(self, quotes: Sequence[Quote], n: int) -> list[str]:
        return self._number([(quote.mention_id, quote.text) for quote in quotes[:n]])

    def _number(self, said: Sequence[tuple[str, str]]) -> list[str]:
        """Return quotes that stand nowhere yet, each with its number."""
        lines = []
        for mention_id, text in said:
            if mention_id not in self.said:
                self.said[mention_id] = _cut(one_line(text))
                lines.append(f"[{len(self.said)}] {self.said[mention_id]}")
        return lines


def _cut(text: str) -> str:
    """Return a quote, cut at a word when it is long."""
    if len(text) <= _LONGEST_QUOTE:
        return text
    space = text.rfind(" ", _LONGEST_QUOTE // 2, _LONGEST_QUOTE)
    return text[: space if space > 0 else _LONGEST_QUOTE] + " \u2026"
