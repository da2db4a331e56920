"""The span a run covers: a quarter, half, month or year by its name, or a span of one's own."""

import re
from calendar import monthrange

from pipeline.config import Section, Settings
from pipeline.errors import ConfigError, nearest, shorten


class Period(Section):
    """A span of time: documents from `start` to `end`, both days included, belong to it."""

    name: str
    start: str
    end: str

    def holds(self, occurred_at: str) -> bool:
        """Tell whether an ISO time lies in the period; undated documents lie in every one."""
        return not occurred_at or self.start <= occurred_at[:10] <= self.end


def quarter_of(day: str) -> str:
    """Return the name of the quarter that an ISO time lies in."""
    return f"{day[:4]}Q{(int(day[5:7]) + 2) // 3}"


_PERIOD_NAME = re.compile(r"\w[\w-]*")
_PERIOD_FORMS = (
    (re.compile(r"(\d{4})"), lambda year: (year, 1, 12)),
    (re.compile(r"(\d{4})H([12])"), lambda year, half: (year, 6 * half - 5, 6 * half)),
    (re.compile(r"(\d{4})Q([1-4])"), lambda year, quarter: (year, 3 * quarter - 2, 3 * quarter)),
    (re.compile(r"(\d{4})-(0[1-9]|1[0-2])"), lambda year, month: (year, month, month)),
)


def find_period(settings: Settings, name: str) -> Period:
    """Return the bounds of the period `name`, or of the settings' own when `name` is ''."""
    own = sorted(settings.periods)
    strange = [period for period in own if not _PERIOD_NAME.fullmatch(period)]
    if strange:
        raise ConfigError(
            f"[periods] of corpus.toml: {shorten(strange[0])!r} cannot name a folder; "
            "use letters, digits, - and _"
        )
    name = name or settings.period or (own[0] if len(own) == 1 else "")
    if not name:
        example = " or ".join(own[:3]) or "2026Q3"
        raise ConfigError(f"no period: give --period {example}, or `period = ...` in corpus.toml")
    if name in settings.periods:
        bounds = settings.periods[name]
        if bounds.start > bounds.end:
            raise ConfigError(
                f"[periods.{name}] of corpus.toml starts on {bounds.start} after it ends on "
                f"{bounds.end}; swap them"
            )
        return Period(name=name, start=bounds.start.isoformat(), end=bounds.end.isoformat())
    for form, months in _PERIOD_FORMS:
        match = form.fullmatch(name)
        if match:
            year, first, last = months(*map(int, match.groups()))
            end = f"{year:04}-{last:02}-{monthrange(year, last)[1]:02}"
            return Period(name=name, start=f"{year:04}-{first:02}-01", end=end)
    hint = nearest(name, settings.periods) if settings.periods else ""
    raise ConfigError(
        f"period {shorten(name)!r} is not like 2026Q3, 2026H1, 2026-08 or 2026, "
        f"nor in [periods] of corpus.toml{hint}"
    )
