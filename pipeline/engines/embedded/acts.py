"""What a customer does with a clause: states a decision or an expectation, makes a suggestion."""

from pipeline.engines.embedded.cues import load_cues

_CUES = load_cues("acts.toml")


def stated(text: str) -> str:
    """Return decision, expectation, suggestion, or '' when the clause states none of them."""
    if _CUES["decision"].search(text) and not _CUES["hypothetical"].search(text):
        return "decision"
    if _CUES["expectation"].search(text) and not _CUES["not_expectation"].search(text):
        return "expectation"
    return "suggestion" if _CUES["suggestion"].search(text) else ""
