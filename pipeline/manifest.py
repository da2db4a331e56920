"""What a run says about itself: versions, settings, inputs, and what each step did."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class StepRecord(BaseModel):
    """What one step did."""

    model_config = ConfigDict(frozen=True)

    step: str
    rows_in: int
    used: int
    rejected: int
    seconds: float
    peak_mb: float
    """Highest resident memory of the process up to the end of the step."""
    reused: bool
    """The step's inputs had not changed, so its earlier tables were taken."""


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
