"""What is said of answers to further pictures, and when nothing is."""

import msgspec
import pytest
from in_memory import a_dataset, a_run, a_view, said

from report.evidence.sentences import plain_text
from report.findings.answers import answers
from report.findings.elsewhere import elsewhere, of_which_seeds, who_is_ahead
from report.findings.further_pictures import further_notices, further_pictures
from report.tables.elsewhere import on_further_pictures
from training.records import (
    DuplicatePair,
    Experiment,
    OtherAnswers,
    OtherPictures,
    OtherTest,
    StudySection,
    UnknownClass,
)

N = 100
LABEL = [0] * 50 + [1] * 50
SECTION = StudySection(name="held", title="Held", kind="comparison")


def answered(label, n_right):
    """Return answers of which so many are right, as evenly over two classes as can be."""
    places = sorted(range(len(label)), key=lambda i: (i % (len(label) // 2), i))
    right = set(places[:n_right])
    return [k if i in right else int(not k) for i, k in enumerate(label)]


def a_tested(
    name="plain", n_right=90, there=50, seed=0, label=LABEL, own=(LABEL, None), print_="f"
):
    """Return a run that names so many of its own test pictures rightly, and of sketches."""
    own_label, own_predicted = own
    predicted = own_predicted or answered(own_label, n_right)
    given = answered(label, there)
    n = len(label)
    test = OtherTest(
        pictures="sketches", fingerprint=print_, loss=1.0, accuracy=there / n, n_correct=there,
        n_images=n,
    )  # fmt: skip
    others = OtherAnswers(
        pictures="sketches", fingerprint=print_, label=label, predicted=given,
        probability=[0.5] * n,
    )  # fmt: skip
    experiment = Experiment(id=f"held/{name}", question="?", test=True, test_on=("sketches",))
    run = a_run(
        f"held/{name}", answers=(own_label, predicted), seed=seed, experiment=experiment,
        other_tests=(test,),
    )  # fmt: skip
    run.__dict__["predictions"] = msgspec.structs.replace(run.predictions, others=(others,))
    return run


def described(**changes):
    plain = OtherPictures(
        name="sketches", fingerprint="f", classes=[0, 1], unknown=[], images=["x"] * N
    )
    return msgspec.structs.replace(plain, **changes)


def view_of(*runs, other=None, test=(50, 50), settings=None):
    dataset = a_dataset(
        train=test, validation=test, test=test, other_pictures=(other or described(),)
    )
    return a_view(*runs, dataset=dataset, sections=(SECTION,), settings=settings)


def answer(view):
    (found,) = answers(view)
    return found


def test_what_is_lost_is_said_with_its_points_and_interval():
    found = answer(view_of(a_tested(there=60)))
    assert said(found.sentences) == (
        "On sketches Plain gets 60.0 % of 100 pictures right, 30.0 points less (17.5 to "
        "41.4) than on the study’s own test pictures."
    )
    assert said(found.headline) == "On sketches Plain loses accuracy."
    assert found.sure == "clear"


def test_what_is_gained_is_said_too():
    found = answer(view_of(a_tested(n_right=70, there=95)))
    assert "25.0 points more (" in said(found.sentences)
    assert said(found.headline) == "On sketches Plain gains accuracy."


@pytest.mark.parametrize(("there", "is_told"), [(79, False), (78, True)])
def test_a_loss_is_told_from_where_test_and_interval_find_it(there, is_told):
    """Of 90 and 79 right in a hundred each, scipy's chi-squared test with Yates' gives 0.051."""
    found = answer(view_of(a_tested(there=there)))
    assert ("points less" in said(found.sentences)) == is_told
    assert ("no difference can be told" in said(found.sentences)) != is_told
    assert found.sure == ("clear" if is_told else "open")
    assert ("loses accuracy" in said(found.headline)) == is_told


def test_of_one_that_guesses_nothing_is_said():
    view = view_of(a_tested(n_right=52, there=30))
    assert said(answer(view).sentences) == ""


@pytest.mark.parametrize(("there", "guesses"), [(58, True), (61, False)])
def test_that_guessing_may_get_as_much_is_said_where_it_may(there, guesses):
    """Half are expected; one in forty of such answers gets more than 59.8 (Hoeffding)."""
    text = said(answer(view_of(a_tested(there=there))).sentences)
    assert ("guessing may get as much" in text) == guesses


def test_only_classes_that_both_have_are_held_against_each_other():
    """Of two of three classes all are right; the third, which is all wrong, has no part in it."""
    label = [0] * 40 + [1] * 40 + [2] * 40
    own = label, [0] * 40 + [1] * 40 + [0] * 40
    view = view_of(a_tested(there=80, own=own), test=(40, 40, 40))
    (found,) = elsewhere(view, SECTION)
    assert (found.n_here.value, found.here[0].value, found.by_class_here.value) == (80, 1.0, 1.0)
    assert found.gain.value == pytest.approx(-0.2)
    assert "of the same classes" in said(answer(view).sentences)


def test_the_table_says_there_less_here_with_its_interval():
    label = [0] * 40 + [1] * 40 + [2] * 40
    own = label, [0] * 40 + [1] * 40 + [0] * 40
    view = view_of(a_tested(there=80, own=own), test=(40, 40, 40))
    table = on_further_pictures("held", elsewhere(view, SECTION))
    assert "of the classes in common" in plain_text(table.caption)
    cells = [said([plain_text(cell)]) for cell in table.rows[0].cells]
    assert cells == ["Plain", "sketches", "100", "100.0 (95.4 to 100.0)", "80.0 (71.1 to 86.7)",
                     "−20.0 (−29.4 to −10.9)", "100.0", "80.0"]  # fmt: skip


def test_the_mean_over_classes_weighs_them_alike():
    label = [0] * 90 + [1] * 10
    view = view_of(a_tested(label=label, there=90))
    run = view.runs("held/plain")[0]
    others = run.predictions.others[0]
    others = msgspec.structs.replace(others, predicted=[0] * 100)
    run.__dict__["predictions"] = msgspec.structs.replace(run.predictions, others=(others,))
    (found,) = elsewhere(view, SECTION)
    assert (found.there[0].value, found.by_class_there.value) == (0.9, 0.5)


@pytest.mark.parametrize(
    "wrong",
    [{"print_": "another"}, {"label": [0] * 50 + [2] * 50}, {"label": [0] * 50 + [3] * 50}],
    ids=["other pictures", "a class that it lacks", "a class that there isn’t"],
)
def test_of_pictures_that_arent_those_described_nothing_is_said(wrong):
    view = view_of(a_tested(**wrong), test=(50, 50, 50))
    assert elsewhere(view, SECTION) == []
    assert "sketches" not in said(answer(view).sentences)


def test_forged_counts_are_not_told():
    run = a_tested()
    tests = (msgspec.structs.replace(run.metrics.other_tests[0], n_correct=51),)
    forged = msgspec.structs.replace(run.metrics, other_tests=tests)
    again = type(run)(run.experiment, forged, run.folder)
    again.__dict__["predictions"] = run.predictions
    assert elsewhere(view_of(again), SECTION) == []


@pytest.mark.parametrize(("second", "said_of_it"), [
    (55, "can’t be told from Plain (+5.0 points"), (58, "is 8.0 points better than"),
    (40, "is 10.0 points worse than")])  # fmt: skip
def test_models_are_held_against_the_first_on_the_same_further_pictures(second, said_of_it):
    """Of 5 pictures gained and none lost McNemar's p is 0.0625, of 8 it is 0.008."""
    found = elsewhere(view_of(a_tested(), a_tested("flipped", there=second)), SECTION)
    assert said_of_it in said(who_is_ahead(found))
    assert said(who_is_ahead(found[:1])) == ""


def test_answers_to_other_further_pictures_are_not_held_against_each_other():
    mixed = a_tested("flipped", label=[1] * 50 + [0] * 50, there=80)
    found = elsewhere(view_of(a_tested(), mixed), SECTION)
    assert len(found) == 2
    assert who_is_ahead(found) == []


def test_which_of_several_seeds_it_is_of_is_said():
    view = view_of(a_tested(seed=0), a_tested(seed=1), a_tested(seed=2))
    text = said(of_which_seeds(view, elsewhere(view, SECTION)))
    assert text == "Answers to further pictures are those of the first of 3 seeds."
    assert of_which_seeds(view_of(a_tested()), elsewhere(view_of(a_tested()), SECTION)) == []
    folds = view_of(a_tested(seed=0), a_tested(seed=1), settings={"folds": 2})
    assert "first of 2 folds" in said(of_which_seeds(folds, elsewhere(folds, SECTION)))


def test_what_further_pictures_are_and_what_is_left_out_of_them():
    pair = DuplicatePair("identical", ("a/z.png", "a/1.png"), ("test", "train"))
    other = described(
        classes=[1], unknown=[UnknownClass("yak", 7), UnknownClass("zebu", 5)], n_trained_on=1,
        trained_on=[pair], n_also_tested=2, n_unreadable_files=3,
    )  # fmt: skip
    text = said(further_pictures(view_of(a_tested(), other=other)))
    for words in (
        "100 of sketches, in 1 of the 2 classes, matched by name.",
        "It has no pictures of ant.",
        "since the study doesn’t know them: yak and zebu, 12 pictures.",
        "1 picture is left out of that test",
        "Of the others 2 stand in the study’s own test split, too.",
        "that can’t be read: 3.",
    ):
        assert words in text, text
    plain = said(further_pictures(view_of(a_tested())))
    assert "nothing in it" not in plain
    assert "left out" not in plain.lower()


def test_old_and_missing_tests_are_noticed():
    run = a_tested()
    listed = [run.experiment]
    assert further_notices(view_of(run), listed) == []
    old = said(further_notices(view_of(a_tested(print_="old")), listed))
    assert old.startswith("Stale: held/plain on sketches on other pictures than those described")
    bare = a_run("held/plain", answers=(LABEL, LABEL), experiment=run.experiment)
    missing = said(further_notices(view_of(bare), listed))
    assert missing.startswith("Not tested yet: held/plain on sketches.")


def test_what_a_section_compares_comes_before_what_is_lost_elsewhere():
    view = view_of(a_tested(there=60), a_tested("worse", n_right=70, there=40))
    found = answer(view)
    text = said(found.sentences)
    assert text.index("Worse loses 20.0 points against Plain") < text.index(
        "On sketches Plain gets"
    )
