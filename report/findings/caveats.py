"""What limits the study's answers, and what would settle those that it leaves open."""

from report.evidence.display_names import field_words, is_number, pair, pair_word
from report.evidence.homework import STARTS
from report.evidence.load import StudyView
from report.evidence.numbers import derive, integer, points
from report.evidence.repeats import has_several, n_repeats
from report.evidence.run import Run
from report.evidence.sentences import Code, Name, Sentence, listing, say
from report.evidence.study_sections import all_grids, axes_of, is_homework
from report.evidence.very_many import counted_experiments
from report.findings.chosen import chosen_model
from report.findings.duplicates import n_test_twins
from report.findings.guessing import never_learned
from report.findings.learning import still_rising
from training.records import is_another_file


def caveats(view: StudyView) -> list[Sentence]:
    """Say what the numbers don't cover: other weights, twins, random starts, few pictures."""
    return [*_other_weights(view), *_twins(view), *_seeds(view), *_few_pictures(view)]


def _other_weights(view: StudyView) -> list[Sentence]:
    """Name the weights files that aren't what was published under their names."""
    specs = [run.metrics.spec for run in view.all_runs() if run.metrics.spec is not None]
    files = dict.fromkeys(
        spec.weights.removeprefix("file:")
        for spec in specs
        if is_another_file(spec.weights, spec.weights_digest)
    )
    if not files:
        return []
    names = listing(Name(file) for file in files)
    if len(files) == 1:
        return [
            say("The weights file ", names, " isn’t the one that was published under this name: "
                "what it was trained on isn’t known.")
        ]  # fmt: skip
    return [
        say("The weights files ", names, " aren’t those that were published under these names: "
            "what they were trained on isn’t known.")
    ]  # fmt: skip


def _twins(view: StudyView) -> list[Sentence]:
    n_twins = n_test_twins(view)
    if n_twins is None:
        return []
    has = " has" if n_twins.value == 1 else " have"
    return [
        say(integer(n_twins), " of ", integer(view.dataset_number("/n_test")), " test pictures",
            has, " an identical or nearly identical twin in train or validation.")
    ]  # fmt: skip


def _seeds(view: StudyView) -> list[Sentence]:
    if view.study.settings.folds:
        return [
            say("Every experiment was to be run once for each of ", integer(n_repeats(view)),
                " folds, which share train pictures. So few runs say little of other train "
                "pictures: only large differences show.")
        ]  # fmt: skip
    seeds = view.study_number("/settings/seeds")
    if seeds.value == 1:
        return [
            say("Every experiment was run once, with one random start. The intervals cover the "
                "choice of test pictures, not how much another start would have changed.")
        ]  # fmt: skip
    return [
        say("Every experiment was to be run with ", integer(seeds), " random starts. Where three "
            "or more were tested, intervals and tests cover both the random start and the choice "
            "of test pictures. So few starts say little: only large differences show.")
    ]  # fmt: skip


def _few_pictures(view: StudyView) -> list[Sentence]:
    choice = chosen_model(view)
    if choice is None or choice.model.over_seeds:
        return []
    model = choice.model
    return [
        say("With ", integer(model.runs[0].number("/test/n_images")), " test pictures the "
            "interval of the chosen model’s accuracy spans ",
            points(derive("difference", model.high, model.low)), " points.")
    ]  # fmt: skip


def next_steps(view: StudyView) -> list[Sentence]:
    """Say what to run next, each by a rule: what is missing, grids at their edge, ties, twins."""
    return [
        *_rest(view),
        *_edges(view),
        *_more_epochs(view),
        *_more_seeds(view),
        *_without_twins(view),
    ]


def _rest(view: StudyView) -> list[Sentence]:
    """Say how to run the experiments that have no record."""
    missing = [e for e in view.listed if not view.runs(e.id)]
    if not missing:
        return []
    what = "experiment that has" if len(missing) == 1 else "experiments that have"
    return [
        say(Code(f"homework run-all --study {view.folder.name}"), " runs the ",
            integer(counted_experiments(view, missing)), f" {what} no record yet.")
    ]  # fmt: skip


def _edges(view: StudyView) -> list[Sentence]:
    """Name the grids whose best pair has the largest or smallest rate tried with its optimizer."""
    found = []
    for grid in all_grids(view):
        if not is_homework(view):
            found += _edge_of(view, grid)
            continue
        start = STARTS[grid]
        ranked = view.ranked(grid)
        if not ranked or never_learned(view, ranked[0]):
            continue
        spec = ranked[0].metrics.spec
        assert spec is not None
        rates = _rates_tried(view, grid, spec.optimizer)
        if len(rates) > 1 and spec.learning_rate in (min(rates), max(rates)):
            side = ("largest", "larger") if spec.learning_rate == max(rates) else (
                "smallest", "smaller")  # fmt: skip
            found.append(
                say("The best pair ", start, ", ", pair(ranked[0]), f", has the {side[0]} rate "
                    f"tried with its optimizer: {side[1]} ones may do better.", strength="weak")
            )  # fmt: skip
    return found


def _edge_of(view: StudyView, grid: str) -> list[Sentence]:
    """Name the fields whose largest or smallest value tried the best member of a grid has."""
    ranked = view.ranked(grid)
    if not ranked or never_learned(view, ranked[0]):
        return []
    best, ends = ranked[0], []
    for name in axes_of(view, grid):
        value = getattr(best.metrics.spec, name, None)
        tried = [getattr(run.metrics.spec, name, None) for run in ranked]
        if not value or not all(map(is_number, tried)):
            continue
        known = {number for number in tried if number is not None}
        if len(known) < 2:
            continue
        if value in (min(known), max(known)):
            side = "largest" if value == max(known) else "smallest"
            ends.append(f"the {side} {field_words(name)}")
    if not ends:
        return []
    return [
        say(f"The best {pair_word(best)}, ", pair(best), ", has ", listing(ends), " tried: values "
            "beyond may do better.", strength="weak")
    ]  # fmt: skip


def _rates_tried(view: StudyView, grid: str, optimizer: str) -> set[float]:
    specs = [run.metrics.spec for run in view.ranked(grid)]
    return {spec.learning_rate for spec in specs if spec and spec.optimizer == optimizer}


def _more_epochs(view: StudyView) -> list[Sentence]:
    """Name the tested models that were still improving when their epochs were over."""
    rising: list[Run] = []
    for experiment in view.listed:
        run = view.run(experiment.id)
        if experiment.test and run is not None and still_rising(view, run):
            rising.append(run)
    if not rising:
        return []
    names = listing(Name(run.name) for run in rising)
    verb = "was" if len(rising) == 1 else "were"
    return [
        say(names, f" {verb} still improving in the last epochs: more of them may help.",
            strength="weak")
    ]  # fmt: skip


def _more_seeds(view: StudyView) -> list[Sentence]:
    choice = chosen_model(view)
    if has_several(view) or choice is None or not choice.level:
        return []
    return [
        say(Code("--seeds 3"), " runs everything with three random starts, which may settle the "
            "order of the models that can’t be told apart here.")
    ]  # fmt: skip


def _without_twins(view: StudyView) -> list[Sentence]:
    """Advise to drop twins from train, unless all pairs are known and none has a picture there."""
    dataset = view.dataset
    if n_test_twins(view) is None or dataset is None or dataset.duplicates is None:
        return []
    found = dataset.duplicates
    across = [pair.splits for pair in found.pairs if pair.splits[0] != pair.splits[1]]
    if len(across) == found.n_identical_across + found.n_near_across and not any(
        "train" in splits for splits in across
    ):
        return []
    return [
        say(Code("--duplicates drop-from-train"), " leaves those pictures out of train that have "
            "a twin in validation or test.")
    ]  # fmt: skip
