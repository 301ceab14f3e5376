"""Size, time and accuracy of the tested models against each other."""

from report.accuracy import Tested, all_tested
from report.findings.comparing import p_parts, tests_against
from report.findings.scores import accuracy_parts, tested_score
from report.load import Run, StudyView
from report.names import experiment_name
from report.numbers import Quantity, derive, duration, millions, times
from report.text import Name, Parts, Sentence, listing, say


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
