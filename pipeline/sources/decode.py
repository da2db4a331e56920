"""Bytes of a text file → its text, whatever common encoding it is in."""

import codecs
import re

from pipeline.errors import InputError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_HIGH = re.compile(rb"[\x80-\xff]")
_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SAMPLE = 65_536


def decode(data: bytes, path: str) -> str:
    """Return the text of a file; InputError names the file and the byte that is not text."""
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return _strict(data, codec, path)
    wide = _wide_codec(data)
    if wide:
        return _strict(data, wide, path)
    binary = _CONTROL.search(data)
    if binary and binary.group() == b"\x00":
        raise _unreadable(path, binary.start(), "a zero byte: this is not a text file")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if binary:
            raise _unreadable(
                path, binary.start(), "a control byte: this is not a text file"
            ) from error
        return _decode_single_byte(data, path, error.start)


def clean(text: str) -> str:
    """Return text with plain line ends, without control characters and broken surrogates."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNWANTED.sub("\ufffd", text).strip()


def _strict(data: bytes, codec: str, path: str) -> str:
    """Decode with a codec that a byte-order mark or zero bytes gave away."""
    try:
        return data.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _unreadable(path, error.start, f"not valid {codec}") from error


def _wide_codec(data: bytes) -> str:
    """Return the UTF-16 codec when nearly every second byte is zero, as in Western text."""
    sample = data[:_SAMPLE]
    half = len(sample) // 2
    if half < 2:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.7 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.05 * half:
        return "utf-16-be"
    return ""


def _decode_single_byte(data: bytes, path: str, offset: int) -> str:
    """Decode what is not UTF-8: Windows-1252 for Western text, else a guess that must fit."""
    valid = sum(ord(c) > 127 for c in data.decode("utf-8", "ignore"))
    high = len(_HIGH.findall(data))
    if valid > high // 4:
        # Real sequences are there, so this is UTF-8 with damage: guessing would garble them.
        raise _unreadable(path, offset, "broken UTF-8")
    if high < 0.3 * len(data):
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError as error:
            raise _unreadable(path, error.start, "neither UTF-8 nor Windows-1252") from error
    guessed = _guess(data)
    if not guessed:
        raise _unreadable(path, offset, "no known encoding fits")
    return guessed


def _guess(data: bytes) -> str:
    """Return the text in the encoding that looks most like language, '' when none does."""
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE]).best()
    if best is None:
        return ""
    try:
        return data.decode(best.encoding)
    except UnicodeDecodeError:
        return ""


def _unreadable(path: str, offset: int, why: str) -> InputError:
    return InputError(
        f"{path}: cannot be read as text at byte offset {offset}: {why}; save it as UTF-8"
    )
