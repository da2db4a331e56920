"""Spreadsheets whose rows are in several languages."""

import pandas as pd
import pytest

from pipeline.errors import ConfigError
from pipeline.spreadsheet import assign_file, discover_file

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
