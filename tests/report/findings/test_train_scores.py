"""Train accuracy is that at rest where all tested runs have it, and the running one elsewhere."""

import json

import pytest
from in_memory import a_dataset, a_run, a_spec, a_view, said

from report.evidence.accuracy import train_accuracy
from report.evidence.load import load_study
from report.evidence.train_scores import measured_at_rest
from report.findings.expected import gap_against
from report.findings.learning import fit_gap
from report.findings.train_scores import how_train_is_measured, not_of_what_is_validated
from report.sections import section_view
from training.records import Scores

NAMES = ("freezing/cnn", "transfer/best")


def study_of(*at_rest, train=0.6, validation=0.7, spec=None):
    """Make tested runs; None stands for a record that holds the running accuracy alone."""
    runs = [
        a_run(name, train=train, validation=validation, tested=(50, 100),
              train_at_rest=None if rest is None else Scores(0.5, rest), **(spec or {}))
        for name, rest in zip(NAMES, at_rest, strict=True)
    ]  # fmt: skip
    return a_view(*runs, dataset=a_dataset((250, 250)))


def test_it_counts_where_every_tested_run_has_it():
    view = study_of(0.9, 0.8)
    assert measured_at_rest(view)
    assert train_accuracy(view, NAMES[0]).value == 0.9
    assert train_accuracy(view, NAMES[0]).source.endswith("#/train_at_rest/accuracy")
    view = study_of(0.9, None)
    assert not measured_at_rest(view)
    assert train_accuracy(view, NAMES[0]).value == 0.6


def test_untested_runs_keep_the_running_one_and_none_is_said_of_a_study_of_them():
    view = a_view(a_run("scratch/baseline", train=0.6), dataset=a_dataset())
    assert train_accuracy(view, "scratch/baseline").value == 0.6
    assert how_train_is_measured(view) == []


def test_a_run_overfits_by_what_it_answers_at_rest():
    """Dropout and altered pictures hide a gap while the network is trained."""
    view = study_of(0.95, 0.95)
    assert "It overfits: at the best epoch it names 95.0 %" in said(
        fit_gap(view, view.run(NAMES[0]))
    )
    view = study_of(None, None)
    assert fit_gap(view, view.run(NAMES[0])) == []


def test_gaps_of_two_models_are_those_at_rest():
    text = said(gap_against(study_of(0.95, 0.75), *NAMES))
    assert "Train accuracy is 25.0 points above" in text
    assert "here train is 20.0 points further ahead" in text
    assert "no measurable difference" in said(gap_against(study_of(0.76, 0.75), *NAMES))


@pytest.mark.parametrize("at_rest", [True, False])
def test_of_altered_pictures_little_is_said_only_while_they_were_altered(study, at_rest):
    for path in [] if at_rest else study.glob("*/*/seed-0/metrics.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"train_at_rest": None}))
    view = load_study(study)
    text = said(gap_against(view, "augmentation/one-of-three", "transfer/best"))
    assert ("says little about" in text) != at_rest


def test_the_method_says_so_once(study):
    view = load_study(study)
    findings = section_view("preprocessing", view).findings["train"]
    assert "with the weights of the best epoch" in said(findings)


@pytest.mark.parametrize("fields", [{"mixup": 0.2}, {"cutmix": 1.0}])
def test_train_scores_of_mixed_pictures_tell_no_gap(fields):
    spec = {"spec": a_spec(**fields)}
    mixed, plain = study_of(None, None, train=0.2, spec=spec), study_of(None, None, train=0.2)
    assert "underfits" in said(fit_gap(plain, plain.run(NAMES[0])))
    assert fit_gap(mixed, mixed.run(NAMES[0])) == []
    assert gap_against(mixed, *NAMES) == []
    assert train_accuracy(mixed, NAMES[0]) is None
    at_rest = study_of(0.3, 0.3, train=0.2, spec=spec)
    assert "names only 30.0 %" in said(fit_gap(at_rest, at_rest.run(NAMES[0])))


def test_what_train_scores_are_of_is_said_of_whom_it_holds_for_only():
    runs = [a_run("scratch/baseline"), a_run("transfer/best", spec=a_spec(mixup=0.2)),
            a_run("freezing/cnn", spec=a_spec(ema=0.9))]  # fmt: skip
    assert not_of_what_is_validated(a_view(runs[0])) == []
    text = said(not_of_what_is_validated(a_view(*runs)))
    assert "accuracy of transfer/best during training are of pictures mixed with others" in text
    assert "tested of freezing/cnn is a moving average of the weights" in text
    assert "baseline" not in text
    both = [a_run(name, spec=a_spec(ema=0.9)) for name in NAMES]
    text = said(not_of_what_is_validated(a_view(*both)))
    assert "tested of all experiments that ran is a moving" in text
