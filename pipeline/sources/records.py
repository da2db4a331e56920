"""What the reader of one kind of file hands on, and how its names are matched to settings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from pipeline.config import Columns
from pipeline.errors import ConfigError, nearest


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file as it was found: `path` is what tables and messages call it."""

    path: str
    data: bytes

    @property
    def suffix(self) -> str:
        """The file's ending in lower case, with its dot."""
        name = self.path.rpartition("/")[2]
        return f".{name.rpartition('.')[2].lower()}" if "." in name else ""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A piece of text with the label of who said it, '' when the source does not say."""

    text: str
    name: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What becomes one document: its fields as the source names them, and its words in order."""

    locator: str
    fields: Mapping[str, str]
    utterances: tuple[Utterance, ...]
    form: Literal["dialogue", "text"]
    """In a dialogue labels tell who speaks; a text has one author."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A part of a file that could not be used."""

    locator: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, numbered as a spreadsheet shows it (the header is row 1)."""

    locator: str
    fields: Mapping[str, str]


class Parsed(NamedTuple):
    """Everything found in one file."""

    records: list[Record]
    faults: list[Fault]
    roles: dict[str, str]
    """The file's own name for each role of `Columns` that it has."""
    missing: tuple[str, ...] = ()
    """Mapped names that this file lacks; an error only if every file of the source lacks them."""


DEFAULTS: dict[str, tuple[str, ...]] = {
    "customer": ("customer", "customer id", "client", "client id", "user id"),
    "account": ("account", "account id", "company", "organisation", "organization"),
    "date": ("date", "occurred at", "created at", "date time", "timestamp"),
    "segment": ("segment",),
    "channel": ("channel",),
    "text": (
        "text", "comment", "comments", "content", "message", "body", "feedback", "review",
        "answer", "response", "note", "description", "utterance",
    ),
}  # fmt: skip
"""Names that are understood without a mapping, best first."""

HEADER_DEFAULTS: dict[str, tuple[str, ...]] = {
    **{role: names for role, names in DEFAULTS.items() if role != "text"},
    "score": ("score", "rating", "nps", "csat", "ces", "stars"),
    "agent": ("agent", "agents", "author", "representative", "rep", "advisor", "csm", "staff"),
}
"""The same for header lines and the metadata of a JSON object."""

TURN_DEFAULTS: dict[str, tuple[str, ...]] = {
    "text": ("text", "utterance", "content", "message", "body", "transcript", "sentence"),
    "speaker": ("speaker", "role", "author", "from", "sender", "name", "participant"),
    "at": ("at", "start", "time", "timestamp", "offset"),
}
"""The same for one turn in a JSON list."""

TURN_ROLES = frozenset({"text", "conversation", "turn", "speaker", "at"})
"""Roles that a header cannot hold."""


def fold(name: str) -> str:
    """Return a column name without case, spaces, underscores and hyphens."""
    return "".join(c for c in name.casefold() if c not in " _-.")


def match_roles(
    columns: Columns, names: Iterable[str], defaults: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Return the name in `names` that plays each role: the mapped one, else a default one."""
    known = list(dict.fromkeys(names))
    folded = {fold(name): name for name in reversed(known)}
    roles: dict[str, str] = {}
    for role, wanted in columns:
        if wanted:
            options: tuple[str, ...] = (wanted,)
        else:
            options = defaults.get(role, ())
        found = [folded[fold(option)] for option in options if fold(option) in folded]
        if wanted in known:
            roles[role] = wanted
        elif found:
            roles[role] = found[0]
    staff = [folded[fold(name)] for name in defaults.get("agent", ()) if fold(name) in folded]
    if staff and staff[0] not in roles.values():
        roles["agent"] = staff[0]
    return roles


def missing_names(
    columns: Columns, roles: Mapping[str, str], skip: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Return the mapped names that are not there."""
    return tuple(name for role, name in columns if name and role not in {*roles, *skip})


def require(path: str, columns: Columns, roles: Mapping[str, str], names: Iterable[str]) -> None:
    """Raise ConfigError when a mapped column is not in the file."""
    absent = missing_names(columns, roles)
    if absent:
        hint = nearest(absent[0], names)
        raise ConfigError(f"{path} has no column {absent[0]!r} named in [[sources]] columns{hint}")


def value_of(fields: Mapping[str, str], roles: Mapping[str, str], role: str) -> str:
    """Return the text a record holds for a role, '' when it has none."""
    name = roles.get(role)
    return fields.get(name, "").strip() if name is not None else ""


def locate_again(record: Record, text_column: str) -> Record:
    """Return the record under another locator, for a file that is read for a second column."""
    locator = " ".join(part for part in (record.locator, f"column {text_column}") if part)
    return replace(record, locator=locator)
