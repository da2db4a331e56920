"""What an engine is told about one touchpoint worth fixing, and what it proposes in return."""

from dataclasses import dataclass
from math import nan


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote with what is known of the customer who said it."""

    mention_id: str
    text: str
    customer_id: str
    polarity: float
    outcome: str
    kind: str
    pain_point_id: str
    segment: str
    channel: str
    language: str = ""
    """ISO 639-1, '' when nothing tells"""


@dataclass(frozen=True, slots=True)
class Pain:
    """A pain point with its most typical quotes, worst first."""

    pain_point_id: str
    name: str
    n_customers: int
    severity: float
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A touchpoint linked to this one."""

    touchpoint_id: str
    name: str
    owner: str
    kind: str
    """follows or influences"""
    n_customers: int
    quote: str
    """for influences what a customer said, else ''"""
    mention_id: str = ""
    """the mention behind the quote, or ''"""


@dataclass(frozen=True, slots=True)
class Brief:
    """One touchpoint worth fixing, with everything a proposal may rest on."""

    touchpoint_id: str
    name: str
    definition: str
    owner: str
    stage: str
    stage_done_when: str
    stage_timeframe_days: float
    n_customers: int
    n_all_customers: int
    n_pain_customers: int
    emotion: float
    function: float
    n_function_customers: int
    pains: tuple[Pain, ...]
    praises: tuple[Quote, ...]
    suggestions: tuple[Quote, ...]
    expectations: tuple[Quote, ...]
    outgoing: tuple[Neighbour, ...]
    incoming: tuple[Neighbour, ...]
    worst_segment: str
    """'' when no segment stands out"""
    n_segment: int = 0
    """customers of the worst segment here"""
    n_segment_pain: int = 0
    emotion_low: float = nan
    emotion_high: float = nan
    n_praise_customers: int = 0

    def quotes(self) -> list[tuple[str, str]]:
        """Return mention_id and text of every quote a proposal may cite."""
        told = [quote for pain in self.pains for quote in pain.quotes]
        told += [*self.praises, *self.suggestions, *self.expectations]
        links = [n for n in (*self.outgoing, *self.incoming) if n.mention_id]
        return [(q.mention_id, q.text) for q in told] + [(n.mention_id, n.quote) for n in links]


@dataclass(frozen=True, slots=True)
class Proposal:
    """One way to improve a touchpoint, as an engine proposes it."""

    touchpoint_id: str
    lever: str
    change: str
    resources: str
    measure: str
    baseline: str
    target: str
    side_effects: str
    mention_ids: tuple[str, ...]
