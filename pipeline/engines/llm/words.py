"""Which names a model may give: short, plain, and made of words that customers or the business use.

A name that holds anything else is none. So what a text tells the model to write (an address, an
answer to another question, a line of code) cannot become the name of a touchpoint.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from pipeline.engines.embedded.lexicon import content_words, root

_LONGEST = 60
_OF_THING, _OF_PROBLEM = 5, 8
"""Most words of a touchpoint's name, and of a problem's: a longer one is a sentence."""
_PLAIN = re.compile(r"[^\W_][\w &/,'’()+-]*")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u2e80-\u9fff]")
_FEWEST_DOCUMENTS = 3
"""A word is common property when customers of so many documents use it."""

_MOSTLY = 0.7
"""A definition needs words of its own, such as "request" or "handling"; it has few of them."""


class Vocabulary(NamedTuple):
    """Stems of the words that names may be made of."""

    stems: frozenset[str]

    def beside(self, *texts: str) -> "Vocabulary":
        """Return the vocabulary with the words of some texts."""
        return Vocabulary(self.stems.union(*map(_stems, texts)))

    def holds(self, text: str) -> bool:
        """Tell whether a text has content words and every one is known."""
        found = _stems(text)
        return bool(found) and found <= self.stems

    def mostly_holds(self, text: str) -> bool:
        """Tell whether most content words of a text are known."""
        found = _stems(text)
        return len(found & self.stems) >= _MOSTLY * max(len(found), 1)


def common_words(documents: Iterable[str], given: Iterable[str]) -> Vocabulary:
    """Return the words that several documents use, and those the business itself wrote down."""
    used = Counter(one for text in documents for one in _stems(text))
    shared = {one for one, n in used.items() if n >= _FEWEST_DOCUMENTS}
    return Vocabulary(frozenset(shared.union(*map(_stems, given))))


def tidy_name(said: str, vocabulary: Vocabulary, *, is_problem: bool = False) -> str:
    """Return a name as it may be kept: trimmed, first letter large; '' when it may not."""
    name = " ".join(said.strip(" .\"'“”‘’").split())
    most = _OF_PROBLEM if is_problem else _OF_THING
    is_short = len(name) <= _LONGEST and len(name.split()) <= most
    if not is_short or not _PLAIN.fullmatch(name) or not vocabulary.holds(name):
        return ""
    return name[:1].upper() + name[1:]


def _stems(text: str) -> frozenset[str]:
    """Return the stems of the content words of a text; of scripts without spaces, each two
    neighbouring characters."""
    found: set[str] = set()
    for word in content_words(text):
        if _UNSPACED.search(word):
            found.update(word[n : n + 2] for n in range(max(len(word) - 1, 1)))
        else:
            found.add(root(word))
    return frozenset(found)
