"""Size, time and accuracy of the tested models against each other, and what accuracy cost."""

from collections.abc import Callable

from report.evidence.accuracy import Tested, all_tested
from report.evidence.cost import (
    Spent,
    arithmetic_of,
    devices_of,
    energy_of,
    mean,
    time_of,
    total,
    trained,
)
from report.evidence.display_names import pair_word
from report.evidence.load import StudyView
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
from report.evidence.repeats import repeat_word
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, Sentence, listing, say
from report.findings.chosen import Chosen, chosen_model
from report.findings.guessing import learned_nothing
from report.findings.scores import tested_score
from training.records import matches_group


def size_and_time(view: StudyView, experiment_id: str, than: str) -> list[Sentence]:
    """Hold a model's parameters and training time against another's."""
    run, other = view.run(experiment_id), view.run(than)
    if run is None or other is None or run.parameters is None or other.parameters is None:
        return []
    sizes = (run.number("/parameters/total"), other.number("/parameters/total"))
    name, other_name = (Name(r.name) for r in (run, other))
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
    if (
        devices_of(run) != devices_of(other)
        or not run.metrics.epochs_run
        or not other.metrics.epochs_run
    ):
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
            " took ", duration(seconds[1]), f" on the same {_device_or_devices(run)}.")
    ]  # fmt: skip


def _device_or_devices(run: Run) -> str:
    return "device" if devices_of(run)[1] == 1 else "devices"


def accuracy_per_parameter(view: StudyView) -> list[Sentence]:
    """Say whether the largest of the tested models is the chosen one."""
    choice = chosen_model(view)
    if choice is None or learned_nothing(view, choice.model):
        return []
    model = choice.model
    sized = [t for t in all_tested(view) if t.runs[0].parameters is not None]
    if len(sized) < 2 or model.runs[0].parameters is None:
        return []
    most = max(t.runs[0].number("/parameters/total").value for t in sized)
    if model.runs[0].number("/parameters/total").value == most:
        return []
    largest = next(t for t in sized if t.runs[0].number("/parameters/total").value == most)
    if largest.experiment.id in {item.experiment.id for item in choice.better}:
        return []
    return [
        say(
            "Size alone doesn’t decide: the largest network, that of ",
            Name(largest.name), " with ",
            millions(largest.runs[0].number("/parameters/total")), " million parameters, reaches ",
            tested_score(largest), "; the chosen one, ", Name(model.name),
            ", has ", millions(model.runs[0].number("/parameters/total")),
            " million and reaches ", tested_score(model), ".",
        )
    ]  # fmt: skip


def what_accuracy_cost(view: StudyView) -> list[Sentence]:
    """Say what training took, and what of it the chosen model did; for records that say."""
    return [*_all_training(view), *_of_the_chosen(view)]


def _all_training(view: StudyView) -> list[Sentence]:
    runs = trained(view)
    time, arithmetic, energy = (total(view, runs, of) for of in (time_of, arithmetic_of, energy_of))
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
        if (part := total(view, candidates, of))
        and (whole := total(view, runs, of))
        and whole.value > 0
    ]
    if not shares:
        return []
    word = pair_word(candidates[0])
    grids_said = f"grids that {word}s are" if len(tried) > 1 else f"grid that a {word} is"
    return [say("Of that, ", listing(shares), f" went into the {grids_said} chosen from.")]


def _of_the_chosen(view: StudyView) -> list[Sentence]:
    """Say what the chosen model's training took, and the cheapest that does as well."""
    choice = chosen_model(view)
    if choice is None or mean(choice.model.runs, arithmetic_of) is None:
        return []
    model = choice.model
    several = say(
        " in the mean of ", integer(model.n_seeds), f" {repeat_word(model.runs[0])}s"
    ).parts
    return [
        say(
            "Training the chosen model, ", Name(model.name), ", took ",
            _took(model), several if len(model.runs) > 1 else (), _choosing_its_pair(view, model),
            ".",
        ),
        *_as_good_for_less(choice),
    ]  # fmt: skip


def _took(tested: Tested, timed: bool = True) -> Parts:
    """Print what a training took, the mean over seeds, energy where it is known."""
    show: list[tuple[Spent, Callable[[Quantity], Number]]] = [(arithmetic_of, flop)]
    if timed:
        show = [(time_of, duration), *show, (energy_of, joules)]
    known = [(mean(tested.runs, of), printed) for of, printed in show]
    return listing(printed(quantity) for quantity, printed in known if quantity is not None)


def _choosing_its_pair(view: StudyView, tested: Tested) -> Parts:
    """Say what choosing its pair had taken before."""
    selected = tested.runs[0].metrics.selected
    if selected is None:
        return ()
    members = [run for run in trained(view) if matches_group(run.id, selected.grid)]
    time, arithmetic = total(view, members, time_of), total(view, members, arithmetic_of)
    if time is None or arithmetic is None:
        return ()
    among = ", this training included" if tested.runs[0].metrics.reused_from else ""
    word = pair_word(tested.runs[0])
    return say(
        f"; choosing its {word} took ", duration(time), " and ", flop(arithmetic),
        f" for the whole grid{among}",
    ).parts  # fmt: skip


def _as_good_for_less(choice: Chosen) -> list[Sentence]:
    """Name the one that took least among those that can't be told from the chosen one."""
    most = mean(choice.model.runs, arithmetic_of)
    assert most is not None
    others = (*choice.level, *choice.worse, *choice.better, *choice.untested)
    taken = {item.experiment.id: mean(item.runs, arithmetic_of) for item in others}
    less = {name: q for name, q in taken.items() if q is not None and q.value < most.value}
    close = [item for item in choice.level if item.experiment.id in less]
    if not close:
        compared = (*choice.better, *choice.untested)
        open_ones = None in taken.values() or any(t.experiment.id in less for t in compared)
        return [] if open_ones else _nothing_for_less(bool(less))
    least = min(close, key=lambda item: less[item.experiment.id].value)
    share = derive("ratio", less[least.experiment.id], most)
    return [
        say(
            "Of the models that can’t be told from it, the least went into ",
            Name(least.name), ": ",
            _took(least, timed=_devices(least) == _devices(choice.model)), ", ", percent(share),
            " of the chosen one’s arithmetic, for ", tested_score(least), " right.",
            strength="weak",
        )
    ]  # fmt: skip


def _nothing_for_less(tried: bool) -> list[Sentence]:
    if tried:
        return [say("Each tested model that took less arithmetic is measurably less accurate.",
                    strength="strong")]  # fmt: skip
    return [say("Every other tested model took at least as much arithmetic.")]


def _devices(tested: Tested) -> set[tuple[str, int, int]]:
    return {devices_of(run) for run in tested.runs}
