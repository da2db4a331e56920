"""Text files of talk (`Speaker: words`) and of one author's words → one record each."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from pipeline.config import Source
from pipeline.sources.decode import clean, decode
from pipeline.sources.headers import fields_of_name, split_header
from pipeline.sources.records import (
    HEADER_DEFAULTS,
    TURN_ROLES,
    Fault,
    Parsed,
    Record,
    SourceFile,
    Utterance,
    match_roles,
    missing_names,
    value_of,
)
from pipeline.sources.speakers import is_known_label, words_of

_TIME = r"(\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?)"
_CLOCK = rf"[\[(]?{_TIME}[\])]?"
_LINE = re.compile(
    rf"\s*(?:{_CLOCK}\s*[-–—]?\s+)?"
    r"[\[*]{0,2}([^\W\d_][\w .'’&/()-]{0,58}?)[\]*]{0,2}"
    rf"(?:\s*[\[(]{_TIME}[\])])?\s*:[\]*]{{0,2}}(?!//)(?!(?<=\d:)\d)\s*(.*)",
)
_TIMED = re.compile(rf"\s*{_CLOCK}\s+(.+)")
_HEADINGS = """
    note notes option options update warning error total subject re fwd ps step question answer
    example summary reason date time result conclusion action actions http https steps price
    address phone email details status order ticket reference important tip plan attachment
    attachments sent cc bcc
"""
_NOT_NAMES = frozenset(_HEADINGS.split())
_TALK = frozenset({"call", "chat"})


def read_text(file: SourceFile, source: Source) -> Parsed:
    """Read a .txt or .md file: talk when it has speakers or is a call or chat, else one text."""
    text = clean(decode(file.data, file.path))
    headed = split_header(text, source)
    fields = headed.fields or fields_of_name(file, source)
    roles = match_roles(source.columns, fields, HEADER_DEFAULTS)
    known = {*source.agents, *source.customers, value_of(fields, roles, "customer")}
    known |= {name.strip() for name in value_of(fields, roles, "agent").split(",")}
    utterances = split_speakers(headed.body, known - {""})
    is_talk = any(u.name for u in utterances) and (
        source.kind in _TALK or any(_is_known(u.name, known) for u in utterances)
    )
    record = (
        Record("", fields, tuple(utterances), "dialogue")
        if is_talk or source.kind in _TALK
        else Record("", fields, (Utterance(headed.body.strip()),), "text")
    )
    return one_record(record, source, roles)


def one_record(record: Record, source: Source, roles: dict[str, str]) -> Parsed:
    """Return what was found in a file that holds one document and its header."""
    faults: list[Fault] = []
    return Parsed([record], faults, roles, missing_names(source.columns, roles, TURN_ROLES))


def split_speakers(text: str, known: Iterable[str] = ()) -> list[Utterance]:
    """Return the utterances of a transcript; lines without a label go on with the one before.

    A transcript without any label is one utterance of nobody.
    """
    lines = [_split_line(line) for line in text.split("\n")]
    names = _accepted(lines, {name.casefold() for name in known})
    found: list[tuple[str, str, list[str]]] = [("", "", [])]
    for line, at, name, words in lines:
        if name in names:
            found.append((name, at, [words]))
        else:
            found[-1][2].append(line)
    utterances = [
        Utterance("\n".join(parts).strip(), name, at) for name, at, parts in found if any(parts)
    ]
    return [u for u in utterances if u.text]


def _split_line(line: str) -> tuple[str, str, str, str]:
    """Return the line without its time, the time, the label ('' for none) and the words."""
    # A label ends early in the line; looking no further keeps a line of any length cheap.
    colon = line.find(":", 0, 120)
    match = _LINE.fullmatch(line) if colon >= 0 else None
    if match:
        before, name, after, words = match.groups()
        timed = _TIMED.fullmatch(line)
        return (timed[2] if timed else line), before or after or "", name.strip(), words or ""
    timed = _TIMED.fullmatch(line) if colon >= 0 else None
    return (timed[2], timed[1], "", "") if timed else (line, "", "", "")


def _accepted(lines: Iterable[tuple[str, str, str, str]], known: set[str]) -> set[str]:
    """Return the labels that are speakers: usual or given ones, and what looks like a name."""
    times: Mapping[str, int] = Counter(name for _, _, name, _ in lines if name)
    timed = {name for _, at, name, _ in lines if at}
    return {
        name
        for name in times
        if _is_known(name, known) or (name in timed and len(name.split()) <= 4) or _is_name(name)
    }


def _is_known(name: str, known: Iterable[str]) -> bool:
    """Tell whether a label is usual for a side, or a given name or part of one."""
    if is_known_label(name) and len(name.split()) <= 4:
        return True
    words = words_of(name)
    return any(name.casefold() == k.casefold() or (words and words <= words_of(k)) for k in known)


def _is_name(label: str) -> bool:
    """Tell whether a label looks like a person's: up to four capitalised words, no heading."""
    words = label.replace("(", " ").replace(")", " ").split()
    if not 0 < len(words) <= 4 or words_of(label) & _NOT_NAMES:
        return False
    return all(word[0].isupper() or word[0].isdigit() or word in _PARTICLES for word in words)


_PARTICLES = frozenset({"de", "van", "der", "den", "von", "da", "di", "la", "le", "del", "of"})
