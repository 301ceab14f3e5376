"""Every number that a reader sees in a result carries its value and its source."""

import re
from html import unescape

import msgspec
import pytest
from in_memory import validated
from markupsafe import Markup

from report.audit.check_numbers import number_problems
from report.audit.read_html import read_pieces
from report.evidence.load import load_study
from report.evidence.numbers import resolve
from report.evidence.recompute import Sources
from training.records import write

KNOWN = re.compile(
    r'<data [^>]*>.*?</data>|<code>.*?</code>|<span class="name">.*?</span>|<a [^>]*>.*?</a>',
    re.DOTALL,
)


CONSTANT = re.compile(r"95\s%\sintervals?|Caltech-101")
"""Digits that no record decides."""


def without_known(fragment):
    """Drop numbers with a source, and what is no result: names, commands, links, constants."""
    return CONSTANT.sub("", re.sub(r"<[^>]+>", "", KNOWN.sub("", fragment)))


@pytest.fixture
def page(render):
    return render().html


def test_result_sentences_have_no_digit_without_source(page):
    paragraphs = re.findall(r'<p class="findings">(.*?)</p>', page, re.DOTALL)
    assert paragraphs
    assert [p for p in map(without_known, paragraphs) if re.search(r"\d", p)] == []


def test_table_cells_have_no_digit_without_source(page):
    cells = re.findall(r"<td [^>]*>(.*?)</td>", page, re.DOTALL)
    assert cells
    assert [c for c in map(without_known, cells) if re.search(r"\d", c)] == []


def test_numbers_are_those_of_the_records(page, study):
    view = load_study(study)
    runs = {run.path: run for run in view.all_runs()}
    found = re.findall(r'<data value="([^"]+)" data-source="([^"(]+)#([^"]+)">', page)
    checked = 0
    for value, record, pointer in found:
        path, _, name = unescape(record).rpartition("/")
        if name == "metrics.json":
            actual = resolve(runs[path].metrics, unescape(pointer))
            assert float(value) == actual, (record, pointer)
            checked += 1
    assert checked > 20


def test_every_number_has_a_machine_readable_value(page):
    values = re.findall(r'<data value="([^"]*)" data-source="([^"]*)"', page)
    assert len(values) == page.count("<data ")
    for value, source in values:
        float(value)
        assert source


def keep_answers(view, experiment_id, n_right, last=None):
    """Add answers to a record: the first pictures of every class rightly, as many as are right."""
    run, sizes = view.run(experiment_id), view.dataset.counts.validation
    label = [c for c, n in enumerate(sizes) for _ in range(n)]
    order = sorted(range(len(label)), key=lambda i: (i - label.index(label[i]), i))
    right = set(order[:n_right])
    best = [t if i in right else (t + 1) % len(sizes) for i, t in enumerate(label)]
    fields = {
        "validation_answers": validated(label, best, len(sizes)),
        "last_answers": None if last is None else validated(label, [last] * len(label), len(sizes)),
    }
    n_epochs = run.metrics.epochs_run
    fields |= {"best_epoch": 1 if last is not None else n_epochs}
    scores = msgspec.structs.replace(run.metrics.validation, accuracy=n_right / len(label))
    metrics = msgspec.structs.replace(run.metrics, validation=scores, **fields)
    write(view.folder.metrics(experiment_id, run.metrics.seed), metrics)
    end = sizes[last] / len(label) if last is not None else n_right / len(label)
    accuracies = [n_right / len(label)] + [end] * (n_epochs - 1)
    curves = msgspec.structs.replace(run.curves, validation_accuracy=accuracies)
    write(view.folder.curves(experiment_id, run.metrics.seed), curves)


def test_what_rests_on_kept_answers_can_be_recomputed(study, render):
    view = load_study(study)
    n = view.dataset.n_validation
    grid = [run.id for run in view.ranked("scratch/grid")]
    for experiment_id, share in zip(grid[:2], (1.0, 0.9), strict=True):
        keep_answers(view, experiment_id, round(share * n))
    keep_answers(view, grid[2], round(0.8 * n), last=0)
    keep_answers(view, grid[3], view.dataset.counts.validation[0])
    page = render()
    section = Markup(page.section("details")).striptags()
    assert "only it gets right" in section
    assert "exact McNemar test" in section
    assert "it collapsed to one class" in section
    assert "guessing gives" in section
    pieces = read_pieces(page.html)
    assert sum("mcnemar_right(" in piece.source for piece in pieces) >= 1
    assert [*number_problems(study, pieces, Sources(study))] == []
