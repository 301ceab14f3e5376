"""Train labels that may be wrong are listed as what they are: suspects."""

import pytest
from in_memory import a_dataset, a_run, a_view

from report.tables.suspects import suspects_table
from training.records import LabelSuspect, LabelSuspects

FOUND = LabelSuspects(100, 2, 1.0, [LabelSuspect("a/1.png", 0, 1, 0.8),
                                    LabelSuspect("b/2.png", 1, 0, 0.3)])  # fmt: skip


def view_of(found, **fields):
    return a_view(a_run("data/how-many", label_suspects=found, **fields), dataset=a_dataset())


def test_they_are_listed_with_label_answer_and_margin():
    table = suspects_table(view_of(FOUND))["suspects"]
    rows = [["".join(part.text for part in cell) for cell in row.cells] for row in table.rows]
    assert rows == [["a/1.png", "ant", "bee", "0.80"], ["b/2.png", "bee", "ant", "0.30"]]
    caption = "".join(part.text for part in table.caption)
    assert "Of 100 labels they contradict 2: another" in caption
    assert "nothing is left out" in caption


@pytest.mark.parametrize(
    ("found", "fields"),
    [
        (None, {}),
        (LabelSuspects(100, 0, 1.0), {}),
        (FOUND, {"dataset_fingerprint": "others"}),
        (LabelSuspects(100, 1, 1.0, [LabelSuspect("a/1.png", 0, 7, 0.8)]), {}),
    ],
    ids=["older record", "none", "other pictures", "a class that isn't there"],
)
def test_else_there_is_no_table(found, fields):
    assert suspects_table(view_of(found, **fields)) == {}
