"""Phone numbers in a text → [PHONE], sparing dates, amounts and numbers of orders.

A run of digit groups is looked at group by group, the longest number from each group first. What
decides stands inside the number or directly before and after it, so that replacing one number
never uncovers another: that makes the step repeatable without change.
"""

import re
from functools import lru_cache

import phonenumbers

_RUN = re.compile(
    r"(?:\+|(?<![\w./:])\(?)\d(?:[ .\-–/()]{0,3}\d){5,}(?: ?(?:x|ext\.?) ?\d{1,6})?(?!\w|:[\w:])"
)
_GROUP = re.compile(r"\(?\+?\d+\)?")
_EXTENSION = re.compile(r" ?(?:x|ext\.?) ?\d{1,6}\Z", re.IGNORECASE)
_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d([-/. ])(?:0?[1-9]|1[0-2])\1[0-3]?\d|"
    r"[0-3]?\d([-/.])[0-3]?\d\2(?:19|20)\d\d)(?!\d)"
)
_SHAPES = re.compile(
    r"\(\d{2,4}\) ?\d{3,5}[ .\-]?\d{3,4}"
    r"|(?:1[ .\-])?\d{3}([ .\-])\d{3}\1\d{4}"
    r"|\(\d{3}\)\d{3}-\d{4}"
    r"|\d{2}([ .\-])\d{2}\2\d{2}\2\d{2}(?:\2\d{2})?"
    r"|0\d{1,4}[ \-./]\d{5,8}"
    r"|0\d{1,4}(?:[ \-./]\d{2,4}){2,4}"
)
"""How numbers are written in many countries, whatever the region of the settings."""
_CUE = re.compile(
    r"(?:phone|tel|telephone|mobile|cell|whatsapp|fax|call|ring|dial|text|sms|reach|contact|hotline"
    r"|landline|my number|handy|telefon|tél|teléfono|telefone|celular)[^\d\[\]\n]{0,20}\Z",
    re.IGNORECASE,
)
_CUE_AFTER = re.compile(
    r"[ ,\-(]{0,3}(?:office|mobile|fax|cell|home|work|landline|phone|tel)\b", re.IGNORECASE
)
_NO_PHONE_BEFORE = re.compile(
    r"(?:[€$£¥₹#]|\b(?:eur|usd|gbp|order|invoice|ticket|case|ref|reference|booking|account|policy"
    r"|serial|sku|id|po|tracking|no|nr|claim|model|version))[ .:#]{0,3}(?:(?:number|no|nr|id|is)"
    r"[ .:#]{1,3}){0,2}\Z",
    re.IGNORECASE,
)
_NO_PHONE_AFTER = re.compile(
    r"\s?(?:[€$£¥%]|(?:eur|usd|gbp|euros?|dollars?|pounds?|kg|km|ms|points?|users?|rows?|items?"
    r"|records?|seats?|miles)\b)",
    re.IGNORECASE,
)
_LOOK_BACK, _LOOK_AHEAD = 40, 12
_FEWEST_WITH_CUE, _FEWEST = 6, 7
_MOST_NATIONAL, _MOST = 11, 15
_MOST_GROUPS = 12


def redact_phones(text: str, region: str) -> str:
    """Return the text with phone numbers replaced; `region` reads national numbers."""

    def replace(match: re.Match[str]) -> str:
        parts: list[str] = []
        start = match.start()
        for day in _DATE.finditer(text, match.start(), match.end()):
            parts += [_phones_between(text, start, day.start(), region), day[0]]
            start = day.end()
        return "".join([*parts, _phones_between(text, start, match.end(), region)])

    return _RUN.sub(replace, text)


def _phones_between(text: str, start: int, end: int, region: str) -> str:
    """Return a part of the text without dates, its phone numbers replaced."""
    before = text[max(0, start - _LOOK_BACK) : start]
    return _phones_in(text[start:end], before, text[end : end + _LOOK_AHEAD], region)


def _phones_in(run: str, before: str, after: str, region: str) -> str:
    """Return a run of digit groups with the phone numbers in it replaced.

    Only the first number of a run has words before it, and only the last has words after it.
    """
    groups = [match.span() for match in _GROUP.finditer(run)]
    if not groups:
        return run
    has_cue = bool(_CUE.search(before))
    whole = run + after
    parts: list[str] = []
    start = 0
    first = 1 if _NO_PHONE_BEFORE.search(before) else 0
    while first < len(groups):
        last = _phone_end(whole, groups, first, has_cue and first == 0, region)
        if last >= 0:
            end = len(run) if last == len(groups) - 1 else groups[last][1]
            parts += [run[start : groups[first][0]], "[PHONE]"]
            start, first = end, last
        first += 1
    return "".join([*parts, run[start:]])


def _phone_end(
    text: str, groups: list[tuple[int, int]], first: int, has_cue: bool, region: str
) -> int:
    """Return the last group of the longest number from group `first`, -1 when there is none."""
    left = groups[first][0]
    ends: list[int] = []
    n_digits = 0
    for last in range(first, min(first + _MOST_GROUPS, len(groups))):
        n_digits += groups[last][1] - groups[last][0]
        # Brackets and a plus are counted too, three at most.
        if n_digits > _MOST + 9:
            break
        if n_digits >= _FEWEST_WITH_CUE:
            ends.append(last)
    for last in reversed(ends):
        right = groups[last][1]
        after = text[right : right + _LOOK_AHEAD]
        is_named = has_cue or bool(_CUE_AFTER.match(after))
        if _is_phone(text[left:right], is_named, region) and not _NO_PHONE_AFTER.match(after):
            return last
    return -1


@lru_cache(maxsize=16_384)
def _is_phone(written: str, has_cue: bool, region: str) -> bool:
    """Tell whether digits as written are a phone number.

    A number with a plus is one when its length is possible; in a usual shape, or beside a word
    such as `call`, nearly any is; a national one must be valid in the region and start with 0.
    """
    bare = _EXTENSION.sub("", written)
    n_digits = sum(c.isdigit() for c in bare)
    fewest = _FEWEST_WITH_CUE if has_cue else _FEWEST
    if not fewest <= n_digits <= _MOST:
        return False
    if bare.lstrip("(").startswith(("+", "00")):
        return n_digits >= 8
    if has_cue or _SHAPES.fullmatch(bare):
        return n_digits <= _MOST_NATIONAL
    return bare.lstrip("(").startswith("0") and _is_valid(bare, region)


def _is_valid(bare: str, region: str) -> bool:
    """Tell whether a national number is one that the region has given out."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(bare, region))
    except phonenumbers.NumberParseException:
        return False
