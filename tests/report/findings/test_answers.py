"""The first page's answers: which differences they name, and how sure each answer is."""

import pytest
from in_memory import a_dataset, a_run, a_spec, a_view
from in_memory import said as text_of

from report.evidence.statistics import homogeneity
from report.findings.answers import answers, headline
from report.sections import section_view
from report.tables import answers as tables
from training.records import Experiment

TUNED, SCRATCH, FIRST = "transfer/best", "scratch/best", "scratch/baseline"
N = 400


def a_model(name, right, **fields):
    """Make a tested run that is right for the first pictures."""
    guesses = [0] * right + [1] * (N - right)
    experiment = Experiment(id=name, question="?", test=True, model=fields.pop("model", "alexnet"))
    return a_run(name, answers=([0] * N, guesses), experiment=experiment, **fields)


def a_grid(grid, *shares):
    """Make a grid's runs by their validation accuracies, the learning rate growing tenfold."""
    return [
        a_run(f"{grid}-sgd-{i}", validation=share, spec=a_spec(learning_rate=10.0 ** (i - 5)),
              experiment=Experiment(id=f"{grid}-sgd-{i}", question="?", optimizer="sgd"))
        for i, share in enumerate(shares)
    ]  # fmt: skip


def answered(*runs, section):
    counts = (N // 4,) * 4
    view = a_view(*runs, dataset=a_dataset((500,) * 4, counts, counts))
    answer = next(answer for answer in answers(view) if answer.section == section)
    return text_of(answer.sentences), answer.sure


def test_nothing_run_is_nothing_said():
    found = answers(a_view(dataset=a_dataset()))
    assert [answer.section for answer in found] == [
        "scratch", "heatmaps", "transfer", "freezing", "augmentation", "beyond"
    ]  # fmt: skip
    assert {(answer.sentences, answer.sure) for answer in found} == {((), "not run")}


def test_scratch_names_its_pair_and_what_the_first_recipe_got():
    text, sure = answered(
        a_model(SCRATCH, 320, spec=a_spec(optimizer="adam")), a_model(FIRST, 120), section="scratch"
    )
    assert sure == "clear"
    assert text == (
        "AlexNet from scratch gets 80.0 % of the test pictures right (75.8 % to 83.6 %), with Adam "
        "at 1e-3; the first recipe, SGD at 1e-3, gets 30.0 %."
    )
    same, _ = answered(a_model(SCRATCH, 320), a_model(FIRST, 320), section="scratch")
    assert "first recipe" not in same


def test_scratch_claims_nothing_where_one_class_gets_as_far():
    text, sure = answered(a_model(SCRATCH, 110), section="scratch")
    assert sure == "open"
    assert text.startswith("AlexNet from scratch gets 27.5 % of the test pictures right (")
    assert text.endswith("no more than guessing may get.")


@pytest.mark.parametrize(
    ("right", "sure", "start"),
    [(300, "clear", "Pre-trained weights bring 5.0 points (+"),
     (286, "likely", "Pre-trained weights bring 1.5 points (+"),
     (285, "open", "Pre-trained weights make no difference that can be told: +1.3 points ("),
     (260, "clear", "Pre-trained weights cost 5.0 points (−")],
)  # fmt: skip
def test_transfer_is_as_sure_as_its_test(right, sure, start):
    """6 pictures that only one gets right have p = 0.03, which a second test makes too much."""
    text, found = answered(
        a_model(TUNED, right), a_model(SCRATCH, 280), a_model("freezing/cnn", right),
        section="transfer",
    )  # fmt: skip
    assert (found, text[: len(start)]) == (sure, start)


def test_models_are_sorted_into_level_better_and_worse():
    text, sure = answered(
        a_model(TUNED, 300), a_model("beyond/vgg16", 340, model="vgg16"),
        a_model("beyond/resnet18", 302, model="resnet18"), a_model("beyond/x", 200, model="a:net"),
        a_model("beyond/y", 260, model="a:other_net"), section="beyond",
    )  # fmt: skip
    assert sure == "clear"
    assert text == (
        "ResNet18 (+0.5) can’t be told from AlexNet fine-tuned. "
        "VGG16 gains 10.0 points on AlexNet fine-tuned. "
        "net loses 25.0 and other net 10.0 points against AlexNet fine-tuned."
    )


def test_an_answer_is_as_sure_as_its_least_sure_difference():
    frozen = a_model("freezing/cnn", 200), a_model("freezing/fc", 294)
    text, sure = answered(
        a_model(TUNED, 300), *frozen, a_model("beyond/a", 300), section="freezing"
    )
    assert sure == "likely"
    assert "frozen classifier and head 1.5 points" in text


def test_each_section_has_words_of_its_own_for_models_that_are_level():
    level = [a_model(f"{section}/x", 301) for section in ("freezing", "augmentation", "beyond")]
    said = [
        answered(a_model(TUNED, 300), *level, section=section)[0].partition(") ")[2]
        for section in ("freezing", "augmentation", "beyond")
    ]
    assert said == [
        "is level with AlexNet fine-tuned as far as can be told.",
        "shows no measurable difference from AlexNet fine-tuned.",
        "can’t be told from AlexNet fine-tuned.",
    ]


def test_augmentation_is_held_against_a_run_of_as_many_epochs_where_there_is_one():
    runs = [a_model(TUNED, 300), a_model("augmentation/one-of-three", 200)]
    assert "against AlexNet fine-tuned" in answered(*runs, section="augmentation")[0]
    runs.append(a_model("augmentation/none", 320))
    text, _ = answered(*runs, section="augmentation")
    assert text.endswith("loses 30.0 points against AlexNet without augmentation.")


@pytest.mark.parametrize(
    ("shares", "sure"),
    [((0.3, 0.5, 0.8), "clear"), ((0.70, 0.76, 0.78), "likely"), ((0.70, 0.71, 0.72), "open")],
)
def test_rates_matter_as_far_as_a_grid_is_uneven(shares, sure):
    """Chi-squared tests: p = 0.03 for the second, which three others make too much."""
    others = [a_model(TUNED, 300), *(a_model(f"beyond/{x}", 300) for x in "ab")]
    text, found = answered(*a_grid("scratch/grid", *shares), *others, section="heatmaps")
    assert found == sure
    assert text == (
        f"From a random start the best pair, SGD at 1e-3, gets {100 * shares[2]:.1f} % of the "
        f"validation pictures right, the worst, SGD at 1e-5, {100 * shares[0]:.1f} %."
    )


def test_a_grid_that_is_not_complete_has_a_best_pair_so_far():
    runs = a_grid("scratch/grid", 0.3, 0.5, 0.8)
    counts = (N // 4,) * 4
    missing = Experiment(id="scratch/grid-sgd-9", question="?", optimizer="sgd")
    for more, said in (((), "the best pair, SGD"), ((missing,), "the best pair so far, SGD")):
        view = a_view(
            *runs, dataset=a_dataset((500,) * 4, counts, counts), experiments=[missing] * len(more)
        )
        answer = next(answer for answer in answers(view) if answer.section == "heatmaps")
        assert said in text_of(answer.sentences)


def test_homogeneity_is_the_chi_squared_test():
    from scipy.stats import chi2_contingency

    for n, counts in ((400, (280, 300, 310)), (50, (10, 12)), (416, (40, 381, 200, 50))):
        table = [counts, [n - count for count in counts]]
        expected = chi2_contingency(table, correction=False).pvalue
        assert homogeneity(n, counts) == pytest.approx(expected, rel=1e-9)
    assert homogeneity(10, (0, 0)) == homogeneity(10, (10, 10)) == 1.0


def test_the_first_page_links_each_question_to_its_section():
    counts = (N // 4,) * 4
    run = a_model("scratch/best", 300)
    view = a_view(run, dataset=a_dataset((500,) * 4, counts, counts))
    table = section_view("introduction", view).tables["answers"]
    targets = [part.target for row in table.rows for part in row.cells[0] if part.kind == "link"]
    assert targets == ["scratch", "heatmaps", "transfer", "freezing", "augmentation", "beyond"]


def opened(*runs, section):
    counts = (N // 4,) * 4
    view = a_view(*runs, dataset=a_dataset((500,) * 4, counts, counts))
    return text_of(headline(view, section))


@pytest.mark.parametrize(
    ("right", "text"),
    [((), ""),
     ((340,), "Freezing gains accuracy."),
     ((301,), "Freezing makes no measurable difference."),
     ((200, 210), "Every way of freezing costs accuracy."),
     ((301, 302), "No way of freezing makes a measurable difference."),
     ((301, 200), "Some ways of freezing cost accuracy, others make no measurable difference."),
     ((340, 301, 200), ("Some ways of freezing gain accuracy, some cost accuracy, others make no "
      "measurable difference."))],
)  # fmt: skip
def test_a_section_opens_with_what_all_some_or_none_of_it_does(right, text):
    names = ("freezing/cnn", "freezing/fc", "freezing/fc-head-free")
    models = [a_model(name, n) for name, n in zip(names, right, strict=False)]
    assert opened(a_model(TUNED, 300), *models, section="freezing") == text


def test_a_headline_is_as_careful_as_its_least_sure_difference():
    runs = [a_model(TUNED, 300), a_model("freezing/cnn", 200), a_model("freezing/fc", 294)]
    others = [a_model("beyond/a", 300)]
    assert opened(*runs, *others, section="freezing") == (
        "Every way of freezing probably costs accuracy."
    )


@pytest.mark.parametrize(
    ("right", "text"),
    [(300, "Pre-trained weights help."), (286, "Pre-trained weights probably help."),
     (285, "Whether pre-trained weights help stays open."),
     (260, "Pre-trained weights cost accuracy.")],
)  # fmt: skip
def test_the_headline_on_transfer_follows_its_test(right, text):
    runs = a_model(TUNED, right), a_model(SCRATCH, 280), a_model("freezing/cnn", right)
    assert opened(*runs, section="transfer") == text


def test_the_headline_on_rates_says_for_which_start():
    uneven, even = a_grid("scratch/grid", 0.3, 0.8), a_grid("transfer/grid", 0.8, 0.8)
    assert opened(*uneven, section="heatmaps") == (
        "Learning rate and optimizer matter from a random start."
    )
    assert opened(*uneven, *even, section="heatmaps") == (
        "Learning rate and optimizer matter from a random start; from pre-trained weights no "
        "difference can be told."
    )
    assert opened(*even, section="heatmaps") == (
        "Whether learning rate and optimizer matter stays open."
    )


def test_the_headline_from_scratch_asks_for_more_than_guessing():
    assert "more than guessing" in opened(a_model(SCRATCH, 320), section="scratch")
    assert "no further than guessing" in opened(a_model(SCRATCH, 110), section="scratch")


def test_the_table_of_tests_has_a_row_for_each_difference_behind_an_answer():
    runs = a_model(TUNED, 300), a_model(SCRATCH, 280), a_model("freezing/cnn", 200)
    counts = (N // 4,) * 4
    table = tables.tests_table(a_view(*runs, dataset=a_dataset((500,) * 4, counts, counts)))
    assert [text_of([row.cells[5][0].text]) for row in table.rows] == ["clear", "clear"]
    assert "+5.0" in "".join(part.text for part in table.rows[0].cells[3])
    assert "−25.0" in "".join(part.text for part in table.rows[1].cells[3])
