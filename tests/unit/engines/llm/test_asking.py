"""A question over many items: its prompt, its packs, and what its answers depend on."""

import pytest

from pipeline.config import Llm, Price
from pipeline.engines.llm.asking import Asker
from pipeline.engines.llm.jobs import Item
from pipeline.engines.llm.schemas import SameResult

ITEMS = [Item(str(n), (f"Queue {n}", f"1: Line {n}")) for n in range(3)]


class NoCaller:
    """Fails when anything is asked."""


def asker(**settings) -> Asker:
    return Asker(NoCaller(), Llm(model="gpt-4o-mini", **settings))


def test_nothing_to_ask_is_not_asked():
    answered = asker().job("same", {"business": ""}, [], SameResult)
    assert answered.results == answered.faults == {}


def test_a_job_has_the_prompts_stage_and_only_its_variables():
    job = asker(pack_tokens=700, answer_tokens=900).prepare(
        "same", {"business": "A ferry", "unused": "nothing of this"}, ITEMS, SameResult
    )
    assert (job.stage, job.task) == ("resolve", "same.v2")
    assert "A ferry" in job.system
    assert "nothing of this" not in job.system
    assert (job.pack_tokens, job.answer_tokens) == (700, 900)


def test_a_small_model_gets_one_item_a_call_and_its_own_prompt():
    small = asker(profile="small")
    assert small.prepare("same", {"business": ""}, ITEMS, SameResult).pack_tokens == 0
    assert small.prompt("extract").task.startswith("extract.small.")
    assert asker().prompt("extract").task.startswith("extract.v")


def test_items_are_answered(caller_for, llm_server):
    server = llm_server()
    caller = caller_for(server)
    one = Asker(caller, Llm(model="gpt-4o-mini", endpoint=server.base_url))
    answered = one.job("same", {"business": "A ferry"}, ITEMS, SameResult)
    assert set(answered.results) == {"0", "1", "2"}
    assert len(server.chats) == 1


@pytest.mark.parametrize(
    ("changed", "is_same"),
    [
        ({"temperature": 0.5}, False),
        ({"seed": 1}, False),
        ({"pack_tokens": 900}, False),
        ({"staff_characters": 0}, False),
        ({"profile": "small"}, False),
        ({"concurrency": 3}, True),
        ({"retries": 1}, True),
        ({"timeout_seconds": 9}, True),
        ({"key_variable": "OTHER_KEY"}, True),
        ({"prices": {"x": Price(prompt=1, completion=1)}}, True),
    ],
)
def test_fingerprint_changes_with_what_answers_depend_on(changed, is_same):
    assert asker().fingerprint().startswith("gpt-4o-mini ")
    assert (asker(**changed).fingerprint() == asker().fingerprint()) is is_same
