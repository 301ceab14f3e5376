"""What tested networks get right on pictures of further data sets, held against their own."""

from collections.abc import Sequence
from dataclasses import dataclass

from report.evidence.accuracy import tested_accuracy
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive, integer, percent, points, signed_points
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, Sentence, listing, parts, say
from report.evidence.statistics import SIGNIFICANCE
from report.evidence.study_sections import own_experiments, shown_run
from report.findings.guessing import learned_nothing
from report.findings.scores import first_of_several
from training.records import OtherAnswers, OtherTest, StudySection

Interval = tuple[Quantity, Quantity, Quantity]
"""An accuracy and the ends of Wilson's 95 % interval."""


@dataclass(frozen=True)
class Elsewhere:
    """A model on its own test pictures and on further ones, of the classes that both have.

    Attributes:
        pictures: What the study calls the further ones.
        n_there: How many they are.
        by_class_here: The mean over classes of the shares named rightly.
        gain: Accuracy there less that here; below zero where accuracy is lost.
        low: Lower end of its 95 % interval, of two samples (Newcombe).
        high: Upper end.
        p: Of Pearson's chi-squared test with Yates' correction, of two samples.
        guesses: Whether the answers there can't be told from ones that ignore the picture.
        all_classes: Whether the further ones have all classes of the study.
    """

    run: Run
    pictures: str
    place: int
    n_here: Quantity
    n_there: Quantity
    here: Interval
    there: Interval
    by_class_here: Quantity
    by_class_there: Quantity
    gain: Quantity
    low: Quantity
    high: Quantity
    p: float
    guesses: bool
    all_classes: bool

    @property
    def is_told(self) -> bool:
        """Whether the accuracies differ: by the test, and by an interval that leaves out zero."""
        return self.p < SIGNIFICANCE and not self.low.value <= 0 <= self.high.value


@dataclass(frozen=True)
class Ahead:
    """How much more often one model is right than another on the same further pictures.

    Attributes:
        p: Of McNemar's exact test.
    """

    model: Elsewhere
    base: Elsewhere
    gain: Quantity
    low: Quantity
    high: Quantity
    p: float


def elsewhere(view: StudyView, section: StudySection) -> list[Elsewhere]:
    """Return what a section's tested models get on further pictures, of the first seed each."""
    firsts = (next(iter(view.tested(e.id)), None) for e in own_experiments(view, section))
    return [found for run in firsts if run is not None for found in of_run(view, run)]


def of_run(view: StudyView, run: Run) -> list[Elsewhere]:
    """Return what a run gets on the further pictures that the data set's record describes."""
    found = []
    for place in range(len(run.metrics.other_tests or ())):
        described = _described(view, run, place)
        if described is not None:
            found.append(_measured(view, run, place, described))
    return found


def _described(view: StudyView, run: Run, place: int) -> int | None:
    """Return where the pictures of a run's test are described; None if its answers don't fit."""
    dataset, answers, metrics = view.dataset, run.predictions, run.metrics
    test = (metrics.other_tests or ())[place]
    others = answers.others or () if answers is not None else ()
    if dataset is None or answers is None or metrics.test is None or place >= len(others):
        return None
    same = metrics.dataset_fingerprint == answers.dataset_fingerprint == dataset.fingerprint
    if not same or not answers.label or not _adds_up(test, others[place], len(dataset.classes)):
        return None
    key = test.pictures, test.fingerprint
    known = [(each.name, each.fingerprint) for each in dataset.other_pictures or ()]
    if key not in known:
        return None
    classes = (dataset.other_pictures or ())[known.index(key)].classes
    is_here = bool(set(classes) & set(answers.label))
    return known.index(key) if set(others[place].label) <= set(classes) and is_here else None


def _adds_up(test: OtherTest, answers: OtherAnswers, n_classes: int) -> bool:
    """Tell whether answers are those of a test."""
    if (test.pictures, test.fingerprint) != (answers.pictures, answers.fingerprint):
        return False
    if len(answers.label) != test.n_images or len(answers.predicted) != test.n_images:
        return False
    right = sum(a == b for a, b in zip(answers.label, answers.predicted, strict=True))
    known = all(0 <= i < n_classes for i in (*answers.label, *answers.predicted))
    return known and right == test.n_correct and bool(answers.label)


def _measured(view: StudyView, run: Run, place: int, described: int) -> Elsewhere:
    assert view.dataset is not None
    classes = view.dataset_number("/classes")
    among = view.dataset_number(f"/other_pictures/{described}/classes")
    all_classes = set(among.value) >= set(range(len(classes.value)))
    label, predicted = run.prediction("/label"), run.prediction("/predicted")
    n_here, right_here = run.number("/test/n_images"), run.number("/test/n_correct")
    if not all_classes:
        own = label
        label, predicted = (derive("of_classes", values, own, among) for values in (own, predicted))
        n_here = derive("length", label)
        right_here = derive("total", derive("right_by_class", label, predicted, classes))
    answers = label_and_answers(run, place)
    right_there, n_there = (
        run.number(f"/other_tests/{place}/{name}") for name in ("n_correct", "n_images")
    )
    here, there = _interval(right_here, n_here), _interval(right_there, n_there)
    samples = right_there, n_there, right_here, n_here
    by_class_there = _by_class(*answers, classes)
    sizes, given = (derive("by_class", values, classes) for values in answers)
    return Elsewhere(
        run=run,
        pictures=(run.metrics.other_tests or ())[place].pictures,
        place=place,
        n_here=n_here,
        n_there=n_there,
        here=here,
        there=there,
        by_class_here=_by_class(label, predicted, classes),
        by_class_there=by_class_there,
        gain=derive("difference", there[0], here[0]),
        low=derive("newcombe_low", *samples),
        high=derive("newcombe_high", *samples),
        p=derive("two_shares", *samples).value,
        guesses=by_class_there.value <= derive("guessing_limit", given, sizes).value,
        all_classes=all_classes,
    )


def label_and_answers(run: Run, place: int) -> tuple[Quantity, Quantity]:
    """Return true and given classes of a run's test on further pictures."""
    return run.prediction(f"/others/{place}/label"), run.prediction(f"/others/{place}/predicted")


def _interval(n_correct: Quantity, n: Quantity) -> Interval:
    ratio, low, high = (
        derive(name, n_correct, n) for name in ("ratio", "wilson_low", "wilson_high")
    )
    return ratio, low, high


def _by_class(label: Quantity, predicted: Quantity, classes: Quantity) -> Quantity:
    right = derive("right_by_class", label, predicted, classes)
    return derive("class_accuracy", right, derive("by_class", label, classes))


def moves(view: StudyView, section: StudySection) -> list[Elsewhere]:
    """Return what the model that a section shows gets on further pictures.

    It is the one that validation prefers; one that guesses has nothing to lose.
    """
    shown = shown_run(view, section)
    tested = tested_accuracy(view, shown)
    if tested is None or learned_nothing(view, tested):
        return []
    return [found for found in elsewhere(view, section) if found.run.id == shown]


def ahead(found: Sequence[Elsewhere]) -> list[Ahead]:
    """Hold each model against the first that answered to the same further pictures."""
    bases: dict[tuple[str, str], Elsewhere] = {}
    held = []
    for each in found:
        base = bases.setdefault(_key(each), each)
        if base is not each and _labels(each) == _labels(base):
            held.append(_ahead(each, base))
    return held


def _key(found: Elsewhere) -> tuple[str, str]:
    test = (found.run.metrics.other_tests or ())[found.place]
    return test.pictures, test.fingerprint


def _labels(found: Elsewhere) -> list[int]:
    labels: list[int] = label_and_answers(found.run, found.place)[0].value
    return labels


def _ahead(model: Elsewhere, base: Elsewhere) -> Ahead:
    label, mine = label_and_answers(model.run, model.place)
    pairs = label, mine, label_and_answers(base.run, base.place)[1]
    gain = derive("difference", model.there[0], base.there[0])
    low, high, p = (derive(name, *pairs) for name in ("paired_low", "paired_high", "mcnemar"))
    return Ahead(model, base, gain, low, high, p.value)


def what_moves(found: Sequence[Elsewhere]) -> list[Sentence]:
    """Say of each further set how much less, or more, of it a model names rightly."""
    return [_what_moves(each) for each in found]


def _what_moves(found: Elsewhere) -> Sentence:
    own = "the study’s own test pictures"
    own += "" if found.all_classes else " of the same classes"
    right: Parts = parts(
        Name(found.run.name), " gets ", percent(found.there[0]), " of ", integer(found.n_there),
        " pictures right",
    )  # fmt: skip
    if not found.is_told:
        return say(
            "For ", Name(found.pictures), " no difference can be told: ", right, " there and ",
            percent(found.here[0]), f" of {own} (", signed_points(found.gain), " points, ",
            signed_points(found.low), " to ", signed_points(found.high), ").", strength="weak",
        )  # fmt: skip
    less = "less" if found.gain.value < 0 else "more"
    ends = sorted((found.low, found.high), key=lambda end: abs(end.value))
    guesses: Parts = parts("; guessing may get as much") if found.guesses else ()
    return say(
        "On ", Name(found.pictures), " ", right, ", ", points(found.gain), f" points {less} (",
        points(ends[0]), " to ", points(ends[1]), f") than on {own}", guesses, ".",
        strength="strong",
    )  # fmt: skip


def in_a_word(found: Sequence[Elsewhere], is_likely: bool) -> Sentence:
    """Say without numbers on which further pictures accuracy is lost.

    Args:
        is_likely: It is no more than likely of one of them.
    """
    perhaps, name = "probably " if is_likely else "", Name(found[0].run.name)
    told = [each for each in found if each.is_told]
    lost = listing(Name(each.pictures) for each in told if each.gain.value < 0)
    gained = listing(Name(each.pictures) for each in told if each.gain.value >= 0)
    level = listing(Name(each.pictures) for each in found if not each.is_told)
    if not told:
        return say("On ", level, " ", name, " does neither better nor worse, as far as can be "
                   "told.", strength="weak")  # fmt: skip
    clauses: list[Parts] = []
    if lost:
        clauses.append(parts("on ", lost, " ", name, f" {perhaps}loses accuracy"))
    if gained:
        clauses.append(parts("on ", gained, " ", name, f" {perhaps}gains accuracy"))
    if level:
        clauses.append(parts("for ", level, " no difference can be told"))
    said = listing(clauses, "; ")
    return say(*_capital(said), ".", strength="strong")


def _capital(said: Parts) -> Parts:
    first, *rest = said
    return parts(first.text[:1].upper() + first.text[1:], *rest)


def who_is_ahead(found: Sequence[Elsewhere]) -> list[Sentence]:
    """Say which models are right more often than the first on the same further pictures."""
    said = []
    for each in ahead(found):
        model, base, there = (
            Name(each.model.run.name), Name(each.base.run.name), Name(each.model.pictures)
        )  # fmt: skip
        ends: Parts = parts(signed_points(each.low), " to ", signed_points(each.high))
        if each.p >= SIGNIFICANCE:
            said.append(
                say("On ", there, " ", model, " can’t be told from ", base, " (",
                    signed_points(each.gain), " points, ", ends, ").", strength="weak")
            )  # fmt: skip
            continue
        better = "better" if each.gain.value > 0 else "worse"
        said.append(
            say("On ", there, " ", model, " is ", points(each.gain), f" points {better} than ",
                base, " (", ends, ").", strength="strong")
        )  # fmt: skip
    return said


def of_which_seeds(view: StudyView, found: Sequence[Elsewhere]) -> list[Sentence]:
    """Say which of several seeds or folds the answers to further pictures are of."""
    return first_of_several(view, [each.run for each in found], "Answers to further pictures")
