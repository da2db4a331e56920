"""Every error a user can meet, split by who must act.

TouchpointsError
├── ConfigError      the operator: a setting, a command line, a corpus folder      exit 2
├── InputError       the operator: a source file that cannot be read               exit 2
├── EngineError      the provider of a model, or the embedded model's files        exit 3
└── ContractError    us: a table or a stage broke its own promise                  exit 1
"""

from collections.abc import Iterable
from difflib import get_close_matches


class TouchpointsError(Exception):
    """Base of the tree; its text is one clear line for the user."""

    exit_code = 1


class ConfigError(TouchpointsError):
    """A setting, a command line or a corpus folder is wrong."""

    exit_code = 2


class InputError(TouchpointsError):
    """A whole source file cannot be read."""

    exit_code = 2


class EngineError(TouchpointsError):
    """A model, its files or its server failed."""

    exit_code = 3


class ContractError(TouchpointsError):
    """A table or a stage broke its own promise: a bug of ours."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the closest known word, or the known words themselves."""
    options = sorted(known)
    close = get_close_matches(word, options, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(options[:12])}" if options else ""


def shorten(value: object, width: int = 80) -> str:
    """Return `value` on one line, cut at `width` characters, for use in a message."""
    line = " ".join(str(value).split())
    return line if len(line) <= width else line[: width - 1] + "…"
