from pathlib import Path

import pytest

from pipeline import templates
from pipeline.check import Checked, SourceChecked, check_corpus
from pipeline.config import SourceKind
from pipeline.errors import ConfigError

SAAS = Path(templates.__file__).parents[1] / "corpora" / "templates" / "saas"
HEAD = 'period = "2026Q3"\n[corpus]\nname = "Acme"\n'
TICKETS = (
    '[[sources]]\nkind = "ticket"\npath = "tickets.csv"\n'
    'columns = { id = "id", customer = "who", date = "day", text = "text" }\n'
)
CALLS = '[[sources]]\nkind = "call"\npath = "calls/*"\n'


def write(folder: Path, settings: str = HEAD + TICKETS, **files: str) -> Path:
    """Write a corpus; a__b_csv stands for the file a/b.csv."""
    for name, text in {"tickets_csv": tickets(), **files}.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        path = folder / f"{stem}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (folder / "corpus.toml").write_text(settings, "utf-8")
    return folder


def tickets(*rows: str, n: int = 40) -> str:
    """Return a table of tickets: the rows given, or `n` of as many customers."""
    made = [
        f"{k},C{k:02},2026-07-{k % 28 + 1:02},Ticket {k} says the import broke." for k in range(n)
    ]
    return "id,who,day,text\n" + "\n".join(rows or made) + "\n"


def catalogue(
    definition: str = "Moving data", examples: str = "it dropped rows", owner: str = "Ann"
):
    return {
        "touchpoints_csv": (
            f"name,definition,stage,examples\nData import,{definition},Start,{examples}\n"
        ),
        "stages_csv": f"stage,owner\nStart,{owner}\n",
    }


def check(folder: Path, settings: str = HEAD + TICKETS, period: str = "", **files: str) -> Checked:
    return check_corpus(write(folder, settings, **(catalogue() | files)), period)


def warning(checked: Checked, part: str) -> str:
    """Return the one warning that holds these words."""
    found = [line for line in checked.warnings if part in line]
    assert len(found) == 1, checked.warnings
    return found[0]


def test_template_can_be_read_and_nothing_is_written():
    before = sorted(SAAS.rglob("*"))
    checked = check_corpus(SAAS, "")
    assert sorted(SAAS.rglob("*")) == before
    assert {source.kind for source in checked.sources} == set(SourceKind.__args__)
    assert all(source.n_documents and source.n_in_period for source in checked.sources)
    assert 12 <= checked.n_documents == checked.n_in_period <= 20
    assert [one.reason for one in checked.rejects] == ["no_text"]
    (only,) = checked.warnings
    assert only.startswith("only 11 customers speak")


def test_corpus_in_order_gives_its_counts_and_no_warning(tmp_path):
    checked = check(tmp_path)
    assert checked.warnings == []
    assert checked.sources == [SourceChecked("ticket", "tickets.csv", 1, 40, 40, 40, 40, 0, 0)]
    assert (checked.n_touchpoints, checked.n_stages, checked.n_customers) == (1, 1, 40)
    assert checked.lines()[-1] == "nothing to mend"


def test_lines_tell_everything(tmp_path):
    rows = [f"{k},C{k},2026-08-0{k},Import number {k} broke" for k in range(1, 4)]
    checked = check(tmp_path, tickets_csv=tickets(*rows, "9,C9,2026-11-31,Never"))
    text = "\n".join(checked.lines())
    assert f"Acme in {tmp_path}: settings, 1 touchpoints and 1 stages are in order" in text
    assert "period 2026Q3 (2026-07-01 to 2026-09-30): 3 documents in it, 0 outside" in text
    assert "quarters that the dates cover: 2026Q3 (3)" in text
    assert "kind    path         files  documents" in text
    assert "     1  bad_date: tickets.csv: id 9: '2026-11-31' is not a date" in text
    assert "warning: only 3 customers speak" in text


def test_documents_outside_the_period_are_counted_by_quarter(tmp_path):
    rows = ("1,C1,2026-03-31,One broke", "2,C2,2026-07-01,Two broke", "3,C3,2026-09-30,Three broke")
    checked = check(tmp_path, tickets_csv=tickets(*rows))
    assert (checked.n_documents, checked.n_in_period, checked.n_customers) == (3, 2, 2)
    assert checked.quarters == [("2026Q1", 1), ("2026Q3", 2)]
    assert check_corpus(tmp_path, "2026Q1").n_in_period == 1


def test_without_a_period_all_dates_count_and_the_need_is_told(tmp_path):
    checked = check(tmp_path, HEAD.partition("\n")[2] + TICKETS)
    assert (checked.period, checked.n_in_period) == ("", 40)
    assert "40 documents; 40 customers speak" in checked.lines()
    assert "--period 2026Q3" in warning(checked, "no period is set")


def test_period_without_documents_is_told(tmp_path):
    assert "day_first" in warning(check(tmp_path, period="2025Q1"), "no document lies in 2025Q1")


def test_undated_documents_lie_in_every_period_and_have_no_order(tmp_path):
    checked = check(tmp_path, HEAD + TICKETS.replace('date = "day", ', ""), period="2025Q1")
    assert (checked.n_undated, checked.n_in_period) == (40, 40)
    assert "set columns.date" in warning(checked, "no document has a date")
    assert "40 documents without a date" in "\n".join(checked.lines())


def test_call_in_which_nobody_is_known_names_the_labels(tmp_path):
    files = {
        "calls__a_txt": "Date: 2026-07-01\n\nAnn Bell: Hello there.\nBob Cole: The import broke."
    }
    checked = check(tmp_path, HEAD + TICKETS + CALLS, **files)
    said = warning(checked, "no turn is known to be the customer's")
    assert said.startswith("call 'calls/*'")
    assert "found: 'Ann Bell', 'Bob Cole'" in said
    assert checked.sources[1].n_customer_turns == 0
    known = HEAD + TICKETS + CALLS + 'agents = ["Ann Bell"]\n'
    assert check(tmp_path, known).warnings == []


def test_mostly_unknown_speakers_are_told(tmp_path):
    talk = "Customer: The import broke.\n" + "Ann Bell: Hm.\nBob Cole: Well.\n" * 3
    files = {"calls__a_txt": "Date: 2026-07-01\n\n" + talk}
    checked = check(tmp_path, HEAD + TICKETS + CALLS, **files)
    assert "call 'calls/*'" in warning(checked, "only 1 of 7 are known to be the customer's")


def test_text_without_labels_asks_for_the_speaker(tmp_path):
    files = {"calls__a_txt": "Date: 2026-07-01\n\nthe import broke and that was it"}
    checked = check(tmp_path, HEAD + TICKETS + CALLS, **files)
    assert 'set speaker = "customer"' in warning(checked, "no turn is known")


def test_notes_of_staff_without_quotes_are_told(tmp_path):
    notes = '[[sources]]\nkind = "note"\npath = "notes/*"\nspeaker = "agent"\n'
    files = {"notes__a_md": "Date: 2026-07-01\n\nShe was cross about the import."}
    assert "double quotes" in warning(
        check(tmp_path, HEAD + TICKETS + notes, **files), "note 'notes/*'"
    )


def test_scores_without_text_are_told(tmp_path):
    nps = (
        '[[sources]]\nkind = "survey"\npath = "nps.csv"\nscore_kind = "nps"\n'
        'columns = { customer = "who", date = "day", score = "score", text = "why" }\n'
    )
    files = {"nps_csv": "who,day,score,why\nC1,2026-07-01,9,\n"}
    assert "columns.text" in warning(
        check(tmp_path, HEAD + TICKETS + nps, **files), "survey 'nps.csv'"
    )


def test_analytics_need_neither_customer_nor_words(tmp_path):
    web = '[[sources]]\nkind = "analytics"\npath = "web.csv"\n'
    rows = "\n".join(f"2026-07-01,Page {n} had {n} visits" for n in range(200))
    checked = check(tmp_path, HEAD + TICKETS + web, web_csv=f"date,text\n{rows}\n")
    assert checked.warnings == []
    assert checked.n_customers == 40


def test_events_taken_as_the_customers_words_are_told(tmp_path):
    log = '[[sources]]\nkind = "event"\npath = "log.csv"\n'
    files = {"log_csv": "customer,date,text\nC1,2026-07-01,Import failed\n"}
    assert 'speaker = "agent"' in warning(
        check(tmp_path, HEAD + TICKETS + log, **files), "event 'log.csv'"
    )
    assert check(tmp_path, HEAD + TICKETS + log + 'speaker = "agent"\n').warnings == []


def test_documents_without_customers_are_told(tmp_path):
    checked = check(tmp_path, HEAD + TICKETS.replace('customer = "who", ', ""))
    said = warning(checked, "40 of 40 documents name no customer")
    assert "set columns.customer of \"ticket 'tickets.csv'\"" in said
    assert checked.sources[0].n_without_customer == 40


def test_customer_ids_that_never_meet_are_told(tmp_path):
    table = '[customers]\npath = "customers.csv"\ncolumns = { customer = "id" }\n'
    checked = check(tmp_path, HEAD + table + TICKETS, customers_csv="id,segment\n0001,small\n")
    assert "'0001'; make the ids the same" in warning(checked, "no customer of the sources")


def test_outcomes_that_the_settings_do_not_know_are_told(tmp_path):
    table = '[customers]\npath = "customers.csv"\ncolumns = { customer = "id", outcome = "end" }\n'
    rows = "id,end\nC01,went on\nC02,Gone\n"
    checked = check(tmp_path, HEAD + table + TICKETS, customers_csv=rows)
    assert "'Gone', 'went on'" in warning(checked, "none of the outcomes")
    words = '[outcome]\ngood = ["Went on "]\n'
    assert check(tmp_path, HEAD + words + table + TICKETS).warnings == []
    checked = check(tmp_path, HEAD + table + TICKETS, customers_csv="id,end\nC01,\nC02,\n")
    assert warning(checked, "no document has an outcome")


def test_repeated_documents_are_told(tmp_path):
    text = "The import of our customer list broke again this morning and nobody told us why."
    rows = [f"{k},C{k},2026-07-01,Ticket {k} says the import broke" for k in range(35)]
    copies = (f"98,C1,2026-07-01,{text}", f"99,C1,2026-07-02,{text}")
    checked = check(tmp_path, tickets_csv=tickets(*rows, *copies))
    assert "tickets.csv id 99" in warning(checked, "1 document repeats another")


def test_rejects_are_grouped_by_reason_with_an_example(tmp_path):
    rows = ["1,C1,2026-07-01,Broke", "2,C2,soon,Broke", "3,C3,,Broke", "4,C4,later,Broke"]
    checked = check(tmp_path, tickets_csv=tickets(*rows))
    assert [(one.reason, one.n_rows) for one in checked.rejects] == [
        ("bad_date", 2),
        ("no_date", 1),
    ]
    assert checked.rejects[0].example == "tickets.csv: id 2: 'soon' is not a date"
    assert "max_rejected" in warning(checked, "75% of the rows")


def test_texts_in_another_language_are_told(tmp_path):
    words = "Der Import unserer Kundenliste ist heute morgen wieder mit einer Meldung abgebrochen"
    rows = [f"{k},C{k},2026-07-01,{words} zum {k}. Mal" for k in range(40)]
    told = warning(check(tmp_path, tickets_csv=tickets(*rows)), "read in part")
    assert told.startswith("40 documents of 40 customers are in German (40), read in part")


def test_touchpoints_that_are_hard_to_recognise_are_told(tmp_path):
    checked = check(tmp_path, **catalogue(definition="", examples=""))
    assert "'Data import'" in warning(checked, "1 of 1 touchpoints have no definition")
    assert "'Data import'" in warning(checked, "1 of 1 touchpoints have no examples")


def test_stages_without_owner_are_told(tmp_path):
    assert "'Start'" in warning(check(tmp_path, **catalogue(owner="")), "this stage has no owner")


def test_corpus_without_catalogue_is_told(tmp_path):
    checked = check_corpus(write(tmp_path), "")
    assert (checked.n_touchpoints, checked.n_stages) == (0, 0)
    assert warning(checked, "touchpoints.csv is missing or empty")


def test_file_read_for_two_columns_counts_for_each_entry(tmp_path):
    entry = '[[sources]]\nkind = "survey"\npath = "{}"\ncolumns.text = "{}"\n'
    answers = entry.format("two.csv", "liked") + entry.format("*.csv", "missed")
    rows = "who,liked,missed\nC1,The import,\nC2,The demo,The training\nC3,,The price\nC4,Chat,\n"
    folder = write(tmp_path, HEAD + answers, two_csv=rows)
    (folder / "tickets.csv").unlink()
    first, second = check_corpus(folder, "").sources
    assert (first.n_documents, second.n_documents) == (3, 2)


def test_what_stops_a_run_stops_the_check(tmp_path):
    with pytest.raises(ConfigError, match="unknown key"):
        check(tmp_path, "perod = 1\n" + HEAD + TICKETS)
    with pytest.raises(ConfigError, match="day2"):
        check(tmp_path, HEAD + TICKETS.replace('"day"', '"day2"'))
    with pytest.raises(ConfigError, match="is not like 2026Q3"):
        check(tmp_path, period="2026Q9")


def test_words_under_two_touchpoints_are_told_with_their_rows(tmp_path):
    rows = (
        "name,definition,aliases,examples\n"
        "Data import,Moving data,upload; data import,it dropped rows\n"
        "Payroll export,The file,the Upload; hours file,It dropped rows! | all fine\n"
        "Invoice,The bill,hours files; bill,we paid twice\n"
    )
    told = warning(check(tmp_path, touchpoints_csv=rows), "stand under more than one touchpoint")
    assert "in touchpoints.csv" in told
    assert (
        "'it dropped rows' (example of 'Data import' in row 2, "
        "example of 'Payroll export' in row 3)"
    ) in told
    assert "'hours file' (alias of 'Payroll export' in row 3, alias of 'Invoice' in row 4)" in told
    assert "'upload' (alias of 'Data import' in row 2, alias of 'Payroll export' in row 3)" in told
    assert "'data import'" not in told


def test_alias_that_is_the_name_of_another_touchpoint_is_told(tmp_path):
    rows = "name,definition,aliases,examples\nExport,A,x,y\n\nPayroll,B,exports,z\n"
    told = warning(check(tmp_path, touchpoints_csv=rows), "stand under more than one touchpoint")
    assert "'Export' (name of 'Export' in row 2, alias of 'Payroll' in row 4)" in told


@pytest.mark.parametrize("other", ["Invoices", "in-voices", "Step 1 - Invoice"])
def test_names_that_differ_in_plural_or_punctuation_only_are_told(tmp_path, other):
    first = {"in-voices": "In voice", "Step 1 - Invoice": "Step 1: invoices"}.get(other, "invoice")
    rows = f"name,definition,examples\n{first},A,x\n{other},B,y\nStep 2: invoices,C,z\n"
    told = warning(check(tmp_path, touchpoints_csv=rows), "differ only in plural")
    assert f"{first!r} (name of {first!r} in row 2, name of {other!r} in row 3)" in told
    assert "Step 2" not in told


def test_no_more_than_five_shared_words_are_listed(tmp_path):
    aliases = "; ".join(f"word {n}" for n in range(7))
    rows = f"name,definition,aliases,examples\nA,a,{aliases},x\nB,b,{aliases},y\n"
    told = warning(check(tmp_path, touchpoints_csv=rows), "stand under more than one touchpoint")
    assert "'word 4'" in told
    assert "'word 5'" not in told
    assert "and 2 more" in told
