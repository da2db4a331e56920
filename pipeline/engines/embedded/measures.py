"""What a proposal is judged by: a quantity of this very data, its value today, and a target."""

from math import ceil, isnan, sqrt
from typing import NamedTuple

from pipeline.briefs import Brief, Neighbour, Pain

# One-sided 95 %: a proposal names the direction beforehand.
_Z = 1.645
_FEWEST = 5
"""Below this many customers no percentage is shown."""
_HALF_WIDTH = 1.96

_MOST_RISE = 0.4
"""A feeling that has to rise by more within one period before chance is ruled out is no target."""

CASES = "count cases, do not judge by percentage"


class Reading(NamedTuple):
    """A measure with today's value and the value next period if the change works."""

    measure: str
    baseline: str
    target: str


def choose_reading(
    brief: Brief, pain: Pain, label: str, keys: tuple[str, ...], help_next: Neighbour | None
) -> list[tuple[str, Reading]]:
    """Return the readings this brief allows, in order of preference, each with its key."""
    readings: dict[str, Reading | None] = {
        "pain": _pain(brief, pain, label),
        "any": _any(brief, label),
        "worked": _worked(brief),
        "emotion": _emotion(brief),
        "segment": _segment(brief),
        "help": _help(brief, help_next),
    }
    names = {"pain": f"pain {pain.pain_point_id}"}
    order = (*keys, "pain", "any", "worked")
    chosen = {names.get(key, key): readings[key] for key in order}
    return [(key, reading) for key, reading in chosen.items() if reading] or [("", _count(brief))]


def detectable(k: int, n: int) -> int | None:
    """Return the highest count below `k` of `n` that chance would not explain, at most halving.

    The test is the lower end of Newcombe's interval of the difference of two proportions.
    """
    for lower in range(k - 1, ceil(k / 2) - 1, -1):
        before, after = k / n, lower / n
        slack = sqrt((before - _wilson(k, n, -1)) ** 2 + (_wilson(lower, n, 1) - after) ** 2)
        if before - after > slack:
            return lower
    return None


def _wilson(k: int, n: int, side: int) -> float:
    """Return one end of the Wilson interval of k of n."""
    share = k / n
    middle = share + _Z**2 / (2 * n)
    width = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return (middle + side * width) / (1 + _Z**2 / n)


def of_customers(k: int, n: int) -> str:
    """Return `9 of 31 customers`."""
    return f"{k} of {n} customer{'' if n == 1 else 's'}"


def _share(k: int, n: int) -> str:
    text = of_customers(k, n)
    return f"{text} ({100 * k / n:.0f} %)" if n >= _FEWEST else f"{text} (too few for a percentage)"


def _fewer(k: int, n: int) -> str:
    """Return the target for a count that should fall."""
    goal = detectable(k, n)
    if goal is not None:
        reached = f"{_share(goal, n)} or fewer" if goal else f"none of {n} customers"
        return (
            f"{reached} next period, at about the same number of customers; "
            "a smaller fall could be chance"
        )
    goal = min(k - 1, ceil(k / 2))
    few = f"{n} customer{'' if n == 1 else 's'}"
    reached = f"{of_customers(goal, n)} or fewer" if goal else "no such case"
    return f"{reached} next period; with {few} even this can be chance, so {CASES}"


def _pain(brief: Brief, pain: Pain, label: str) -> Reading | None:
    n = max(brief.n_customers, pain.n_customers)
    # Complaints that share no name are counted together, as any problem.
    if pain.n_customers < 1 or not label or not pain.pain_point_id:
        return None
    measure = f"Share of customers at {brief.name} who report this problem: {label}"
    return Reading(measure, _share(pain.n_customers, n), _fewer(pain.n_customers, n))


def _any(brief: Brief, label: str) -> Reading | None:
    k, n = brief.n_pain_customers, max(brief.n_customers, brief.n_pain_customers)
    is_same = label and len(brief.pains) == 1 and brief.pains[0].pain_point_id
    if k < 1 or is_same:
        return None
    measure = f"Share of customers at {brief.name} who report any problem"
    return Reading(measure, _share(k, n), _fewer(k, n))


def _worked(brief: Brief) -> Reading | None:
    n = brief.n_function_customers
    if isnan(brief.function) or n < 1:
        return None
    failed = round((1 - brief.function) * n)
    if not 1 <= failed <= n:
        return None
    baseline = f"{100 * brief.function:.0f} % ({n} customers with a known outcome)"
    goal = detectable(failed, n)
    small = min(failed - 1, ceil(failed / 2))
    share = max(1 - (small if goal is None else goal) / n, brief.function)
    if round(100 * share) <= round(100 * brief.function):
        return None
    doubt = f"with {n} customers even this can be chance, so {CASES}"
    sure = "a smaller rise could be chance"
    target = f"{100 * share:.0f} % or more next period; {doubt if goal is None else sure}"
    return Reading(f"Share of experiences at {brief.name} that worked", baseline, target)


def _emotion(brief: Brief) -> Reading | None:
    """Aim for the smallest rise beyond chance, if that can be hoped for within a period."""
    now = brief.emotion
    ceiling = now + min((1 - now) / 2, _MOST_RISE)
    if isnan(now) or now > 0.5:
        return None
    spread = (brief.emotion_high - brief.emotion_low) / (2 * _HALF_WIDTH)
    goal = now + _Z * sqrt(2) * spread
    if isnan(goal) or goal > ceiling:
        goal, note = min(max(now / 2, now + 0.1), ceiling), f"a first sign only; {CASES}"
    else:
        goal, note = max(goal, now + 0.05), "a smaller rise could be chance"
    measure = f"Emotion score of {brief.name} (-1 very negative, 1 very positive)"
    target = f"{_signed(goal)} or higher next period; {note}"
    return Reading(measure, f"{_signed(now)} ({brief.n_customers} customers)", target)


def _signed(value: float) -> str:
    """Return two decimals with a sign, and never -0.00."""
    return f"{round(value, 2) + 0.0:+.2f}"


def _segment(brief: Brief) -> Reading | None:
    k, n = brief.n_segment_pain, brief.n_segment
    if not brief.worst_segment or not 1 <= k <= n:
        return None
    measure = (
        f"Share of customers in the segment {brief.worst_segment} "
        f"who report a problem at {brief.name}"
    )
    return Reading(measure, _share(k, n), _fewer(k, n))


def _help(brief: Brief, help_next: Neighbour | None) -> Reading | None:
    if help_next is None or not 2 <= help_next.n_customers <= brief.n_customers:
        return None
    k, n = help_next.n_customers, brief.n_customers
    measure = f"Share of customers at {brief.name} who go on to {help_next.name}"
    return Reading(measure, _share(k, n), _fewer(k, n))


def _count(brief: Brief) -> Reading:
    """What remains when this period has no number at all."""
    return Reading(
        f"Number of customers who report a problem at {brief.name}",
        "not counted in this period; count for four weeks before the start",
        f"fewer cases next period than in those four weeks; {CASES}",
    )
