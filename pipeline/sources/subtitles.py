"""Caption files (.vtt, .srt) → one dialogue each; cues of one speaker in a row are one turn."""

import html
import io
import re
from collections.abc import Iterable, Mapping

from pipeline.config import Source
from pipeline.errors import InputError, shorten
from pipeline.sources.decode import clean, decode
from pipeline.sources.headers import fields_of_name
from pipeline.sources.records import (
    HEADER_DEFAULTS,
    Parsed,
    Record,
    SourceFile,
    Utterance,
    match_roles,
)
from pipeline.sources.transcripts import one_record, split_speakers

_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^<>\n]*)>")
_TAG = re.compile(r"<[^<>\n]*>")
_KEY = re.compile(r"(?:NOTE[ \t]+)?([^\W\d_][^:\n]{0,38}):[ \t]*(\S.*)")
_OWN_KEYS = frozenset({"kind", "language", "region", "style"})


def read_vtt(file: SourceFile, source: Source) -> Parsed:
    """Read WebVTT; the speaker comes from `<v Name>` or a leading `Name:`."""
    from webvtt import from_buffer
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    text = clean(decode(file.data, file.path))
    try:
        captions = from_buffer(io.StringIO(text), format="vtt")
    except (MalformedCaptionError, MalformedFileError, ValueError) as error:
        raise InputError(f"{file.path}: not readable as WebVTT: {shorten(error)}") from error
    cues = [piece for c in captions.captions for piece in _split_voices(c.raw_text, c.start)]
    return _record(file, source, text, cues)


def read_srt(file: SourceFile, source: Source) -> Parsed:
    """Read SubRip; the speaker comes from a leading `Name:`."""
    from pysubs2 import SSAFile, make_time
    from pysubs2.exceptions import Pysubs2Error

    text = clean(decode(file.data, file.path))
    try:
        events = SSAFile.from_string(text, format_="srt")
    except (Pysubs2Error, ValueError) as error:
        raise InputError(f"{file.path}: not readable as SubRip: {shorten(error)}") from error
    cues = [
        piece
        for event in events
        for piece in _split_voices(event.plaintext, _clock((event.start - make_time(s=0)) // 1000))
    ]
    return _record(file, source, text, cues)


def _record(file: SourceFile, source: Source, text: str, cues: list[Utterance]) -> Parsed:
    """Join the cues into the file's record."""
    if not cues:
        raise InputError(
            f"{file.path}: no caption found in {len(text)} characters; "
            "is it a .vtt or .srt file with `start --> end` lines?"
        )
    fields = dict(_header(text)) or fields_of_name(file, source)
    roles = match_roles(source.columns, fields, HEADER_DEFAULTS)
    return one_record(Record("", fields, tuple(_join(cues)), "dialogue"), source, roles)


def _header(text: str) -> Mapping[str, str]:
    """Return the `Key: value` lines and notes before the first cue."""
    head = text[: max(text.find("-->"), 0)]
    matches = [_KEY.fullmatch(line.strip()) for line in head.split("\n")[:-1]]
    return {m[1].strip(): m[2].strip() for m in matches if m and m[1].casefold() not in _OWN_KEYS}


def _split_voices(raw: str, at: str) -> list[Utterance]:
    """Return the parts of one cue, each with its speaker, without tags."""
    parts = _VOICE.split(raw)
    pieces = [("", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]
    found: list[Utterance] = []
    for voice, tagged in pieces:
        text = html.unescape(_TAG.sub("", tagged)).strip()
        if voice:
            found.append(Utterance(" ".join(text.split()), voice.strip(), at))
        else:
            named = split_speakers(text)
            found += [Utterance(" ".join(u.text.split()), u.name, at) for u in named]
    return [u for u in found if u.text]


def _join(cues: Iterable[Utterance]) -> list[Utterance]:
    """Join neighbouring cues of one speaker; a cue without a label goes on with the one before."""
    runs: list[tuple[str, str, list[str]]] = []
    for cue in cues:
        if runs and cue.name in ("", runs[-1][0]):
            runs[-1][2].append(cue.text)
        else:
            runs.append((cue.name, cue.at, [cue.text]))
    return [Utterance(" ".join(parts), name, at) for name, at, parts in runs]


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
