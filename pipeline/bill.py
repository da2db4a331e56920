"""tables and records of a run -> its bill: what a language model was paid, now and before."""

from collections.abc import Iterator, Sequence

from pipeline.config import Llm
from pipeline.manifest import Bill, StepRecord
from pipeline.methods.costs import document_costs, worth
from pipeline.schema import Tables
from pipeline.tables import LEDGER, LedgerRow

_DIGITS = 6
_OFF = 10**-_DIGITS
"""What a sum of costs may differ by."""


def bill_of(llm: Llm, tables: Tables, records: Sequence[StepRecord]) -> Bill | None:
    """Return the bill; None when no language model answered anything."""
    ledger = tables["ledger"]
    if ledger.empty:
        return None
    now = [record for record in records if not record.reused]
    paid = sum(record.cost for record in now)
    calls = sum(record.calls for record in now)
    documents = document_costs(tables, llm.prices)
    dearest = max(documents, key=lambda one: (one.cost, one.completion_tokens), default=None)
    mean = sum(one.cost for one in documents) / max(len(documents), 1)
    return Bill(
        model=" with ".join(sorted(set(ledger["model"]), key=lambda name: name != llm.model)),
        is_priced=bool(ledger["model"].isin(llm.prices).all()),
        calls=calls,
        cached=len(ledger) - calls,
        prompt_tokens=sum(record.prompt_tokens for record in now),
        completion_tokens=sum(record.completion_tokens for record in now),
        cost=round(paid, _DIGITS),
        earlier=round(max(float(worth(ledger, llm.prices).sum()) - paid, 0.0), _DIGITS),
        n_documents=len(documents),
        document_mean=round(mean, _DIGITS),
        document_most=round(dearest.cost, _DIGITS) if dearest else 0.0,
        dearest=dearest.place if dearest else "",
    )


def ledger_faults(tables: Tables, steps: Sequence[StepRecord]) -> list[str]:
    """Return where steps say something else of their calls than the sums of the ledger's rows."""
    rows = LEDGER.rows(tables.get("ledger", LEDGER.frame()))
    faults = [
        f"step {step.step!r}: {name} is {said:g}, the ledger's rows say {found:g}"
        for step in steps
        for name, said, found in _billed(step, [row for row in rows if row.stage == step.step])
        if abs(said - found) > _OFF
    ]
    known = {step.step for step in steps}
    return faults + [
        f"ledger {row.request_id}: there is no step {row.stage!r}"
        for row in rows
        if row.stage not in known
    ]


def _billed(step: StepRecord, rows: Sequence[LedgerRow]) -> Iterator[tuple[str, float, float]]:
    """Yield what a step says it took, and what the ledger says."""
    paid = [row for row in rows if not row.cached]
    yield "calls", step.calls, len(paid)
    yield "cached", step.cached, len(rows) - len(paid)
    yield "prompt_tokens", step.prompt_tokens, sum(row.prompt_tokens for row in paid)
    yield "completion_tokens", step.completion_tokens, sum(row.completion_tokens for row in paid)
    yield "cost", step.cost, sum(row.cost for row in paid)
