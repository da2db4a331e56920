"""How many customers make a touchpoint that no catalogue has."""

from math import ceil

from pipeline.config import Resolve

_SHARE = 0.05
"""Five customers of a hundred are few, and five of forty are one in eight: where fewer than a
hundred speak, so large a share of them will do."""


def fewest_customers(settings: Resolve, n_customers: int, *, has_catalogue: bool) -> int:
    """Return how many customers must tell of a thing for it to be a touchpoint, where `n_customers`
    said anything.

    Beside a catalogue it is always `min_customers`: what the business knows of needs no such
    leniency, and what comes up beside it is chance more often.
    """
    if has_catalogue:
        return settings.min_customers
    share = ceil(_SHARE * n_customers)
    return min(settings.min_customers, max(settings.min_customers_of_few, share))
