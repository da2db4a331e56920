"""Whether a touchpoint did its job (worked, partly, failed), read apart from the mood."""

from pipeline.engines.embedded.cues import load_cues

_CUES = load_cues("outcomes.toml")


def outcome(text: str) -> str:
    """Return worked, partly, failed or unknown: did the touchpoint do its job, apart from mood?"""
    is_denied = bool(_CUES["negated_worked"].search(text))
    failed = is_denied or bool(_CUES["failed"].search(text))
    worked = not is_denied and bool(_CUES["worked"].search(text))
    if _CUES["partly"].search(text) or (failed and worked):
        return "partly"
    if failed:
        return "failed"
    return "worked" if worked else "unknown"


def is_request(text: str) -> bool:
    """Tell whether a text says what the customer wants, not how it went."""
    return bool(_CUES["request"].search(text))
