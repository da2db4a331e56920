from pipeline.publish.layout import BOX_HEIGHT, BOX_WIDTH, lay_out
from pipeline.publish.lookup import look_up
from tests import example_run


def test_stages_stand_in_journey_order_with_no_stage_last(lookup):
    titles = [band.title for band in lay_out(lookup).bands]
    assert titles == [*(name for name, *_ in example_run.STAGES), "No stage"]


def test_never_mentioned_touchpoint_is_not_on_the_map(lookup):
    silent = [p for p in lookup.touchpoints.values() if not p.n_mentions]
    assert [p.name for p in silent] == ["Reference request"]
    assert silent[0].touchpoint_id not in lay_out(lookup).boxes


def test_boxes_never_overlap_and_stay_on_the_map(large):
    layout = lay_out(look_up(large[0]))
    boxes = list(layout.boxes.values())
    assert len(boxes) == 60
    for n, a in enumerate(boxes):
        assert 0 <= a.x <= layout.width - BOX_WIDTH
        assert layout.header <= a.y <= layout.height - BOX_HEIGHT
        for b in boxes[n + 1 :]:
            assert abs(a.x - b.x) >= BOX_WIDTH or abs(a.y - b.y) >= BOX_HEIGHT


def test_without_stages_columns_follow_the_flow(tiny):
    lookup = look_up(tiny[0])
    layout = lay_out(lookup)
    names = [[lookup.touchpoints[i].name for i in lane] for lane in layout.lanes]
    assert names[0] == ["Web shop"]
    assert [band.title for band in layout.bands] == ["Early", "Middle", "Late"]


def test_without_links_columns_have_no_heading(tiny):
    tables = {k: v for k, v in tiny[0].items() if k != "edges"}
    assert {band.title for band in lay_out(look_up(tables)).bands} == {""}


def test_crowded_stage_takes_several_lanes():
    specs = tuple((f"T{n}", 0, "", "discovered", 0.1, 0.5, 20, 0.5) for n in range(25))
    tables, _ = example_run.build_run(specs, "0-1", "", quotes=1)
    layout = lay_out(look_up(tables))
    land = layout.bands[0]
    assert (land.title, land.last - land.first + 1) == ("Land", 3)
    assert max(len(lane) for lane in layout.lanes) <= 10


def test_empty_run_has_an_empty_map(empty):
    layout = lay_out(look_up(empty[0]))
    assert layout.boxes == {}
    assert layout.bands == ()
