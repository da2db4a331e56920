"""The `Key: value` lines that may stand before a text, and names of files that say the same."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from pipeline.config import Source
from pipeline.sources.records import HEADER_DEFAULTS, SourceFile, match_roles
from pipeline.sources.speakers import is_known_label

_LINE = re.compile(r"[ \t]*([^\W\d_][^:\n]{0,38}?)[ \t]*:[ \t]*(\S.*)?")
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})[-_ ]([^-_ ]+)(?:[-_ ](.+))?")
_LONGEST_VALUE = 200
_MOST_LINES = 60


class Headed(NamedTuple):
    """A text cut into its header and its body."""

    fields: Mapping[str, str]
    body: str


def split_header(text: str, source: Source) -> Headed:
    """Return the header lines up to the first blank line, or none when the text has no header."""
    fenced = text.startswith("---\n")
    block, gap, body = _first_block(text, fenced)
    fields = _fields(block)
    if not fields or not (gap or fenced):
        return Headed({}, text)
    if not fenced and not _is_header(fields, source, body):
        return Headed({}, text)
    return Headed(fields, body)


def fields_of_name(file: SourceFile, source: Source) -> dict[str, str]:
    """Return date, customer and topic of a file called `<date>-<customer>-<topic>`."""
    stem = file.path.rpartition("/")[2].removesuffix(file.suffix)
    match = _NAME.fullmatch(stem.rpartition(".")[0] if stem.endswith(".") else stem)
    if source.kind != "call" or not match:
        return {}
    day, customer, topic = match.groups()
    fields = {source.columns.date or "Date": day, source.columns.customer or "Customer": customer}
    return fields | ({"topic": topic} if topic else {})


def _first_block(text: str, fenced: bool) -> tuple[list[str], str, str]:
    """Return the first lines, what ends them ('' when nothing does), and the rest."""
    if fenced:
        block, gap, body = text[4:].partition("\n---")
        return (block.split("\n"), gap, body.partition("\n")[2]) if gap else ([], "", text)
    match = re.search(r"\n[ \t]*\n", text)
    if not match:
        # A file that is nothing but a header still has one; its body is empty.
        return text.split("\n")[: _MOST_LINES + 1], "\n", ""
    return text[: match.start()].split("\n")[: _MOST_LINES + 1], "\n", text[match.end() :]


def _fields(block: list[str]) -> dict[str, str]:
    """Return keys and values when every line is one and no key repeats, else nothing."""
    fields: dict[str, str] = {}
    for line in block:
        match = _LINE.fullmatch(line)
        if not match or len(match[2] or "") > _LONGEST_VALUE or match[1] in fields:
            return {}
        fields[match[1]] = (match[2] or "").strip()
    return fields if len(block) <= _MOST_LINES else {}


def _is_header(fields: Mapping[str, str], source: Source, body: str) -> bool:
    """Tell a header from a first paragraph of speech, which looks the same.

    One key that nobody is called by settles it (`Date`). Where all keys could be speakers, as in
    `Customer: C-014`, the values must look like ids or names rather than speech.
    """
    roles = match_roles(source.columns, fields, HEADER_DEFAULTS)
    if any(not is_known_label(name) for name in roles.values()):
        return True
    is_mapped = any(name and name in fields for _, name in source.columns)
    if not body.strip() or not ("customer" in roles or is_mapped):
        return False
    return all(
        _looks_like_names(fields[name]) if role == "agent" else _looks_like_id(fields[name])
        for role, name in roles.items()
    )


def _looks_like_id(value: str) -> bool:
    return " " not in value and any(c.isdigit() for c in value)


def _looks_like_names(value: str) -> bool:
    """Tell whether a value is one to four capitalised words, or several such, with commas."""
    parts = [part.split() for part in value.split(",")]
    return all(
        0 < len(words) <= 4 and all(w[0].isupper() and w[-1] not in "!?." for w in words)
        for words in parts
    )
