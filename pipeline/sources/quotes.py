"""A text written by staff → their words, and the customer's words that they put in quotes."""

import re

# No alternative can start where another goes on, and no quote mark may stand inside: linear.
_QUOTED = re.compile(
    r'(?<![\w"])"(?=[^\s"])(?P<straight>[^"“”]*)"(?!\w)|[“„](?P<curly>[^“”„"]*)[”“]'
)
_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_FEWEST_WORDS = 3


def split_quotes(text: str) -> list[tuple[str, bool]]:
    """Return the parts of a text in order, each with whether it is a quote.

    A quote of fewer than three words is a name or an irony and stays where it is. Nothing but
    quote marks and the white space at the borders is lost.
    """
    parts: list[tuple[str, bool]] = []
    start = 0
    for match in _QUOTED.finditer(text):
        quote = match["straight"] if match["straight"] is not None else match["curly"]
        if "\n\n" in quote or not _has_words(quote):
            continue
        parts += [(text[start : match.start()].strip(), False), (quote.strip(), True)]
        start = match.end()
    parts.append((text[start:].strip(), False))
    return [part for part in parts if part[0]]


def _has_words(quote: str) -> bool:
    """Tell whether a quote has enough words, reading no further than needed."""
    return sum(1 for _, _ in zip(_WORD.finditer(quote), range(_FEWEST_WORDS), strict=False)) >= (
        _FEWEST_WORDS
    )
