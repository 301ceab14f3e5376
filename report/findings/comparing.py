"""Two models on the same test pictures: what may be said of the difference."""

from collections.abc import Sequence

from report.evidence.accuracy import STUDENT_SEEDS, Tested, tested_accuracy
from report.evidence.display_names import INTERVAL, added_items, field_value, field_words
from report.evidence.load import StudyView
from report.evidence.numbers import (
    Number,
    Quantity,
    derive,
    integer,
    mean_of,
    points,
    signed_points,
)
from report.evidence.repeats import n_validated, repeat_number, repeat_word
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, Sentence, listing, say
from report.evidence.statistics import SIGNIFICANCE
from report.findings.guessing import test_is_guessing
from report.findings.scores import p_parts
from training.records.spec_fields import SPEC_FIELDS


def tested_result(view: StudyView, experiment_id: str) -> list[Sentence]:
    """Say where a test accuracy is that of guessing, or differs from the validation accuracy."""
    tested = tested_accuracy(view, experiment_id)
    if tested is None:
        return []
    return test_is_guessing(view, tested) or _against_validation(view, tested)


def _against_validation(view: StudyView, tested: Tested) -> list[Sentence]:
    """Hold test against validation accuracy; both are shares of a limited number of pictures."""
    if view.dataset is None:
        return []
    validation = mean_of([run.number("/validation/accuracy") for run in tested.runs])
    n_validation = n_validated(view)
    n_test = tested.runs[0].number("/test/n_images")
    operands = (
        derive("rounded_product", validation, n_validation), n_validation,
        derive("rounded_product", tested.accuracy, n_test), n_test,
    )  # fmt: skip
    low, high = derive("newcombe_low", *operands), derive("newcombe_high", *operands)
    if low.value <= 0 <= high.value:
        return []
    gap = derive("difference", validation, tested.accuracy)
    above, verdict = (
        ("above", "the choices made on the validation set flatter it, or its pictures are easier")
        if gap.value > 0
        else ("below", "the test pictures are the easier ones")
    )
    return [
        say("The validation accuracy of ", Name(tested.name), " lies ",
            points(gap), f" points {above} its test accuracy (", INTERVAL, " of the difference ",
            signed_points(low), " to ", signed_points(high), f"): {verdict}.", strength="strong")
    ]  # fmt: skip


def compare(view: StudyView, first_id: str, second_id: str) -> list[Sentence]:
    """Say whether the first model is better than the second on the same test pictures.

    From `STUDENT_SEEDS` common seeds or folds on two tests must find it, see `paired_test`; for
    fewer the exact McNemar test must, for every one that both have.
    """
    first, second = tested_accuracy(view, first_id), tested_accuracy(view, second_id)
    if first is None or second is None:
        return []
    if first_id == second_id:
        return [_the_same(first, second)]
    pairs = _same_pictures(first, second)
    if not pairs or _same_run(first, second):
        return differences_to_mind(view, first_id, second_id)
    return [_verdict(first, second, pairs), *_epochs_differ(first, second)]


def differences_to_mind(
    view: StudyView, first_id: str, second_id: str, epochs: bool = True
) -> list[Sentence]:
    """Say what keeps two models from being compared by one change alone, if anything does.

    Args:
        epochs: Say it of different numbers of epochs, too; see `other_epochs` for several models.
    """
    first, second = tested_accuracy(view, first_id), tested_accuracy(view, second_id)
    if first is None or second is None or first_id == second_id:
        return []
    if _same_run(first, second):
        return [_the_same(first, second)]
    if not _same_pictures(first, second):
        return [_not_comparable(first, second)]
    return _epochs_differ(first, second) if epochs else []


def other_epochs(view: StudyView, ids: Sequence[str], base_id: str) -> list[Sentence]:
    """Say once which models were trained for other numbers of epochs than their common base."""
    base = tested_accuracy(view, base_id)
    models = [tested_accuracy(view, id_) for id_ in ids if id_ != base_id]
    others = [m for m in models if base is not None and m is not None and _epochs_differ(m, base)]
    if base is None or not others:
        return []
    named: list[Parts] = [say(Name(m.name), " ", _epochs(m)).parts for m in others]
    return [
        say("The epochs differ, so these comparisons aren’t of one change alone: ",
            Name(base.name), " had ", _epochs(base), ", ", listing(named),
            ".")
    ]  # fmt: skip


def _epochs(tested: Tested) -> Number:
    return integer(tested.runs[0].number("/spec/epochs"))


def _verdict(first: Tested, second: Tested, pairs: list[tuple[Run, Run]]) -> Sentence:
    sides = zip(*pairs, strict=True)
    means = [mean_of([run.number("/test/accuracy") for run in side]) for side in sides]
    gain = derive("difference", *means)
    decided, _, evidence = paired_test(pairs, first.n_train)
    decided = decided and gain.value != 0
    names = (Name(first.name), Name(second.name))
    if decided:
        direction = "better" if gain.value > 0 else "worse"
        start = say(names[0], " is ", points(gain), f" points {direction} than ", names[1]).parts
    else:
        start = say(names[0], " can’t be told from ", names[1], ", ", signed_points(gain),
                    " points").parts  # fmt: skip
    interval: Parts = ()
    if len(pairs) == 1:
        interval = say(INTERVAL, " ", _interval(*pairs[0]), "; ").parts
    return say(
        start, *_common(first, second, pairs), " (", interval, evidence, ").",
        strength="strong" if decided else "weak",
    )  # fmt: skip


def _interval(first: Run, second: Run) -> Parts:
    """Print the interval of the difference on the same pictures."""
    answers = first.prediction("/label"), first.prediction("/predicted"), second.prediction(
        "/predicted")  # fmt: skip
    low, high = derive("paired_low", *answers), derive("paired_high", *answers)
    return say(signed_points(low), " to ", signed_points(high)).parts


def difference_interval(first: Tested, second: Tested) -> Parts:
    """Print the interval of a difference; empty but for one seed each on the same pictures."""
    pairs = _same_pictures(first, second)
    return _interval(*pairs[0]) if len(pairs) == 1 else ()


def _common(first: Tested, second: Tested, pairs: list[tuple[Run, Run]]) -> Parts:
    """Say so where the two don't have all seeds or folds in common."""
    if len(pairs) == len(first.runs) == len(second.runs):
        return ()
    seeds = derive("count", *(repeat_number(a) for a, _ in pairs))
    word = repeat_word(pairs[0][0])
    plural = f"{word}s" if seeds.value > 1 else word
    return say(" over the ", integer(seeds), f" {plural} that both have").parts


def tests_against(first: Tested, others: list[Tested]) -> list[tuple[Tested, bool, Quantity]]:
    """Test a model against others on the same pictures.

    Returns:
        For each that can be compared: the model, whether it differs, and the p-value.
    """
    found = []
    for other in others:
        pairs = _same_pictures(first, other)
        if pairs and not _same_run(first, other):
            decided, p, _ = paired_test(pairs, first.n_train)
            found.append((other, decided, p))
    return found


def paired_test(
    pairs: list[tuple[Run, Run]], n_train: Quantity | None = None
) -> tuple[bool, Quantity, Parts]:
    """Return whether two models differ, the p-value, and the words that name the test.

    Args:
        pairs: Runs of either model on the same test pictures, one pair a seed or fold.
        n_train: See `Tested`. A t test over seeds or folds speaks of other trainings, but not of
            other test pictures, which all of them share; so min F′, which speaks of both, must
            find the difference, too, and the larger p counts.
    """
    return _over_repeats(pairs, n_train) if len(pairs) >= STUDENT_SEEDS else _each_seed(pairs)


def _over_repeats(
    pairs: list[tuple[Run, Run]], n_train: Quantity | None
) -> tuple[bool, Quantity, Parts]:
    runs = [run for side in zip(*pairs, strict=True) for run in side]
    accuracies = [run.number("/test/accuracy") for run in runs]
    answers = [runs[0].prediction("/label"), *(run.prediction("/predicted") for run in runs)]
    if n_train is None:
        test, of_trainings = "paired", derive("paired_t", *accuracies)
        of_both = derive("min_f", *answers)
    else:
        sizes = (n_train, runs[0].number("/test/n_images"))
        test, of_trainings = "corrected resampled", derive("corrected_t", *sizes, *accuracies)
        of_both = derive("corrected_min_f", *sizes, *answers)
    p = derive("maximum", of_trainings, of_both)
    n, word = derive("count", *(repeat_number(a) for a, _ in pairs)), repeat_word(pairs[0][0])
    return p.value < SIGNIFICANCE, p, say(
        f"{test} t test over ", integer(n), f" {word}s, p\u00a0", p_parts(of_trainings),
        f"; min F′ over {word}s and test pictures, p\u00a0", p_parts(of_both)
    ).parts  # fmt: skip


def _each_seed(pairs: list[tuple[Run, Run]]) -> tuple[bool, Quantity, Parts]:
    tests = [_mcnemar(a, b) for a, b in pairs]
    directions = {_only(a, b).value > _only(b, a).value for a, b in pairs}
    largest = tests[0] if len(tests) == 1 else derive("maximum", *tests)
    decided = largest.value < SIGNIFICANCE and len(directions) == 1
    if len(pairs) > 1:
        word = repeat_word(pairs[0][0])
        said = say(f"exact McNemar test for each {word}, largest p\u00a0", p_parts(largest)).parts
        return decided, largest, said
    said = say("exact McNemar test, p\u00a0", p_parts(largest)).parts
    return decided, largest, said


def _same_pictures(first: Tested, second: Tested) -> list[tuple[Run, Run]]:
    """Pair up equal seeds; empty unless every pair was asked about the same pictures."""
    others = {run.metrics.seed: run for run in second.runs}
    pairs = [(a, others[a.metrics.seed]) for a in first.runs if a.metrics.seed in others]
    return pairs if all(_asked_the_same(a, b) for a, b in pairs) else []


def _asked_the_same(first: Run, second: Run) -> bool:
    a, b = first.predictions, second.predictions
    if a is None or b is None:
        return False
    return (a.label, a.dataset_fingerprint) == (b.label, b.dataset_fingerprint)


def _same_run(first: Tested, second: Tested) -> bool:
    """Tell whether both names stand for one training."""
    return _trainings(first) == _trainings(second)


def _trainings(tested: Tested) -> set[tuple[str, int]]:
    return {(run.metrics.reused_from or run.id, run.metrics.seed) for run in tested.runs}


def _the_same(first: Tested, second: Tested) -> Sentence:
    return say(
        Name(first.name), " and ",
        Name(second.name),
        " are one and the same run, so there is no measurable difference.", strength="weak",
    )  # fmt: skip


def _only(first: Run, second: Run) -> Quantity:
    label = first.prediction("/label")
    predicted = first.prediction("/predicted"), second.prediction("/predicted")
    return derive("only_first", label, *predicted)


def _mcnemar(first: Run, second: Run) -> Quantity:
    label = first.prediction("/label")
    return derive("mcnemar", label, first.prediction("/predicted"), second.prediction("/predicted"))


def _not_comparable(first: Tested, second: Tested) -> Sentence:
    return say(
        Name(first.name), " and ",
        Name(second.name),
        f" weren’t tested on the same pictures with the same {repeat_word(first.runs[0])}, so no "
        "difference between them is stated.",
        strength="gap",
    )  # fmt: skip


FOLLOWING = (
    "seed", "weights_digest", "normalisation", "resize_size", "mean", "std", "train_per_class",
    "folds", "fold",
)  # fmt: skip
"""Fields of a spec that follow from others, or aren't about training."""

APART = tuple(name for name in SPEC_FIELDS if name not in FOLLOWING)
"""Fields in which two models may be said to differ: what a person sets for each."""


def fields_apart(first: Tested, second: Tested) -> list[str]:
    """Return the fields in which the specs of two models differ, in the order of specs."""
    a, b = first.runs[0].metrics.spec, second.runs[0].metrics.spec
    if a is None or b is None:
        return []
    apart = [name for name in APART if getattr(a, name) != getattr(b, name)]
    if "optimizer" in apart and "momentum" in apart:
        apart.remove("momentum")  # which SGD alone has
    return apart


def how_they_differ(view: StudyView, ids: Sequence[str], base_id: str) -> list[Sentence]:
    """Say in which settings tested models differ from their common base, with both values."""
    base = tested_accuracy(view, base_id)
    models = [tested_accuracy(view, id_) for id_ in ids if id_ != base_id]
    if base is None:
        return []
    said: list[Parts] = []
    for model in models:
        if model is None or _same_run(model, base):
            continue
        names = fields_apart(model, base)
        first, other = model.runs[0], base.runs[0]
        fields = [_field_apart(first, other, name) for name in names]
        than = say(" differs from ", Name(base.name)).parts if not said else ()
        if fields:
            said.append(say(Name(model.name), than, " in ", listing(fields)).parts)
    return [say(said[0], *(say("; ", more).parts for more in said[1:]), ".")] if said else []


def _field_apart(first: Run, other: Run, name: str) -> Parts:
    """Say in what a field of two runs' specs differs; of a longer list what was added."""
    more = added_items(first, other, name)
    if more:
        return say(field_words(name), " (", more, " added)").parts
    return say(
        field_words(name), " (", *field_value(first, name), " against ", *field_value(other, name),
        ")",
    ).parts  # fmt: skip


def _epochs_differ(first: Tested, second: Tested) -> list[Sentence]:
    a, b = first.runs[0], second.runs[0]
    specs = a.metrics.spec, b.metrics.spec
    if specs[0] is None or specs[1] is None or specs[0].epochs == specs[1].epochs:
        return []
    return [
        say(
            "The two had different numbers of epochs, ", integer(a.number("/spec/epochs")), " and ",
            integer(b.number("/spec/epochs")), ", so the comparison isn’t of one change alone.",
        )
    ]  # fmt: skip
