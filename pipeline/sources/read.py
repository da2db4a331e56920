"""Source files → documents, turns, attributes, rejects."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pipeline.config import Settings, Source
from pipeline.errors import ConfigError
from pipeline.periods import Period
from pipeline.sources.customers import Known, complete, read_customers
from pipeline.sources.documents import Draft, draft_document, reject
from pipeline.sources.duplicates import Written, find_duplicates
from pipeline.sources.find import Found, find_files, load
from pipeline.sources.languages import begin_loading, find_languages
from pipeline.sources.objects import read_json, read_jsonl
from pipeline.sources.records import Fault, Parsed, SourceFile, locate_again
from pipeline.sources.rows import read_delimited_rows, read_xlsx_rows
from pipeline.sources.speakers import CUSTOMER, UNKNOWN
from pipeline.sources.subtitles import read_srt, read_vtt
from pipeline.sources.transcripts import read_text
from pipeline.tables import ATTRIBUTES, DOCUMENTS, REJECTS, TURNS, Reject, Turn

log = logging.getLogger(__name__)

_READERS: dict[str, Callable[[SourceFile, Source], Parsed]] = {
    ".txt": read_text,
    ".md": read_text,
    ".vtt": read_vtt,
    ".srt": read_srt,
    ".json": read_json,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".csv": read_delimited_rows,
    ".tsv": read_delimited_rows,
    ".xlsx": read_xlsx_rows,
}
Progress = Callable[[int, int], None]


class Read(NamedTuple):
    """What the sources of a corpus hold."""

    documents: pd.DataFrame
    turns: pd.DataFrame
    attributes: pd.DataFrame
    rejects: pd.DataFrame
    inputs: dict[str, str]
    """sha256 of each file read, by its path."""
    people: frozenset[str]
    """Every customer who is named, also in records that cannot be used."""


def read(
    folder: Path, settings: Settings, period: Period | None, progress: Progress | None = None
) -> Read:
    """Read every source of a corpus; without a period, documents of any date are kept.

    `progress` is told the files done and the files there are. ConfigError: a folder, file or
    column that the settings name is not there. InputError: a whole file cannot be read.
    """
    if not settings.sources:
        raise ConfigError(f"{folder}: corpus.toml names no [[sources]]; add at least one")
    begin_loading()
    found = [
        (number, file)
        for number, source in enumerate(settings.sources)
        for file in _find(folder, source)
    ]
    table = read_customers(folder, settings.customers, period)
    inputs = {table.file.path: _sha256(table.file.data)} if table.file else {}
    drafts: list[Draft] = []
    gaps: dict[int, list[tuple[str, ...]]] = {}
    taken: dict[str, set[str]] = {}
    for done, (number, place) in enumerate(found, start=1):
        source = settings.sources[number]
        file = load(place)
        inputs[file.path] = _sha256(file.data)
        parsed = _set_apart(file.path, _parse(file, source), taken)
        if parsed.records:
            gaps.setdefault(number, []).append(parsed.missing)
        drafts += _draft(file.path, source, parsed, period)
        if progress is not None:
            progress(done, len(found))
    for number, missing in gaps.items():
        _refuse_gaps(settings.sources[number], missing)
    _finish(drafts, table.customers, settings.corpus.language)
    rejects = [*table.rejects, *(r for draft in drafts for r in draft.rejects)]
    people = {*table.customers, *(draft.customer for draft in drafts)} - {""}
    return _frames(drafts, rejects, inputs, people)


def _find(folder: Path, source: Source) -> list[Found]:
    """Return the files of a source; ConfigError when not one of them is of a kind we read."""
    found = find_files(folder, source.path)
    if not any(place.path.suffix.lower() in _READERS for place in found):
        raise ConfigError(
            f"{source.path!r} matches only files like {found[0].label}; "
            f"readable are {', '.join(_READERS)}"
        )
    return found


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _parse(file: SourceFile, source: Source) -> Parsed:
    """Read one file by its ending; an empty or unknown one gives a fault instead."""
    reader = _READERS.get(file.suffix)
    if not file.data.strip(b"\xef\xbb\xbf \t\r\n"):
        return Parsed([], [Fault("", "empty_file", "there is nothing in the file")], {})
    if reader is None:
        detail = f"readable are {', '.join(_READERS)}"
        return Parsed([], [Fault("", "unknown_file", detail)], {})
    return reader(file, source)


def _set_apart(path: str, parsed: Parsed, taken: dict[str, set[str]]) -> Parsed:
    """Keep ids apart when a file is read again for another text column.

    ConfigError when two sources read the same words.
    """
    column = parsed.roles.get("text", "")
    earlier = taken.setdefault(path, set())
    if column in earlier:
        raise ConfigError(
            f"{path} is read twice: two [[sources]] match it; give each a path of its own, "
            "or another columns.text"
        )
    is_again = bool(earlier)
    earlier.add(column)
    if not is_again:
        return parsed
    return parsed._replace(
        records=[locate_again(record, column) for record in parsed.records],
        faults=[replace(f, locator=f"{f.locator} column {column}") for f in parsed.faults],
    )


def _draft(path: str, source: Source, parsed: Parsed, period: Period | None) -> list[Draft]:
    """Return a draft per record, and one that only rejects per fault."""
    drafts = [
        Draft(path, f.locator, rejects=[reject(path, f.locator, f.reason, f.detail)])
        for f in parsed.faults
    ]
    drafts += [draft_document(path, r, parsed.roles, source, period) for r in parsed.records]
    used = sum(draft.document is not None for draft in drafts)
    log.debug("read %s: %d documents, %d others", path, used, len(drafts) - used)
    return drafts


def _refuse_gaps(source: Source, missing: Sequence[tuple[str, ...]]) -> None:
    """Raise ConfigError when a mapped name stands in no file of the source at all."""
    absent = set(missing[0]).intersection(*missing[1:])
    if absent:
        raise ConfigError(
            f"no file of {source.path!r} has {min(absent)!r}, which columns of its [[sources]] "
            "name: correct the name, or set it to ''"
        )


def _finish(drafts: Sequence[Draft], customers: Mapping[str, Known], usual: str) -> None:
    """Complete the documents from the customers table, with their language and their originals."""
    written: list[Written] = []
    languages = _languages(drafts, usual)
    for draft in drafts:
        if draft.document is None:
            continue
        language = languages[draft.document.document_id]
        draft.document = document = replace(complete(draft.document, customers), language=language)
        text = "\n".join(turn.text for turn in draft.turns)
        written.append(
            Written(document.document_id, document.customer_id, document.occurred_at, text)
        )
    originals = find_duplicates(written)
    for draft in drafts:
        if draft.document is not None and draft.document.document_id in originals:
            first = originals[draft.document.document_id]
            draft.document = replace(draft.document, duplicate_of=first)


def _languages(drafts: Iterable[Draft], usual: str) -> dict[str, str]:
    """Return the language of each document; those of one kind (all surveys) are told together."""
    kinds: dict[str, dict[str, str]] = {}
    for draft in drafts:
        if draft.document is not None:
            said = kinds.setdefault(draft.document.kind, {})
            said[draft.document.document_id] = _customer_text(draft.turns)
    return {
        document_id: language
        for said in kinds.values()
        for document_id, language in zip(
            said, find_languages(list(said.values()), usual), strict=True
        )
    }


def _customer_text(turns: Sequence[Turn]) -> str:
    """Return what the customer said, or what nobody is known to have said."""
    for side in (CUSTOMER, UNKNOWN):
        said = [turn.text for turn in turns if turn.speaker == side]
        if said:
            return " ".join(said)
    return ""


def _frames(
    drafts: Sequence[Draft], rejects: Iterable[Reject], inputs: dict[str, str], people: set[str]
) -> Read:
    """Return the checked tables; of rejects that say the same, the first is kept."""
    kept = {(r.row_id, r.stage, r.reason): r for r in reversed(list(rejects))}
    return Read(
        documents=DOCUMENTS.frame(d.document for d in drafts if d.document is not None),
        turns=TURNS.frame(turn for d in drafts for turn in d.turns),
        attributes=ATTRIBUTES.frame(a for d in drafts for a in d.attributes),
        rejects=REJECTS.frame(kept.values()),
        inputs=dict(sorted(inputs.items())),
        people=frozenset(people),
    )
