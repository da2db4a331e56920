"""Prompt files: found, checked, rendered and hashed.

`prompts/<name>.v<N>.md` begins with a header between two lines `---`: its purpose, the step that
asks, the variables it takes and the model its answer must fit; `examples` says why there are none,
where no `<name>.v<N>.examples.jsonl` stands beside it. The text below is a jinja2 template.
Customers' words never stand in it: they travel in the user's message, between fences.
"""

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pipeline.errors import ConfigError

_HERE = Path(__file__).parent
_NAME = re.compile(r"(?P<name>[a-z]+)(?P<small>\.small)?\.v(?P<version>\d+)")
_KEYS = {"purpose", "stage", "variables", "answer"}
_MAY_SAY = "examples"


class Prompt(NamedTuple):
    """A prompt file."""

    task: str
    """`extract.v3`: its name and version."""
    stage: str
    """The step that asks it."""
    answer: str
    """Name of the model of one result."""
    variables: frozenset[str]
    template: str
    sha256: str
    """Of the file and its examples."""

    def render(self, **variables: str) -> str:
        """Return the text with its variables; a variable too many or too few is a ConfigError."""
        given = set(variables)
        if given != self.variables:
            wrong = ", ".join(sorted(given ^ self.variables))
            raise ConfigError(f"prompt {self.task}: variables do not fit: {wrong}")
        try:
            text = _environment().from_string(self.template).render(**variables)
        except TemplateError as error:
            raise ConfigError(f"prompt {self.task}: {error}") from error
        return f"Task: {self.task}\n{text.strip()}"


def example_of(task: str) -> str:
    """Return the first worked example of a prompt, item and answer; '' when it has none."""
    path = _folder() / f"{task}.examples.jsonl"
    if not path.is_file():
        return ""
    first = json.loads(path.read_text("utf-8").splitlines()[0])
    answer = json.dumps({"results": [first["answer"]]}, ensure_ascii=False, separators=(",", ":"))
    return "\n".join([*first["item"], "Answer:", answer])


@cache
def find_prompts() -> dict[str, Prompt]:
    """Return every prompt by its task; ConfigError names a file that is not well formed."""
    return {prompt.task: prompt for prompt in map(read_prompt, sorted(_folder().glob("*.md")))}


def _folder() -> Path:
    """Return where the prompts lie: in the package, or beside it in a checkout."""
    for place in (_HERE / "_data/prompts", _HERE.parent / "prompts"):
        if place.is_dir():
            return place
    raise ConfigError("no folder with prompts beside the package; install it again")


def find_prompt(name: str, *, small: bool = False) -> Prompt:
    """Return the latest version of a prompt, in its short form for small models if there is one."""
    versions: dict[tuple[bool, int], Prompt] = {}
    for task, prompt in find_prompts().items():
        match = _NAME.fullmatch(task)
        if match and match["name"] == name:
            versions[bool(match["small"]), int(match["version"])] = prompt
    fit = [key for key in versions if key[0] == small] or list(versions)
    if not fit:
        raise ConfigError(f"no prompt {name!r} in prompts/")
    return versions[max(fit)]


def read_prompt(path: Path) -> Prompt:
    """Read one prompt file; ConfigError says what is wrong with it."""
    text = path.read_text("utf-8")
    parts = text.split("---\n", 2)
    if not _NAME.fullmatch(path.stem) or len(parts) != 3 or parts[0].strip():
        raise ConfigError(f"{path.name}: not NAME.vN.md with a header between two lines ---")
    header = dict(_header_line(path.name, line) for line in parts[1].splitlines() if line.strip())
    if header.keys() - {_MAY_SAY} != _KEYS:
        raise ConfigError(f"{path.name}: the header needs {', '.join(sorted(_KEYS))}")
    declared = frozenset(header["variables"].replace(",", " ").split())
    try:
        used = meta.find_undeclared_variables(_environment().parse(parts[2]))
    except TemplateError as error:
        raise ConfigError(f"{path.name}: {error}") from error
    if used != declared:
        wrong = ", ".join(sorted(used ^ declared))
        raise ConfigError(f"{path.name}: header and text differ in variables: {wrong}")
    examples = path.with_suffix(".examples.jsonl")
    told = text.encode() + (examples.read_bytes() if examples.is_file() else b"")
    digest = hashlib.sha256(told).hexdigest()
    return Prompt(path.stem, header["stage"], header["answer"], declared, parts[2], digest)


def _header_line(file: str, line: str) -> tuple[str, str]:
    """Return key and value of a line of the header."""
    key, colon, value = line.partition(":")
    if not colon:
        raise ConfigError(f"{file}: the line {line!r} of the header is not `key: value`")
    return key.strip(), value.strip()


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    """Return jinja2 with no way out, for which a variable that is missing is an error."""
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
