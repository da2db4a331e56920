"""The report: one HTML file that needs nothing else, readable without JavaScript, and printable."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.config import Publish
from pipeline.manifest import PUBLISH, Manifest
from pipeline.methods.costs import prices_of, step_costs
from pipeline.methods.languages import language_notes
from pipeline.methods.remainder import remainder_examples, remainder_note
from pipeline.publish import charts, evidence, intended, sections, words
from pipeline.publish.lookup import Lookup, look_up, read
from pipeline.publish.network_svg import draw_network
from pipeline.schema import Tables
from pipeline.tables import REJECTS

_LONGEST_EXAMPLE = 160


def render(
    tables: Tables, manifest: Manifest, settings: Publish, lookup: Lookup | None = None
) -> str:
    """Return the whole report as HTML."""
    lookup = lookup or look_up(tables)
    links = evidence.link_evidence(lookup)
    cards = sections.cards(lookup)
    css, script = f"{_asset('network.css')}\n{_asset('report.css')}", _asset("report.js")
    negative, positive = charts.emotion_ends(lookup)
    return _environment().get_template("report.html").render(
        css=css,
        script=script,
        policy=_policy(css, script),
        manifest=manifest,
        steps=[step for step in manifest.steps if step.step != PUBLISH],
        dates=words.days(manifest.start, manifest.end),
        facts=_facts(tables, lookup),
        headline=sections.headline(len(cards), manifest.period),
        cards=cards,
        network=draw_network(lookup),
        matrix=charts.draw_matrix(lookup),
        journey=charts.draw_journey(lookup),
        plot=charts.PLOT,
        chart=(charts.WIDTH, charts.HEIGHT),
        negative=negative,
        positive=positive,
        moments=sections.moments(lookup),
        gaps=sections.gaps(lookup),
        journey_stages=intended.stage_rows(lookup),
        failed=intended.failed_rows(lookup),
        changes=sections.changes(lookup) if manifest.previous else (),
        stages=lookup.stages,
        scores=sections.score_rows(lookup),
        touchpoints=evidence.touchpoint_evidence(lookup, links, settings.quotes_per_touchpoint),
        links=links,
        languages=language_notes(tables["documents"], manifest.engine),
        remainder=remainder_note(tables),
        unassigned=[words.cut(quote, _LONGEST_EXAMPLE) for quote in remainder_examples(tables)],
        rejects=sections.rejects(tables),
        bill=manifest.bill.in_words(manifest.currency) if manifest.bill else "",
        billed=step_costs(tables, prices_of(manifest.settings)) if manifest.bill else (),
        is_priced=bool(manifest.bill and manifest.bill.is_priced),
        words=words,
    )  # fmt: skip


def _facts(tables: Tables, lookup: Lookup) -> tuple[tuple[str, str], ...]:
    """Return the counts of the header as number and noun."""
    counts = (
        (lookup.n_documents, "document"),
        (lookup.n_customers, "customer"),
        (len(lookup.touchpoints), "touchpoint"),
        (len(lookup.mentions), "mention"),
        (len(lookup.edges), "link"),
        (len(read(tables, REJECTS)), "row"),
    )
    named = [(words.count(n), noun if n == 1 else f"{noun}s") for n, noun in counts]
    *facts, (aside, rows) = named
    return (*facts, (aside, f"{rows} set aside"))


def _policy(css: str, script: str) -> str:
    """Allow exactly this style and this script, and nothing from anywhere else."""
    return (
        f"default-src 'none'; style-src '{_digest(css)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _finish(value: object) -> object:
    """Clean texts as they are written; the type is exact because safe markup is a kind of str."""
    return words.clean(value) if type(value) is str else value


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("pipeline.publish", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finish,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _asset(name: str) -> str:
    return (files("pipeline.publish") / "templates" / name).read_text("utf-8").strip()
