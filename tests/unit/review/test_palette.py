"""The colours of the pages: text on its ground is readable, in light and in dark."""

import re

import pytest

from pipeline.review.render import asset

TEXT = 4.5
"""WCAG 2.2 AA for text; lines and borders of fields need 3."""
PART = 3.0
PAIRS = (
    *((ink, ground, TEXT) for ink in ("ink", "quiet", "accent", "bad", "good")
      for ground in ("page", "card", "soft", "picked")),
    *((f"on-{tone}", tone, TEXT)
      for tone in ("n4", "n3", "n2", "n1", "z", "p1", "p2", "p3", "p4", "accent", "top", "mark")),
    ("on-top-quiet", "top", TEXT),
    ("ink", "done-soft", TEXT),
    ("ink", "fix", TEXT),
    ("bad", "fix", TEXT),
    ("done", "done-soft", TEXT),
    ("done", "card", TEXT),
    ("warn", "warn-soft", TEXT),
    ("warn", "card", TEXT),
    ("field", "card", PART),
    ("accent", "card", PART),
    ("follows", "band", PART),
    ("influences", "band", PART),
    ("box-line", "card", PART),
)  # fmt: skip
TONES = r"--([a-z0-9-]+):\s*(#[0-9a-f]{3,8})"


def palettes() -> dict[str, dict[str, str]]:
    css = asset("review.css")
    light, dark = css.split("prefers-color-scheme: dark", 1)
    dark = dark[: dark.index("box-sizing")]
    found = dict(re.findall(TONES, light))
    return {"light": found, "dark": found | dict(re.findall(TONES, dark))}


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_the_guideline_says():
    assert contrast("#fff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_text_can_be_read_on_its_ground(scheme, ink, ground, least):
    tones = palettes()[scheme]
    assert contrast(tones[ink], tones[ground]) >= least, (tones[ink], tones[ground])


INK = re.compile(r"(?<![-a-z])color:\s*var\(--([a-z0-9-]+)\)")
GROUND = re.compile(r"background(?:-color)?:\s*var\(--([a-z0-9-]+)\)")
NO_GROUND = {"accent", "edge", "field"}
"""Bars and lines: no text stands on them but what PAIRS names."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("sheet", ["touchpoints.css", "worklist.css"])
def test_every_ink_of_a_page_can_be_read_on_every_ground_of_it(sheet, scheme):
    """Which ink meets which ground is not written in the sheet: all of them can be."""
    css, tones = asset(sheet), palettes()[scheme]
    inks = {ink for ink in INK.findall(css) if not ink.startswith("on-")}
    grounds = {"card", "page"} | set(GROUND.findall(css)) - NO_GROUND
    assert {"quiet", "accent"} <= inks
    assert {"soft", "picked"} <= grounds
    faint = {
        (ink, ground): round(contrast(tones[ink], tones[ground]), 2)
        for ink in inks
        for ground in grounds
        if contrast(tones[ink], tones[ground]) < TEXT
    }
    assert faint == {}


@pytest.mark.parametrize("sheet", ["touchpoints.css", "worklist.css"])
def test_colours_have_one_home(sheet):
    css = asset(sheet)
    assert not re.search(r"#[0-9a-f]{3,8}\b(?=[^{]*})", css)
    assert set(re.findall(r"var\(--([a-z0-9-]+)\)", css)) <= palettes()["light"].keys() | {"shadow"}


def test_print_has_no_forms_and_every_width_is_served():
    css = asset("review.css")
    printed = css[css.index("@media print") :]
    assert re.search(r"form, button[^}]*display: none", printed)
    assert "forced-colors: active" in css
    assert "url(" not in css.replace("url(#", "")
