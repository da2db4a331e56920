"""The ends of a stated cause: what of the words beside a connective is told to have happened.

An end is a clause. Hedges, words to the listener and remarks at its edges are no part of it, and
where more is told than could be kept apart it is no end at all.
"""

import re

from pipeline.engines.embedded.cues import fold, load_cues

_CUES = load_cues("ends.toml")
_WORD = re.compile(r"\w+")
_SEPARATOR = " ,;:–—-(\t\n"
_REASON = re.compile(
    r"(?:(?:the|my|our) (?:\w+ )?reason(?: why| that)?(?! (?:why|that|for|was|is)\b)"
    r"|(?:(?:the|my|our) )?(?:(?:root|main|only|likely|real) )*(?:cause|reason) (?:of|for|behind))"
    r" (?P<end>.+?)(?: (?:is|was))?(?: that| because)?(?:, (?:i'm|i am) afraid)?\W*"
)
_THAT = re.compile(r"it(?:'s| was| is) (?P<end>.+?) (?:that|which|who)(?: was| is)?\W*")
"""What an end is put in: "the reason we left was", "it was the hose that"."""
_FEWEST_WORDS = 2
"""Left of an end: below, its edges are all there is."""
_MOST_WORDS = 30
"""Of an end: where more is told, it cannot be said what of it led to what."""


def trimmed(text: str) -> tuple[int, int]:
    """Return where what happened starts and ends in the text of an end; all of it if next to
    nothing would be left."""
    plain = fold(text.replace("’", "'"))
    end = len(plain)
    lead = _CUES["lead"].match(plain)
    start = _skipped(plain, lead.end()) if lead else 0
    if framed := _REASON.fullmatch(plain, start) or _THAT.fullmatch(plain, start):
        start, end = framed.span("end")
    while tail := _CUES["tail"].search(plain, start, end):
        end = _ended(plain, tail.start())
    return (start, end) if len(_WORD.findall(plain[start:end])) >= _FEWEST_WORDS else (0, len(text))


def _skipped(text: str, at: int) -> int:
    """Return the next place from `at` on that is no separator."""
    return len(text) - len(text[at:].lstrip(_SEPARATOR))


def _ended(text: str, at: int) -> int:
    """Return the end of what stands before `at`, without separators."""
    return len(text[:at].rstrip(_SEPARATOR))


def is_clear(text: str) -> bool:
    """Tell whether a text may be an end of a cause: not too much, and more than a pronoun."""
    plain = fold(text.replace("’", "'")).strip(_SEPARATOR + ".!")
    return len(_WORD.findall(plain)) <= _MOST_WORDS and not _CUES["pointer"].match(plain)


def happened(cause: str, effect: str) -> bool:
    """Tell whether two texts (folded) are things that happened: no verdict in stars, no effect
    that is only thought of."""
    is_verdict = any(_CUES["verdict"].search(end) for end in (cause, effect))
    return not (is_verdict or _CUES["only_thought"].match(_bared(effect)))


def is_request(text: str) -> bool:
    """Tell whether a text (folded) opens by telling or asking somebody to do something, or asks."""
    return bool(_CUES["request"].match(_bared(text)))


def is_said(text: str) -> bool:
    """Tell whether a text (folded) opens with a wish, or with what the customer writes or rings
    for: a reason for it is a reason for speaking."""
    return bool(_CUES["said"].match(_bared(text)))


def is_guessed(text: str) -> bool:
    """Tell whether a text (folded) is concluded from what is beside it, not told as having come of
    it."""
    return bool(_CUES["guessed"].match(_bared(text)) or _CUES["guess"].search(text))


def _bared(text: str) -> str:
    """Return a text without the connectives and fillers it opens with."""
    opened = _CUES["opened"].match(text.lstrip(_SEPARATOR))
    return text.lstrip(_SEPARATOR)[opened.end() :].lstrip(_SEPARATOR) if opened else text
