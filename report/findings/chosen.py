"""Which tested model the validation split chooses, and which can't be told from it by the test."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from report.evidence.accuracy import Tested, all_tested, validation_accuracy
from report.evidence.load import StudyView
from report.evidence.numbers import percent
from report.evidence.once import once
from report.evidence.sentences import Name, Parts, Sentence, listing, say
from report.evidence.statistics import SIGNIFICANCE
from report.findings.comparing import tests_against
from report.findings.guessing import learned_nothing, tests_better_than
from report.findings.scored import mean_over_classes_parts
from report.findings.scores import accuracy_parts, tested_score
from training.holm import holm
from training.records import rank


@dataclass(frozen=True)
class Chosen:
    """The model that the validation split chooses among the tested ones.

    Attributes:
        model: The one with the highest validation accuracy; see `training.records.rank`.
        level: Others that can't be told from it on the same test pictures, by paired tests whose
            p-values are corrected for their number (Holm, 1979).
        worse: Others that are measurably less accurate there.
        better: Others that are measurably more accurate there, though validation preferred `model`.
        untested: Others that weren't asked about the same pictures.
        p_values: Of the tests against `model`, corrected, by the others' ids.
    """

    model: Tested
    level: tuple[Tested, ...] = ()
    worse: tuple[Tested, ...] = ()
    better: tuple[Tested, ...] = ()
    untested: tuple[Tested, ...] = ()
    p_values: Mapping[str, float] = field(default_factory=dict)

    def is_marked(self, experiment_id: str) -> bool:
        """Tell whether a table marks a model: the chosen one, and those level with it."""
        return experiment_id in {item.experiment.id for item in (self.model, *self.level)}


@once
def chosen_model(view: StudyView) -> Chosen | None:
    """Return the choice among a study's tested models; None for fewer than two."""
    return _choose([t for t in all_tested(view) if t.runs[0].metrics.validation])


def _choose(tested: list[Tested]) -> Chosen | None:
    if len(tested) < 2:
        return None
    model = min(tested, key=lambda item: rank([run.metrics for run in item.runs]))
    others = [item for item in tested if item is not model]
    tests = tests_against(model, others)
    corrected = holm([p.value for _, _, p in tests])
    level, worse, better = [], [], []
    for (other, differs, _), p in zip(tests, corrected, strict=True):
        if not differs or p >= SIGNIFICANCE:
            level.append(other)
        elif other.accuracy.value < model.accuracy.value:
            worse.append(other)
        else:
            better.append(other)
    asked = {other.experiment.id for other, _, _ in tests}
    untested = tuple(item for item in others if item.experiment.id not in asked)
    p_values = {item[0].experiment.id: p for item, p in zip(tests, corrected, strict=True)}
    return Chosen(model, tuple(level), tuple(worse), tuple(better), untested, p_values)


def chosen(view: StudyView) -> list[Sentence]:
    """Name the chosen model, or the only one, and its test accuracy; hold the others against it."""
    choice = chosen_model(view)
    if choice is None:
        return _only_one(view)
    model = choice.model
    validation = validation_accuracy(view, model.experiment.id)
    assert validation is not None
    name = Name(model.name)
    untested = any(e.test and view.run(e.id) is None for e in view.listed)
    by = f"Chosen {'so far ' if untested else ''}by its validation accuracy of "
    if learned_nothing(view, model):
        others = (*choice.level, *choice.worse, *choice.better, *choice.untested)
        if all(learned_nothing(view, other) for other in others):
            return [
                say("No tested model is measurably better than ",
                    tests_better_than(view, (model, *others)), ": not even ", name,
                    ", which has the highest validation accuracy (", percent(validation), ").",
                    strength="strong")
            ]  # fmt: skip
        return [
            say(by, percent(validation), ": ", name,
                ". It gets ", accuracy_parts(model), " of the test pictures right, which isn’t "
                "measurably better than ", tests_better_than(view, (model,)), ".",
                strength="strong"),
            *_others(choice),
        ]  # fmt: skip
    return [
        say(by, percent(validation), ": ", name, ". It gets ",
            accuracy_parts(model), " of the test pictures right",
            mean_over_classes_parts(view, model), "."),
        *_others(choice),
    ]  # fmt: skip


def _only_one(view: StudyView) -> list[Sentence]:
    """Say what the one tested model gets, if there is one; there are never several here."""
    tested = all_tested(view)
    if not tested:
        return []
    (model,) = tested
    start = say("One model was tested: ", Name(model.name), ". It gets ", accuracy_parts(model),
                " of the test pictures right").parts  # fmt: skip
    if learned_nothing(view, model):
        return [
            say(start, ", which isn’t measurably better than ", tests_better_than(view, (model,)),
                ".", strength="strong")
        ]  # fmt: skip
    return [say(start, mean_over_classes_parts(view, model), ".")]


def _others(choice: Chosen) -> list[Sentence]:
    n_tests = len(choice.level) + len(choice.worse) + len(choice.better)
    if not n_tests:
        return []
    found = []
    if choice.level:
        found.append(
            say("On the same test pictures it can’t be told from ", _names(choice.level), ".",
                strength="weak")
        )  # fmt: skip
    elif not choice.better and not choice.untested:
        found.append(
            say("On the same test pictures it is measurably better than ",
                "the other one." if n_tests == 1 else "each of the others.", strength="strong")
        )  # fmt: skip
    if choice.better:
        verb = " is" if len(choice.better) == 1 else " are"
        found.append(
            say("Measurably better on the test pictures", verb, " ", _names(choice.better),
                "; validation preferred the other, and the test set has no part in the choice.",
                strength="strong")
        )  # fmt: skip
    return found


def _names(models: tuple[Tested, ...]) -> Parts:
    return listing(say(Name(item.name), " (", tested_score(item), ")").parts for item in models)
