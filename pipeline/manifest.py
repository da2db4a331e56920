"""What a run says about itself: versions, settings, inputs, and what each step did."""

from typing import Any

from pydantic import BaseModel, ConfigDict

PUBLISH = "publish"
"""The last step: it writes the files and changes no table."""


class StepRecord(BaseModel):
    """What one step did."""

    model_config = ConfigDict(frozen=True)

    step: str
    rows_in: int
    used: int
    rejected: int
    seconds: float
    """From finding out whether the step has to be done to its checked tables."""
    peak_mb: float
    """Highest resident memory of the process up to the end of the step."""
    reused: bool
    """The step's inputs had not changed, so its earlier tables were taken."""
    calls: int = 0
    """Calls of a language model that were paid for; those of a reused step were paid before."""
    cached: int = 0
    """Answers that an earlier run had paid for."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    """Of the paid calls, in the corpus' currency."""


class Manifest(BaseModel):
    """manifest.json of a run folder."""

    model_config = ConfigDict(frozen=True)

    corpus: str
    corpus_folder: str
    business: str
    currency: str
    period: str
    start: str
    end: str
    previous: str
    """The period compared with, '' when there is none."""
    engine: str
    versions: dict[str, str]
    settings: dict[str, Any]
    inputs: dict[str, str]
    """sha256 of each file read, by path relative to the corpus folder."""
    prompts: dict[str, str]
    steps: tuple[StepRecord, ...]
    tables: tuple[str, ...] = ()
    """Names of all tables of the run."""
