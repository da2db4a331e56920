"""touchpoints.csv and stages.csv."""

import math

import pytest

from pipeline.errors import ConfigError
from pipeline.sources.catalogue import read_catalogue, read_catalogue_file
from pipeline.tables import CATALOGUE, CATALOGUE_PHRASES, STAGES
from pipeline.text import normalise, stable_id


def _write(folder, touchpoints=None, stages=None):
    if touchpoints is not None:
        (folder / "touchpoints.csv").write_text(touchpoints, encoding="utf-8")
    if stages is not None:
        (folder / "stages.csv").write_text(stages, encoding="utf-8")
    return folder


def test_no_files_give_empty_tables(tmp_path):
    found = read_catalogue(tmp_path)
    assert [len(frame) for frame in found[:3]] == [0, 0, 0]
    assert found.inputs == {}
    assert list(found.catalogue.columns) == list(CATALOGUE.columns)


def test_missing_folder_says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match=r"no corpus folder at .*touchpoints init"):
        read_catalogue(tmp_path / "nowhere")


def test_touchpoints_and_phrases_are_read(tmp_path):
    folder = _write(
        tmp_path,
        "Name,Definition,Stage,Channel,Owner,Effort,Aliases,Examples\n"
        'Product demo,A walk-through,Land,video,Sales,2,demo; first look,"He came | It, was ok"\n'
        "Billing,Invoices,,,,,,\n",
        "stage,position,timeframe_days,red_flags\nGrow,7,,\nLand,1,45,slow; late\n",
    )
    found = read_catalogue(folder)
    demo = next(r for r in CATALOGUE.rows(found.catalogue) if r.name == "Product demo")
    assert demo.touchpoint_id == stable_id("touchpoint", normalise("Product demo"))
    assert (demo.stage, demo.owner, demo.effort, demo.position) == ("Land", "Sales", 2, 0)
    assert demo.audience == "customer"
    billing = next(r for r in CATALOGUE.rows(found.catalogue) if r.name == "Billing")
    assert math.isnan(billing.effort)
    assert billing.position == 1
    phrases = {
        (r.kind, r.text)
        for r in CATALOGUE_PHRASES.rows(found.catalogue_phrases)
        if r.touchpoint_id == demo.touchpoint_id
    }
    assert phrases == {
        ("name", "Product demo"), ("definition", "A walk-through"), ("alias", "demo"),
        ("alias", "first look"), ("example", "He came"), ("example", "It, was ok"),
    }  # fmt: skip
    stages = {s.stage: s for s in STAGES.rows(found.stages)}
    assert (stages["Land"].position, stages["Grow"].position) == (0, 1)
    assert stages["Land"].timeframe_days == 45
    assert math.isnan(stages["Grow"].timeframe_days)
    assert set(found.inputs) == {"stages.csv", "touchpoints.csv"}


@pytest.mark.parametrize(
    ("touchpoints", "message"),
    [
        ("name,definitoin\nA,b\n", "unknown column 'definitoin'; did you mean 'definition'"),
        ("definition\nb\n", "column 'name' is missing"),
        ("patient,outcome\nH1,left\n", "column 'name' is missing; the file has patient, outcome"),
        ("name\nA\n\na \n", "row 4: touchpoint 'a' is there twice, first in row 2"),
        ("name,effort\nA,6\n", "row 2: effort '6' is not 1"),
        ("name,effort\nA,easy\n", "row 2: effort 'easy' is not a number"),
        ("name,effort\nA,nan\n", "row 2: effort 'nan' is not a number"),
        ("name,stage\nA,Lnad\n", "row 2: stage 'Lnad' is not in stages.csv; did you mean 'Land'"),
        ("name,audience\nA,staff\n", "row 2: audience 'staff' is unknown"),
        ("name,definition\n,b\n", "row 2: name is empty"),
        ('name,definition\n"A,b\n', "line 2"),
        ('"name\n', "line 1"),
    ],
)
def test_mistakes_name_file_and_row(tmp_path, touchpoints, message):
    folder = _write(tmp_path, touchpoints, "stage\nLand\n")
    with pytest.raises(ConfigError, match=r"touchpoints\.csv") as error:
        read_catalogue(folder)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ("stage,aim\nLand,x\n", "unknown column 'aim'"),
        ("stage\nLand\nland\n", "row 3: stage 'land' is there twice"),
        ("stage,timeframe_days\nLand,-2\n", "row 2: timeframe_days '-2' is below 0"),
        ("stage,position\nLand,first\n", "row 2: position 'first' is not a number"),
    ],
)
def test_mistakes_in_stages_name_file_and_row(tmp_path, stages, message):
    with pytest.raises(ConfigError, match=r"stages\.csv") as error:
        read_catalogue(_write(tmp_path, None, stages))
    assert message in str(error.value)


def test_without_stages_file_any_stage_is_allowed(tmp_path):
    found = read_catalogue(_write(tmp_path, "name,stage\nA,Anything\n"))
    assert found.catalogue["stage"].tolist() == ["Anything"]


def test_single_file_is_a_catalogue(tmp_path):
    path = tmp_path / "my list.csv"
    path.write_text("name;definition;examples\nA;b, c;x | y\n", encoding="utf-8")
    found = read_catalogue_file(path)
    assert found.catalogue["definition"].tolist() == ["b, c"]
    assert len(found.catalogue_phrases) == 4
    assert len(found.stages) == 0


def test_single_file_must_hold_a_touchpoint(tmp_path):
    with pytest.raises(ConfigError, match="no catalogue at"):
        read_catalogue_file(tmp_path / "none.csv")
    path = tmp_path / "a.csv"
    path.write_text("name,definition\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="has no touchpoint"):
        read_catalogue_file(path)


def test_who_stands_in_for_an_owner_is_read(tmp_path):
    touchpoints = "name,owner,backup\nDemo,Ola,Bo\nTrial,,\n"
    found = read_catalogue(_write(tmp_path, touchpoints, "stage,owner,backup\nLand,Ida,Ed\n"))
    assert sorted(found.catalogue["backup"]) == ["", "Bo"]
    assert found.stages["backup"].tolist() == ["Ed"]
