"""Starter corpora → a new corpus folder to fill in."""

import json
import re
from pathlib import Path

from pipeline.errors import ConfigError, nearest, shorten

_SETTINGS = "corpus.toml"
_NAME = re.compile(r'(?m)^name[ \t]*=[ \t]*"[^"\n]*"')


def copy_template(name: str, template: str) -> Path:
    """Copy a template to corpora/`name`, or to the path `name`, under the folder's own name.

    ConfigError when there is no such template, or when the folder already holds something.
    """
    source = _find_template(template)
    target = _target(name)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(f"{target} is already there; choose another name, or remove it first")
    for path in sorted(source.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    settings = target / _SETTINGS
    line = f"name = {json.dumps(target.resolve().name, ensure_ascii=False)}"
    text = _NAME.sub(lambda _: line, settings.read_text("utf-8"), count=1)
    settings.write_text(text, "utf-8", newline="")
    return target


def _target(name: str) -> Path:
    """Return where the new corpus goes: a bare word means a folder below corpora/."""
    if not name.strip():
        raise ConfigError("the new corpus needs a name: `touchpoints init NAME`")
    path = Path(name).expanduser()
    is_bare = path.name == name and name not in {".", ".."} and "\\" not in name
    return Path("corpora") / name if is_bare else path


def _find_template(template: str) -> Path:
    """Return the folder of a template; ConfigError names those that exist."""
    home = _home()
    known = sorted(path.parent.name for path in home.glob(f"*/{_SETTINGS}"))
    if template not in known:
        raise ConfigError(f"no template {shorten(template)!r}{nearest(template, known)}")
    return home / template


def _home() -> Path:
    """Return where the templates are: inside an installed package, else in the repository."""
    package = Path(__file__).resolve().parent
    packed = package / "_data" / "templates"
    return packed if packed.is_dir() else package.parent / "corpora" / "templates"
