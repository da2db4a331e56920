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


class Bill(BaseModel):
    """What a language model was paid for a run; all amounts in the corpus' currency."""

    model_config = ConfigDict(frozen=True)

    model: str
    is_priced: bool
    """Whether the price of the model is known; without it all amounts are 0."""
    calls: int
    """Paid by this run, like the tokens."""
    cached: int
    """Answers of the result that an earlier run had paid for."""
    prompt_tokens: int
    completion_tokens: int
    cost: float
    """Paid by this run."""
    earlier: float
    """What the answers that were there already cost, at the price of today."""
    n_documents: int
    """Documents that the model read."""
    document_mean: float
    """Cost of reading one document, paid now or earlier."""
    document_most: float
    dearest: str
    """File and place of the document that cost most."""

    def in_words(self, currency: str) -> str:
        """Return the bill on one line."""
        tokens = self.prompt_tokens + self.completion_tokens
        parts = [f"{self.model}: {_plural(self.calls, 'call')}, {tokens:,} tokens"]
        parts[0] += (
            f", {self._money(self.cost, currency)}" if self.is_priced else ", no price known"
        )
        if self.cached:
            parts.append(f"{_plural(self.cached, 'answer')} from earlier runs")
            if self.is_priced:
                whole = self._money(self.cost + self.earlier, currency)
                parts[-1] += f", with them the result cost {whole}"
        if self.is_priced and self.n_documents:
            parts.append(
                f"{_amount(self.document_mean)} to read a document, at most "
                f"{_amount(self.document_most)} ({self.dearest})"
            )
        return "; ".join(parts)

    @staticmethod
    def _money(amount: float, currency: str) -> str:
        return f"{currency} {_amount(amount)}".strip()


def _amount(amount: float) -> str:
    """Return an amount with as many digits as tell it: 12.30, 0.041, 0.00022."""
    if amount >= 1 or not amount:
        return f"{amount:.2f}"
    return f"{amount:.2g}" if amount >= 0.0001 else f"{amount:.6f}"


def _plural(n: int, noun: str) -> str:
    return f"{n:,} {noun if n == 1 else noun + 's'}"


class Manifest(BaseModel):
    """manifest.json of a run folder."""

    model_config = ConfigDict(frozen=True)

    corpus: str
    corpus_folder: str
    home: str = ".."
    """Folder of what is kept between runs of the corpus, as seen from the run folder."""
    business: str
    currency: str
    period: str
    start: str
    end: str
    previous: str
    """The period compared with, '' when there is none."""
    engine: str
    versions: dict[str, str]
    """Of the program and what it runs on; `code` is runner.code_hash."""
    settings: dict[str, Any]
    inputs: dict[str, str]
    """sha256 of each file read, by path relative to the corpus folder."""
    prompts: dict[str, str]
    steps: tuple[StepRecord, ...]
    bill: Bill | None = None
    """None when no language model answered anything."""
    tables: tuple[str, ...] = ()
    """Names of all tables of the run."""
