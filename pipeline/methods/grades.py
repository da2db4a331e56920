"""Scores in words."""

STEPS: dict[str, tuple[tuple[float, str], ...]] = {
    "emotion": (
        (-0.6, "highly negative"), (-0.2, "negative"), (0.2, "mixed"), (0.6, "positive"),
        (9.0, "highly positive"),
    ),
    "function": (
        (0.2, "fails"), (0.45, "often fails"), (0.65, "works in part"), (0.85, "mostly works"),
        (9.0, "does the job"),
    ),
    "frequency": (
        (0.05, "rare"), (0.15, "occasional"), (0.35, "common"), (0.6, "very common"),
        (9.0, "extremely common"),
    ),
    "impact": (
        (0.1, "minimal"), (0.3, "low"), (0.55, "moderate"), (0.8, "high"),
        (9.0, "mission-critical"),
    ),
}  # fmt: skip
"""By dimension: a value below the bound, and not below an earlier one, is called so."""


def in_words(dimension: str, value: float) -> str:
    """Return what a score is called."""
    return next(word for bound, word in STEPS[dimension] if value < bound)
