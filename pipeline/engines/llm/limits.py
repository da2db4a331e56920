"""How many calls may be under way, when the next may start, and when to give an endpoint up."""

import math
import random
import time
from dataclasses import dataclass, field
from typing import NamedTuple

# Fewer lost calls in a row can be bad luck.
_LEAST_TO_GIVE_UP = 10
# After so many in a row, or as many as may be under way together, calls go out one by one, further
# and further apart, until one gets through.
_LEAST_TO_DOUBT = 3
# A few failures of one call are no outage: it is tried again within the time an answer takes, then
# within twice and four times that.
_SOON = 3
# Each refused call takes one from the calls at once: a provider that can do half of them refuses
# half, one that answers nineteen of twenty has room for nearly all (so DCTCP cuts by the share that
# was marked, RFC 8257). Of those under way together no more than half are taken.
_HALF = 2
# They grow again as CUBIC has it (RFC 9438): fast up to where the refusal came, slowly around
# there, fast beyond.
_FAST = 2
# Weight of the latest answer in the mean time that answers take.
_LATEST = 0.2


class Pause(NamedTuple):
    """Exponential back-off with full jitter, in seconds (AWS Architecture Blog, 2015)."""

    base: float = 0.5
    cap: float = 30.0

    def after(self, tries: int, round_trip: float = math.inf) -> float:
        """Return how long to wait after the `tries`-th failure in a row, counted from 1.

        Where answers take but a `round_trip`, a call's first failures do not keep it longer.
        """
        base = min(self.base, round_trip / 2) if tries <= _SOON else self.base
        return random.uniform(0, min(self.cap, base * 2 ** min(tries, 30)))  # noqa: S311


@dataclass(slots=True)
class Gate:
    """Adaptive concurrency: one less for each call that a busy provider refuses, one more after a
    run of successes.

    Used by one thread. Times are of time.monotonic.
    """

    most: int
    longest_wait: float
    pause: Pause
    allowed: int = field(init=False)
    opens_at: float = 0.0
    failures: int = 0
    """Calls lost since the last that got through to the provider."""
    round_trip: float = math.inf
    """Seconds that answers take of late; inf before the first."""
    _refused: int = 0
    """How many were allowed when the provider first refused one of those under way together."""
    _to_take: int = 0
    """How many more the refusals of those under way together may take."""
    _was_reached: bool = False
    _rounds: int = 0
    _successes: int = 0
    _cut_at: float = 0.0
    _doubted_at: float = 0.0

    def __post_init__(self) -> None:
        self.allowed = self.most

    def has_place(self, under_way: int) -> bool:
        """Tell whether another call may be under way beside so many."""
        return under_way < (1 if self._is_in_doubt() else self.allowed)

    def is_open(self, under_way: int) -> bool:
        """Tell whether a call may start now beside so many."""
        return self.has_place(under_way) and time.monotonic() >= self.opens_at

    def succeeded(self, seconds: float) -> None:
        """Note an answer that took so long; after as many as may be under way, one more may.

        After half as many where that is well below or above what was refused last.
        """
        self.reached()
        before = seconds if math.isinf(self.round_trip) else self.round_trip
        self.round_trip = before + _LATEST * (seconds - before)
        self._successes += 1
        is_near = self._refused - 1 <= self.allowed <= self._refused
        needed = self.allowed if is_near else self.allowed // _FAST
        if self._successes >= needed and self.allowed < self.most:
            self.allowed += 1
            self._successes = 0

    def reached(self) -> None:
        """Note that the provider is there, whatever it said."""
        self.failures = self._rounds = 0
        self._was_reached = True

    def busy(self, started_at: float, wait: float | None) -> None:
        """Note a refusal for too many calls: one less may be under way."""
        self.reached()
        self.wait(wait)
        if started_at >= self._cut_at:
            self._refused = self.allowed
            self._to_take = self.allowed // _HALF
            self._cut_at = time.monotonic()
        if self._to_take:
            self._to_take -= 1
            self.allowed -= 1
            self._successes = 0

    def lost(self, started_at: float, wait: float | None) -> None:
        """Note a lost call. After a few in a row all wait, each time longer.

        Not so while the endpoint was never reached: it will be misspelt rather than come back.
        """
        self.failures += 1
        self.wait(wait)
        if self._is_in_doubt() and started_at >= self._doubted_at:
            self._rounds += self._was_reached or not self._rounds
            self._doubted_at = time.monotonic()
            self.wait(self.pause.after(self._rounds, self.round_trip))

    def _is_in_doubt(self) -> bool:
        """Tell whether so many calls in a row were lost that the endpoint may be down."""
        return self.failures >= max(_LEAST_TO_DOUBT, self.allowed)

    def gives_up(self) -> bool:
        """Tell whether so many calls in a row were lost that the endpoint must be down."""
        return self.failures >= max(_LEAST_TO_GIVE_UP, 2 * self.most)

    def wait(self, seconds: float | None) -> None:
        """Let no call start for so long, within bounds."""
        if seconds is not None:
            bounded = min(max(seconds, 0.0), self.longest_wait)
            self.opens_at = max(self.opens_at, time.monotonic() + bounded)
