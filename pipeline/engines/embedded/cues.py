"""Word cues: regular expressions kept as data beside the code that reads them."""

import re
import tomllib
from importlib.resources import files


def load_cues(file: str) -> dict[str, re.Pattern[str]]:
    """Return the signals of a file in this folder, each as one pattern on word boundaries."""
    path = files("pipeline.engines.embedded").joinpath(file)
    return {
        name: re.compile(rf"\b(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE)
        for name, patterns in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }
