"""How strongly a clause puts its mood: "nice colours though" praises less than "simply the best".

The mood head says how likely a clause is praise or complaint; of how much is meant it knows little.
"""

import numpy as np

from pipeline.engines.embedded.cues import fold, load_cues
from pipeline.engines.embedding import Matrix

_WORDS = load_cues("strengths.toml")
_FAINTEST = 0.35
"""Where moods begin to count as praise or complaint: what is beyond it is what words may weaken, so
that which of the two a clause is never hangs on how strongly it is put."""
_WEAK, _PLAIN = 0.3, 0.85
"""Share of a mood beyond the faintest that is left to words that say little ("decent enough"), and
to those that say neither little nor much."""


def graded(texts: list[str], polarity: Matrix) -> Matrix:
    """Return moods (-1 to 1) as strong as their words put them, on the side they are on."""
    shares = np.array([_share(fold(text)) for text in texts], dtype=np.float32)
    beyond = np.maximum(np.abs(polarity) - _FAINTEST, 0)
    told = polarity - np.sign(polarity) * beyond * (1 - shares)
    return told.astype(np.float32)


def _share(folded: str) -> float:
    """Return the share of a mood that a text keeps."""
    is_weak, is_strong = (bool(_WORDS[name].search(folded)) for name in ("weak", "strong"))
    if is_weak == is_strong:
        return _PLAIN
    return _WEAK if is_weak else 1.0
