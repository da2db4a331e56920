"""The globs of the settings → files, in a fixed order."""

import os
import re
from pathlib import Path
from typing import NamedTuple

from pipeline.decisions.log import FILE as DECISIONS
from pipeline.errors import ConfigError, InputError, nearest
from pipeline.sources.records import SourceFile

_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_MAGIC = re.compile(r"[*?\[]")


class Found(NamedTuple):
    """A file, and what tables and messages call it: the same name on every machine."""

    label: str
    path: Path


def find_files(folder: Path, pattern: str) -> list[Found]:
    """Return the files a glob matches, sorted; ConfigError when there is none.

    The glob is relative to the corpus folder or absolute, and may begin with `~` or a variable
    such as `$TOUCHPOINTS_DATA`. A folder stands for the files in it. Hidden files are left out.
    """
    if not folder.is_dir():
        raise ConfigError(f"no corpus folder at {folder}; give the folder that holds corpus.toml")
    expanded = Path(_expand(pattern))
    target = expanded if expanded.is_absolute() else folder / expanded
    paths = [path for path in _matches(folder, expanded) if path.is_file() and not _is_hidden(path)]
    if not paths:
        raise ConfigError(f"no file matches {pattern!r}{_hint(target)}")
    return sorted(Found(_label(folder, pattern, path), path) for path in paths)


def find_one(folder: Path, pattern: str) -> Found:
    """Return the one file of a path; ConfigError when it is none or several."""
    found = find_files(folder, pattern)
    if len(found) > 1:
        raise ConfigError(f"{pattern!r} must name one file, it matches {len(found)}")
    return found[0]


def load(found: Found) -> SourceFile:
    """Return a file with its bytes; InputError when the system does not let us read it."""
    try:
        return SourceFile(found.label, found.path.read_bytes())
    except OSError as error:
        raise InputError(f"{found.label}: cannot be opened: {error.strerror}") from error


def _expand(pattern: str) -> str:
    """Return the pattern with `~` and variables filled in; ConfigError when one is not set."""
    for name in _VARIABLE.findall(pattern):
        if not os.environ.get(name):
            raise ConfigError(f"{pattern!r}: the variable {name} is not set; set it to a folder")
    return os.path.expanduser(os.path.expandvars(pattern))  # noqa: PTH111 - keeps the glob as is


def _matches(folder: Path, pattern: Path) -> list[Path]:
    """Return what a glob below `folder` or an absolute one, a file or a folder stands for."""
    target = folder / pattern
    if target.is_file():
        return [target]
    if target.is_dir():
        return list(target.iterdir())
    # The folder's own name is no pattern, whatever brackets it holds.
    plain = _plain_part(target) if pattern.is_absolute() else folder
    if plain == target or not plain.is_dir():
        return []
    return list(plain.glob(str(target.relative_to(plain))))


def _plain_part(target: Path) -> Path:
    """Return the leading part of a path that has no wildcard."""
    parts = target.parts
    first = next((n for n, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
    return Path(*parts[:first])


def _is_hidden(path: Path) -> bool:
    """Tell whether an editor, the system or we put the file there (.DS_Store, ~$book.xlsx)."""
    return path.name.startswith((".", "~$")) or path.name == DECISIONS


def _label(folder: Path, pattern: str, path: Path) -> str:
    """Return the file's name in tables: relative to the folder, or to the pattern's variable."""
    first = pattern.replace("\\", "/").partition("/")[0]
    if first == "~" or first.startswith("$"):
        return f"{first}/{Path(os.path.relpath(path, _expand(first))).as_posix()}"
    if Path(pattern).is_absolute() and not path.is_relative_to(folder.absolute()):
        return path.as_posix()
    return Path(os.path.relpath(path, folder)).as_posix()


def _hint(target: Path) -> str:
    """Say which existing name is nearest to the first part that matches nothing."""
    parent = Path(target.anchor or ".")
    for part in target.parts[1 if target.anchor else 0 :]:
        if _MAGIC.search(part) or not (parent / part).exists():
            names = [p.name for p in parent.iterdir()] if parent.is_dir() else []
            listed = [name for name in names if not name.startswith(".")]
            if not listed:
                return f"; {parent} is empty"
            return f"; in {parent}{nearest(_MAGIC.sub('', part), listed).replace('; ', ': ', 1)}"
        parent = parent / part
    return ""
