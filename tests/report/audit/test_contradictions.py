"""Each contradiction of the reference report, made into a fixture, is caught and shown."""

import html
import json
import shutil
import time
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from fake_study import Fake, write_fake_study
from rendering import draw_nothing, run_render

from report.audit.authors_text import lint_study, praised_and_blamed
from report.evidence.load import load_study
from training.cli import cli


@pytest.fixture(scope="module")
def reference_study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contradictions") / "runs" / "reference"
    write_fake_study(folder, Fake(preset="reference", thumbnails=False))
    return folder


@pytest.fixture
def real(reference_study, tmp_path):
    """Return a study like the reference's that a test may change."""
    return Path(shutil.copytree(reference_study, tmp_path / "reference"))


@pytest.fixture(scope="module")
def shown(reference_study, tmp_path_factory):
    """Return a function that changes a copy of the study, renders it and verifies the report."""

    def run(*changes):
        place = tmp_path_factory.mktemp("shown")
        study = Path(shutil.copytree(reference_study, place / "runs" / "reference"))
        for make in changes:
            make(study)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOMEWORK_CACHE", str(place / "cache"))
            draw_nothing(patch)
            done = run_render(study, study, "--format", "html")
            assert done.exit_code == 0
            return done, verify(study)

    return run


def change(study, experiment, file="metrics.json", **fields):
    path = study / experiment / "seed-0" / file
    record = json.loads(path.read_text())
    for name, value in fields.items():
        record[name] = (record[name] or {}) | value if isinstance(value, dict) else value
    path.write_text(json.dumps(record))


def respecify(study, experiment, **fields):
    """Change a record's spec and its hash with it, as one who means it would."""
    from training.records import Metrics, write

    path = study / experiment / "seed-0" / "metrics.json"
    metrics = msgspec.json.decode(path.read_bytes(), type=Metrics)
    spec = msgspec.structs.replace(metrics.spec, **fields)
    write(path, msgspec.structs.replace(metrics, spec=spec, spec_hash=spec.digest()))


def write_text(study, **fields):
    path = study / "study.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def verify(study):
    arguments = ["verify", "--runs", str(study.parent), "--study", study.name]
    return CliRunner().invoke(cli, arguments)


def parameters_of(study, experiment):
    return json.loads((study / experiment / "seed-0" / "metrics.json").read_text())["parameters"]


def swap_freezing(study):
    """Contradiction 1: the run headed “CNN frozen” trains the convolutions."""
    respecify(study, "freezing/cnn", freeze="classifier")
    respecify(study, "freezing/fc", freeze="features")
    counts = [parameters_of(study, f"freezing/{name}") for name in ("cnn", "fc")]
    assert counts[1]["trainable"] == 2469696
    change(study, "freezing/cnn", parameters=counts[1])
    change(study, "freezing/fc", parameters=counts[0])


def say_the_cnn_is_frozen(study):
    """Contradiction 2: VGG16 “CNN frozen” also froze two fully connected layers."""
    record = json.loads((study / "study.json").read_text())
    vgg = next(e for e in record["experiments"] if e["id"] == "beyond/vgg16")
    vgg["question"] = "VGG16, CNN frozen: what does it reach?"
    write_text(study, experiments=record["experiments"])


def record_another_accuracy(study):
    """Contradiction 4: the figure says one accuracy, the text another."""
    change(study, "scratch/best", validation={"accuracy": 0.5518})


def quote_another_accuracy(study):
    chosen = json.loads((study / "transfer/best/seed-0/metrics.json").read_text())["selected"]
    values = [0.8703, *chosen["validation_accuracy"][1:]]
    change(study, "transfer/best", selected={"validation_accuracy": values})


def read_test_of_a_candidate(study):
    test = {"loss": 0.5, "accuracy": 0.9, "n_correct": 9, "n_images": 10}
    change(study, "transfer/grid-adam-1e-5", test=test)


@pytest.fixture(scope="module")
def clean(shown):
    return shown()


@pytest.fixture(scope="module")
def of_networks(shown):
    return shown(swap_freezing, say_the_cnn_is_frozen)


@pytest.fixture(scope="module")
def of_accuracies(shown):
    return shown(record_another_accuracy, quote_another_accuracy, read_test_of_a_candidate)


def test_a_study_without_contradictions_has_no_banner(clean):
    done, verdict = clean
    assert "contradict" not in done.printed
    assert "Records contradict" not in done.html
    assert verdict.exit_code == 0


def assert_caught(found, section, words):
    """Hold the banner at the top, the one in the section, the terminal and `verify` to it."""
    done, verdict = found
    assert words in done.printed
    for slug in ("introduction", section):
        banner = html.unescape(done.section(slug)).partition('class="notice"')[2]
        assert words in banner.partition("</div>")[0], slug
    assert words in verdict.output
    assert verdict.exit_code == 1


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("freezing", "the heading of freezing/cnn promises “features”"),
        ("beyond", "parameters of the fully connected layers were frozen"),
    ],
)
def test_networks_that_are_not_what_is_said_of_them_are_caught(of_networks, section, words):
    assert_caught(of_networks, section, words)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("scratch", "the curves say"),
        ("scratch", "is the same training and has"),
        ("transfer", "the record of transfer/grid-sgd-1e-2 says"),
        ("transfer", "the test set was read for a candidate"),
    ],
)
def test_accuracies_that_contradict_each_other_are_caught(of_accuracies, section, words):
    assert_caught(of_accuracies, section, words)


def test_counts_that_belong_to_the_other_strategy_are_caught(real):
    change(real, "freezing/cnn", parameters=parameters_of(real, "freezing/fc"))
    words = "the spec freezes “features”, so none of its parameters should be trained"
    assert words in verify_records(real)


def test_a_strategy_that_freezes_more_than_it_says_is_caught(real):
    counts = parameters_of(real, "freezing/cnn")
    head = 4097 * 101
    change(real, "freezing/cnn", parameters={
        "trainable": head, "frozen": counts["total"] - head,
        "trainable_parts": {"features": 0, "classifier": head},
    })  # fmt: skip
    assert "the spec freezes only “features”, so “classifier” should have" in verify_records(real)


def test_two_costs_for_one_training_are_caught(real):
    record = json.loads((real / "scratch/best/seed-0/metrics.json").read_text())
    name, flop = record["reused_from"], record["cost"]["training_flop"]
    change(real, name, cost={"training_flop": flop - 2})
    assert f"{name}/seed-0 is the same training and has {flop - 2}" in verify_records(real)


def test_arithmetic_of_features_that_nobody_computed_is_caught(real):
    assert verify_records(real) == ""
    change(real, "freezing/fc", cost={"feature_flop": 2})
    assert "no features were computed before the epochs" in verify_records(real)


def verify_records(study):
    from report.audit.records import audit_records

    return " ".join(problem.problem for problem in audit_records(load_study(study)))


@pytest.mark.parametrize(
    ("best", "form", "agrees"), [(1, 2, True), (2, 2, False), (1, 1, False), (2, 1, True)]
)
def test_the_best_epoch_of_a_diverged_run_is_a_finite_one(study, best, form, agrees):
    """It is the best of them; in format 1 the last one. What diverged has an accuracy, too."""
    name, values = "scratch/grid-rmsprop-1e-2", [0.5, 0.25, 0.75]
    change(study, name, "curves.json", validation_accuracy=values)
    train = json.loads((study / name / "seed-0" / "curves.json").read_text())["train_accuracy"]
    change(study, name, best_epoch=best, format=form, validation={"accuracy": values[best - 1]},
           train={"accuracy": train[best - 1]})  # fmt: skip
    assert ("that of the best epoch is" in verify_records(study)) != agrees


def test_a_best_epoch_where_none_was_finite_is_a_contradiction(study):
    name = "scratch/grid-rmsprop-1e-2"
    change(study, name, "curves.json", validation_loss=[None] * 3)
    assert "no epoch has finite losses" in verify_records(study)


def test_a_text_that_the_records_contradict_is_caught(shown):
    """Contradictions 3, 4 in prose, and 5: one pair performs very well and is overfitted."""
    text = (
        "There are ~3800 images to train on. The best transfer accuracy is 87.03 %. "
        "The pairs (1e-3, SGD) and (1e-5, Adam) perform very well. "
        "Overfitted are (1e-3, SGD) and (1e-3, RMSprop)."
    )
    done, verdict = shown(lambda study: write_text(study, abstract=text))
    assert "The author’s text contradicts the records" in done.printed
    assert "warning: study.json#/abstract" in verdict.output
    for words in ("the train split has 2720 images", "no run has this accuracy",
                  "the same pair is praised elsewhere"):  # fmt: skip
        assert words in done.printed
        assert words in html.unescape(done.section("introduction"))
        assert words in verdict.output
    assert verdict.exit_code == 0


@pytest.mark.parametrize(
    "text",
    [
        "About 2,700 training images in 101 classes.",
        "The train split has 2720 pictures; 2 725 test images.",
        "ImageNet has 1,000 classes, and the original 1000 neurons at the last layer.",
        "With the CNN, 4.3 % of AlexNet, frozen it learns.",
        "With the fully connected part, 95.7 % of AlexNet, frozen it learns.",
        "The proportion of 1 between train and validation pictures.",
        "A study of 8165 pictures, made in 2024 over 3 weeks with 25 epochs.",
    ],
)
def test_text_that_agrees_is_left_alone(lint, text):
    assert lint(text) == []


@pytest.fixture(scope="module")
def lint(reference_study):
    """Return what is found in a text of the reference study's author."""
    view = load_study(reference_study)
    study = view.study

    def run(text):
        view.study = msgspec.structs.replace(study, abstract=text)
        return [(problem.text, problem.problem) for problem in lint_study(view)]

    return run


HARMLESS = {
    "citations": (
        "Krizhevsky et al. report 62.5 % top-1 accuracy on ImageNet.",
        "Krizhevsky et al. report a test accuracy of 62.5 %.",
        "In their paper the last layer has 4096 units.",
        "The authors trained on 1,281,167 training images.",
        "A test accuracy of 91.2 % was reached with VGG16 (Simonyan and Zisserman, 2015).",
        "According to the course, our test accuracy of 80 % is what to beat.",
        "Yosinski et al. show that with 50 % of the parameters frozen it still learns.",
        "> We reach a test accuracy of 99.1 %.",
        "The handbook says: “There are 102 categories.”",
        "Better ones exist: a [test accuracy of 95 %](https://example.org) on 9,146 pictures.",
        "State of the art is a test accuracy of 97.3 % here.",
        "The transfer accuracy is 93.4 % in [12].",
    ),
    "history": (
        "In 2012 AlexNet reached an accuracy of 63.3 % on the test set.",
        "The original has 102 classes.",
        "The original has 101 pictures of 20 classes; there are 3 classes of letters in it.",
        "Before cleaning there were 102 categories.",
        "Our first data set of 9144 pictures was cleaned.",
        "Of the archive's folders we removed one; the data set has 102 classes with it, formerly.",
        "Once our test accuracy was 55.55 %, with a bug in the augmentation.",
    ),
    "hypotheticals": (
        "If we had 10,000 training images, the test accuracy would be 99.9 %.",
        "With 5000 training images our networks might overfit less.",
        "We hoped for a test accuracy of 95 %.",
        "Our goal was a transfer accuracy of 92.5 %.",
        "Suppose there are 1,000 categories.",
        "Should the test set have 100 pictures, the interval is wide.",
        "A test accuracy of 100 % is suspicious.",
        "Is our test accuracy of 99 % too good to be true?",
    ),
    "other data sets": (
        "ImageNet has 1,281,167 training images in 1,000 classes.",
        "ImageNet is large. It has 1,281,167 training images.",
        "CIFAR-10 has 10 classes and 50000 training images.",
        "Caltech-256 has 257 classes, ours 101.",
        "On MNIST our network has a test accuracy of 99.2 %.",
        "Another data set of 12,000 pictures was left alone.",
    ),
    "negations": (
        "Our test accuracy is not 99 %.",
        "We don't have 3,800 training images.",
        "There aren't 102 categories.",
        "Without augmentation we never reach a validation accuracy of 99.9 %.",
        "No run reaches a test accuracy of 99.9 %.",
        "It fails to reach a test accuracy of 90.01 % in transfer.",
    ),
    "a part of the whole": (
        "Each batch holds 256 training images.",
        "We have 30 training images per class.",
        "There are 3 classes that are never confused.",
        "12 test pictures are misclassified by both networks.",
        "We looked at 25 test pictures by hand.",
        "The validation accuracy is 12.5 % in the first epoch.",
        "Our test accuracy on the class of chairs is 33.3 %.",
        "The figure shows 12 test pictures of 3 classes.",
    ),
    "other numbers": (
        "Our test accuracy rises by 12.3 % where the convolutions are frozen.",
        "Transfer has 3.21 % more accuracy on the test set.",
        "In the test, the accuracy with a rate of 0.001 is the best.",
        "The 95 % interval of our test accuracy is 2.2 % wide.",
        "Our test accuracy is above 1 %, which chance would give.",
        "We reach a test accuracy of 40 to 60 %.",
        "The ratio of train to validation loss is 1.57.",
        "With our 0.5 dropout, train and validation accuracy are close.",
        "4096 units lie before the last layer of AlexNet.",
        "The accuracy drops by 3 % when the convolutions are frozen.",
    ),
}


@pytest.mark.parametrize(
    "text",
    [pytest.param(t, id=f"{kind}: {t}") for kind, all_of in HARMLESS.items() for t in all_of],
)
def test_what_is_said_of_something_else_is_left_alone(lint, text):
    assert lint(text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("There are ~3800 images to train on.", "the train split has 2720 images"),
        ("We have 3,800 training images.", "the train split has 2720 images"),
        ("The net was trained on 5784 pictures.", "the train split has 2720 images"),
        ("The required proportion of 2 between train and validation.", "validation images is 1"),
        ("AlexNet has 100 neurons at the last layer.", "the last layer has 101 outputs here"),
        ("There are 102 categories.", "the data set has 101 classes"),
        ("With the FC part, 4 % of AlexNet, frozen it learns.", "these runs is 95.7 %"),
        ("The best transfer accuracy is 87.03 %.", "no run has this accuracy"),
        ("We use 5,000 validation images.", "the validation split has 2720 images"),
        ("The test set has 3,000 pictures.", "the test split has 2725 images"),
        ("Split into 3000 training images and 3000 test images.", "the train split has 2720"),
        ("Our data set of 9000 pictures is small.", "the data set has 8165 images"),
        ("This data set has 99 classes.", "the data set has 101 classes"),
        ("Caltech-101 has 99 classes.", "the data set has 101 classes"),
        ("We tell 99 classes apart, pre-trained on ImageNet.", "the data set has 101 classes"),
        ("8165 pictures in 99 classes are in the data set.", "the data set has 101 classes"),
        ("Our last layer has 99 outputs.", "the last layer has 101 outputs here"),
        ("The ratio of train to validation pictures is 3.", "train to validation images is 1.00"),
        ("The ratio of train to test pictures is 3.", "train to test images is 1.00"),
        (
            "With 12 % of the parameters frozen, it still learns.",
            "the frozen share of these runs is",
        ),
        ("We reached a test accuracy of 99.93 %.", "no run has this accuracy"),
        ("Fine-tuned from ImageNet weights, 99.93 % test accuracy.", "no run has this accuracy"),
        ("The validation accuracy of the best pair is 0.9993.", "no run has this accuracy"),
        ("ImageNet is large. Our test accuracy is 99.93 %.", "no run has this accuracy"),
        ("From scratch, the net is 99.93 % accurate.", "no run has this accuracy"),
        ("See [1]. The final accuracy on the test set is 99.93 %.", "no run has this accuracy"),
    ],
)
def test_what_is_said_of_this_study_is_held_against_it(lint, text, words):
    assert any(words in problem for _, problem in lint(text))


def test_a_pair_praised_and_blamed_in_one_breath_is_fine():
    text = "SGD at 1e-3 is the best on validation, and overfits."
    assert praised_and_blamed([("a", text), ("b", "SGD at 1e-3 overfits.")]) == []


@pytest.mark.parametrize(
    "text",
    [
        f"We have {'9' * 5000} training images.",
        f"Our last layer has {'9' * 5000} outputs.",
        "“" * 50_000,
        "(" * 50_000,
        "accuracy " * 10_000,
        f"Our {'a' * 50_000} accuracy {'b' * 50_000} is 1 %.",
        "9" * 50_000,
        "In our " + "data set of " * 5_000,
    ],
    ids=lambda text: text[:12],
)
def test_no_text_takes_long_or_ends_in_an_error(lint, text):
    started = time.perf_counter()
    lint(text)
    assert time.perf_counter() - started < 10


def test_a_pair_may_be_the_best_of_one_part_and_the_worst_of_another():
    best = ("a", "From scratch, SGD at 1e-3 is the best pair.")
    assert praised_and_blamed([best, ("b", "In transfer, SGD at 1e-3 diverges.")]) == []
    assert praised_and_blamed([best, ("b", "SGD at 1e-3, from scratch, overfits.")]) != []


@pytest.mark.parametrize("text", ["SGD at 1e-3", "(1e-3, SGD)", "sgd with 0.001", "1e-3 with SGD"])
def test_a_pair_is_known_however_it_is_written(text):
    found = praised_and_blamed([("a", f"{text} is good."), ("b", "(SGD, 1e-3) overfits.")])
    assert [problem.where for problem in found] == ["b"]


def test_a_choice_by_the_test_set_is_called_that(real):
    grid = sorted((real / "transfer").glob("grid-*"))
    view = load_study(real)
    second = view.ranked("transfer/grid")[1].id
    for folder in grid:
        accuracy = 0.95 if f"transfer/{folder.name}" == second else 0.5
        test = {"loss": 1, "accuracy": accuracy, "n_correct": 19, "n_images": 20}
        change(real, f"transfer/{folder.name}", test=test)
    change(real, "transfer/best", selected={"id": second})
    assert "only the test accuracies give the recorded choice" in verify_records(real)


def test_generated_sentences_never_praise_and_blame(clean):
    from report.audit.read_html import read_pieces

    text = "".join(p.text if p.text else "\n" for p in read_pieces(clean[0].html))
    lines = [line for line in text.splitlines() if "/grid-" not in line or ". " in line]
    sentences = [("", s) for line in lines for s in line.split(". ")]
    assert any("reached the highest" in s for _, s in sentences)
    assert praised_and_blamed(sentences) == []
