"""Makes a hundred calls to a server and prints as JSON what they took, packages loaded before.

python tests/bench/hundred_calls.py http://127.0.0.1:8000/v1 TIMEOUT_SECONDS
"""

import importlib
import json
import resource
import sys
import time

from pipeline.config import Llm
from pipeline.engines.llm.calls import Caller
from pipeline.engines.llm.jobs import Item, Job, ask
from pipeline.engines.llm.schemas import ExtractResult

N_CALLS = 100


def cpu_seconds() -> float:
    """Return the processor time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(endpoint: str, timeout: float) -> None:
    """Ask about a hundred items, one a call."""
    importlib.import_module("langchain_openai")
    items = tuple(Item(str(n), (f"[1] The export failed on day {n}.",)) for n in range(N_CALLS))
    job = Job("extract", "extract.v2", "Task: extract.v2\nFind.", ExtractResult, items, 0, 4_000)
    caller = Caller(
        Llm(model="gpt-4o-mini", endpoint=endpoint, concurrency=8, timeout_seconds=timeout), None
    )
    began, worked = time.perf_counter(), cpu_seconds()
    answered = ask(caller, job)
    took = {"wall": time.perf_counter() - began, "cpu": cpu_seconds() - worked}
    print(json.dumps(took | {"answered": len(answered.results)}))  # noqa: T201 - it is read


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
