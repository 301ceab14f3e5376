"""The study's questions, each answered in a sentence or two with the numbers that carry it.

How sure an answer is follows one rule. All differences that the answers speak of are tested
together: one that stands after Holm's correction for the number of these tests is clear, one that
stands only without it is likely, and where nothing differs the question stays open.
"""

import dataclasses
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from report.evidence.accuracy import Tested, tested_accuracy, validation_accuracy
from report.evidence.display_names import model_name, pair
from report.evidence.load import Run, StudyView
from report.evidence.numbers import (
    Quantity,
    derive,
    percent,
    points,
    signed_points,
)
from report.evidence.sentences import Name, Parts, Sentence, listing, say
from report.evidence.statistics import SIGNIFICANCE, homogeneity
from report.findings.comparing import difference_interval, tests_against
from report.findings.guessing import learned_nothing
from training.holm import holm
from training.records import Experiment

Sureness = Literal["clear", "likely", "open", "not run"]

FINE_TUNED, SCRATCH, BASELINE = "transfer/best", "scratch/best", "scratch/baseline"
GRIDS = {"scratch/grid": "from a random start", "transfer/grid": "from pre-trained weights"}
UNCHANGED = "augmentation/none"


@dataclass(frozen=True)
class Answer:
    """What the study says to one of its questions.

    Attributes:
        section: Slug of the section that has the details.
        sentences: Empty where nothing was run that answers it.
        headline: The same without numbers, for the section to open with.
        differences: The tests behind it.
    """

    section: str
    sentences: tuple[Sentence, ...]
    sure: Sureness
    headline: tuple[Sentence, ...] = ()
    differences: "tuple[Difference, ...]" = ()


@dataclass(frozen=True)
class Difference:
    """A model held against another on the same test pictures.

    Attributes:
        p: Of the paired test; at least `SIGNIFICANCE` where the models don't differ by it.
        corrected: The same, corrected for the number of all tests behind the answers.
    """

    model: Tested
    base: Tested
    p: float
    corrected: float = 1.0

    @property
    def sure(self) -> Sureness:
        return _sure(self.p, self.corrected)

    @property
    def gain(self) -> Quantity:
        """The model's test accuracy less the other's."""
        return derive("difference", self.model.accuracy, self.base.accuracy)


_known: "weakref.WeakKeyDictionary[StudyView, list[Answer]]" = weakref.WeakKeyDictionary()


def answers(view: StudyView) -> list[Answer]:
    """Answer the questions that the study's experiments ask, in the order of the sections."""
    if view not in _known:
        _known[view] = _answers(view)
    return _known[view]


def any_answer(view: StudyView) -> bool:
    """Tell whether the study answers one of its questions yet."""
    return any(found.sentences for found in answers(view))


def headline(view: StudyView, section: str) -> tuple[Sentence, ...]:
    """Return the answer that a section opens with; empty where nothing was run."""
    return next(found.headline for found in answers(view) if found.section == section)


def _answers(view: StudyView) -> list[Answer]:
    compared = _compared(view)
    grids = {grid: p for grid in GRIDS if (p := _homogeneity(view, grid)) is not None}
    corrected = holm([*(d.p for d in compared), *grids.values()])
    held = [dataclasses.replace(d, corrected=p) for d, p in zip(compared, corrected, strict=False)]
    of_grids = {
        grid: _sure(grids[grid], p)
        for grid, p in zip(grids, corrected[len(compared) :], strict=True)
    }
    by_section = {
        section: [d for d in held if d.model.experiment.section == section]
        for section in ("transfer", "freezing", "augmentation", "beyond")
    }
    return [
        _from_scratch(view),
        _rates(view, of_grids),
        _transfer(by_section["transfer"]),
        *(_held_against(section, by_section[section]) for section in by_section
          if section != "transfer"),
    ]  # fmt: skip


def _sure(p: float, corrected: float) -> Sureness:
    if corrected < SIGNIFICANCE:
        return "clear"
    return "likely" if p < SIGNIFICANCE else "open"


def _compared(view: StudyView) -> list[Difference]:
    """Test every model that a question is about against the one that it is held against."""
    held: list[tuple[str, Sequence[Experiment]]] = [
        (SCRATCH, [e for e in view.section("transfer") if e.id == FINE_TUNED]),
        (FINE_TUNED, view.section("freezing")),
        (unaugmented(view), [e for e in view.section("augmentation") if e.id != UNCHANGED]),
        (FINE_TUNED, view.section("beyond")),
    ]
    found = []
    for base_id, experiments in held:
        base = tested_accuracy(view, base_id)
        models = [tested_accuracy(view, e.id) for e in experiments if e.id != base_id]
        if base is not None:
            tests = tests_against(base, [model for model in models if model is not None])
            found += [
                Difference(model, base, p.value if differs else max(p.value, SIGNIFICANCE))
                for model, differs, p in tests
            ]
    return found


def unaugmented(view: StudyView) -> str:
    """Return what augmentation is held against: a run of as many epochs, where there is one."""
    return UNCHANGED if view.tested(UNCHANGED) else FINE_TUNED


def _homogeneity(view: StudyView, grid: str) -> float | None:
    """Return the p-value of equal validation accuracies in a grid; None for fewer than two."""
    ranked = view.ranked(grid)
    if len(ranked) < 2 or view.dataset is None or not view.dataset.n_validation:
        return None
    n = view.dataset.n_validation
    return homogeneity(n, [round(n * _accuracy(view, run).value) for run in ranked])


def _from_scratch(view: StudyView) -> Answer:
    tested = tested_accuracy(view, SCRATCH)
    if tested is None:
        return Answer("scratch", (), "not run")
    name = Name(tested.name)
    network = Name(model_name(view.study.settings.backbone))
    right: Parts = say(percent(tested.low), " to ", percent(tested.high)).parts
    if learned_nothing(view, tested):
        said = say(
            name, " gets ", percent(tested.accuracy), " of the test pictures right (", right,
            "), no more than guessing may get.",
        )  # fmt: skip
        opened = say("From a random start, ", network, " gets no further than guessing.")
        return Answer("scratch", (said,), "open", (opened,))
    said = say(
        name, " gets ", percent(tested.accuracy), " of the test pictures right (", right,
        "), with ", pair(tested.runs[0]), *_first_recipe(view), ".",
    )  # fmt: skip
    opened = say("From a random start, ", network, " learns more than guessing gives.")
    return Answer("scratch", (said,), "clear", (opened,))


def _first_recipe(view: StudyView) -> Parts:
    """Say what the recipe before any search got, where it was another."""
    baseline, best = tested_accuracy(view, BASELINE), tested_accuracy(view, SCRATCH)
    if baseline is None or best is None:
        return ()
    specs = [item.runs[0].metrics.spec for item in (baseline, best)]
    pairs = [(spec.optimizer, spec.learning_rate) for spec in specs if spec is not None]
    if len(pairs) < 2 or pairs[0] == pairs[1]:
        return ()
    return say(
        "; the first recipe, ", pair(baseline.runs[0]), ", gets ", percent(baseline.accuracy)
    ).parts


def _rates(view: StudyView, sure: dict[str, Sureness]) -> Answer:
    """Name the best and the worst pair of each grid.

    Args:
        sure: Of each grid with at least two pairs, whether its pairs differ.
    """
    if not sure:
        return Answer("heatmaps", (), "not run")
    said = []
    for grid in sure:
        ranked = view.ranked(grid)
        best, worst = ranked[0], ranked[-1]
        so_far = " so far" if len(ranked) < len(view.group(grid)) else ""
        said.append(
            say(
                GRIDS[grid].capitalize(), f" the best pair{so_far}, ", pair(best), ", gets ",
                percent(_accuracy(view, best)), " of the validation pictures right, the worst, ",
                pair(worst), ", ", percent(_accuracy(view, worst)), ".",
            )
        )  # fmt: skip
    return Answer(
        "heatmaps", tuple(said), _weakest(list(sure.values())), (_where_rates_matter(sure),)
    )


def _where_rates_matter(sure: dict[str, Sureness]) -> Sentence:
    """Say from which start the pairs of a grid differ."""
    told = [GRIDS[grid] for grid in sure if sure[grid] != "open"]
    level = [GRIDS[grid] for grid in sure if sure[grid] == "open"]
    if not told:
        return say("Whether learning rate and optimizer matter stays open.", strength="weak")
    seem = "seem to matter" if "likely" in sure.values() else "matter"
    start = say("Learning rate and optimizer ", seem, " ", listing(told))
    if not level:
        return say(start.parts, ".", strength="strong")
    return say(start.parts, "; ", listing(level), " no difference can be told.", strength="strong")


def _transfer(differences: Sequence[Difference]) -> Answer:
    if not differences:
        return Answer("transfer", (), "not run")
    d = differences[0]
    interval = difference_interval(d.model, d.base)
    within: Parts = say(" (", interval, ")").parts if interval else ()
    if d.sure == "open":
        said = say("Pre-trained weights make no difference that can be told: ",
                   signed_points(d.gain), " points", within, ".", strength="weak")  # fmt: skip
    elif d.gain.value > 0:
        said = say("Pre-trained weights bring ", points(d.gain), " points", within, ".",
                   strength="strong")  # fmt: skip
    else:
        said = say("Pre-trained weights cost ", points(d.gain), " points", within, ".",
                   strength="strong")  # fmt: skip
    return Answer("transfer", (said,), d.sure, (_whether_weights_help(d),), (d,))


def _whether_weights_help(d: Difference) -> Sentence:
    if d.sure == "open":
        return say("Whether pre-trained weights help stays open.", strength="weak")
    perhaps = "probably " if d.sure == "likely" else ""
    verb = "help" if d.gain.value > 0 else "cost accuracy"
    return say(f"Pre-trained weights {perhaps}{verb}.", strength="strong")


def _held_against(section: str, differences: Sequence[Difference]) -> Answer:
    """Say which models are better, worse, or can't be told from what they are held against."""
    if not differences:
        return Answer(section, (), "not run")
    told = [d for d in differences if d.sure != "open"]
    better = sorted((d for d in told if d.gain.value > 0), key=lambda d: -d.gain.value)
    worse = sorted((d for d in told if d.gain.value <= 0), key=lambda d: d.gain.value)
    level = [d for d in differences if d.sure == "open"]
    base = Name(differences[0].base.name)
    said = []
    if level:
        alone, several, end = LEVEL[section]
        same = alone if len(level) == 1 else several
        said.append(say(_named(level), same, base, end, strength="weak"))
    if better:
        said.append(say(_changing(better, "gains"), " on ", base, ".", strength="strong"))
    if worse:
        said.append(say(_changing(worse, "loses"), " against ", base, ".", strength="strong"))
    sure = _weakest([d.sure for d in told]) if told else "open"
    opened = _in_a_word(section, len(better), len(worse), len(level), sure)
    return Answer(section, tuple(said), sure, (opened,), tuple(differences))


COMPARED = {
    "freezing": ("Freezing", "way of freezing", "ways of freezing"),
    "augmentation": ("Augmentation", "kind of augmentation", "kinds of augmentation"),
    "beyond": ("The other network", "other network", "other networks"),
}
"""What a section holds against one model: alone, one of several, several."""


def _in_a_word(section: str, n_better: int, n_worse: int, n_level: int, sure: Sureness) -> Sentence:
    """Say whether all, some or none of what a section compares changes the accuracy.

    Args:
        sure: How sure the least sure of the differences is; `open` where there are none.
    """
    alone, one, several = COMPARED[section]
    perhaps = "probably " if sure == "likely" else ""
    counted = (
        (n_better, f"{perhaps}gain accuracy", f"{perhaps}gains accuracy"),
        (n_worse, f"{perhaps}cost accuracy", f"{perhaps}costs accuracy"),
        (n_level, "make no measurable difference", "makes no measurable difference"),
    )
    verbs = [(verb, verb_of_one) for n, verb, verb_of_one in counted if n]
    strength: Literal["strong", "weak"] = "weak" if sure == "open" else "strong"
    if len(verbs) > 1:
        some = ", some ".join(verb for verb, _ in verbs[:-1])
        return say(f"Some {several} {some}, others {verbs[-1][0]}.", strength=strength)
    if n_better + n_worse + n_level == 1:
        return say(f"{alone} {verbs[0][1]}.", strength=strength)
    if n_level:
        return say(f"No {one} makes a measurable difference.", strength=strength)
    return say(f"Every {one} {verbs[0][1]}.", strength=strength)


LEVEL = {
    "freezing": (" is level with ", " are level with ", " as far as can be told."),
    "augmentation": (
        " shows no measurable difference from ",
        " show no measurable difference from ",
        ".",
    ),
    "beyond": (" can’t be told from ", " can’t be told from ", "."),
}
"""How models are said to be level, in words of each section's own: one, several, and the end."""


def _named(differences: Sequence[Difference]) -> Parts:
    named: list[Parts] = [
        say(Name(d.model.name), " (", signed_points(d.gain), ")").parts for d in differences
    ]
    return listing(named)


def _changing(differences: Sequence[Difference], verb: str) -> Parts:
    """Name models with what each gains or loses: A loses 3.0 and B 5.0 points."""
    first, *others = differences
    named = [say(Name(first.model.name), f" {verb} ", points(first.gain)).parts]
    named += [say(Name(d.model.name), " ", points(d.gain)).parts for d in others]
    return say(listing(named), " points").parts


def _weakest(sure: Sequence[Sureness]) -> Sureness:
    order: tuple[Sureness, ...] = ("open", "likely", "clear")
    return min(sure, key=order.index)


def _accuracy(view: StudyView, run: Run) -> Quantity:
    accuracy = validation_accuracy(view, run.id)
    assert accuracy is not None
    return accuracy
