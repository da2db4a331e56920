"""Whether a touchpoint did its job (worked, partly, failed), read apart from the mood."""

from typing import NamedTuple

import numpy as np

from pipeline.engines.embedded.cues import fold, load_cues
from pipeline.engines.embedded.heads import OUTCOMES, Rows, outcome_shares
from pipeline.engines.embedded.surface import has_cue
from pipeline.engines.embedding import Matrix

_CUES = load_cues("outcomes.toml")
_VERDICTS = load_cues("verdicts.toml")
_SURE = {"failed": 0.55, "partly": 0.4, "worked": 0.5}
"""Least probability of each: to say nothing is better than to report a failure nobody told of."""
_SPELLED_OUT_SURE = 0.4
"""The same for a failure where a word says so too ("crashes")."""
_HINTED_SURE = 0.3
"""The same where the head would rather say nothing: of hand-written industries kept out of the
weights it finds one failure more in a hundred."""
_REQUEST_SURE = 0.7
"""The same for a request: who asks for a refund does not say that refunds fail."""


class _Told(NamedTuple):
    """Which cues of outcomes.toml a text has."""

    negated_worked: bool
    failed: bool
    partly: bool
    request: bool
    spared: bool


def outcomes(texts: list[str], rows: Rows) -> list[str]:
    """Return worked, partly, failed or unknown for each text: did the touchpoint do its job?

    From the outcome head; what a text spells out ("was not sorted", "eventually") corrects it.
    """
    if not texts:
        return []
    told = map(_Told, *(has_cue(texts, cue) for cue in _Told._fields))
    return [_verdict(one, row) for one, row in zip(told, outcome_shares(rows), strict=True)]


def says_it_works(text: str) -> bool:
    """Tell whether a text of good mood says that a thing is fit for its job ("bed was comfy").

    The head was taught by stories told in plain words; of a bare judgement it makes little.
    """
    folded = fold(text)
    told = _CUES["worked"].search(folded) or _VERDICTS["fit"].search(folded)
    taken_back = _CUES["negated_worked"].search(folded) or _CUES["failed"].search(folded)
    is_wished = is_request(text) or _VERDICTS["wished"].search(folded)
    return bool(told) and not (taken_back or is_wished)


def says_it_fails(text: str) -> bool:
    """Tell whether a text of bad mood says that a thing is not fit for its job."""
    folded = fold(text)
    told = _CUES["failed"].search(folded) or _VERDICTS["unfit"].search(folded)
    taken_back = _CUES["worked"].search(folded) or _CUES["spared"].search(folded)
    return bool(told) and not (taken_back or is_request(text))


def is_spared(text: str) -> bool:
    """Tell whether a text says that a trouble did not come ("not a single problem")."""
    return bool(_CUES["spared"].search(fold(text)))


def is_request(text: str) -> bool:
    """Tell whether a text says what the customer wants, not how it went."""
    return bool(_CUES["request"].search(fold(text)))


def _verdict(told: _Told, shares: Matrix) -> str:
    """Return the likeliest outcome where it is likely enough, else unknown."""
    if told.negated_worked:
        return "failed"
    best = int(np.argmax(shares))
    if OUTCOMES[best] == "failed" and told.spared:
        return "unknown"
    least = _SURE.get(OUTCOMES[best], 0.0)
    if OUTCOMES[best] == "failed" and told.failed:
        least = _SPELLED_OUT_SURE
    if told.request:
        least = max(least, _REQUEST_SURE)
    if shares[best] < least:
        return "unknown"
    if OUTCOMES[best] == "unknown" and told.failed and _may_have_failed(told, shares):
        return "failed"
    is_part = OUTCOMES[best] == "worked" and told.partly
    return "partly" if is_part else OUTCOMES[best]


def _may_have_failed(told: _Told, shares: Matrix) -> bool:
    """Tell whether a text that spells out a failure reports one, though "unknown" is likelier."""
    is_likely = bool(shares[OUTCOMES.index("failed")] >= _HINTED_SURE)
    return is_likely and not (told.request or told.spared)
