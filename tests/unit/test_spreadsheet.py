"""Spreadsheets whose rows are in several languages."""

import pandas as pd
import pytest

from pipeline.errors import ConfigError
from pipeline.spreadsheet import assign_file, discover_file, name_by_texts

TEXTS = [
    "The delivery was late", "A entrega atrasou muito", "Bom atendimento e entrega no prazo",
    "配送がとても遅かったです", "Aspetto il rimborso da sei settimane e nessuno mi risponde",
]  # fmt: skip


def written(folder, texts):
    pd.DataFrame({"comment": texts}).to_csv(folder / "in.csv", index=False)
    return folder / "in.csv"


def test_rows_in_languages_not_read_stay_empty_and_are_counted(tmp_path):
    (tmp_path / "known.csv").write_text("name,definition\nEntrega,Delivery of the goods\n")
    out = tmp_path / "out.csv"
    done = assign_file(written(tmp_path, TEXTS), tmp_path / "known.csv", "comment", out)
    rows = pd.read_csv(out, keep_default_na=False)
    assert (done.rows, done.unread) == (5, 2)
    assert rows["comment"].tolist() == TEXTS
    assert rows["touchpoint"].tolist()[1:] == ["Entrega", "Entrega", "", ""]
    assert rows["polarity"].tolist()[3:] == [0.0, 0.0]


def test_groups_in_languages_not_read_are_not_guessed(tmp_path):
    out = tmp_path / "out.csv"
    said = ["A entrega não veio ontem", "A entrega foi muito boa", "A entrega não é boa"]
    texts = [*TEXTS[3:], *said]
    done = discover_file(written(tmp_path, texts), "comment", out)
    rows = pd.read_csv(out, keep_default_na=False)
    assert done.unread == 2
    assert rows["cluster_name"].tolist() == ["", "", "Entrega", "Entrega", "Entrega"]


@pytest.mark.parametrize("taken", ["touchpoint", "quote"])
def test_column_of_the_file_is_not_overwritten(tmp_path, taken):
    file = tmp_path / "in.csv"
    pd.DataFrame({"comment": ["late"], taken: ["mine"]}).to_csv(file, index=False)
    (tmp_path / "known.csv").write_text("name\nDelivery\n")
    with pytest.raises(ConfigError, match=f"column '{taken}' already"):
        assign_file(file, tmp_path / "known.csv", "comment", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


BLANK = ["", "The delivery was late", "", "  ", "The delivery came on time", ""]


def saved(folder, name, texts):
    """Write one column of texts in the form that the name's suffix asks for."""
    file = folder / name
    if file.suffix == ".xlsx":
        pd.DataFrame({"comment": texts}).to_excel(file, index=False)
    elif file.suffix == ".jsonl":
        pd.DataFrame({"comment": texts}).to_json(file, orient="records", lines=True)
    else:
        file.write_text("comment\n" + "\n".join(texts) + "\n", "utf-8")
    return file


@pytest.mark.parametrize("name", ["in.csv", "in.tsv", "in.jsonl"])
def test_blank_rows_of_one_column_stay_and_get_no_touchpoint(tmp_path, name):
    (tmp_path / "known.csv").write_text("name,definition\nDelivery,Bringing the goods\n")
    out = tmp_path / "out.csv"
    done = assign_file(saved(tmp_path, name, BLANK), tmp_path / "known.csv", "comment", out)
    rows = pd.read_csv(out, keep_default_na=False)
    assert (done.rows, done.assigned, done.unread) == (6, 2, 0)
    assert [text.strip() for text in rows["comment"]] == [text.strip() for text in BLANK]
    assert rows["touchpoint"].tolist() == ["", "Delivery", "", "", "Delivery", ""]
    assert rows.loc[rows["touchpoint"] == "", "confidence"].tolist() == [0.0] * 4


def test_blank_rows_between_others_of_a_workbook_stay(tmp_path):
    out = tmp_path / "out.csv"
    done = discover_file(saved(tmp_path, "in.xlsx", BLANK), "comment", out)
    rows = pd.read_csv(out, keep_default_na=False)
    assert done.rows == 5
    assert rows["comment"].str.strip().tolist() == [text.strip() for text in BLANK[:-1]]


def test_row_without_a_text_among_other_columns_is_in_no_group(tmp_path):
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text("id,comment\n1,Late\n2,\n,\n\n3,Late again\n")
    assert discover_file(file, "comment", out)[:1] == (4,)
    rows = pd.read_csv(out, keep_default_na=False)
    assert rows["id"].tolist() == ["1", "2", "", "3"]
    assert rows["cluster"].tolist()[1:3] == ["", ""]


def test_file_of_blank_rows_only_is_written_as_it_is(tmp_path):
    (tmp_path / "known.csv").write_text("name\nDelivery\n")
    file, out = saved(tmp_path, "in.csv", ["", ""]), tmp_path / "out.csv"
    assert assign_file(file, tmp_path / "known.csv", "comment", out) == (2, 0, 0)
    assert discover_file(file, "comment", out) == (2, 0, 2, 0)


def test_group_whose_words_name_nothing_is_called_by_its_most_typical_text(tmp_path):
    praise = ["Very good", "It was good", "good", "so good", "really good", "all good"]
    out = tmp_path / "out.csv"
    done = discover_file(written(tmp_path, [*praise, "quite good", "not bad"]), "comment", out)
    rows = pd.read_csv(out, keep_default_na=False)
    assert done.groups == 1
    (name,) = set(rows.loc[rows["cluster"] != "", "cluster_name"])
    assert name.casefold() in {text.casefold() for text in praise}


def test_name_of_a_customers_own_words_is_cut_at_a_word_and_taken_once(embedder):
    long = "so very good that we would do all of it again and again and again"
    groups = pd.DataFrame(
        {"group": ["1", "1", "", "2", "2", "3"], "name": ["", "", "", "", "", "Bill"]}
    )
    texts = pd.Series([long, long, "x", long, "good", "the bill"])
    named = name_by_texts(groups, texts, embedder.embed)["name"].tolist()
    assert named[0] == named[1] == "So very good that we would do all of it"
    assert named[2:] == ["", "Good", "Good", "Bill"]


def test_group_of_signs_is_called_by_a_sign(embedder):
    groups = pd.DataFrame({"group": ["1", "1"], "name": ["", ""]})
    named = name_by_texts(groups, pd.Series(["...", "..."]), embedder.embed)
    assert named["name"].tolist() == ["...", "..."]
