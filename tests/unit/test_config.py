"""Settings: what corpus.toml may say, and what is said about a mistake in it."""

import traceback

import pytest
from pydantic import BaseModel, ValidationError

from pipeline import config
from pipeline.config import Corpus, Settings, load_settings
from pipeline.errors import ConfigError
from pipeline.periods import Period, find_period

LEAST = '[corpus]\nname = "Kestrel"\n'


@pytest.fixture
def load(tmp_path):
    def run(text):
        (tmp_path / "corpus.toml").write_bytes(text.encode() if isinstance(text, str) else text)
        return load_settings(tmp_path)

    return run


def test_name_alone_is_enough(load):
    settings = load(LEAST)
    assert settings == Settings(corpus=Corpus(name="Kestrel"))
    assert settings.resolve.min_customers == 5


def test_byte_order_mark_is_no_fault(load):
    assert load(b"\xef\xbb\xbf" + LEAST.encode()).corpus.name == "Kestrel"


def test_file_overrides_defaults_of_its_section_only(load):
    settings = load(LEAST + "[score]\nmin_customers = 9\n")
    assert settings.score.min_customers == 9
    assert settings.network.min_customers == 5


def test_customers_are_pseudonymous_unless_told(load):
    assert load(LEAST).privacy.pseudonyms
    assert not load(LEAST + "[privacy]\npseudonyms = false\n").privacy.pseudonyms


def test_settings_are_frozen(load):
    with pytest.raises(ValidationError):
        load(LEAST).corpus.name = "other"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LEAST + "[scores]\nseed = 1", "unknown key 'scores'; did you mean 'score'"),
        (LEAST + "[score]\nmin_customer = 1", "'score.min_customer'; did you mean 'min_customers'"),
        (
            LEAST + '[[sources]]\nkind = "call"\npath = "x"\ncolumns = { dat = "d" }',
            "'sources.0.columns.dat'; did you mean 'date'",
        ),
        (LEAST + "[periods.may]\nstart = '2026'\nend = '2026'\nfin = 1", "known: end, start"),
        ("period = '2026Q3'", "'corpus' is missing"),
        (LEAST + "[network]\nmin_lift = 0.5", "'network.min_lift' is 0.5: .*greater than"),
        (LEAST + "[score]\nseed = 'a'\nresamples = 1", "and 1 more"),
        (LEAST + "[[sources]]\nkind = 'fax'\npath = 'x'", "'sources.0.kind' is 'fax'"),
        ("[corpus\n", "not readable as TOML"),
        (b"\xff\xfe[\x00", "not readable as TOML"),
    ],
)  # fmt: skip
def test_fault_names_file_key_and_what_to_do(load, text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        load(text)
    assert "corpus.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("endpoint = 'http://me:sk-secret-1@host/v1'", "no user, password"),
        ("endpoint = 'http://host/v1?key=sk-secret-1'", "no user, password"),
        ("endpoint = 'http://host/v1#sk-secret-1'", "no user, password"),
        ("key_variable = 'sk-secret-1'", "the name of an environment variable is wanted"),
        ("key_variable = '0a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d'", "the name of an environment"),
        ("key_variable = 'f01b2c3d4e5f6a7b8c9d0e1f2a3b4c5d'", "the name of an environment"),
        ("api_key = 'sk-secret-1'", "unknown key 'engine.llm.api_key'"),
    ],
)
def test_a_key_in_the_settings_is_refused_and_not_repeated(load, line, message):
    with pytest.raises(ConfigError, match=message) as caught:
        load(LEAST + f"[engine.llm]\n{line}")
    trace = "".join(traceback.format_exception(caught.value))
    assert line.split("'")[1] not in trace
    assert "sk-secret-1" not in trace


@pytest.mark.parametrize(
    "name", ["OPENAI_API_KEY", "my_key", "KEY2", "AZURE_OPENAI_4O_MINI_API_KEY"]
)
def test_names_of_variables_are_taken(load, name):
    assert load(LEAST + f"[engine.llm]\nkey_variable = '{name}'").engine.llm.key_variable == name


def test_long_value_is_cut_in_the_message(load):
    with pytest.raises(ConfigError) as caught:
        load(LEAST + f"[score]\nseed = '{'x' * 500}'")
    assert len(str(caught.value)) < 400


def test_missing_folder_and_file_say_how_to_make_them(tmp_path):
    with pytest.raises(ConfigError, match=r"no corpus folder .*`touchpoints init"):
        load_settings(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match=r"has no corpus\.toml"):
        load_settings(tmp_path)
    (tmp_path / "corpus.toml").write_text("")
    with pytest.raises(ConfigError, match=f"did you mean {tmp_path}"):
        load_settings(tmp_path / "corpus.toml")


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026H1", "2026-01-01", "2026-06-30"),
        ("2026H2", "2026-07-01", "2026-12-31"),
        ("2026Q1", "2026-01-01", "2026-03-31"),
        ("2026Q4", "2026-10-01", "2026-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
    ],
)
def test_usual_periods_have_their_bounds(name, start, end):
    period = find_period(Settings(corpus=Corpus(name="x")), name)
    assert (period.name, period.start, period.end) == (name, start, end)


def test_period_of_the_settings_is_the_default_and_may_have_a_name(load):
    text = 'period = "spring"\n' + LEAST + '[periods.spring]\nstart="2026-03-01"\nend="2026-05-31"'
    assert find_period(load(text), "").end == "2026-05-31"
    assert find_period(load(text), "2026Q3").start == "2026-07-01"


@pytest.mark.parametrize("name", ["2026Q5", "2026H3", "2026-13", "26Q1", "Q3", "2026q3", "2026-1"])
def test_period_of_no_known_form_is_refused(name):
    with pytest.raises(ConfigError, match=f"period '{name}' is not like 2026Q3"):
        find_period(Settings(corpus=Corpus(name="x")), name)


def test_nearest_named_period_is_offered():
    settings = Settings(
        corpus=Corpus(name="x"), periods={"spring": {"start": "2026-03-01", "end": "2026-05-31"}}
    )
    with pytest.raises(ConfigError, match="did you mean 'spring'"):
        find_period(settings, "sprang")


def test_no_period_at_all_is_refused():
    with pytest.raises(ConfigError, match="give --period"):
        find_period(Settings(corpus=Corpus(name="x")), "")


@pytest.mark.parametrize(
    ("start", "end"), [("soon", "2026-05-31"), ("2026-05-31", "2026-03-01"), ("2026-02-30", "2026")]
)
def test_bounds_that_are_no_span_of_days_are_refused(load, start, end):
    with pytest.raises(ConfigError, match="spring"):
        find_period(load(LEAST + f'[periods.spring]\nstart = "{start}"\nend = "{end}"'), "spring")


def test_period_holds_both_its_days_and_whatever_has_no_date():
    period = Period(name="2026Q3", start="2026-07-01", end="2026-09-30")
    assert period.holds("2026-07-01T00:00:00Z")
    assert period.holds("2026-09-30T23:59:59Z")
    assert period.holds("")
    assert not period.holds("2026-10-01")
    assert not period.holds("2026-06-30T23:59:59Z")


def test_hints_know_every_section():
    sections = {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }
    assert sections.items() <= config._SECTIONS.items()
