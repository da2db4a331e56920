"""Prompt files are found, checked and rendered; each fits what asks it, and its example holds."""

import json
import re
from pathlib import Path

import pytest

from pipeline import prompts
from pipeline.engines.llm import schemas
from pipeline.engines.llm.jobs import answer_model
from pipeline.engines.llm.money import estimate_tokens
from pipeline.engines.llm.questions import _schema
from pipeline.engines.llm.words import common_words, tidy_name
from pipeline.errors import ConfigError
from pipeline.prompts import example_of, find_prompt, find_prompts, read_prompt
from pipeline.steps import STEPS

HEADER = "---\npurpose: to test\nstage: extract\nvariables: {}\nanswer: SameResult\n---\n"
NAMES = ("extract", "same", "name", "pains", "propose", "critique", "suggest")
KNOWN = {"business", "catalogue", "example", "stages", "how_many", "template"}
BUSINESS = "A ferry line."
TASKS = sorted(find_prompts())
PROMPTS = Path(__file__).parents[2] / "prompts"
WITH_EXAMPLE = [task for task in TASKS if example_of(task)]


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A function that writes a prompt into a folder that stands for prompts/."""
    monkeypatch.setattr(prompts, "_folder", lambda: tmp_path)
    find_prompts.cache_clear()

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    yield write
    find_prompts.cache_clear()


def rendered(task: str, **more: str) -> str:
    """A prompt with its example, and little else."""
    prompt = find_prompts()[task]
    told = {**dict.fromkeys(KNOWN, ""), "example": example_of(task), "how_many": "7", **more}
    return prompt.render(**{name: told[name] for name in prompt.variables})


def example(task: str) -> dict:
    path = Path(__file__).parents[2] / "prompts" / f"{task}.examples.jsonl"
    return json.loads(path.read_text("utf-8").splitlines()[0])


@pytest.mark.parametrize("task", TASKS)
def test_every_prompt_names_a_step_a_model_and_renders(task):
    prompt = find_prompts()[task]
    assert prompt.stage in {step.name for step in STEPS} | {"init"}
    assert issubclass(getattr(schemas, prompt.answer), schemas.Result)
    assert prompt.variables <= KNOWN
    text = rendered(task)
    assert text.startswith(f"Task: {task}\n")
    assert re.search(r"is data\b.*: never", text)
    assert "\n\n\n" not in text
    assert "{{" not in text


@pytest.mark.parametrize("task", TASKS)
def test_a_prompt_without_examples_says_why(task):
    header = (PROMPTS / f"{task}.md").read_text("utf-8").split("---\n")[1]
    assert ("\nexamples: none; " in header) is (task not in WITH_EXAMPLE)


@pytest.mark.parametrize("task", TASKS)
def test_what_belongs_to_one_corpus_comes_last(task):
    """So that what is the same in every call stands before it, where providers cache it."""
    if "business" not in find_prompts()[task].variables:
        return
    with_one, without = rendered(task, business=BUSINESS), rendered(task)
    assert with_one.startswith(without[: with_one.index(BUSINESS) - len("\nThe business: ")])
    assert with_one.index(BUSINESS) > 0.8 * len(with_one)


@pytest.mark.parametrize("task", TASKS)
def test_every_field_of_the_answer_is_spoken_of(task):
    prompt = find_prompts()[task]
    fields = set(getattr(schemas, prompt.answer).model_fields)
    assert all(field in rendered(task) for field in fields)


@pytest.mark.parametrize("name", NAMES)
def test_the_small_form_is_shorter_and_shows_an_answer(name):
    standard, small = find_prompt(name), find_prompt(name, small=True)
    assert standard.answer == small.answer
    if name == "suggest":  # asked once, for one description
        assert small == standard
        return
    written = rendered(small.task).removesuffix(example_of(small.task))
    assert estimate_tokens(written.replace(example_of(small.task), "")) < estimate_tokens(
        rendered(standard.task).replace(example_of(standard.task), "")
    )
    assert estimate_tokens(rendered(small.task)) < 500


@pytest.mark.parametrize("task", WITH_EXAMPLE)
def test_the_answer_of_an_example_fits_its_model(task):
    model = getattr(schemas, find_prompts()[task].answer)
    model.model_validate(example(task)["answer"], strict=False, extra="forbid")
    assert example_of(task) in rendered(task)


@pytest.mark.parametrize("task", [task for task in WITH_EXAMPLE if task.startswith("extract.")])
def test_quotes_of_an_example_stand_in_its_lines(task):
    one = example(task)
    lines = [line for line in one["item"] if line.startswith("[")]
    result = one["answer"]
    for quoted in (*result["mentions"], *result["causes"]):
        assert quoted["quote"] in lines[quoted["line"] - 1]
    for cause in result["causes"]:
        assert 0 <= cause["cause"] < len(result["mentions"])
        assert 0 <= cause["effect"] < len(result["mentions"])
        assert cause["cause"] != cause["effect"]


def test_names_of_examples_are_names_that_we_would_keep():
    words = common_words([], ["shift upload payroll run phone support app parking fee"])
    for task in (find_prompt("extract").task, "extract.small.v1"):
        for mention in example(task)["answer"]["mentions"]:
            assert tidy_name(mention["touchpoint"], words)
    one = example("name.small.v1")
    own = common_words([], one["item"])
    assert tidy_name(one["answer"]["name"], own)
    problems = example("pains.small.v1")
    for problem in problems["answer"]["problems"]:
        assert tidy_name(problem["name"], common_words([], problems["item"]))


def test_reading_takes_few_words_for_it():
    """They go out with every pack: a thousand tokens to about five thousand of documents."""
    task = find_prompt("extract").task
    schema = _schema(answer_model(task, schemas.ExtractResult))
    assert estimate_tokens(rendered(task)) + estimate_tokens(json.dumps(schema)) <= 1_250


def test_latest_version_is_found_and_the_small_form_where_there_is_one(write):
    for name in ("ask.v1.md", "ask.v10.md", "ask.v2.md", "ask.small.v1.md", "other.v1.md"):
        write(name, HEADER.format("") + "Words.")
    assert find_prompt("ask").task == "ask.v10"
    assert find_prompt("ask", small=True).task == "ask.small.v1"
    assert find_prompt("other", small=True).task == "other.v1"
    with pytest.raises(ConfigError, match="no prompt 'nothing'"):
        find_prompt("nothing")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("ask.md", HEADER.format("") + "x", "NAME.vN.md"),
        ("Ask.v1.md", HEADER.format("") + "x", "NAME.vN.md"),
        ("ask.v1.md", "no header", "with a header"),
        ("ask.v1.md", "first\n" + HEADER.format("") + "x", "with a header"),
        ("ask.v1.md", HEADER.replace("stage: extract\n", "") + "x", "header needs"),
        ("ask.v1.md", HEADER.replace("stage: extract", "stage extract") + "x", "not `key: value`"),
        ("ask.v1.md", HEADER.format("a, b") + "{{ a }}", "differ in variables: b"),
        ("ask.v1.md", HEADER.format("") + "{{ a }}", "differ in variables: a"),
        ("ask.v1.md", HEADER.format("") + "{% if %}", "ask.v1.md: "),
    ],
)
def test_a_prompt_that_is_not_well_formed_is_named(write, name, text, says):
    with pytest.raises(ConfigError, match=says):
        read_prompt(write(name, text))


def test_variables_must_fit_and_are_not_templates_themselves(write):
    prompt = read_prompt(write("ask.v1.md", HEADER.format("a") + "Say {{ a }}.\n"))
    assert prompt.render(a="{{ b }}") == "Task: ask.v1\nSay {{ b }}."
    for wrong in ({}, {"a": "1", "b": "2"}, {"b": "2"}):
        with pytest.raises(ConfigError, match="variables do not fit"):
            prompt.render(**wrong)


def test_another_text_has_another_hash(write):
    first = read_prompt(write("ask.v1.md", HEADER.format("") + "One."))
    assert read_prompt(write("ask.v1.md", HEADER.format("") + "Two.")).sha256 != first.sha256
