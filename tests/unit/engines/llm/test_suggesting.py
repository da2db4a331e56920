"""A suggested journey is written as two files that load, and says that it is only suggested."""

import pytest

from pipeline.config import Llm, load_settings
from pipeline.engines.llm.suggesting import STAGE_COLUMNS, TOUCHPOINT_COLUMNS, suggest
from pipeline.errors import ConfigError, EngineError
from pipeline.prompts import find_prompt
from pipeline.sources.catalogue import read_catalogue
from pipeline.templates import copy_template, refuse_taken, stages_of, write_suggestion
from tests.llm.minds import default_mind, obedient_mind
from tests.unit.engines.llm.proposals import InstantCaller, asker_for, completion

BUSINESS = (
    "A bicycle shop in Ghent.\nIt sells and mends bicycles, and rents cargo bikes by the day."
)
STAGES = ("Notice", "Choose", "Ride", "Come back")


def stage(name, **changed):
    told = {
        "stage": name, "aim_customer": "Find a bicycle that fits.",
        "aim_business": "Be the first shop they ask.", "done_when": "They stand in the shop.",
        "timeframe_days": 14,
    }  # fmt: skip
    return {**told, **changed}


def touchpoint(name, **changed):
    told = {
        "name": name, "definition": f"What belongs to the {name.lower()}.", "stage": "Ride",
        "channel": "shop", "owner": "Workshop lead", "aliases": [f"the {name.lower()}"],
        "examples": [f"The {name.lower()} was quick.", f"I waited for the {name.lower()}."],
    }  # fmt: skip
    return {**told, **changed}


NAMES = ("Website", "Test ride", "Repair desk", "Bike rental", "Invoice", "Newsletter")
JOURNEY = [touchpoint(name) for name in NAMES]
PHASES = [stage(name) for name in STAGES]


def suggested(touchpoints=JOURNEY, stages=PHASES):
    answer = {"results": [{"id": 1, "stages": stages, "touchpoints": touchpoints}]}
    return suggest(BUSINESS, asker_for(InstantCaller(lambda *_: answer)))


def written_to(folder, done):
    write_suggestion(folder, done.touchpoints, done.stages, BUSINESS, Llm(model="gpt-4o-mini"))
    return read_catalogue(folder)


@pytest.fixture
def corpus(tmp_path):
    return copy_template(str(tmp_path / "ghent"), "saas")


def test_written_files_are_read_back(corpus):
    done = suggested()
    catalogue = written_to(corpus, done)
    assert catalogue.catalogue.sort_values("position")["name"].tolist() == list(NAMES)
    assert catalogue.stages.sort_values("position")["stage"].tolist() == list(STAGES)
    assert catalogue.stages["timeframe_days"].eq(14).all()
    assert done.left_out == ()
    phrases = catalogue.catalogue_phrases
    assert phrases.groupby("kind").size().to_dict() == {
        "alias": 6, "definition": 6, "example": 12, "name": 6,
    }  # fmt: skip


def test_the_rest_of_the_template_stays_and_says_what_was_suggested(corpus):
    before = {path: path.read_bytes() for path in corpus.rglob("*") if path.is_file()}
    written_to(corpus, suggested())
    changed = {path.name for path, data in before.items() if path.read_bytes() != data}
    assert changed == {"touchpoints.csv", "stages.csv", "corpus.toml", "README.md"}
    readme = (corpus / "README.md").read_text("utf-8")
    assert "**Suggested, not checked.** A language model (gpt-4o-mini)" in readme
    assert readme.startswith("# A starter for B2B SaaS\n\n> **Suggested")
    assert before[corpus / "README.md"].decode().partition("\n\n")[2] in readme
    assert load_settings(corpus).corpus.business == " ".join(BUSINESS.split())
    assert load_settings(corpus).corpus.name == "ghent"


def test_the_model_that_suggested_can_be_switched_on(corpus):
    done = suggested()
    llm = Llm(model="m", endpoint="https://api.example.com/v1", key_variable="EXAMPLE_KEY")
    write_suggestion(corpus, done.touchpoints, done.stages, BUSINESS, llm)
    assert load_settings(corpus).engine.use == "embedded"
    settings = corpus / "corpus.toml"
    before, mark, lines = settings.read_text("utf-8").partition("#[engine]")
    settings.write_text(before + mark[1:] + lines.replace("\n#", "\n"), "utf-8")
    assert load_settings(corpus).engine.use == "llm"
    assert load_settings(corpus).engine.llm == llm


@pytest.mark.parametrize("business", ['Sells "quoted" \\ things', "Müller & Söhne, 日本"])
def test_any_description_fits_into_the_settings(corpus, business):
    done = suggested()
    write_suggestion(corpus, done.touchpoints, done.stages, business, Llm(model="m"))
    assert load_settings(corpus).corpus.business == business


@pytest.mark.parametrize("mind", [default_mind, obedient_mind])
def test_the_plain_journey_of_a_model_loads(corpus, mind):
    caller = InstantCaller(mind)
    catalogue = written_to(corpus, suggest(BUSINESS, asker_for(caller), stages_of("saas")))
    assert len(catalogue.catalogue) >= 5
    assert len(catalogue.stages) >= 5
    (request,) = caller.requests
    assert request.user.count("bicycles") == 1
    assert "Onboarding & Implementation; Adoption" in request.system
    assert BUSINESS not in request.system


def test_what_the_reader_would_refuse_is_left_out_and_told(corpus):
    odd = [
        touchpoint("website"),
        touchpoint(""),
        touchpoint("See www.shop.example"),
        touchpoint("+SUM of visits"),
        touchpoint("A name that goes on and on and on and on and on and on and on"),
        touchpoint("Parking", stage="Nowhere"),
        touchpoint("Key service", definition="<b>Keys</b>"),
        touchpoint("Insurance", stage=" ride "),
    ]
    stages = [*PHASES, stage("RIDE"), stage("{{ x }}")]
    done = suggested([*JOURNEY, *odd], stages)
    assert len(done.left_out) == 9
    assert "touchpoint 7: its name 'website' is there already" in done.left_out
    assert "touchpoint 12: its stage is none of those suggested" in done.left_out
    catalogue = written_to(corpus, done)
    assert catalogue.catalogue.sort_values("position")["name"].tolist() == [*NAMES, "Insurance"]
    assert set(catalogue.catalogue["stage"]) == {"Ride"}


def test_no_alias_means_two_touchpoints(corpus):
    told = [
        touchpoint("Repair desk", aliases=["workshop", "website", "a; b", "http://x.y"]),
        touchpoint("Website", aliases=["Workshop", "web page"]),
        *JOURNEY[3:],
    ]
    phrases = written_to(corpus, suggested(told)).catalogue_phrases
    named = phrases[phrases["kind"].isin(["name", "alias"])]["text"].str.casefold()
    assert not named[named.duplicated()].tolist()
    assert {"workshop", "web page"} <= set(named)
    assert not set(named) & {"a", "b"}


@pytest.mark.parametrize(("days", "kept"), [(0, ""), (-3, ""), (10**9, ""), (30, "30")])
def test_only_sensible_spans_are_written(days, kept):
    stages = [stage(name, timeframe_days=days) for name in STAGES]
    assert set(suggested(stages=stages).stages["timeframe_days"]) == {kept}


def test_columns_are_those_of_the_files():
    done = suggested()
    assert tuple(done.touchpoints.columns) == TOUCHPOINT_COLUMNS
    assert tuple(done.stages.columns) == STAGE_COLUMNS


def test_too_little_is_no_journey():
    with pytest.raises(EngineError, match="4 stages and 2 touchpoints are fit"):
        suggested(JOURNEY[:2])


def test_a_refusal_is_told():
    caller = InstantCaller(fails={"suggest": completion({}, refusal="I cannot help.")})
    with pytest.raises(EngineError, match=r"refused \(the model refused\); start from a template"):
        suggest(BUSINESS, asker_for(caller))


@pytest.mark.parametrize("text", ["", " \n", "x" * 9000])
def test_a_description_is_needed_and_short(text):
    with pytest.raises(ConfigError, match="description of the business"):
        suggest(text, asker_for(InstantCaller()))


def test_stages_of_a_template_come_in_order():
    assert stages_of("saas")[:3] == ["Land", "Onboarding & Implementation", "Adoption"]
    with pytest.raises(ConfigError, match=r"no template .*saas"):
        stages_of("sass")


def test_a_taken_name_is_refused_before_anything_is_asked(corpus, tmp_path):
    refuse_taken(str(tmp_path / "another"))
    with pytest.raises(ConfigError, match="already there"):
        refuse_taken(str(corpus))


def test_no_template_is_no_list_of_stages():
    assert "Begin from these stages" not in find_prompt("suggest").render(template="")


def test_through_a_real_provider(llm_server, caller_for, corpus):
    done = suggest(BUSINESS, asker_for(caller_for(llm_server())), stages_of("saas"))
    assert len(written_to(corpus, done).catalogue) == len(done.touchpoints)
