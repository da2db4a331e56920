"""The quotes that show what belongs to a touchpoint which a reviewer makes of others' quotes."""

from collections.abc import Callable, Sequence

from pipeline.methods.proposing import Vectors, most_central

Embed = Callable[[list[str]], Vectors]
MOST = 12
"""As many as a decision may name (actions.Found.like)."""
_LONGEST = 2_000
"""Characters of one of them, as there; a longer quote shows no one thing."""


def typical(quotes: Sequence[str], embed: Embed | None) -> tuple[str, ...]:
    """Return the quotes nearest to the middle of all, or all when they are few.

    `embed` gives unit vectors of texts; without it the longest stand for the others.
    """
    texts = [text for text in dict.fromkeys(quotes) if text.strip() and len(text) <= _LONGEST]
    if len(texts) <= MOST:
        return tuple(texts)
    if embed is None:
        return tuple(sorted(texts, key=len, reverse=True)[:MOST])
    return tuple(texts[n] for n in most_central(embed(texts), range(len(texts)), MOST))
