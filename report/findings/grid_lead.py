"""How far the best pair of a grid leads the second, and whether that may be luck."""

from report.evidence.accuracy import STUDENT_SEEDS
from report.evidence.display_names import INTERVAL, pair
from report.evidence.load import StudyView
from report.evidence.numbers import (
    Quantity,
    derive,
    integer,
    mean_of,
    points,
    signed_points,
)
from report.evidence.repeats import (
    mean_over_folds,
    n_validated,
    repeat_number,
    repeat_word,
)
from report.evidence.run import Run
from report.evidence.sentences import (
    Parts,
    Sentence,
    Strength,
    numbered,
    say,
)
from report.evidence.statistics import SIGNIFICANCE
from report.findings.guessing import (
    answers,
)
from report.findings.scores import p_parts

LEADS = "so the lead is more than the luck of which pictures were drawn."
MAY_BE_LUCK = "so the order of these two may be luck."
LEADS_OVER_SEEDS = "so the lead is more than the luck of the seeds."
LEADS_OVER_BOTH = "so the lead is more than the luck of seeds and pictures."
LEADS_OVER_FOLDS = "so the lead is more than the luck of the folds."


def margin(view: StudyView, best: Run, second: Run) -> Sentence:
    """Hold the best pair of a grid against the second: is the lead more than luck?"""
    lead = derive("difference", mean_accuracy(view, best), mean_accuracy(view, second))
    if lead.value == 0:
        return _tie(second)
    n_images = n_validated(view)
    start: Parts = say(
        "It leads ", pair(second), " by ", points(lead), " percentage points, ",
        integer(derive("rounded_product", lead, n_images)), " of ",
        numbered(integer(n_images), "picture"),
    ).parts  # fmt: skip
    pairs = _common_seeds(view, best, second)
    if len(pairs) >= STUDENT_SEEDS:
        return _margin_over_seeds(view, start, pairs)
    if pairs and all(answers(view, run) is not None for pair_ in pairs for run in pair_):
        return _paired_margin(view, start, pairs)
    rights = [
        derive("rounded_product", mean_accuracy(view, run), n_images) for run in (best, second)
    ]
    operands = (rights[0], n_images, rights[1], n_images)
    low, high = derive("newcombe_low", *operands), derive("newcombe_high", *operands)
    distinct = low.value > 0
    verdict = f"lies above zero, {LEADS}" if distinct else f"includes zero, {MAY_BE_LUCK}"
    return say(
        start, ". The ", INTERVAL, " of this difference, ", signed_points(low), " to ",
        signed_points(high), " points, ", verdict,
        strength="strong" if distinct else "weak",
    )  # fmt: skip


def _common_seeds(view: StudyView, best: Run, second: Run) -> list[tuple[Run, Run]]:
    """Pair the runs of two pairs by seed; nothing where one has a seed that the other lacks."""
    first, other = (
        {run.metrics.seed: run for run in view.finished(pair_.id)} for pair_ in (best, second)
    )
    return [(first[seed], other[seed]) for seed in first] if set(first) == set(other) else []


def _margin_over_seeds(view: StudyView, start: Parts, pairs: list[tuple[Run, Run]]) -> Sentence:
    """Hold the validation accuracies of two pairs against each other, seed by seed or by fold."""
    runs = [run for side in zip(*pairs, strict=True) for run in side]
    values = [run.number("/validation/accuracy") for run in runs]
    n_train, n_held_out = (mean_over_folds(view, split) for split in ("train", "validation"))
    too: Parts = ()
    if n_train is not None and n_held_out is not None:
        test, leads = "corrected resampled", LEADS_OVER_FOLDS
        tests = [derive("corrected_t", n_train, n_held_out, *values)]
    else:
        test, leads = "paired", LEADS_OVER_SEEDS
        tests = [derive("paired_t", *values)]
        if all(answers(view, run) is not None for run in runs):
            rights = [run.number("/validation_answers/right") for run in runs]
            tests.append(derive("min_f_right", view.dataset_number("/n_validation"), *rights))
            too = say("; min F′ over seeds and pictures, p\u00a0", p_parts(tests[1])).parts
            leads = LEADS_OVER_BOTH
    n, word = derive("count", *(repeat_number(run) for run, _ in pairs)), repeat_word(pairs[0][0])
    distinct = all(p.value < SIGNIFICANCE for p in tests)
    return say(
        start, f"; {test} t test over ", integer(n), f" {word}s, p\u00a0", p_parts(tests[0]),
        too, ", ", leads if distinct else MAY_BE_LUCK,
        strength="strong" if distinct else "weak",
    )  # fmt: skip


def _paired_margin(view: StudyView, start: Parts, pairs: list[tuple[Run, Run]]) -> Sentence:
    """Hold the answers of two pairs to the same validation pictures against each other."""
    answered = [[run.number("/validation_answers/right") for run in runs] for runs in pairs]
    tests = [derive("mcnemar_right", *both) for both in answered]
    p = tests[0] if len(tests) == 1 else derive("maximum", *tests)
    only = [
        [derive("only_first_right", *both), derive("only_first_right", *reversed(both))]
        for both in answered
    ]
    distinct = p.value < SIGNIFICANCE and all(first.value > second.value for first, second in only)
    verdict = LEADS if distinct else MAY_BE_LUCK
    strength: Strength = "strong" if distinct else "weak"
    if len(pairs) > 1:
        each = f"each {repeat_word(pairs[0][0])}"
        return say(
            start, f"; exact McNemar test for {each}, largest p\u00a0", p_parts(p), ", ", verdict,
            strength=strength,
        )  # fmt: skip
    operands = (*answered[0], view.dataset_number("/n_validation"))
    low, high = derive("paired_low_right", *operands), derive("paired_high_right", *operands)
    return say(
        start, " (", INTERVAL, " ", signed_points(low), " to ", signed_points(high), " points); ",
        integer(only[0][0]), " only it gets right, ", integer(only[0][1]),
        " only the other; exact McNemar test, p\u00a0", p_parts(p), ", ", verdict,
        strength=strength,
    )  # fmt: skip


def _tie(second: Run) -> Sentence:
    return say(
        pair(second), " reached exactly the same; between equals the lower validation loss "
        "decides, then the smaller learning rate.", strength="weak",
    )  # fmt: skip


def mean_accuracy(view: StudyView, run: Run) -> Quantity:
    """Return what the grid is ranked by: the mean over seeds."""
    return mean_of([r.number("/validation/accuracy") for r in view.finished(run.id)])
