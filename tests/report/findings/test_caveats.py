"""What the first page warns of, and what it says to do next: each by its rule, or not at all."""

import msgspec
import pytest
from in_memory import a_dataset, a_run, a_spec, a_view
from in_memory import said as text_of

from report.findings.caveats import caveats, next_steps
from training.records import DuplicatePair, Duplicates, Experiment

A, B = "transfer/best", "scratch/best"


def a_model(name, right, n=100, **fields):
    answers = ([0] * n, [0] * right + [1] * (n - right))
    experiment = Experiment(id=name, question="?", test=True)
    return a_run(name, answers=answers, experiment=experiment, **fields)


def a_grid(*shares):
    return [
        a_run(f"scratch/grid-adam-{i}", validation=share,
              spec=a_spec(optimizer="adam", learning_rate=10.0 ** (i - 5)),
              experiment=Experiment(id=f"scratch/grid-adam-{i}", question="?"))
        for i, share in enumerate(shares)
    ]  # fmt: skip


def with_twins(n_twins):
    twins = Duplicates(
        n_identical_within=0, n_identical_across=0, n_near_within=0, n_near_across=n_twins,
        test_twins=list(range(n_twins)),
    )  # fmt: skip
    return msgspec.structs.replace(a_dataset(), duplicates=twins)


def test_one_random_start_is_said():
    assert "one random start" in text_of(caveats(a_view(dataset=a_dataset())))


@pytest.mark.parametrize(
    ("n_twins", "start"),
    [(1, "1 of 100 test pictures has an"), (3, "3 of 100 test pictures have an")],
)
def test_twins_of_test_pictures_are_counted_and_can_be_left_out(n_twins, start):
    view = a_view(dataset=with_twins(n_twins))
    assert text_of(caveats(view)).startswith(start)
    assert "--duplicates drop-from-train leaves" in text_of(next_steps(view))
    none = a_view(dataset=with_twins(0))
    assert "twin" not in text_of([*caveats(none), *next_steps(none)])


@pytest.mark.parametrize(
    ("splits", "advised"),
    [(("test", "validation"), False), (("test", "train"), True), (("validation", "train"), True)],
)
def test_dropping_twins_from_train_is_advised_where_train_has_some(splits, advised):
    dataset = with_twins(1)
    pair = DuplicatePair(kind="near", paths=("a/1.jpg", "a/2.jpg"), splits=splits)
    known = msgspec.structs.replace(dataset.duplicates, pairs=[pair])
    view = a_view(dataset=msgspec.structs.replace(dataset, duplicates=known))
    assert ("drop-from-train" in text_of(next_steps(view))) == advised


def test_the_interval_of_the_chosen_model_is_given_its_width():
    view = a_view(a_model(A, 90), a_model(B, 60), dataset=a_dataset())
    assert "With 100 test pictures the interval of the chosen model’s accuracy spans 11.9" in (
        text_of(caveats(view))
    )
    assert "spans" not in text_of(caveats(a_view(a_model(A, 90), dataset=a_dataset())))


@pytest.mark.parametrize(
    ("shares", "said"),
    [((0.3, 0.5, 0.8), "has the largest rate tried with its optimizer: larger ones may do better"),
     ((0.8, 0.5, 0.3), "has the smallest rate tried with its optimizer: smaller ones may"),
     ((0.3, 0.8, 0.5), None), ((0.8,), None), ((0.2, 0.2, 0.25), None)],
)  # fmt: skip
def test_a_grid_is_extended_where_its_best_pair_lies_at_the_edge(shares, said):
    """Not in the middle, not with one rate, and not where no pair learned anything."""
    counts = (100,) * 4
    text = text_of(next_steps(a_view(*a_grid(*shares), dataset=a_dataset(counts, counts, counts))))
    assert (said in text) if said else ("rate tried" not in text)


@pytest.mark.parametrize(("last", "said"), [(0.8, True), (0.5, False)])
def test_more_epochs_only_where_accuracy_still_rose(last, said):
    counts = (100,) * 4
    curves = {"validation_accuracy": [0.5] * 9 + [last] * 3, "train_accuracy": [0.9] * 12,
              "learning_rate": [1e-3] * 12}  # fmt: skip
    run = a_model(A, 80, curves=curves, epochs_run=12)
    text = text_of(next_steps(a_view(run, dataset=a_dataset(counts, counts, counts))))
    assert ("AlexNet fine-tuned was still improving in the last epochs" in text) == said


@pytest.mark.parametrize(("right", "said"), [(89, True), (50, False)])
def test_more_seeds_only_where_models_are_level(right, said):
    view = a_view(a_model(A, 90, validation=0.9), a_model(B, right), dataset=a_dataset())
    assert ("--seeds 3" in text_of(next_steps(view))) == said


ALEXNET, VGG = "file:alexnet-owt-7be5be79.pth", "file:vgg16-397923af.pth"


@pytest.mark.parametrize(
    ("starts", "said"),
    [
        ([(ALEXNET, "b3862bc49f1faf71")], "weights file alexnet-owt-7be5be79.pth isn’t the one"),
        ([(ALEXNET, "b3862bc49f1faf71"), (VGG, "0000000000000000"), (VGG, "0000000000000000")],
         "weights files alexnet-owt-7be5be79.pth and vgg16-397923af.pth aren’t those"),
        ([(ALEXNET, "7be5be791159472b")], None),
        ([("file:my-weights.pth", "b3862bc49f1faf71"), ("none", ""), ("imagenet", "x")], None),
        ([(ALEXNET, "")], None),
    ],
)  # fmt: skip
def test_weights_that_are_not_what_their_file_is_called_are_named(starts, said):
    runs = [a_run(f"transfer/{n}", spec=a_spec(weights=label, weights_digest=digest))
            for n, (label, digest) in enumerate(starts)]  # fmt: skip
    text = text_of(caveats(a_view(*runs, dataset=a_dataset())))
    assert ("published" in text) == (said is not None)
    assert said is None or text.startswith(f"The {said}")


@pytest.mark.parametrize("n", [0, 1, 2])
def test_what_is_missing_can_be_run(n):
    missing = [Experiment(id=f"beyond/{i}", question="?") for i in range(n)]
    view = a_view(a_run("scratch/x"), dataset=a_dataset(), experiments=missing)
    text = text_of(next_steps(view))
    assert ("homework run-all --study" in text) == (n > 0)
    if n:
        ending = "experiment that has" if n == 1 else "experiments that have"
        assert f"{view.folder.name} runs the {n} {ending} no record yet." in text
