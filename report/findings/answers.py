"""The study's questions, each answered in a sentence or two with the numbers that carry it.

How sure an answer is follows one rule. All differences that the answers speak of are tested
together: one that stands after Holm's correction for the number of these tests is clear, one that
stands only without it is likely, and where nothing differs the question stays open.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from report.evidence.accuracy import Tested, tested_accuracy, validation_accuracy
from report.evidence.display_names import fields_named, model_name, pair, pair_word
from report.evidence.homework import RECIPE, STARTS, UNCHANGED
from report.evidence.load import StudyView
from report.evidence.numbers import (
    Quantity,
    derive,
    percent,
    points,
    signed_points,
)
from report.evidence.once import once
from report.evidence.repeats import n_validated
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, Sentence, listing, say
from report.evidence.statistics import SIGNIFICANCE, homogeneity
from report.evidence.study_sections import (
    all_grids,
    axes_of,
    base_of,
    grids_of,
    is_homework,
    own_experiments,
    sections,
    shown_run,
)
from report.findings.comparing import difference_interval, fields_apart, tests_against
from report.findings.elsewhere import Elsewhere, ahead, elsewhere, moves, what_moves
from report.findings.elsewhere import in_a_word as elsewhere_in_a_word
from report.findings.guessing import learned_nothing
from report.findings.robustness import KIND, Loss, gains, in_a_word, losses, told, what_is_lost
from training.holm import holm
from training.records import Metrics, StudySection, rank

Sureness = Literal["clear", "likely", "open", "not run"]

COMPARING = ("transfer", "freezing", "augmentation", "networks", "comparison", KIND)
"""Kinds of sections whose models are held against another one."""


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


def any_answer(view: StudyView) -> bool:
    """Tell whether the study answers one of its questions yet."""
    return any(found.sentences for found in answers(view))


def headline(view: StudyView, section: str) -> tuple[Sentence, ...]:
    """Return the answer that a section opens with; empty where nothing was run."""
    return next((found.headline for found in answers(view) if found.section == section), ())


def differences_of(view: StudyView, section: str) -> tuple[Difference, ...]:
    """Return the tests behind the answer of a section."""
    return next((found.differences for found in answers(view) if found.section == section), ())


@once
def answers(view: StudyView) -> list[Answer]:
    """Answer the questions that the study's experiments ask, in the order of the sections."""
    asked = [section for section in sections(view).values() if section.kind != "text"]
    compared = [(section.name, d) for section in asked for d in _compared(view, section)]
    grids = {grid: p for grid in all_grids(view) if (p := _homogeneity(view, grid)) is not None}
    lost = {section.name: losses(view, section) for section in asked}
    of_changes = [loss.p for found in lost.values() for loss in found]
    of_changes += [gain.p for section in asked for gain in gains(view, section)]
    moved = {section.name: moves(view, section) for section in asked}
    of_others = [each.p for found in moved.values() for each in found]
    of_others += [each.p for section in asked for each in ahead(elsewhere(view, section))]
    corrected = holm([*(d.p for _, d in compared), *grids.values(), *of_changes, *of_others])
    held: dict[str, list[Difference]] = {section.name: [] for section in asked}
    for (name, d), p in zip(compared, corrected, strict=False):
        held[name].append(dataclasses.replace(d, corrected=p))
    of_grids = {
        grid: _sure(grids[grid], p)
        for grid, p in zip(grids, corrected[len(compared) :], strict=False)
    }
    rest = iter(corrected[len(compared) + len(grids) :])
    sure = {name: [(loss, _sure(loss.p, next(rest))) for loss in of] for name, of in lost.items()}
    there = iter(corrected[len(compared) + len(grids) + len(of_changes) :])
    sure_there = {
        name: [(each, _sure(each.p, next(there))) for each in of] for name, of in moved.items()
    }
    return [
        _answer(
            view,
            section,
            held[section.name],
            {grid: of_grids[grid] for grid in grids_of(view, section) if grid in of_grids},
            sure[section.name],
            sure_there[section.name],
        )
        for section in asked
    ]


def _answer(
    view: StudyView,
    section: StudySection,
    differences: list[Difference],
    grids: dict[str, Sureness],
    lost: Sequence[tuple[Loss, Sureness]],
    moved: Sequence[tuple[Elsewhere, Sureness]],
) -> Answer:
    """Answer a section's question by its kind; what its grids say comes before or behind.

    Args:
        differences: Its tests.
        grids: Of each of its grids with at least two members, whether these differ.
        lost: What changes of the test pictures cost, and how sure that is.
        moved: The same of further pictures.
    """
    found = []
    if lost:
        found.append(_of_changes(view, section, lost))
    if section.kind == "runs":
        found.append(_of_runs(view, section))
    if section.kind == "transfer" and len(differences) == 1 and _only_starts(view, differences[0]):
        found.append(_transfer(section, differences))
    elif section.kind in COMPARING or differences:
        found.append(_held_against(view, section, differences))
    if section.kind == "grid":
        found.insert(0, _rates(view, section, grids))
    elif grids:
        found.append(_rates(view, section, grids))
    if moved:
        found.append(_of_others(section, moved))
    return _joined(section, found)


def _of_changes(
    view: StudyView, section: StudySection, lost: Sequence[tuple[Loss, Sureness]]
) -> Answer:
    """Say what changes of the test pictures cost; as sure as the least sure of those that do."""
    found = [loss for loss, _ in lost]
    dear, _ = told(found)
    sure = [how for loss, how in lost if loss in dear]
    said = tuple(what_is_lost(view, section, found))
    opened = in_a_word(found, "likely" in sure)
    return Answer(section.name, said, _weakest(sure) if sure else "open", (opened,))


def _of_others(section: StudySection, moved: Sequence[tuple[Elsewhere, Sureness]]) -> Answer:
    """Say what is lost on further pictures; as sure as the least sure of what is told."""
    found = [each for each, _ in moved]
    sure = [how for each, how in moved if each.is_told]
    opened = elsewhere_in_a_word(found, "likely" in sure)
    how = _weakest(sure) if sure else "open"
    return Answer(section.name, tuple(what_moves(found)), how, (opened,))


def _joined(section: StudySection, found: list[Answer]) -> Answer:
    """Join the answers that a section gives by its runs, its comparisons and its grids."""
    told = [answer for answer in found if answer.sentences]
    if len(told) < 2:
        return next(iter(told), Answer(section.name, (), "not run"))
    return Answer(
        section.name,
        tuple(sentence for answer in told for sentence in answer.sentences),
        _weakest([answer.sure for answer in told]),
        tuple(sentence for answer in told for sentence in answer.headline),
        tuple(d for answer in told for d in answer.differences),
    )


def _sure(p: float, corrected: float) -> Sureness:
    if corrected < SIGNIFICANCE:
        return "clear"
    return "likely" if p < SIGNIFICANCE else "open"


def _compared(view: StudyView, section: StudySection) -> list[Difference]:
    """Test a section's models against what they are held against, and the pairs that it names."""
    pairs: list[tuple[str, str]] = []
    if section.kind in COMPARING or (section.kind == "grid" and section.against):
        aside = UNCHANGED if is_homework(view) else ""
        against = base_of(view, section)
        own = (e.id for e in own_experiments(view, section) if e.id != aside)
        pairs = [(against, id_) for id_ in own if (id_, against) not in section.compare]
    held: dict[str, list[str]] = {}
    for base_id, other_id in _each_once([*pairs, *section.compare]):
        held.setdefault(base_id, []).append(other_id)
    found = []
    for base_id, ids in held.items():
        base = tested_accuracy(view, base_id)
        models = [tested_accuracy(view, id_) for id_ in ids]
        if base is not None:
            tests = tests_against(base, [model for model in models if model is not None])
            found += [
                Difference(model, base, p.value if differs else max(p.value, SIGNIFICANCE))
                for model, differs, p in tests
            ]
    return found


def _each_once(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out pairs that stand before, either way round, and experiments beside themselves."""
    found: dict[frozenset[str], tuple[str, str]] = {}
    for base, other in pairs:
        found.setdefault(frozenset((base, other)), (base, other))
    return [held for both, held in found.items() if len(both) > 1]


def _homogeneity(view: StudyView, grid: str) -> float | None:
    """Return the p-value of equal validation accuracies in a grid; None for fewer than two."""
    ranked = view.ranked(grid)
    if len(ranked) < 2 or view.dataset is None or not view.dataset.n_validation:
        return None
    n = n_validated(view).value
    return homogeneity(n, [round(n * -rank(_records(view, run))[0]) for run in ranked])


def _records(view: StudyView, run: Run) -> list[Metrics]:
    return [each.metrics for each in view.finished(run.id)]


def _of_runs(view: StudyView, section: StudySection) -> Answer:
    """Say what the run that a section shows gets, and whether that is more than guessing."""
    tested = tested_accuracy(view, shown_run(view, section))
    if tested is None:
        return Answer(section.name, (), "not run")
    name = Name(tested.name)
    network = Name(model_name(tested.experiment.model))
    at_random = "From a random start, " if _from_random(view, tested) else ""
    right: Parts = say(percent(tested.low), " to ", percent(tested.high)).parts
    if learned_nothing(view, tested):
        said = say(
            name, " gets ", percent(tested.accuracy), " of the test pictures right (", right,
            "), no more than guessing may get.",
        )  # fmt: skip
        opened = say(at_random, network, " gets no further than guessing.")
        return Answer(section.name, (said,), "open", (opened,))
    said = say(
        name, " gets ", percent(tested.accuracy), " of the test pictures right (", right,
        "), with ", pair(tested.runs[0]), *_first_recipe(view, tested), ".",
    )  # fmt: skip
    opened = say(at_random, network, " learns more than guessing gives.")
    return Answer(section.name, (said,), "clear", (opened,))


def _from_random(view: StudyView, tested: Tested) -> bool:
    spec = tested.runs[0].metrics.spec
    return is_homework(view) or (spec is not None and spec.weights == "none")


def _first_recipe(view: StudyView, best: Tested) -> Parts:
    """Say what the homework's recipe before any search got, where it was another."""
    baseline = tested_accuracy(view, RECIPE) if is_homework(view) else None
    if baseline is None:
        return ()
    specs = [item.runs[0].metrics.spec for item in (baseline, best)]
    pairs = [(spec.optimizer, spec.learning_rate) for spec in specs if spec is not None]
    if len(pairs) < 2 or pairs[0] == pairs[1]:
        return ()
    return say(
        "; the first recipe, ", pair(baseline.runs[0]), ", gets ", percent(baseline.accuracy)
    ).parts


def _rates(view: StudyView, section: StudySection, sure: dict[str, Sureness]) -> Answer:
    """Name the best and the worst member of each grid.

    Args:
        sure: Of each grid with at least two members, whether they differ.
    """
    if not sure:
        return Answer(section.name, (), "not run")
    said = []
    for grid in sure:
        ranked = view.ranked(grid)
        best, worst = ranked[0], ranked[-1]
        so_far = " so far" if len(ranked) < len(view.group(grid)) else ""
        said.append(
            say(
                f"{_the(view, grid)} best {pair_word(best)}{so_far}, ", pair(best), ", gets ",
                percent(_accuracy(view, best)), " of the validation pictures right, the worst, ",
                pair(worst), ", ", percent(_accuracy(view, worst)), ".",
            )
        )  # fmt: skip
    opened = [_where_rates_matter(sure)] if is_homework(view) else _what_matters(view, sure)
    return Answer(section.name, tuple(said), _weakest(list(sure.values())), tuple(opened))


def _the(view: StudyView, grid: str) -> str:
    """Begin a sentence on a grid."""
    return f"{STARTS[grid].capitalize()} the" if is_homework(view) else "The"


def _what_matters(view: StudyView, sure: dict[str, Sureness]) -> list[Sentence]:
    """Say of each grid whether the fields in which its members differ make a difference."""
    said = []
    for grid, how in sure.items():
        axes = list(axes_of(view, grid))
        many = len(axes) > MOST_NAMED
        what = "what was varied" if many else fields_named(axes)
        several = len(axes) > 1 and not many
        make = "make a difference" if several else "makes a difference"
        seem = "seem to make a difference" if several else "seems to make a difference"
        if how == "open":
            said.append(say(f"Whether {what} {make} stays open.", strength="weak"))
        else:
            verb = seem if how == "likely" else make
            said.append(say(f"{what[:1].upper()}{what[1:]} {verb}.", strength="strong"))
    return said


MOST_NAMED = 3
"""Fields up to which each is named."""


def _where_rates_matter(sure: dict[str, Sureness]) -> Sentence:
    """Say from which start the pairs of a grid differ."""
    told = [STARTS[grid] for grid in sure if sure[grid] != "open"]
    level = [STARTS[grid] for grid in sure if sure[grid] == "open"]
    if not told:
        return say("Whether learning rate and optimizer matter stays open.", strength="weak")
    seem = "seem to matter" if "likely" in sure.values() else "matter"
    start = say("Learning rate and optimizer ", seem, " ", listing(told))
    if not level:
        return say(start.parts, ".", strength="strong")
    return say(start.parts, "; ", listing(level), " no difference can be told.", strength="strong")


def _only_starts(view: StudyView, d: Difference) -> bool:
    """Tell whether a model started from weights and what it is held against from none."""
    if is_homework(view):
        return True
    specs = [tested.runs[0].metrics.spec for tested in (d.model, d.base)]
    if specs[0] is None or specs[1] is None:
        return False
    return specs[0].weights != "none" and specs[1].weights == "none"


def _transfer(section: StudySection, differences: Sequence[Difference]) -> Answer:
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
    return Answer(section.name, (said,), d.sure, (_whether_weights_help(d),), (d,))


def _whether_weights_help(d: Difference) -> Sentence:
    if d.sure == "open":
        return say("Whether pre-trained weights help stays open.", strength="weak")
    perhaps = "probably " if d.sure == "likely" else ""
    verb = "help" if d.gain.value > 0 else "cost accuracy"
    return say(f"Pre-trained weights {perhaps}{verb}.", strength="strong")


def _held_against(
    view: StudyView, section: StudySection, differences: Sequence[Difference]
) -> Answer:
    """Say which models are better, worse, or can't be told from what they are held against."""
    if not differences:
        return Answer(section.name, (), "not run")
    kind = _kind_of(view, section, differences)
    bases = dict.fromkeys(d.base.experiment.id for d in differences)
    of_bases = [[d for d in differences if d.base.experiment.id == id_] for id_ in bases]
    said = [sentence for held in of_bases for sentence in _against_one(kind, held)]
    told = [d for d in differences if d.sure != "open"]
    better = sum(d.gain.value > 0 for d in told)
    sure = _weakest([d.sure for d in told]) if told else "open"
    words = COMPARED[kind] or _changed(differences)
    opened = _in_a_word(
        words, better, len(told) - better, len(differences) - len(told), sure
    )  # fmt: skip
    return Answer(section.name, tuple(said), sure, (opened,), tuple(differences))


def _against_one(kind: str, differences: Sequence[Difference]) -> list[Sentence]:
    """Say which models are level with one base, better or worse."""
    told = [d for d in differences if d.sure != "open"]
    better = sorted((d for d in told if d.gain.value > 0), key=lambda d: -d.gain.value)
    worse = sorted((d for d in told if d.gain.value <= 0), key=lambda d: d.gain.value)
    level = [d for d in differences if d.sure == "open"]
    base = Name(differences[0].base.name)
    said = []
    if level:
        alone, several, end = LEVEL[kind]
        same = alone if len(level) == 1 else several
        said.append(say(_named(level), same, base, end, strength="weak"))
    if better:
        said.append(say(_changing(better, "gains"), " on ", base, ".", strength="strong"))
    if worse:
        said.append(say(_changing(worse, "loses"), " against ", base, ".", strength="strong"))
    return said


DECIDES = {
    "transfer": "weights", "freezing": "freeze", "augmentation": "augmentation",
    "networks": "model",
}  # fmt: skip
"""The field in which models of a kind differ from what they are held against."""


def _kind_of(view: StudyView, section: StudySection, differences: Sequence[Difference]) -> str:
    """Return the kind whose words fit: of models that don't differ by it, a plain comparison."""
    field = DECIDES.get(section.kind)
    if is_homework(view):
        return section.kind
    if field is None or not all(field in fields_apart(d.model, d.base) for d in differences):
        return "comparison"
    return section.kind


COMPARED: dict[str, tuple[str, str, str] | None] = {
    "transfer": ("The other start", "start", "starts"),
    "freezing": ("Freezing", "way of freezing", "ways of freezing"),
    "augmentation": ("Augmentation", "kind of augmentation", "kinds of augmentation"),
    "networks": ("The other network", "other network", "other networks"),
    "comparison": None,
}
"""What a kind of section holds against one model: alone, one of several, several."""


def _changed(differences: Sequence[Difference]) -> tuple[str, str, str]:
    """Return the same of a plain comparison: one change is called by the fields that differ."""
    fields = fields_apart(differences[0].model, differences[0].base)
    if not 0 < len(fields) <= MOST_NAMED:
        return "The change", "change", "changes"
    return f"The change of {fields_named(fields)}", "change", "changes"


def _in_a_word(
    words: tuple[str, str, str], n_better: int, n_worse: int, n_level: int, sure: Sureness
) -> Sentence:
    """Say whether all, some or none of what a section compares changes the accuracy.

    Args:
        words: What it compares: alone, one of several, several.
        sure: How sure the least sure of the differences is; `open` where there are none.
    """
    alone, one, several = words
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


PLAIN = (" can’t be told from ", " can’t be told from ", ".")

LEVEL = {
    "transfer": PLAIN,
    "freezing": (" is level with ", " are level with ", " as far as can be told."),
    "augmentation": (
        " shows no measurable difference from ",
        " show no measurable difference from ",
        ".",
    ),
    "networks": PLAIN,
    "comparison": PLAIN,
}
"""How models are said to be level, in words of each kind's own: one, several, and the end."""


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
