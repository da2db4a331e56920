"""Personal data in the text of turns → [EMAIL], [PHONE], [CARD], [IBAN], [IP], [URL].

Every pattern is bounded, so a text of any length and content takes time in proportion to it.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import pandas as pd
from stdnum import iban, luhn

from pipeline.config import Privacy
from pipeline.sources.phones import redact_phones

_URL = re.compile(r"(?:https?://|ftp://|www\.)(?=\w)[^\s<>\"'“”]+", re.IGNORECASE)
_LOCAL = re.compile(r"[\w.%+'-]*\Z")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,62})\.){1,8}[^\W\d_]{2,24}")
_IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])")
_CARD_RUN = re.compile(r"(?<![\w])\d(?:[ -]?\d){12,}(?![\w])")
_DIGITS = re.compile(r"\d+")
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.[\d\[])")
_IPV6 = re.compile(r"(?<![\w:])[0-9A-Fa-f:]{3,45}(?![\w:])")
_VERSION = re.compile(r"\b(?:v|ver|version|release|build|firmware)\.?\s*\Z", re.IGNORECASE)
_LONGEST_LOCAL = 64
_SHORTEST_CARD, _LONGEST_CARD = 13, 19
_CARD_STARTS = "23456"

# Country and length of its IBAN; the check digits are then worth computing once per candidate.
_IBANS = """
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28
    EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26
    IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18
    NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24
    TR26 UA29 VA22 VG24 XK20
"""
_IBAN_LENGTHS = {word[:2]: int(word[2:]) for word in _IBANS.split()}


def redact(turns: pd.DataFrame, settings: Privacy) -> pd.DataFrame:
    """Return the turns with personal data replaced; doing it twice changes nothing more."""
    texts = [redact_text(text, settings) for text in turns["text"]]
    return turns.assign(text=pd.Series(texts, index=turns.index, dtype="str"))


def redact_text(text: str, settings: Privacy) -> str:
    """Return one text with personal data of the chosen kinds replaced.

    Addresses go first, for they may hold numbers; phone numbers last, for they are the least
    certain.
    """
    steps: dict[str, Callable[[str], str]] = {
        "url": _redact_urls,
        "email": _redact_emails,
        "iban": _redact_ibans,
        "ip": _redact_ips,
        "card": _redact_cards,
        "phone": lambda t: redact_phones(t, settings.region),
    }
    for kind, step in steps.items():
        if kind in settings.redact:
            text = step(text)
    return text


def _redact_urls(text: str) -> str:
    """Replace web addresses, without the full stop or bracket that ends the sentence."""

    def replace(match: re.Match[str]) -> str:
        tail = len(match[0]) - len(match[0].rstrip(".,;:!?)]}*"))
        return "[URL]" + match[0][len(match[0]) - tail :]

    return _URL.sub(replace, text)


def _redact_emails(text: str) -> str:
    """Replace e-mail addresses, looking a bounded way left and right of each @."""
    parts: list[str] = []
    start, at = 0, text.find("@")
    while at >= 0:
        local = _LOCAL.search(text[max(start, at - _LONGEST_LOCAL) : at])
        domain = _DOMAIN.match(text, at + 1)
        before = at - len(local[0].lstrip(".'-%+")) if local else at
        if domain and before < at:
            parts += [text[start:before], "[EMAIL]"]
            start = domain.end()
        at = text.find("@", max(at + 1, start))
    return "".join([*parts, text[start:]])


def _redact_ibans(text: str) -> str:
    """Replace account numbers whose length fits the country and whose check digits are right."""
    parts: list[str] = []
    start = 0
    for match in _IBAN_START.finditer(text):
        length = _IBAN_LENGTHS.get(match[0][:2].upper())
        end = _walk(text, match.start(), length) if length and match.start() >= start else 0
        if end and iban.is_valid(text[match.start() : end].upper()):
            parts += [text[start : match.start()], "[IBAN]"]
            start = end
    return "".join([*parts, text[start:]])


def _walk(text: str, start: int, length: int) -> int:
    """Return the end of `length` letters and digits with single separators, else 0."""
    place, count = start, 0
    while place < len(text) and count < length:
        if text[place].isascii() and text[place].isalnum():
            count += 1
        elif text[place] not in " -" or text[place - 1] in " -":
            return 0
        place += 1
    is_whole = count == length and not text[place : place + 1].isalnum()
    return place if is_whole else 0


def _redact_ips(text: str) -> str:
    """Replace IP addresses, but not the number of a version."""

    def four(match: re.Match[str]) -> str:
        is_version = _VERSION.search(text[max(0, match.start() - 12) : match.start()])
        return match[0] if is_version or not _is_ipv4(match[0]) else "[IP]"

    def six(match: re.Match[str]) -> str:
        return "[IP]" if match[0].count(":") >= 2 and _is_ipv6(match[0]) else match[0]

    text = _IPV4.sub(four, text)
    return _IPV6.sub(six, text) if text.count(":") >= 2 else text


def _is_ipv4(address: str) -> bool:
    try:
        IPv4Address(address)
    except AddressValueError:
        return False
    return True


def _is_ipv6(address: str) -> bool:
    try:
        IPv6Address(address)
    except AddressValueError:
        return False
    # Without a digit it is more likely code, as in `a::b`.
    return any(c.isdigit() for c in address)


def _redact_cards(text: str) -> str:
    """Replace payment cards: 13 to 19 digits in whole groups whose check digit is right."""
    return _CARD_RUN.sub(lambda match: _cards_in(match[0]), text)


def _cards_in(run: str) -> str:
    """Return a run of digit groups with the cards in it replaced."""
    groups = list(_DIGITS.finditer(run))
    parts: list[str] = []
    start = first = 0
    while first < len(groups):
        last = _card_end(groups, first)
        if last >= 0:
            parts += [run[start : groups[first].start()], "[CARD]"]
            start, first = groups[last].end(), last
        first += 1
    return "".join([*parts, run[start:]])


def _card_end(groups: list[re.Match[str]], first: int) -> int:
    """Return the last group of the card that starts at group `first`, -1 when none does."""
    digits = ""
    if groups[first][0][0] not in _CARD_STARTS:
        return -1
    for last in range(first, min(first + _LONGEST_CARD, len(groups))):
        if len(digits) + groups[last].end() - groups[last].start() > _LONGEST_CARD:
            return -1
        digits += groups[last][0]
        if len(digits) >= _SHORTEST_CARD and _is_card(digits):
            return last
    return -1


@lru_cache(maxsize=4096)
def _is_card(digits: str) -> bool:
    """Tell whether digits start as issuers' numbers do and pass the Luhn check."""
    return digits[0] in _CARD_STARTS and luhn.is_valid(digits)
