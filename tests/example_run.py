"""Tables of made-up runs to try pages and files on: believable, large, empty and tiny."""

import math
import random
from functools import cache

from pipeline import tables as t
from pipeline.manifest import Bill, Manifest, StepRecord
from pipeline.methods.failures import find_failures
from pipeline.schema import Tables
from pipeline.text import stable_id

NAN = math.nan
HOSTILE_NAME = "<script>alert(1)</script>"
HOSTILE_QUOTE = "=cmd|' /C calc'!A0 said the screen \"twice\" & then <b>froze</b> \U0001f621"
N_CUSTOMERS = 120
STAGES = (
    ("Land", "See whether it fits, without risk", "Win practices that gain from it"),
    ("Onboarding & Implementation", "Be ready on the promised day", "First rota, no rework"),
    ("Adoption", "Plan, swap and pay without double work", "Daily use in every clinic"),
    ("Advocacy", "Be heard, and be proud of the choice", "People who recommend us"),
    ("Expansion", "Grow without starting again", "More clinics, higher plan"),
    ("Renewal", "Decide in good time", "Keep the account on fair terms"),
)
# name, stage number (or -1), owner, origin, emotion, function, customers, impact
TOUCHPOINTS = (
    ("Product demo", 0, "Sales", "catalogue", 0.62, 0.91, 48, 0.22),
    ("Free trial", 0, "Sales", "catalogue", 0.35, 0.77, 36, 0.30),
    ("Price quote and contract", 0, "Sales", "catalogue", -0.24, 0.58, 41, 0.47),
    ("Security questionnaire", 0, "", "discovered", -0.41, 0.44, 12, NAN),
    ("Kickoff call", 1, "Onboarding", "catalogue", 0.48, 0.86, 39, 0.26),
    ("Staff data import", 1, "Onboarding", "catalogue", -0.72, 0.24, 57, 0.71),
    ("Single sign-on set-up", 1, "Onboarding", "catalogue", -0.38, 0.41, 28, 0.35),
    ("Admin training", 1, "Onboarding", "catalogue", 0.71, 0.93, 44, 0.38),
    ("Go-live day", 1, "Onboarding", "catalogue", 0.12, 0.66, 33, 0.52),
    ("Rota builder", 2, "Product", "catalogue", 0.44, 0.82, 71, 0.63),
    ("Shift swaps in the mobile app", 2, "Product", "catalogue", -0.18, 0.55, 52, 0.41),
    ("Payroll export", 2, "Product", "catalogue", -0.81, 0.19, 63, 0.88),
    (HOSTILE_NAME, 2, "Product", "catalogue", -0.05, 0.61, 19, 0.14),
    ("Live chat support", 2, "Support", "catalogue", 0.29, 0.74, 46, 0.33),
    ("Support escalation", 2, "Support", "catalogue", -0.64, 0.31, 35, 0.76),
    ("Help centre", 2, "Support", "catalogue", NAN, NAN, 3, NAN),
    ('The "Where is my\U0001f4e6?" page', 2, "", "discovered", -0.33, 0.48, 9, NAN),
    ("Check-in with customer success manager", 3, "Success", "catalogue", 0.83, 0.9, 42, 0.58),
    ("Customer community", 3, "Marketing", "catalogue", 0.21, 0.7, 14, 0.12),
    ("Quarterly business review", 4, "Success", "catalogue", 0.37, 0.79, 25, 0.44),
    ("=cmd()|Adding clinics", 4, "Success", "catalogue", 0.02, 0.63, 18, 0.29),
    ("Renewal conversation", 5, "Success", "catalogue", -0.29, 0.57, 30, 0.81),
    ("Billing and invoices", 5, "Finance", "catalogue", -0.55, 0.38, 49, 0.59),
    (
        "A complaint about the very long name of a touchpoint that somebody once pasted into it",
        -1, "", "reviewer", -0.47, 0.42, 11, NAN,
    ),
    ("Reference request", 3, "Success", "catalogue", NAN, NAN, 0, NAN),
)  # fmt: skip
BAD = (
    "We waited three weeks and nobody told us who was working on it.",
    "The totals were wrong again and I had to correct forty lines by hand.",
    "I explained the same problem to four different people, and every one of them asked me for "
    "the export, the screenshot and the time it happened before they would look at anything.",
    "It failed without a word and we found out on pay day.",
    "Nobody could say what it would cost once we added the second clinic.",
    "I nearly cancelled that afternoon.",
    HOSTILE_QUOTE,
)
GOOD = (
    "She walked us through our own week and it simply worked.",
    "Honestly the best part of the whole thing, my team stopped phoning me at night.",
    "It took ten minutes and I did not need any help.",
    "He rang back the same day with an answer.",
)
PLAIN = ("I expected it to warn me first.", "It would help if it showed the changes.")
PAINS = ("Totals do not match", "Nobody owns the case", "Takes weeks instead of days")
FOLLOWS = (
    "0-1 0-2 1-2 0-3 3-2 2-4 4-5 4-6 5-7 6-8 7-8 5-8 8-9 9-10 9-11 10-13 11-13 13-14 14-11 9-12 "
    "12-13 16-13 14-17 17-18 17-19 19-20 11-22 22-21 17-21 19-21 10-9 2-22"
)
INFLUENCES = "5-11 11-14 14-21 22-21 7-9 17-21 11-21 6-10 23-22"
REJECTS = (
    ("read", "empty_text", "the text column is empty", 14),
    ("read", "bad_date", "no date in '31/31/2026'", 3),
    ("extract", "no_touchpoint", "no touchpoint of the catalogue is near enough", 212),
    ("extract", "agent_words", "said by the agent", 41),
    ("resolve", "too_few_customers", "a possible touchpoint with 2 customers", 23),
    ("resolve", "unassigned", "It was <i>very</i> unsettling, all of it.", 30),
)
STEPS = "read redact segment chunk extract resolve network score compare prioritize hypothesize"


def build_example() -> tuple[Tables, Manifest]:
    """Return a believable run: 25 touchpoints in 6 stages, 41 links, a period before."""
    tables, manifest = _example()
    return apart(tables), manifest


@cache
def _example() -> tuple[Tables, Manifest]:
    return build_run(TOUCHPOINTS, FOLLOWS, INFLUENCES, quotes=90)


def nothing() -> Tables:
    """Return every table without rows."""
    return apart(_nothing())


@cache
def _nothing() -> Tables:
    return {name: table.frame() for name, table in t.ALL.items()}


def apart(tables: Tables) -> Tables:
    """Return tables that a test may change without others seeing it; rows are copied on write."""
    return {name: frame.copy(deep=False) for name, frame in tables.items()}


def with_dropped() -> tuple[Tables, Manifest, str]:
    """Return a run of which a reviewer dropped the first hypothesis of what to fix first, and
    accepted the second; and the change that is not to be tried."""
    tables, manifest = build_example()
    first = tables["priorities"].sort_values("rank")["touchpoint_id"].iloc[0]
    own = tables["hypotheses"]["touchpoint_id"] == first
    status = tables["hypotheses"]["position"].where(own).map({1: "dropped", 2: "accepted"})
    tables["hypotheses"] = tables["hypotheses"].assign(
        status=status.fillna("proposed").astype("str")
    )
    dropped = tables["hypotheses"].loc[tables["hypotheses"]["status"] == "dropped", "change"]
    return tables, manifest, dropped.item()


def build_large(n: int = 60, quotes: int = 14) -> tuple[Tables, Manifest]:
    """Return a run with `n` touchpoints and about two links each."""
    draw = random.Random(7)  # noqa: S311 - made-up data
    spread = [
        (
            f"{draw.choice(TOUCHPOINTS[:12])[0]} no {i}", i * 6 // n, f"Team {i % 7}",
            "discovered" if i % 11 == 5 else "catalogue", draw.uniform(-0.9, 0.9),
            draw.uniform(0.1, 0.95), draw.randint(5, 80), draw.uniform(0.02, 0.95),
        )
        for i in range(n)
    ]  # fmt: skip
    pairs = sorted({(draw.randrange(n), draw.randrange(n)) for _ in range(n * 2)})
    links = [f"{a}-{b}" for a, b in pairs if a != b]
    cut = len(links) * 3 // 4
    draw.shuffle(links)
    return build_run(tuple(spread), " ".join(links[:cut]), " ".join(links[cut:]), quotes)


def build_empty() -> tuple[Tables, Manifest]:
    """Return a run that found nothing."""
    return nothing(), _manifest("", ())


def build_tiny() -> tuple[Tables, Manifest]:
    """Return a run with no catalogue, no stages, no period before, and too few customers."""
    few = tuple(
        (name, -1, "", "discovered", NAN, NAN, n, NAN)
        for name, n in (("Delivery", 3), ("Refund", 2), ("Phone line", 2), ("Web shop", 1))
    )
    tables, _ = build_run(few, "3-0 0-1 0-2 2-1", "0-2", quotes=2)
    for name in ("changes", "priorities", "hypotheses", "hypothesis_evidence", "moments", "gaps"):
        tables[name] = t.ALL[name].frame()
    tables["stages"] = t.STAGES.frame()
    tables["catalogue"] = t.CATALOGUE.frame()
    return tables, _manifest("", ())


def build_run(
    specs: tuple[tuple[str, int, str, str, float, float, int, float], ...],
    follows: str,
    influences: str,
    quotes: int,
) -> tuple[Tables, Manifest]:
    """Return all tables for touchpoints given by their scores, and links given as '0-1 0-2'."""
    ids = [stable_id("touchpoint", spec[0]) for spec in specs]
    tables = nothing() | _sources()
    mentions = _mentions(specs, ids, quotes)
    by_touchpoint = {i: [m for m in mentions if m.touchpoint_id == i] for i in ids}
    tables |= _found(specs, ids, by_touchpoint)
    tables |= _links(ids, follows, influences, by_touchpoint)
    tables |= _judged(specs, ids, by_touchpoint)
    tables["mentions"] = t.MENTIONS.frame(mentions)
    tables["rejects"] = _rejects()
    return tables, _manifest("2026Q2", tuple(STEPS.split()))


def _sources() -> Tables:
    kinds = ("call", "chat", "survey", "ticket", "review", "note")
    documents, turns = [], []
    for n in range(N_CUSTOMERS * 2):
        kind = kinds[n % len(kinds)]
        document_id = f"doc{n:04}"
        documents.append(
            t.Document(
                document_id, kind, f"sources/{kind}s/{kind}-{n // 24:02}.csv", f"row {n + 2}",
                f"Clinic {n % N_CUSTOMERS + 1}", False, f"Group {n % 30}",
                ("small", "middle", "large")[n % 3], kind,
                f"2026-{7 + n % 3:02}-{1 + n % 28:02}T09:30:00+00:00" if n % 17 else "",
                "en", float(n % 11), "nps", "", 1200.0, "",
            )
        )  # fmt: skip
        name = ("Dr Osei", "Rota lead", "Customer")[n % 3]
        turns.append(t.Turn(f"turn{n:04}", document_id, 0, "customer", name, "", "..."))
    stages = [
        t.Stage(name, n, aim, business, "the customer says so", 30.0 * (n + 1), "silence", "Sales")
        for n, (name, aim, business) in enumerate(STAGES)
    ]
    return {
        "documents": t.DOCUMENTS.frame(documents),
        "turns": t.TURNS.frame(turns),
        "stages": t.STAGES.frame(stages),
    }


def _mentions(specs, ids: list[str], quotes: int) -> list[t.Mention]:
    draw = random.Random(11)  # noqa: S311 - made-up data
    mentions = []
    for place, spec in enumerate(specs):
        for n in range(min(quotes, spec[6])):
            level = 0.0 if math.isnan(spec[4]) else spec[4]
            polarity = max(-1.0, min(1.0, level + draw.uniform(-0.5, 0.5)))
            kind = "pain" if polarity < -0.15 else "praise" if polarity > 0.3 else "experience"
            kind = ("expectation", "suggestion")[place % 2] if n == 6 else kind
            text = draw.choice(BAD if kind == "pain" else GOOD if kind == "praise" else PLAIN)
            document = (place * 7 + n * 13) % (N_CUSTOMERS * 2)
            pain = stable_id("pain", ids[place], n % 2) if kind == "pain" else ""
            mentions.append(
                t.Mention(
                    stable_id("mention", place, n), f"doc{document:04}", f"turn{document:04}",
                    f"Clinic {document % N_CUSTOMERS + 1}", ids[place], pain, kind, text, 0,
                    len(text), polarity, abs(polarity), "failed" if kind == "pain" else "worked",
                    0.8, "embedded/1",
                )
            )  # fmt: skip
    return mentions


def _found(specs, ids: list[str], mentions: dict[str, list[t.Mention]]) -> Tables:
    touchpoints, aliases, pains, catalogue = [], [], [], []
    for place, (name, stage, owner, origin, *_, customers, _impact) in enumerate(specs):
        stage_name = STAGES[stage][0] if stage >= 0 else ""
        touchpoints.append(
            t.Touchpoint(
                ids[place], name, f"Where customers meet: {name}.", stage_name, "web app", owner,
                origin, "customer", float(place % 5 + 1) if owner else NAN, place, customers,
                customers * 2,
            )
        )  # fmt: skip
        if origin == "catalogue":
            catalogue.append(
                t.CatalogueEntry(
                    ids[place], name, "", stage_name, "", owner, "customer", NAN, place
                )
            )
        aliases.append(t.Alias(ids[place], f"the {name.split()[0].lower()} thing"))
        for n in (0, 1):
            mine = [
                m
                for m in mentions[ids[place]]
                if m.pain_point_id == stable_id("pain", ids[place], n)
            ]
            if mine:
                pains.append(
                    t.PainPoint(
                        mine[0].pain_point_id, ids[place], PAINS[(place + n) % len(PAINS)],
                        len(mine) * 2, len(mine) * 3, 0.4 + 0.1 * len(mine), mine[0].mention_id,
                    )
                )  # fmt: skip
    return {
        "touchpoints": t.TOUCHPOINTS.frame(touchpoints),
        "aliases": t.ALIASES.frame(aliases),
        "pain_points": t.PAIN_POINTS.frame(pains),
        "catalogue": t.CATALOGUE.frame(catalogue),
    }


def _links(ids, follows: str, influences: str, mentions: dict[str, list[t.Mention]]) -> Tables:
    edges, evidence = [], []
    for kind, text in (("follows", follows), ("influences", influences)):
        for n, pair in enumerate(text.split()):
            source, target = (int(part) for part in pair.split("-"))
            edge_id = stable_id("edge", kind, source, target)
            is_order = kind == "follows"
            customers = 6 + (n * 7) % 23 if is_order else 2 + n % 5
            expected = customers / (1.5 + n % 4 * 0.6) if is_order else NAN
            edges.append(
                t.Edge(
                    edge_id, ids[source], ids[target], kind,
                    ("next", "eventual")[n % 2] if is_order else "stated", customers, expected,
                    customers / expected if is_order else NAN, 0.001 if is_order else NAN,
                    0.0123 if is_order else NAN, min(1.0, customers / 25), n % 3 != 2,
                )
            )  # fmt: skip
            quotes = mentions[ids[target]][:2]
            evidence += [t.EdgeEvidence(edge_id, m.mention_id, m.quote) for m in quotes]
    return {"edges": t.EDGES.frame(edges), "edge_evidence": t.EDGE_EVIDENCE.frame(evidence)}


def _judged(specs, ids: list[str], mentions: dict[str, list[t.Mention]]) -> Tables:
    scores, gaps, changes = [], [], []
    for place, (_, _, _, origin, emotion, function, customers, impact) in enumerate(specs):
        values = (emotion, function, customers / N_CUSTOMERS if customers >= 5 else NAN, impact)
        for dimension, value in zip(
            ("emotion", "function", "frequency", "impact"), values, strict=True
        ):
            scores.append(_score(ids[place], dimension, value, customers))
        kind = "never_mentioned" if not customers else "as_planned"
        kind = "unplanned" if origin == "discovered" else kind
        gaps.append(t.Gap(ids[place], kind, "", customers))
        if place % 6 == 4:
            detail = "customers meet it after Go-live day, planned before"
            gaps.append(t.Gap(ids[place], "other_order", detail, 6))
        if place % 7 == 5:
            gaps.append(t.Gap(ids[place], "expectation", "expected an answer within a day", 8))
        if place % 2 and not math.isnan(emotion) and origin == "catalogue":
            change = ((place * 5) % 9 - 4) / 10
            verdict = "rising" if change > 0.1 else "falling" if change < -0.1 else "steady"
            changes.append(
                t.Change(ids[place], "emotion", max(-1.0, min(1.0, emotion - change)), emotion,
                         change - 0.09, change + 0.09, verdict)
            )  # fmt: skip
    changes.append(t.Change(ids[0], "frequency", 0.21, 0.4, 0.08, 0.3, "rising"))
    changes.append(t.Change(ids[3 % len(ids)], "frequency", NAN, 0.1, NAN, NAN, "new"))
    return {
        "scores": t.SCORES.frame(scores),
        "gaps": t.GAPS.frame(gaps),
        "failures": t.FAILURES.frame(
            find_failures(t.MENTIONS.frame(m for rows in mentions.values() for m in rows))
        ),
        "changes": t.CHANGES.frame(changes),
        **_plans(specs, ids, mentions),
    }


def _score(touchpoint_id: str, dimension: str, value: float, customers: int) -> t.Score:
    if math.isnan(value):
        return t.Score(
            touchpoint_id, dimension, NAN, NAN, NAN, customers, "too few", "fewer than 5", 0.1
        )
    words = {
        "emotion": ("highly negative", "negative", "neutral", "positive", "highly positive"),
        "function": ("fails", "poor", "partly works", "works", "does the job perfectly"),
        "frequency": ("rare", "occasional", "common", "very common", "extremely common"),
        "impact": ("minimal", "low", "moderate", "high", "mission-critical"),
    }[dimension]
    least = -1.0 if dimension == "emotion" else 0.0
    part = (value - least) / (1 - least)
    wide = 0.4 / customers**0.5 + 0.02
    return t.Score(
        touchpoint_id, dimension, value, max(least, value - wide), min(1.0, value + wide),
        customers, words[min(4, int(part * 5))], f"{customers} customers", 0.7,
    )  # fmt: skip


def _plans(specs, ids: list[str], mentions: dict[str, list[t.Mention]]) -> Tables:
    def pull(place: int) -> float:
        emotion, impact = specs[place][4], specs[place][7]
        known = not math.isnan(emotion) and not math.isnan(impact) and emotion < 0
        return -emotion * impact * specs[place][6] if known else 0.0

    order = sorted((p for p in range(len(specs)) if pull(p) > 0), key=pull, reverse=True)
    priorities, hypotheses, evidence, moments = [], [], [], []
    for rank, place in enumerate(order, start=1):
        _, _, owner, _, emotion, _, customers, impact = specs[place]
        effort = float(place % 5 + 1)
        reason = (
            f"{customers} customers meet it, most of them are unhappy with it, and those who are "
            "leave more often than the rest"
        )
        priorities.append(
            t.Priority(
                ids[place], rank, max(1, rank - 1), rank + 2, max(0.0, 0.97 - 0.08 * rank**1.5),
                customers * 0.7 / N_CUSTOMERS, -emotion, impact, 0.8, effort,
                "owner" if owner else "assumed", pull(place) / 100, rank <= 3,
                effort <= 2 and emotion < -0.3, reason,
            )
        )  # fmt: skip
        if rank <= 3:
            made = _hypotheses(ids[place], owner)
            hypotheses += made
            quotes = mentions[ids[place]]
            evidence += [
                t.HypothesisEvidence(h.hypothesis_id, m.mention_id)
                for n, h in enumerate(made)
                for m in quotes[n % 2 : n % 2 + 2]
            ]
    for place, decision in ((11, "leave"), (21, "stay"), (2, "buy"), (14, "escalate")):
        if place < len(ids) and mentions[ids[place]]:
            quote = mentions[ids[place]][0].mention_id
            reason = "customers name it when they say why"
            moments.append(t.Moment(ids[place], decision, reason, 7 + place % 5, quote))
    return {
        "priorities": t.PRIORITIES.frame(priorities),
        "hypotheses": t.HYPOTHESES.frame(hypotheses),
        "hypothesis_evidence": t.HYPOTHESIS_EVIDENCE.frame(evidence),
        "moments": t.MOMENTS.frame(moments),
    }


def _hypotheses(touchpoint_id: str, owner: str) -> list[t.Hypothesis]:
    changes = (
        ("remove a step", "Check the totals before the file leaves, and name the line at fault"),
        ("tell earlier", "Send a message on the day a run fails, with the person who owns it"),
        ("give an owner", "One named person answers from the first message to the last"),
        ("set a promise", "Promise an answer within one working day and show the clock"),
        ("teach", "A ten-minute lesson on the first pay run, at the moment it is needed"),
    )
    return [
        t.Hypothesis(
            stable_id("hypothesis", touchpoint_id, n), touchpoint_id, n, lever, change,
            "one engineer for three weeks, one writer for two days",
            "customers with a pain here, of all customers", "48 % (57 of 120)", "below 30 %",
            "support may get more questions in the first two weeks", owner, "proposed",
        )
        for n, (lever, change) in enumerate(changes, start=1)
    ]  # fmt: skip


def _rejects():
    return t.REJECTS.frame(
        t.Reject(f"{stage}-{reason}-{n:03}", stage, reason, detail)
        for stage, reason, detail, count in REJECTS
        for n in range(count)
    )


def _manifest(previous: str, steps: tuple[str, ...]) -> Manifest:
    rejected = dict.fromkeys(steps, 0)
    for stage, _, _, count in REJECTS:
        if stage in rejected:
            rejected[stage] += count
    records = tuple(
        StepRecord(
            step=step, rows_in=900 - 40 * n, used=900 - 40 * n - rejected[step],
            rejected=rejected[step], seconds=0.031 * (n + 1) ** 2, peak_mb=180.0 + 9 * n,
            reused=n == 0,
        )
        for n, step in enumerate(steps)
    )  # fmt: skip
    return Manifest(
        corpus="Kestrel Rota", corpus_folder="corpora/kestrel",
        business="Rota software for veterinary clinics", currency="GBP", period="2026Q3",
        start="2026-07-01", end="2026-09-30", previous=previous, engine="embedded",
        versions={"touchpoints": "0.1.0", "python": "3.11"}, settings={"network": {"seed": 1}},
        inputs={"touchpoints.csv": "ab" * 32}, prompts={}, steps=records,
    )  # fmt: skip


def with_bill(run: tuple[Tables, Manifest]) -> tuple[Tables, Manifest]:
    """Return the run as if a model had answered: two calls paid, one answer from before."""
    tables, manifest = run
    rows = [
        t.LedgerRow("a", "extract", "gpt-x", 900_000, 90_000, 0.18, False, 2.0),
        t.LedgerRow("b", "resolve", "gpt-x", 10_000, 1_000, 0.002, False, 2.0),
        t.LedgerRow("c", "extract", "gpt-x", 900_000, 90_000, 0.0, True, 2.0),
    ]
    bill = Bill(
        model="gpt-x", is_priced=True, calls=2, cached=1, prompt_tokens=910_000,
        completion_tokens=91_000, cost=0.182, earlier=0.18, n_documents=900, document_mean=0.0004,
        document_most=0.0021, dearest="calls/7.txt <b>",
    )  # fmt: skip
    prices = {"gpt-x": {"prompt": 0.1, "completion": 1.0}}
    settings = manifest.settings | {"engine": {"llm": {"model": "gpt-x", "prices": prices}}}
    told = manifest.model_copy(update={"bill": bill, "settings": settings})
    said = [turn for turn in t.TURNS.rows(tables["turns"]) if turn.speaker == "customer"]
    sentences = t.SENTENCES.frame(
        t.Sentence(turn.turn_id, turn.turn_id, turn.document_id, 0, len(turn.text), turn.text)
        for turn in said
    )
    return tables | {"ledger": t.LEDGER.frame(rows), "sentences": sentences}, told


def shuffled(tables: Tables) -> Tables:
    """Return the same rows in another order."""
    return {name: frame.sample(frac=1, random_state=3) for name, frame in tables.items()}
