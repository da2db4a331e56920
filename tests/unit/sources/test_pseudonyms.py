"""Who is shown under which pseudonym, and that no table or file of a run names a customer."""

import re
import shutil
import time
import zipfile

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Privacy
from pipeline.run import Options, run_corpus
from pipeline.sources.pseudonyms import is_code, pseudonymise, pseudonyms
from pipeline.store import EMBEDDINGS
from pipeline.tables import ATTRIBUTES, DOCUMENTS, REJECTS, TURNS

ON = Privacy()
SHAPE = re.compile(r"P-[A-Z2-7]{8}")


@pytest.fixture
def shown(read_all):
    """Read the corpus as a run does and return typed rows under pseudonyms."""

    def run(*sources, **settings):
        found = pseudonymise(read_all(*sources, **settings).found, "test", ON)
        for table in (DOCUMENTS, TURNS, ATTRIBUTES, REJECTS):
            table.check(getattr(found, table.name))
        return found

    return run


def _called(*ids):
    """Return what ids of the corpus `test` are called."""
    named = pseudonyms(ids, "test", ON)
    return [named.get(one, one) for one in ids]


@pytest.mark.parametrize(
    "written",
    [
        "C044", "10293", "cust_8f3a", "550e8400-e29b-41d4-a716-446655440000", "CUS-0042", "A01",
        "user-77", "customer.12", "cust_8face", "deadbeef12ab4c90", "KR-1044", "1",
    ],
)  # fmt: skip
def test_code_stays(written):
    assert is_code(written)
    assert _called(written) == [written]


@pytest.mark.parametrize(
    "written",
    [
        "Jane Doe", "R Deu 2", "jane.doe1980", "becca1980", "bob_1980", "jdoe42", "jane@acme.com",
        "jane4@acme.com", "+447911123456", "07911 123456", "07911123456", "4111111111111111",
        "447911123456", "10.0.0.1", "nightowl", "Zoë9", "王伟12", "Jane1\n", "O'Neill3",
        "", "a.b_c", "1" * 65,
    ],
)  # fmt: skip
def test_anything_else_is_no_code(written):
    assert not is_code(written)
    assert SHAPE.fullmatch(_called(written)[0])


@given(st.lists(st.text(min_size=1, max_size=30), unique=True, max_size=30))
def test_each_id_has_one_pseudonym_whatever_stands_beside_it(ids):
    named = pseudonyms(ids, "test", ON)
    assert len(set(named.values())) == len(named)
    assert set(named) == {one for one in ids if not is_code(one)}
    for one, pseudonym in named.items():
        assert SHAPE.fullmatch(pseudonym)
        assert pseudonyms([one], "test", ON) == {one: pseudonym}
        assert pseudonyms([one], "other", ON) != {one: pseudonym}


@pytest.mark.parametrize("piece", ["1", "a1", "Jane ", "id ", " column", "1!", "é", "(again 1"])
def test_hostile_id_takes_time_in_proportion(piece, put, shown):
    long = piece * (200_000 // len(piece))
    put("a.csv", f'who,text\n"{long}",Good\n"id {long}",Bad\n')
    started = time.process_time()
    found = shown(("a.csv", "survey", {"id": "who", "customer": "who"}))
    # 0.2 s at most when measured; a quadratic pattern would take minutes.
    assert time.process_time() - started < 5
    assert all(SHAPE.fullmatch(one) for one in found.documents["customer_id"])


def test_one_person_is_one_customer_in_all_sources(put, shown):
    put("a.csv", "who,text,firm\nJane Doe,Good,Acme\nC044,Bad,Jane Doe\n,Fine,\n")
    put("b.jsonl", '{"client": "Jane Doe", "text": "Late", "company": "Jane Doe"}\n')
    put("calls/1.txt", "Customer: Jane Doe\nDate: 2026-07-01\n\nAgent: Hello.\nJane: No.\n")
    columns = {"customer": "who", "account": "firm"}
    found = shown(("a.csv", "survey", columns), ("b.jsonl", "review"), ("calls/*", "call"))
    rows = DOCUMENTS.rows(found.documents)
    jane = _called("Jane Doe")[0]
    assert sorted(d.customer_id for d in rows if not d.is_anonymous) == ["C044", *[jane] * 3]
    accounts = {(d.customer_id, d.account_id) for d in rows if not d.is_anonymous}
    assert accounts == {(jane, "Acme"), ("C044", jane), (jane, jane), (jane, "")}
    assert sum(d.is_anonymous and d.customer_id == f"anon-{d.document_id}" for d in rows) == 1


def test_what_the_customers_table_knows_still_joins(put, shown, source):
    put("a.csv", "who,text\nJane Doe,Good\n")
    put("customers.csv", "who,account,segment,outcome\nJane Doe,Acme,small,left\nJane Doe,B,,\n")
    known = {"path": "customers.csv", "columns": {"customer": "who"}}
    found = shown(("a.csv", "survey", {"customer": "who"}), customers=known)
    row = DOCUMENTS.rows(found.documents)[0]
    assert (row.account_id, row.segment, row.outcome) == ("Acme", "small", "left")
    rejected = REJECTS.rows(found.rejects)[0]
    assert rejected.reason == "repeated_customer"
    assert "Jane" not in rejected.detail


def _speakers(found):
    turns = TURNS.rows(found.turns.sort_values(["document_id", "position"]))
    return [turn.speaker_name for turn in turns]


def test_customer_who_speaks_alone_is_the_customer(put, shown):
    put("a.txt", "Customer: C044\nAgent: Tom Hill\n\nTom: Hi.\nMaria Lopez: No.\nCustomer: Yes.\n")
    assert _speakers(shown(("a.txt", "call"))) == ["Tom", "C044", "Customer"]


def test_several_who_speak_are_told_apart(put, shown):
    body = "Agent: Hi.\nMaria: No.\nAnn Ray: Yes.\nJane Doe: Well.\nSpeaker 2: Hm.\n"
    put("a.txt", "Customer: Maria Lopez\nDate: 2026-07-01\n\n" + body)
    put("b.txt", "Customer: C1\n\n" + body)
    put("c.csv", "who,text\nJane Doe,Good\n")
    found = shown(("?.txt", "call"), ("c.csv", "review", {"customer": "who"}))
    maria, jane = _called("Maria Lopez", "Jane Doe")
    paths = {d.document_id: d.path for d in DOCUMENTS.rows(found.documents)}
    said = {}
    for turn in TURNS.rows(found.turns.sort_values("position")):
        said.setdefault(paths[turn.document_id], []).append(turn.speaker_name)
    assert said["a.txt"][:2] == ["Agent", maria]
    assert said["a.txt"][3:] == [jane, "Speaker 2"]
    assert said["b.txt"][3:] == [jane, "Speaker 2"]
    others = [said["a.txt"][2], said["b.txt"][1], said["b.txt"][2]]
    assert all(SHAPE.fullmatch(one) for one in others)
    assert len({*others, maria, jane}) == 5


def test_who_speaks_in_a_document_without_customer_has_a_pseudonym(put, shown):
    put("a.txt", "Agent: Hi.\nMaria Lopez: No.\nMaria Lopez: Really.\n")
    put("b.txt", "Maria Lopez: Hi.\nAnn: No.\n")
    assert all(
        one == "Agent" or SHAPE.fullmatch(one) for one in _speakers(shown(("?.txt", "call")))
    )


def test_number_of_a_caller_is_no_word_for_a_side(put, shown):
    put("a.txt", "Customer: C1\n\nAgent: Hi.\nCaller 07911123456: No.\n")
    assert _speakers(shown(("a.txt", "call"))) == ["Agent", "C1"]


def test_attributes_follow(put, shown):
    put(
        "a.csv",
        "id,text,customer_name,referred by,Client.First Name,plan,account name,file name\n"
        "C044,Good,Maria Lopez,Jane Doe,Maria,Gold,Acme Ltd,a.pdf\n"
        "Jane Doe,Bad,,C044,12,Free,,\n",
    )
    found = shown(("a.csv", "survey", {"customer": "id"}))
    who = {d.document_id: d.customer_id for d in DOCUMENTS.rows(found.documents)}
    jane = _called("Jane Doe")[0]
    assert {(who[a.document_id], a.name, a.value) for a in ATTRIBUTES.rows(found.attributes)} == {
        ("C044", "customer_name", "C044"), ("C044", "referred by", jane),
        ("C044", "Client.First Name", "C044"), ("C044", "plan", "Gold"),
        ("C044", "account name", "Acme Ltd"), ("C044", "file name", "a.pdf"),
        (jane, "referred by", "C044"), (jane, "Client.First Name", "12"), (jane, "plan", "Free"),
    }  # fmt: skip


def test_inner_names_follow_where_they_are_a_customers(put, shown):
    put(
        "a.jsonl",
        '{"text": "Good", "client": {"id": "C1", "name": "Maria"}, "agent": {"name": "Tom"}, '
        '"plan": {"name": "Gold"}, "user": {"profile": {"firstName": "Maria"}}}\n',
    )
    found = shown(("a.jsonl", "ticket", {"customer": "client.id"}))
    assert {(a.name, a.value) for a in ATTRIBUTES.rows(found.attributes)} == {
        ("client.name", "C1"), ("agent.name", "Tom"), ("plan.name", "Gold"),
        ("user.profile.firstName", "C1"),
    }  # fmt: skip


def test_author_is_the_customer_where_customers_write(put, shown):
    put("a.csv", "who,text,author\nC1,Good,Maria Lopez\n")
    columns = {"customer": "who"}
    for kind, author in (("review", "C1"), ("ticket", "Maria Lopez")):
        found = shown(("a.csv", kind, columns))
        assert [a.value for a in ATTRIBUTES.rows(found.attributes)] == [author]


def test_names_of_several_rows_of_a_conversation_follow(put, shown):
    put(
        "a.csv",
        "talk,from,text,nickname,who\n1,agent,Hi,,\n1,client,No,Jo,J D\n1,client,Ok,Di,J D\n",
    )
    columns = {"conversation": "talk", "speaker": "from", "customer": "who"}
    found = shown(("a.csv", "chat", columns))
    assert [a.value for a in ATTRIBUTES.rows(found.attributes)] == _called("J D")


def test_locator_made_of_a_customer_follows_and_a_row_stays(put, shown):
    put("a.csv", "who,date,text\nJane Doe,2026-07-01,Good\nJane Doe,2026-07-02,Bad\nAl B,no,x\n")
    put("b.csv", "who,text\nJane Doe,Good\n")
    columns = {"id": "who", "customer": "who", "date": "date"}
    found = shown(("a.csv", "survey", columns), ("b.csv", "survey", {"customer": "who"}))
    jane, al = _called("Jane Doe", "Al B")
    places = {(d.path, d.locator) for d in DOCUMENTS.rows(found.documents)}
    assert places == {
        ("a.csv", f"id {jane}"),
        ("a.csv", f"id {jane} (again 1)"),
        ("b.csv", "row 2"),
    }
    assert [r.row_id for r in REJECTS.rows(found.rejects)] == [f"a.csv: id {al}"]


def test_codes_leave_everything_as_it_was(put, read_all):
    put("a.csv", "id,text,who,plan\n7,Good,C044,Gold\n8,Bad,C045,Free\n,,,\n")
    before = read_all(("a.csv", "survey", {"id": "id", "customer": "who"})).found
    after = pseudonymise(before, "test", ON)
    for table in (DOCUMENTS, TURNS, ATTRIBUTES, REJECTS):
        assert getattr(after, table.name).equals(getattr(before, table.name))


def test_frames_are_copied_and_may_be_empty(put, read_all):
    put("a.csv", "text,who,name\nGood,Jane Doe,Jane\n")
    before = read_all(("a.csv", "survey", {"customer": "who"})).found
    copies = {table.name: getattr(before, table.name).copy() for table in (DOCUMENTS, ATTRIBUTES)}
    pseudonymise(before, "test", ON)
    assert all(getattr(before, name).equals(copy) for name, copy in copies.items())
    empty = before._replace(
        documents=DOCUMENTS.frame(), turns=TURNS.frame(), attributes=ATTRIBUTES.frame()
    )
    assert len(pseudonymise(empty, "test", ON).turns) == 0


SETTINGS = """
period = "2026Q3"
[corpus]
name = "Acme"
[resolve]
min_customers = 2
[privacy]
pseudonyms = {on}
[customers]
path = "customers.csv"
columns = {{ customer = "who", account = "firm", outcome = "ended" }}
[[sources]]
kind = "survey"
path = "survey.csv"
columns = {{ id = "who", customer = "who", date = "day", text = "said", score = "mark" }}
score_kind = "nps"
[[sources]]
kind = "call"
path = "calls/*"
columns = {{ customer = "Customer", date = "Date" }}
agents = ["Tom Reyes"]
"""
PEOPLE = ("Jane Quill", "Otto Vexler", "ida.brandl@acme.com", "Wilbert9", "nightheron", "Ulla Brix")
SAID = (
    "The parcel delivery was three days late and nobody told me.",
    "My parcel delivery came late again, the driver left it in the rain.",
    "The invoice showed the wrong amount and I had to call twice.",
    "Your invoice was wrong again, I paid too much.",
    "The support chat kept me waiting for an hour.",
    "Nobody in the support chat knew what to do.",
)
NAMED = re.compile("quill|vexler|brandl|wilbert|nightheron|brix|falk|ursula", re.IGNORECASE)


def _corpus(folder, on):
    (folder / "calls").mkdir(parents=True)
    (folder / "corpus.toml").write_text(SETTINGS.format(on=on), "utf-8")
    (folder / "touchpoints.csv").write_text(
        "name\nParcel delivery\nInvoice\nSupport chat\n", "utf-8"
    )
    rows = [f'{who},2026-07-0{n},"{SAID[n]}",{n},{who}' for n, who in enumerate(PEOPLE) if n]
    rows += ["Jane Quill,2026-01-01,old,1,Jane Quill", "Ulla Brix,never,x,1,", "Falk Orm,,y,1,"]
    (folder / "survey.csv").write_text("who,day,said,mark,full name\n" + "\n".join(rows), "utf-8")
    ends = [f"{who},{who},left" for who in (*PEOPLE, "Jane Quill")]
    (folder / "customers.csv").write_text("who,firm,ended\n" + "\n".join(ends), "utf-8")
    for n, who in enumerate(PEOPLE):
        talk = f"Tom Reyes: Hello.\n{who}: {SAID[n]}\nTom Reyes: Oh.\nUrsula Falk: {SAID[-n]}\n"
        head = f"Customer: {who}\nDate: 2026-08-0{n + 1}\nContact: {who}\n\n"
        (folder / f"calls/{n}.txt").write_text(head + talk, "utf-8")
    return folder


def _written(run):
    """Yield each file of a run with its text, also that of workbooks and tables."""
    for path in sorted(run.rglob("*")):
        if path.suffix == ".parquet":
            yield path, pd.read_parquet(path).to_csv()
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                yield path, b"".join(map(book.read, book.namelist())).decode("utf-8", "replace")
        elif path.is_file():
            yield path, path.read_bytes().decode("utf-8", "replace")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A small run whose customers are known by name, under pseudonyms and without."""
    home = tmp_path_factory.mktemp("named")
    found = {}
    for on in ("true", "false"):
        corpus, outputs = _corpus(home / on / "acme", on), home / on / "outputs"
        (outputs / "acme").mkdir(parents=True)
        if found:
            shutil.copy(home / "true/outputs/acme" / EMBEDDINGS, outputs / "acme")
        found[on] = run_corpus(corpus, Options(outputs=outputs))
    return found


def test_no_table_and_no_file_of_a_run_names_a_customer(runs):
    run = runs["true"]
    assert len(run.tables["mentions"]) > len(PEOPLE)
    kept = run.folder.parent / ".steps"
    files = [*_written(run.folder), *_written(kept)]
    assert {"report.html", "touchpoints.xlsx", "documents.csv"} <= {p.name for p, _ in files}
    named = [(p.name, NAMED.findall(text)[:3]) for p, text in files if NAMED.search(text)]
    assert not named
    assert set(run.tables["turns"]["speaker_name"]) >= {"Tom Reyes", *_of_acme("Jane Quill")}


def test_figures_of_a_run_are_those_of_the_names(runs):
    hidden, plain = runs["true"].tables, runs["false"].tables
    customers = plain["documents"]["customer_id"].tolist()
    assert set(PEOPLE) <= set(customers)
    assert hidden["documents"]["customer_id"].tolist() == _of_acme(*customers)
    assert hidden["documents"]["account_id"].tolist() == _of_acme(
        *plain["documents"]["account_id"].tolist()
    )
    for name in ("mention_id", "touchpoint_id", "polarity", "quote"):
        assert hidden["mentions"][name].equals(plain["mentions"][name])
    same = ["touchpoint_id", "dimension", "n_customers"]
    assert hidden["scores"][same].equals(plain["scores"][same])


def _of_acme(*ids):
    named = pseudonyms(ids, "Acme", ON)
    return [named.get(one, one) for one in ids]
