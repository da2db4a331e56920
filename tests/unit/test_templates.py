import importlib.util
import re
import shutil
from pathlib import Path

import pytest

from pipeline import templates
from pipeline.config import SourceKind, load_settings
from pipeline.errors import ConfigError
from pipeline.sources.catalogue import read_catalogue
from pipeline.templates import copy_template

SAAS = Path(templates.__file__).parents[1] / "corpora" / "templates" / "saas"
SWITCHED_OFF = re.compile(r"(?m)^#(?=[^# \n])")


def test_bare_word_becomes_a_folder_below_corpora(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = copy_template("acme", "saas")
    assert folder == Path("corpora/acme")
    assert load_settings(folder).corpus.name == "acme"
    files = {path.relative_to(SAAS) for path in SAAS.rglob("*") if path.is_file()}
    assert files == {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def test_path_is_taken_as_it_is(tmp_path):
    folder = copy_template(str(tmp_path / "deep" / "Müller & Söhne"), "saas")
    assert folder == tmp_path / "deep" / "Müller & Söhne"
    assert load_settings(folder).corpus.name == "Müller & Söhne"


@pytest.mark.parametrize("name", ['a "quoted" name', r"back\1slash"])
def test_name_that_toml_must_escape_is_kept(tmp_path, name):
    assert load_settings(copy_template(str(tmp_path / name), "saas")).corpus.name == name


def test_only_the_name_of_the_corpus_changes(tmp_path):
    folder = copy_template(str(tmp_path / "acme"), "saas")
    before = (SAAS / "corpus.toml").read_text("utf-8")
    after = (folder / "corpus.toml").read_text("utf-8")
    assert after == before.replace('name = "saas"', 'name = "acme"', 1)
    assert after != before


def test_empty_folder_is_filled(tmp_path):
    assert load_settings(copy_template(str(tmp_path), "saas"))


def test_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"already there; choose another name"):
        copy_template(str(tmp_path), "saas")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_file_of_that_name_is_left_alone(tmp_path):
    (tmp_path / "acme").write_text("mine")
    with pytest.raises(ConfigError, match="already there"):
        copy_template(str(tmp_path / "acme"), "saas")


@pytest.mark.parametrize("template", ["sass", "../saas", "", "."])
def test_unknown_template_is_named_with_the_nearest(tmp_path, template):
    with pytest.raises(ConfigError, match=r"no template .*saas"):
        copy_template(str(tmp_path / "acme"), template)
    assert not list(tmp_path.iterdir())


def test_missing_name_is_told():
    with pytest.raises(ConfigError, match="needs a name"):
        copy_template(" ", "saas")


def test_installed_package_brings_its_own_templates(tmp_path):
    package = tmp_path / "pipeline"
    shutil.copytree(SAAS, package / "_data" / "templates" / "packed")
    module = Path(shutil.copy(templates.__file__, package))
    spec = importlib.util.spec_from_file_location("installed_templates", module)
    installed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(installed)
    assert load_settings(installed.copy_template(str(tmp_path / "acme"), "packed"))


def test_settings_that_are_switched_off_are_right(tmp_path):
    text = (SAAS / "corpus.toml").read_text("utf-8")
    switched_on = SWITCHED_OFF.sub("", text)
    assert switched_on != text
    (tmp_path / "corpus.toml").write_text(switched_on, "utf-8")
    settings = load_settings(tmp_path)
    assert len(settings.sources) > len(load_settings(SAAS).sources)
    assert settings.periods


def test_saas_template_shows_every_kind_of_source():
    kinds = {source.kind for source in load_settings(SAAS).sources}
    assert kinds == set(SourceKind.__args__)


def test_saas_catalogue_is_complete():
    catalogue = read_catalogue(SAAS)
    entries, phrases = catalogue.catalogue, catalogue.catalogue_phrases
    assert 20 <= len(entries) <= 30
    for column in ("definition", "stage", "channel", "owner"):
        assert (entries[column] != "").all()
    assert entries["effort"].notna().all()
    for kind, least in (("alias", 3), ("example", 2)):
        given = phrases[phrases["kind"] == kind].groupby("touchpoint_id").size()
        assert (given.reindex(entries["touchpoint_id"]) >= least).all()
    stages = catalogue.stages.sort_values("position")
    assert set(entries["stage"]) == set(stages["stage"])
    assert stages["stage"].tolist() == [
        "Land", "Onboarding & Implementation", "Adoption", "Advocacy", "Expansion", "Renewal",
    ]  # fmt: skip
    told = stages.drop(columns=["position", "timeframe_days", "backup"])
    assert (told != "").all(axis=None)


def test_no_alias_names_two_touchpoints():
    phrases = read_catalogue(SAAS).catalogue_phrases
    named = phrases[phrases["kind"].isin(["name", "alias"])]["text"].str.casefold()
    assert not named[named.duplicated()].tolist()
