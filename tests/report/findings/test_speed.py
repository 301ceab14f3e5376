"""Models worth their time, by validation accuracy and latency; the test set has no part in it."""

import pytest
from fake_study import Fake, write_fake_study
from in_memory import a_dataset, a_run, a_spec, a_view, said

from report.evidence.load import load_study
from report.evidence.sentences import plain_text
from report.findings.speed import not_beaten, worth_their_time
from report.tables.speed import speeds
from training.records import Environment, Speed

PLACE = Environment("1", "3", "2", "0", "Linux", "cpu", "A processor", 2)
NAMES = ("beyond/a", "beyond/b", "beyond/c")


def study_of(*models, places=(PLACE,) * 3, network=None):
    """Make a study of models, each given by validation accuracy and milliseconds.

    Args:
        network: Width of the network that all have; else each has its own.
    """
    runs = [
        a_run(name, validation=validation, tested=(50, 100), environment=place,
              spec=a_spec(width=network or i + 1),
              speed=None if ms is None else Speed(ms / 1000, 9, 100.0, 64, 2**20))
        for i, (name, (validation, ms), place) in enumerate(
            zip(NAMES, models, places, strict=False))
    ]  # fmt: skip
    return a_view(*runs, dataset=a_dataset())


def ids(view):
    return [model.experiment.id[-1] for model in not_beaten(view)]


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        ([(0.9, 9), (0.8, 3), (0.7, 6)], "ab"),  # c is slower and worse than b
        ([(0.9, 2), (0.8, 3), (0.7, 6)], "a"),
        ([(0.9, 3.2), (0.8, 3.0)], "a"),  # as fast, within what medians differ by
        ([(0.8, 3), (0.8, 9)], "a"),
        ([(0.8, 3), (0.8, 3.1)], "ab"),
        ([(0.7, 1), (0.8, 2), (0.9, 4)], "cba"),
        ([(0.5, 0.1), (0.8, 2), (0.9, 4)], "cb"),  # a guesses
    ],
)
def test_a_model_is_named_if_no_other_beats_it(models, expected):
    assert "".join(ids(study_of(*models))) == expected


def test_equal_networks_are_equally_fast():
    """Whatever one of them was timed at; the fastest of them is told."""
    view = study_of((0.9, 9), (0.8, 3), (0.7, 2), network=1.0)
    assert ids(view) == ["a"]
    assert "(90.0 %, 2.00 ms) is the whole" in said(worth_their_time(view))


def test_the_sentence_names_them_with_both_numbers():
    text = said(worth_their_time(study_of((0.9, 9), (0.8, 3), (0.7, 6))))
    assert (
        "the Pareto set is AlexNet (90.0 %, 9.00 ms) and AlexNet (80.0 %, 3.00 ms): every other"
        in text
    )
    text = said(worth_their_time(study_of((0.9, 2), (0.8, 3))))
    assert "AlexNet (90.0 %, 2.00 ms) is the whole Pareto set" in text
    text = said(worth_their_time(study_of((0.9, 9), (0.8, 3))))
    assert "(80.0 %, 3.00 ms), all that learned." in text


def test_the_test_set_has_no_part_in_it():
    view = study_of((0.9, 9), (0.8, 3), (0.7, 6))
    said_before = said(worth_their_time(view))
    others = a_view(
        *(a_run(run.id, validation=run.metrics.validation.accuracy, tested=(n, 100),
                environment=PLACE, speed=run.metrics.speed, spec=run.metrics.spec)
          for run, n in zip(view.all_runs(), (1, 50, 99), strict=True)),
        dataset=a_dataset(),
    )  # fmt: skip
    assert said(worth_their_time(others)) == said_before


def test_nothing_is_said_without_times_or_of_other_devices():
    assert worth_their_time(study_of((0.9, 2))) == []
    assert worth_their_time(study_of((0.9, 2), (0.8, None))) == []
    other = Environment("1", "3", "2", "0", "Linux", "cpu", "Another", 2)
    view = study_of((0.9, 2), (0.8, 3), places=(PLACE, other))
    assert worth_their_time(view) == []
    table = speeds(view)
    assert "Pareto" not in " ".join(column.label for column in table.columns)
    assert "Pareto" not in plain_text(table.caption)
    assert len(table.rows) == 2


def test_the_table_says_what_the_records_say(study):
    table = speeds(load_study(study))
    shown = {
        plain_text(row.cells[0]): [plain_text(cell) for cell in row.cells] for row in table.rows
    }
    assert shown["VGG16"][2:5] == ["31.7\u00a0ms", "80", "64"]
    assert [name for name, cells in shown.items() if cells[-1]] == [
        "AlexNet fine-tuned",
        "ResNet18",
    ]


def test_older_records_have_no_such_table(tmp_path):
    write_fake_study(tmp_path / "quick", Fake(inspected=False))
    view = load_study(tmp_path / "quick")
    assert speeds(view) is None
    assert worth_their_time(view) == []
