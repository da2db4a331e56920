"""Starter corpora → a new corpus folder to fill in."""

import csv
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from pipeline.config import Llm
from pipeline.errors import ConfigError, nearest, shorten

if TYPE_CHECKING:
    import pandas as pd

_SETTINGS = "corpus.toml"
_NAME = re.compile(r'(?m)^name[ \t]*=[ \t]*"[^"\n]*"')
_BUSINESS = re.compile(r'(?ms)^business[ \t]*=[ \t]*(?:""".*?"""|"[^"\n]*")')
_READS = """
# The model that suggested the touchpoints reads, too, once these lines are switched on. What it
# would cost: touchpoints plan <this folder>"""
_NOTE = """\
> **Suggested, not checked.** A language model ({model}) wrote `touchpoints.csv` and `stages.csv`
> from the description of the business in `corpus.toml`. It knows no customer of yours. Correct both
> files line by line before you rely on them, fill in `effort` and `red_flags`, delete this note.
> What the steps below say about the touchpoints and stages of the starter holds no longer.

"""


def copy_template(name: str, template: str) -> Path:
    """Copy a template to corpora/`name`, or to the path `name`, under the folder's own name.

    ConfigError when there is no such template, or when the folder already holds something.
    """
    source = _find_template(template)
    refuse_taken(name)
    target = _target(name)
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


def suggest_corpus(
    name: str, template: str, description: str, llm: Llm
) -> tuple[Path, tuple[str, ...]]:
    """Make a corpus whose journey a language model suggests; return it and what was left out.

    Asks before anything is written. ConfigError when the folder is taken, the model is not named or
    its key is missing; EngineError when the provider cannot be used or suggests nothing.
    """
    from pipeline.engines.llm.asking import Asker  # noqa: PLC0415 - for this command alone
    from pipeline.engines.llm.calls import Caller  # noqa: PLC0415
    from pipeline.engines.llm.suggesting import suggest  # noqa: PLC0415

    refuse_taken(name)
    done = suggest(description, Asker(Caller(llm, None), llm), stages_of(template))
    folder = copy_template(name, template)
    write_suggestion(folder, done.touchpoints, done.stages, description, llm)
    return folder, done.left_out


def model_at(model: str, endpoint: str, key_variable: str) -> Llm:
    """Return the settings of a model; ConfigError when endpoint or variable cannot be used."""
    try:
        return Llm(model=model, endpoint=endpoint, key_variable=key_variable)
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        said = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"--{option} cannot be used: {said}") from error


def stages_of(template: str) -> list[str]:
    """Return the stages of a template in order; ConfigError when there is no such template."""
    with (_find_template(template) / "stages.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["position"]))
    return [row["stage"] for row in rows]


def refuse_taken(name: str) -> None:
    """Raise ConfigError when something stands where the new corpus `name` would go."""
    target = _target(name)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(f"{target} is already there; choose another name, or remove it first")


def write_suggestion(
    folder: Path,
    touchpoints: "pd.DataFrame",
    stages: "pd.DataFrame",
    description: str,
    llm: Llm,
) -> None:
    """Put a suggested catalogue into a new corpus, and say in its README that it is only that.

    The frames hold the rows of touchpoints.csv and stages.csv under the columns of these files.
    """
    touchpoints.to_csv(folder / "touchpoints.csv", index=False, lineterminator="\n")
    stages.to_csv(folder / "stages.csv", index=False, lineterminator="\n")
    settings = folder / _SETTINGS
    line = f"business = {json.dumps(' '.join(description.split()), ensure_ascii=False)}"
    text = _BUSINESS.sub(lambda _: line, settings.read_text("utf-8"), count=1)
    settings.write_text(text + _switched_off(llm), "utf-8", newline="")
    readme = folder / "README.md"
    title, _, rest = readme.read_text("utf-8").partition("\n\n")
    note = _NOTE.format(model=llm.model)
    readme.write_text(f"{title}\n\n{note}{rest}", "utf-8", newline="")


def _switched_off(llm: Llm) -> str:
    """Return the settings with which the model that was asked would read, too, switched off."""
    told = llm.model_dump(include={"endpoint", "model", "key_variable"})
    lines = [f"#{key} = {json.dumps(value)}" for key, value in told.items() if value]
    return "\n".join([_READS, "#[engine]", '#use = "llm"', "#[engine.llm]", *lines, ""])


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
