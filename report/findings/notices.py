"""What a reader must know before believing a section: made-up data, gaps, stale choices."""

from collections.abc import Mapping

from report.evidence.display_names import CALTECH, pair, pair_word
from report.evidence.load import StudyView
from report.evidence.numbers import derive, integer, plain
from report.evidence.once import once
from report.evidence.repeats import n_repeats, repeat_number
from report.evidence.run import Run
from report.evidence.sentences import Code, Parts, Sentence, listing, say
from report.evidence.very_many import (
    count_of,
    counted_experiments,
    some_experiments,
    some_of,
)
from report.findings.contradictions import contradiction_notices
from report.findings.further_pictures import further_notices
from report.findings.outdated import settings_notices
from training.records import Experiment


def data_notices(view: StudyView) -> list[Sentence]:
    """Say in plain words that pictures or weights aren't what the homework means."""
    found = []
    if uses_sample_data(view):
        found.append(
            say(
                *_not_what_they_seem(view), " Every number here comes from the embedded "
                "sample: letters and signs drawn from fonts, made to show the whole job in "
                "minutes. They say nothing about photographs.",
                strength="gap",
            )
        )  # fmt: skip
    if any(uses_sample_weights(view, experiment) for experiment in view.listed):
        found.append(
            say(
                "The pre-trained weights are not ImageNet’s: they come from a network trained on "
                "another set of drawn glyphs.",
                strength="gap",
            )
        )
    return found


def _not_what_they_seem(view: StudyView) -> Parts:
    if view.study.sections:
        return say("These are no photographs.").parts
    return say("These are not ", CALTECH, " pictures.").parts


def uses_sample_data(view: StudyView) -> bool:
    """Tell whether the pictures are the embedded sample's."""
    if view.dataset is None:
        return view.study.data == "sample"
    return view.dataset.kind == "sample"


def uses_sample_weights(view: StudyView, experiment: Experiment) -> bool:
    """Tell whether an experiment started, or would start, from weights trained on glyphs."""
    specs = [run.metrics.spec for run in view.runs(experiment.id) if run.metrics.spec]
    if specs:
        return any(spec.weights == "sample" for spec in specs)
    return experiment.weights == "pretrained" and view.study.settings.weights == "sample"


def gap_notices(view: StudyView, experiments: list[Experiment]) -> list[Sentence]:
    """Name experiments without a result, with what their records say of why and how to mend it."""
    missing = [e for e in experiments if not view.runs(e.id)]
    found = unsuccessful(view, experiments)
    if missing:
        what = "experiment has" if len(missing) == 1 else "experiments have"
        found.append(
            say(
                integer(counted_experiments(view, missing)), f" {what} no record yet: ",
                some_experiments(view, missing), ".",
                strength="gap",
            )
        )  # fmt: skip
    return found


def unsuccessful(view: StudyView, experiments: list[Experiment]) -> list[Sentence]:
    """Group skipped and failed runs by their reason, so that one missing file is named once."""
    reasons: dict[tuple[str, str], dict[str, list[Run]]] = {}
    without = _without_success(view)
    for experiment in experiments if without else ():
        for run in view.runs(experiment.id):
            if run.metrics.status in ("skipped", "failed"):
                key = (run.metrics.status, run.metrics.error or "no reason was recorded")
                reasons.setdefault(key, {}).setdefault(experiment.id, []).append(run)
    word = {"skipped": "Skipped", "failed": "Failed"}
    return [
        say(f"{word[status]}: ", _all_with_seeds(view, ids), ". ", error, strength="gap")
        for (status, error), ids in reasons.items()
    ]  # fmt: skip


@once
def _without_success(view: StudyView) -> bool:
    """Tell whether any run was skipped or failed."""
    return any(run.metrics.status in ("skipped", "failed") for run in view.all_runs())


def _all_with_seeds(view: StudyView, seeds: Mapping[str, list[Run]]) -> Parts:
    return some_of(
        view,
        [runs[0] for runs in seeds.values()],
        lambda run: _with_seeds(view, seeds[run.id]),
        lambda rest: counted_experiments(view, [run.experiment for run in rest]),
    )


def _with_seeds(view: StudyView, runs: list[Run]) -> Parts:
    """Name an experiment, with its seeds or folds where others of it are there."""
    if len(runs) == n_repeats(view).value:
        return say(Code(runs[0].id)).parts
    what = "fold" if view.study.settings.folds else "seed"
    word = what if len(runs) == 1 else f"{what}s"
    seeds = listing(plain(repeat_number(run)) for run in runs)
    return say(Code(runs[0].id), f" ({word} ", seeds, ")").parts


def seed_notices(view: StudyView, experiments: list[Experiment]) -> list[Sentence]:
    """Name the experiments whose means are over fewer seeds or folds than the study has."""
    n_seeds = n_repeats(view).value
    what = "fold" if view.study.settings.folds else "seed"
    short = [e for e in experiments if 0 < len(view.finished(e.id)) < n_seeds]
    if not short:
        return []
    firsts = [view.finished(e.id)[0] for e in short]
    return [
        say(
            "Not all of the ", integer(n_repeats(view)),
            f" {what}s have a result; means are over those that have: ",
            some_of(view, firsts, lambda run: _counted(view, run), count_of(view, "/seed")), ".",
            strength="gap",
        )
    ]  # fmt: skip


def _counted(view: StudyView, run: Run) -> Parts:
    seeds = [each.number("/seed") for each in view.finished(run.id)]
    return say(Code(run.id), " ", integer(derive("count", *seeds))).parts


def choice_notices(view: StudyView, experiments: list[Experiment]) -> list[Sentence]:
    """Say where a choice was made from records that have changed since."""
    stale, chosen_now = [], None
    choosing = _choosing(view)
    for experiment in (e for e in experiments if e.id in choosing):
        run = view.run(experiment.id)
        if run is None or run.metrics.selected is None:
            continue
        ranked = view.ranked(run.metrics.selected.grid)
        rank = run.metrics.selected.rank
        if len(ranked) >= rank > 0 and ranked[rank - 1].id != run.metrics.selected.id:
            stale.append(Code(experiment.id))
            chosen_now = ranked[rank - 1]
    if chosen_now is None:
        return []
    return [
        say(
            "Stale: ", listing(stale), f" used a {pair_word(chosen_now)} that its grid no longer "
            "chooses; now it would be ", pair(chosen_now), ". ", Code("homework run-all"),
            " brings them up to date.",
            strength="gap",
        )
    ]  # fmt: skip


@once
def _choosing(view: StudyView) -> frozenset[str]:
    """Return the experiments of which a run was chosen from others."""
    return frozenset(run.id for run in view.all_runs() if run.metrics.selected is not None)


def fingerprint_notices(view: StudyView, experiments: list[Experiment]) -> list[Sentence]:
    """Say where a record was measured on other pictures than `dataset.json` describes."""
    elsewhere = _on_other_pictures(view)
    other = [experiment for experiment in experiments if experiment.id in elsewhere]
    if not other:
        return []
    return [
        say(
            "Stale: ", some_experiments(view, other),
            " ran on other pictures than the data set described here.",
            strength="gap",
        )
    ]  # fmt: skip


@once
def _on_other_pictures(view: StudyView) -> frozenset[str]:
    """Return the experiments with a run on other pictures than the data set has now."""
    if view.dataset is None:
        return frozenset()
    now = view.dataset.fingerprint
    runs = (run for run in view.all_runs() if run.metrics.dataset_fingerprint != now)
    return frozenset(run.id for run in runs if run.finished)


def notices(view: StudyView, experiments: list[Experiment]) -> tuple[Sentence, ...]:
    """Return all that a section about these experiments has to say first."""
    return (
        *gap_notices(view, experiments),
        *seed_notices(view, experiments),
        *contradiction_notices(view, experiments),
        *settings_notices(view, experiments),
        *choice_notices(view, experiments),
        *fingerprint_notices(view, experiments),
        *further_notices(view, experiments),
    )


def progress(view: StudyView) -> list[Sentence]:
    """Say how much of the study is there, where it isn't all, and which parts are missing."""
    listed = view.listed
    done = [e for e in listed if view.run(e.id) is not None]
    if len(done) == len(listed):
        return seed_notices(view, listed)
    return [
        say(
            "The study is not complete: ", integer(counted_experiments(view, done)), " of ",
            integer(counted_experiments(view, listed)), " experiments ",
            "has" if len(done) == 1 else "have", " a result", *_why(view, listed),
            ". What is missing is named where it would stand.", strength="gap",
        ),
        *seed_notices(view, listed),
    ]  # fmt: skip


def _why(view: StudyView, experiments: list[Experiment]) -> Parts:
    """Count what was skipped, what failed and what has not been run."""
    without = [e for e in experiments if view.run(e.id) is None]
    kinds: dict[str, list[Experiment]] = {}
    for experiment in without:
        status = view.runs(experiment.id)[0].metrics.status if view.runs(experiment.id) else ""
        kinds.setdefault(status, []).append(experiment)
    words = {"skipped": "skipped", "failed": "failed", "": "not run yet"}
    named = [
        say(
            integer(counted_experiments(view, members)), f" {words.get(status, 'without scores')}"
        ).parts
        for status, members in kinds.items()
    ]
    return say("; ", listing(named)).parts
