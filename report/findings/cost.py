"""Size, time and accuracy of the tested models against each other, and what accuracy cost."""

from collections.abc import Callable

from report.evidence.accuracy import Tested, all_tested
from report.evidence.cost import Spent, arithmetic_of, energy_of, mean, time_of, total, trained
from report.evidence.display_names import experiment_name
from report.evidence.load import Run, StudyView
from report.evidence.numbers import (
    Number,
    Quantity,
    derive,
    duration,
    flop,
    integer,
    joules,
    millions,
    percent,
    times,
)
from report.evidence.sentences import Name, Parts, Sentence, listing, say
from report.findings.comparing import p_parts, tests_against
from report.findings.scores import accuracy_parts, tested_score
from training.records import matches_group


def most_accurate(view: StudyView) -> list[Sentence]:
    """Name the model with the highest test accuracy, and who can't be told from it."""
    tested = all_tested(view)
    if len(tested) < 2:
        return []
    best = max(tested, key=lambda item: item.accuracy.value)
    sentences = [
        say(
            "The highest test accuracy is that of ", Name(experiment_name(best.experiment)), ": ",
            accuracy_parts(best), ".",
        )
    ]  # fmt: skip
    return sentences + _told_apart(best, [t for t in tested if t is not best])


def _told_apart(best: Tested, others: list[Tested]) -> list[Sentence]:
    """Say from whom the best can't be told, or that it is better than all."""
    tests = tests_against(best, others)
    close: list[Parts] = [
        say(Name(experiment_name(t.experiment)), " with ", tested_score(t), ", p\u00a0",
            p_parts(p)).parts
        for t, differs, p in tests
        if not differs
    ]  # fmt: skip
    start = "On the same test pictures it "
    if close:
        return [say(start, "can’t be told from ", listing(close, "; and "), ".", strength="weak")]
    if len(tests) < len(others):
        return []
    largest = derive("maximum", *(p for _, _, p in tests))
    return [
        say(start, "is measurably better than each of the others (largest p\u00a0",
            p_parts(largest), ").", strength="strong")
    ]  # fmt: skip


def size_and_time(
    view: StudyView, experiment_id: str, than: str = "transfer/best"
) -> list[Sentence]:
    """Hold a model's parameters and training time against another's."""
    run, other = view.run(experiment_id), view.run(than)
    if run is None or other is None or run.parameters is None or other.parameters is None:
        return []
    sizes = (run.number("/parameters/total"), other.number("/parameters/total"))
    name, other_name = (Name(experiment_name(r.experiment)) for r in (run, other))
    sentences = [
        say(
            name, " has ", millions(sizes[0]), " million parameters, ", *_trained(run), "; ",
            other_name, " has ",
            *_factor(*sizes), ".",
        )
    ]  # fmt: skip
    return sentences + _time(run, other, name, other_name)


def _trained(run: Run) -> Parts:
    if run.parameters is not None and run.parameters.frozen == 0:
        return say("all of which training changes").parts
    trainable = run.number("/parameters/trainable")
    return say("of which training changes ", millions(trainable), " million").parts


def _factor(a: Quantity, b: Quantity) -> Parts:
    """Print the other model's size as a share or a multiple of this one's."""
    if a.value == b.value:
        return say("as many").parts
    if a.value > b.value:
        return say(
            millions(b), " million, fewer by a factor of ", times(derive("ratio", a, b))
        ).parts
    return say(millions(b), " million, more by a factor of ", times(derive("ratio", b, a))).parts


def _time(run: Run, other: Run, name: Name, other_name: Name) -> list[Sentence]:
    devices = [
        r.metrics.environment.device_name if r.metrics.environment else "" for r in (run, other)
    ]
    if devices[0] != devices[1] or not run.metrics.epochs_run or not other.metrics.epochs_run:
        return []
    seconds = [
        derive("ratio", r.number("/train_seconds"), r.number("/epochs_run")) for r in (run, other)
    ]
    cached: Parts = ()
    if run.metrics.cached_features:
        cached = say(
            ", after ", duration(run.number("/feature_seconds")),
            " in which its frozen part was computed once for all epochs",
        ).parts  # fmt: skip
    return [
        say("An epoch of ", name, " took ", duration(seconds[0]), cached, "; one of ", other_name,
            " took ", duration(seconds[1]), " on the same device.")
    ]  # fmt: skip


def accuracy_per_parameter(tested: list[Tested]) -> list[Sentence]:
    """Say whether the larger model is the better one among the tested."""
    sized = [t for t in tested if t.runs[0].parameters is not None]
    if len(sized) < 2:
        return []
    largest = max(sized, key=lambda t: t.runs[0].number("/parameters/total").value)
    best = max(sized, key=lambda t: t.accuracy.value)
    if largest is best:
        return [say("Here the largest model is also the most accurate.")]
    return [
        say(
            "Size alone doesn’t decide: the largest network, that of ",
            Name(experiment_name(largest.experiment)), " with ",
            millions(largest.runs[0].number("/parameters/total")), " million parameters, reaches ",
            tested_score(largest), "; the most accurate, ",
            Name(experiment_name(best.experiment)), ", has ",
            millions(best.runs[0].number("/parameters/total")), " million and reaches ",
            tested_score(best), ".",
        )
    ]  # fmt: skip


def what_accuracy_cost(view: StudyView) -> list[Sentence]:
    """Say what training took, and what of it the most accurate model did; for records that say."""
    return [*_all_training(view), *_of_the_best(view)]


def _all_training(view: StudyView) -> list[Sentence]:
    runs = trained(view)
    time, arithmetic, energy = (total(runs, of) for of in (time_of, arithmetic_of, energy_of))
    if time is None or arithmetic is None:
        return []
    took = [say(duration(time)).parts, say(flop(arithmetic), " of arithmetic").parts]
    if energy is not None:
        took.append(say(joules(energy), " of energy").parts)
    return [
        say("All training, run after run, took ", listing(took), "."),
        *_choosing(view, runs),
    ]


def _choosing(view: StudyView, runs: list[Run]) -> list[Sentence]:
    """Say which share of it went into the grids, where something else was trained too."""
    grids = dict.fromkeys(e.choice.grid for e in view.study.experiments if e.choice is not None)
    tried = [grid for grid in grids if any(matches_group(run.id, grid) for run in runs)]
    candidates = [run for run in runs if any(matches_group(run.id, grid) for grid in tried)]
    if not candidates or len(candidates) == len(runs):
        return []
    shares = [
        say(percent(derive("ratio", part, whole)), f" of the {what}").parts
        for what, of in (("time", time_of), ("arithmetic", arithmetic_of), ("energy", energy_of))
        if (part := total(candidates, of)) and (whole := total(runs, of)) and whole.value > 0
    ]
    if not shares:
        return []
    grids_said = "grids that pairs are" if len(tried) > 1 else "grid that a pair is"
    return [say("Of that, ", listing(shares), f" went into the {grids_said} chosen from.")]


def _of_the_best(view: StudyView) -> list[Sentence]:
    """Say what the most accurate model's training took, and the cheapest that does as well."""
    tested = all_tested(view)
    best = max(tested, key=lambda item: item.accuracy.value, default=None)
    if best is None or len(tested) < 2 or mean(best.runs, arithmetic_of) is None:
        return []
    several = say(" in the mean of ", integer(best.n_seeds), " seeds").parts
    return [
        say(
            "Training the most accurate model, ", Name(experiment_name(best.experiment)), ", took ",
            _took(best), several if len(best.runs) > 1 else (), _chosen(view, best), ".",
        ),
        *_as_good_for_less(best, [item for item in tested if item is not best]),
    ]  # fmt: skip


def _took(tested: Tested, timed: bool = True) -> Parts:
    """Print what a training took, the mean over seeds, energy where it is known."""
    show: list[tuple[Spent, Callable[[Quantity], Number]]] = [(arithmetic_of, flop)]
    if timed:
        show = [(time_of, duration), *show, (energy_of, joules)]
    known = [(mean(tested.runs, of), printed) for of, printed in show]
    return listing(printed(quantity) for quantity, printed in known if quantity is not None)


def _chosen(view: StudyView, tested: Tested) -> Parts:
    """Say what choosing its pair had taken before."""
    selected = tested.runs[0].metrics.selected
    if selected is None:
        return ()
    members = [run for run in trained(view) if matches_group(run.id, selected.grid)]
    time, arithmetic = total(members, time_of), total(members, arithmetic_of)
    if time is None or arithmetic is None:
        return ()
    among = ", this training included" if tested.runs[0].metrics.reused_from else ""
    return say(
        "; choosing its pair took ", duration(time), " and ", flop(arithmetic),
        f" for the whole grid{among}",
    ).parts  # fmt: skip


def _as_good_for_less(best: Tested, others: list[Tested]) -> list[Sentence]:
    """Name the one that took least among those that can't be told from the best."""
    taken = [(item, mean(item.runs, arithmetic_of)) for item in others]
    most = mean(best.runs, arithmetic_of)
    assert most is not None
    less = {item.experiment.id: q for item, q in taken if q is not None and q.value < most.value}
    tests = tests_against(best, [item for item in others if item.experiment.id in less])
    close = [(item, p) for item, differs, p in tests if not differs]
    if not close:
        all_known = len(tests) == len(less) and all(q is not None for _, q in taken)
        return _nothing_for_less(bool(less)) if others and all_known else []
    least, p = min(close, key=lambda found: less[found[0].experiment.id].value)
    share = derive("ratio", less[least.experiment.id], most)
    return [
        say(
            "Of the models that can’t be told from it on the same test pictures, the least went "
            "into ", Name(experiment_name(least.experiment)), ": ",
            _took(least, timed=_devices(least) == _devices(best)), ", ", percent(share),
            " of the best one’s arithmetic, for ", tested_score(least), " right (p\u00a0",
            p_parts(p), ").", strength="weak",
        )
    ]  # fmt: skip


def _nothing_for_less(tried: bool) -> list[Sentence]:
    if tried:
        return [say("Each tested model that took less arithmetic is measurably less accurate.",
                    strength="strong")]  # fmt: skip
    return [say("Every other tested model took at least as much arithmetic.")]


def _devices(tested: Tested) -> set[str]:
    environments = [run.metrics.environment for run in tested.runs]
    return {environment.device_name if environment else "" for environment in environments}
