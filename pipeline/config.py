"""Settings: one frozen tree, each default written once, read from corpora/<name>/corpus.toml."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline.errors import ConfigError, nearest, shorten

SourceKind = Literal[
    "call", "chat", "survey", "ticket", "note", "sales", "review", "social", "analytics", "event"
]
ScoreKind = Literal["", "nps", "csat", "ces", "stars"]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LIKE_A_KEY = re.compile(r"(?=.*[a-z])(?=.*[0-9]).{20,}")
"""Longer than names are, with small letters and digits."""
_MAY_HOLD_A_KEY = frozenset({"endpoint", "key_variable"})
"""Settings whose values are not repeated in messages."""


class Section(BaseModel):
    """A part of the tree: frozen, and a key it does not know is an error."""

    # A value that is refused may be a key in the wrong place: no trace shows it.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Columns(Section):
    """Which column, header line or JSON key of a source holds what; '' means it has none."""

    id: str = ""
    customer: str = ""
    account: str = ""
    date: str = ""
    text: str = ""
    score: str = ""
    segment: str = ""
    channel: str = ""
    outcome: str = ""
    value: str = ""
    conversation: str = ""
    """Rows with the same value here are the turns of one document."""
    turn: str = ""
    """Orders the rows of a conversation; file order when empty."""
    speaker: str = ""
    at: str = ""


class Source(Section):
    """One group of files of the same kind and shape."""

    kind: SourceKind
    path: str
    """Glob relative to the corpus folder (or absolute)."""
    columns: Columns = Columns()
    score_kind: ScoreKind = ""
    speaker: Literal["customer", "agent"] = "customer"
    """Who wrote a text that names no speaker. In a text of staff, words in double quotes are
    taken as the customer's."""
    agents: tuple[str, ...] = ()
    """Speaker labels that are staff, beside the usual ones (Agent, Support, CSM ...)."""
    customers: tuple[str, ...] = ()
    """Speaker labels that are customers, beside the usual ones (Customer, Caller, Client ...)."""
    channel: str = ""
    """Used where the channel column is empty."""
    day_first: bool = True
    """Reads 03/04/2026 as 3 April; ISO dates are always read as ISO."""
    min_score: float | None = None
    max_score: float | None = None
    """A score outside the bounds is rejected, its text is kept."""


class Customers(Section):
    """A table with a row per customer, joined to every document where the document is silent."""

    path: str
    columns: Columns = Columns()
    outcome_date: str = ""
    """Column with the date of the outcome: outcomes after the period's end are not used."""


class PeriodBounds(Section):
    """First and last day of a period, both included, as ISO dates."""

    start: date
    end: date


class Outcome(Section):
    """Which outcomes are good and bad for the business; compared without case."""

    good: tuple[str, ...] = ("1", "true", "yes", "renewed", "upgraded", "recommended", "stayed")
    bad: tuple[str, ...] = ("0", "false", "no", "left", "churned", "cancelled")


class Privacy(Section):
    """What is replaced before anything else sees it."""

    redact: tuple[Literal["email", "phone", "card", "iban", "ip", "url"], ...] = (
        "email", "phone", "card", "iban", "ip", "url",
    )  # fmt: skip
    region: str = "GB"
    """ISO country whose national phone numbers are known without a prefix."""
    pseudonyms: bool = True
    """Customers whose id is a name, an address or a number that others know, and all who speak for
    them, are shown under a pseudonym; ids that are codes stay."""


class Segment(Section):
    """Turns into sentences."""

    max_characters: int = Field(default=600, ge=40)
    """A longer sentence is cut at a space, so that one missing full stop hides nothing."""


class Chunk(Section):
    """Documents into chunks."""

    max_characters: int = Field(default=1000, ge=100)


class Extract(Section):
    """Sentences into candidates."""

    min_confidence: float = Field(default=0.5, ge=0, le=1)
    """A catalogue match below this is left for discovery."""


class Resolve(Section):
    """Candidates into touchpoints and pain points."""

    min_customers: int = Field(default=5, ge=1)
    """A discovered touchpoint needs so many; the next where few speak (methods.fewest)."""
    min_customers_of_few: int = Field(default=3, ge=1)
    min_pain_customers: int = Field(default=2, ge=1)
    max_discovered: int = Field(default=30, ge=0)


class Network(Section):
    """Edges and moments."""

    min_customers: int = Field(default=5, ge=1)
    min_lift: float = Field(default=1.5, ge=1)
    max_false_discovery: float = Field(default=0.05, gt=0, lt=1)
    shuffles: int = Field(default=400, ge=50)
    min_stated: int = Field(default=2, ge=1)
    """An influences edge needs this many customers who stated it."""
    min_decisions: int = Field(default=2, ge=1)
    """A moment needs this many customers who told of the same decision."""
    seed: int = 20_260_101


class Score(Section):
    """The four dimensions."""

    min_customers: int = Field(default=5, ge=1)
    """With fewer customers the score says 'too few' and no number."""
    resamples: int = Field(default=500, ge=100)
    seed: int = 20_260_102


class Compare(Section):
    """Intended against experienced, this period against the last."""

    min_customers: int = Field(default=5, ge=1)
    max_false_discovery: float = Field(default=0.1, gt=0, lt=1)
    """The share of rising, falling and resolved that may be chance, per dimension."""


class Prioritize(Section):
    """What to fix first."""

    assumed_effort: float = Field(default=3, ge=1, le=5)
    least_impact: float = Field(default=0.25, gt=0, le=1)
    """What the impact of a touchpoint counts at least, so that a missing proof hides nothing."""
    choose: int = Field(default=3, ge=1)
    resamples: int = Field(default=500, ge=100)
    seed: int = 20_260_103


class Hypothesize(Section):
    """Proposals per chosen touchpoint."""

    quotes: int = Field(default=3, ge=1)
    """Quotes shown behind each hypothesis."""


class Publish(Section):
    """What is written for readers."""

    quotes_per_touchpoint: int = Field(default=12, ge=1)


class Price(Section):
    """What a model costs, in the corpus' currency for a million tokens."""

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)


class Llm(Section):
    """The language model, for `use = "llm"`. The key comes from the environment alone."""

    provider: str = "openai"
    """`openai` for every endpoint that speaks its protocol; any other name that LangChain knows."""
    endpoint: str = ""
    """Base URL, such as http://127.0.0.1:11434/v1; '' is the provider's own."""
    model: str = ""
    key_variable: str = ""
    """Environment variable with the key. OPENAI_API_KEY where none is named and the endpoint is
    OpenAI's own or on this machine or network: another server gets only a key meant for it."""
    profile: Literal["standard", "small"] = "standard"
    """`small`: shorter prompts, one item a call, few calls at once, for models on a desk."""
    structured: Literal["auto", "strict", "json", "text"] = "auto"
    """How an answer gets its shape: the schema enforced, JSON mode, or asked for in words."""
    temperature: float | None = 0.0
    """`nan` leaves it out of the calls, for models that refuse it."""
    seed: int | None = None
    reasoning_effort: str = ""
    concurrency: int = Field(default=0, ge=0, le=256)
    """Calls under way at once at most; 0 is eight, or one with the profile `small`."""
    timeout_seconds: float = Field(default=120, gt=0)
    retries: int = Field(default=5, ge=0)
    pack_tokens: int = Field(default=6_000, ge=200)
    """Texts packed into one call, in tokens."""
    context_tokens: int = Field(default=0, ge=0)
    """The most a call may hold, answer included; 0 is 100,000, with the profile `small` 4,096."""
    answer_tokens: int = Field(default=16_000, ge=100)
    skip_empty: bool = True
    """Leave out sentences that the embedded engine is sure carry nothing."""
    staff_characters: int = Field(default=160, ge=0)
    """How much of what staff said right before a customer is shown beside it; 0 is nothing."""
    stream: bool = False
    prices: dict[str, Price] = {}
    batch_share: float = Field(default=0.5, ge=0, le=1)
    """What a call costs through the batch endpoint, as a share of its price."""
    seconds_per_call: float = Field(default=8, gt=0)
    """What `plan` reckons with until calls have been timed."""
    embeddings: str = ""
    """Model of the endpoint whose vectors tell what is alike; '' is the embedded one."""
    embeddings_endpoint: str = ""
    """Where that model is served, if not at `endpoint`: many local servers serve one a port."""
    embeddings_key_variable: str = ""
    """Environment variable with the key for `embeddings_endpoint`."""
    embeddings_prefix: str = ""
    """Put before each text, for models made for it: `query: ` (E5), `clustering: ` (nomic)."""

    @field_validator("endpoint", "embeddings_endpoint")
    @classmethod
    def _bare(cls, value: str) -> str:
        """Refuse an address with a name, password or query: it is written into the manifest."""
        parts = urlsplit(value)
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("no user, password, query or mark may stand in it")
        return value

    @field_validator("key_variable", "embeddings_key_variable")
    @classmethod
    def _named(cls, value: str) -> str:
        """Refuse what is no name of a variable: the key itself, most likely."""
        if value and (not _VARIABLE.fullmatch(value) or _LIKE_A_KEY.fullmatch(value)):
            raise ValueError(
                "the name of an environment variable is wanted, such as OPENAI_API_KEY: a key must "
                "not stand in this file"
            )
        return value

    @property
    def most_at_once(self) -> int:
        """Calls that may be under way at once."""
        return self.concurrency or (1 if self.profile == "small" else 8)

    @property
    def context(self) -> int:
        """Tokens that a call and its answer may have together."""
        return self.context_tokens or (4_096 if self.profile == "small" else 100_000)


class EngineChoice(Section):
    """Which engine reads; `engine = "llm"` at the top is short for `use`."""

    use: Literal["embedded", "llm"] = "embedded"
    llm: Llm = Llm()


class Corpus(Section):
    """The business told once; every stage and page uses it."""

    name: str
    business: str = ""
    currency: str = ""
    language: str = "en"


class Settings(Section):
    """The whole tree."""

    corpus: Corpus
    period: str = ""
    """The period run when the command line names none."""
    periods: dict[str, PeriodBounds] = {}
    """Periods that are not a quarter (2026Q3), half (2026H1), month (2026-08) or year (2026)."""
    engine: EngineChoice = EngineChoice()
    max_rejected: float = Field(default=0.2, ge=0, le=1)
    """A run in which a larger share of the rows read was rejected ends with exit code 1."""
    sources: tuple[Source, ...] = ()
    customers: Customers | None = None
    outcome: Outcome = Outcome()
    privacy: Privacy = Privacy()
    segment: Segment = Segment()
    chunk: Chunk = Chunk()
    extract: Extract = Extract()
    resolve: Resolve = Resolve()
    network: Network = Network()
    score: Score = Score()
    compare: Compare = Compare()
    prioritize: Prioritize = Prioritize()
    hypothesize: Hypothesize = Hypothesize()
    publish: Publish = Publish()

    @field_validator("engine", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        """Take the bare name of an engine for a choice without settings."""
        return {"use": value} if isinstance(value, str) else value


def load_settings(folder: Path) -> Settings:
    """Read `folder`/corpus.toml; ConfigError names the file, the key and what to do."""
    path = folder / "corpus.toml"
    if not folder.is_dir():
        hint = "make one with `touchpoints init NAME`"
        hint = f"did you mean {folder.parent}?" if folder.is_file() else hint
        raise ConfigError(f"no corpus folder at {folder}; {hint}")
    if not path.is_file():
        raise ConfigError(f"{folder} has no corpus.toml; `touchpoints init` shows one to copy")
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not readable as TOML: {error}") from error
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first_fault(error)}") from error


def _first_fault(error: ValidationError) -> str:
    """Return one line for the first fault, unknown keys first, naming the nearest known key."""
    fault = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    where = ".".join(str(part) for part in fault["loc"])
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if fault["type"] == "extra_forbidden":
        *parents, key = fault["loc"]
        known = _keys_at(tuple(parents))
        return f"unknown key {where!r}{nearest(str(key), known)}{more}"
    if fault["type"] == "missing":
        return f"{where!r} is missing{more}"
    said = fault["msg"].removeprefix("Value error, ")
    if fault["loc"][-1] in _MAY_HOLD_A_KEY:
        return f"{where!r} cannot be used: {said}{more}"
    return f"{where!r} is {shorten(repr(fault['input']))}: {said}{more}"


def _keys_at(path: tuple[int | str, ...]) -> list[str]:
    """Return the known keys of the section at `path`."""
    section: type[BaseModel] = Settings
    for part in path:
        if not isinstance(part, str) or part not in section.model_fields:
            continue
        section = _SECTIONS.get(part, section)
    return list(section.model_fields)


_SECTIONS: dict[str, type[BaseModel]] = {
    "corpus": Corpus,
    "sources": Source,
    "columns": Columns,
    "customers": Customers,
    "periods": PeriodBounds,
    "engine": EngineChoice,
    "llm": Llm,
    "prices": Price,
    "outcome": Outcome,
    "privacy": Privacy,
    "segment": Segment,
    "chunk": Chunk,
    "extract": Extract,
    "resolve": Resolve,
    "network": Network,
    "score": Score,
    "compare": Compare,
    "prioritize": Prioritize,
    "hypothesize": Hypothesize,
    "publish": Publish,
}
