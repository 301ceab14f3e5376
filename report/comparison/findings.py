"""What may be said of two studies held against each other."""

from collections.abc import Sequence

from report.comparison.pairs import SIDES, Pair, Test
from report.evidence.display_names import data_set_name, experiment_name
from report.evidence.load import StudyView
from report.evidence.numbers import derive, integer, points
from report.evidence.sentences import Code, Name, Parts, Sentence, listing, say


def the_studies(a: StudyView, b: StudyView) -> list[Sentence]:
    """Say what each side is."""
    return [_study(name, view) for name, view in zip(SIDES, (a, b), strict=True)]


def _study(name: str, view: StudyView) -> Sentence:
    author = (" by ", Name(view.study.author)) if view.study.author else ()
    data = (", on ", Name(data_set_name(view))) if view.dataset else ()
    title = Name(view.study.title)
    return say(Name(name), " is “", title, "”", *author, ", the study ", Code(view.folder.name),
               *data, ".")  # fmt: skip


def the_pictures(a: StudyView, b: StudyView) -> list[Sentence]:
    """Say whether both saw the same pictures in the same splits."""
    if a.dataset is None or b.dataset is None:
        return [say("Not both have read their pictures yet.", strength="gap")]
    if a.dataset.fingerprint == b.dataset.fingerprint:
        return [
            say("Both saw the same pictures in the same splits, so their answers are compared "
                "picture by picture.")
        ]  # fmt: skip
    return [
        say("They didn’t see the same pictures in the same splits, so accuracies are compared as "
            "those of two samples. Part of any difference may be that one’s pictures are easier.",
            strength="gap")
    ]  # fmt: skip


def the_differences(pairs: Sequence[Pair]) -> list[Sentence]:
    """Name the experiments in which one side is measurably better, and say how many aren't."""
    tested = [(pair, test) for pair in pairs if (test := pair.test) is not None]
    if not tested:
        return [say("There is no experiment that both have tested.", strength="gap")]
    sentences = []
    for side, sign in zip(SIDES, (1, -1), strict=True):
        ahead = [(p, t) for p, t in tested if t.differs and sign * t.gain.value > 0]
        if ahead:
            named: list[Parts] = [_named(p, t) for p, t in ahead]
            sentences.append(
                say(Name(side), " is measurably better in ", listing(named), ".", strength="strong")
            )
    counted = [t.gain for _, t in tested if not t.differs]
    if counted:
        n, of = derive("count", *counted), derive("count", *(t.gain for _, t in tested))
        sentences.append(
            say("In ", integer(n), " of ", integer(of), " experiments that both have tested, no "
                "difference can be measured.", strength="weak")
        )  # fmt: skip
    if len(tested) > 1:
        sentences.append(
            say("Of many comparisons of equal networks one in twenty would still be called a "
                "difference.")
        )  # fmt: skip
    return sentences


def _named(pair: Pair, test: Test) -> Parts:
    return say(
        Name(experiment_name(pair.experiment)), " (by ", points(test.gain), " points)"
    ).parts  # fmt: skip


def no_settings_differ() -> list[Sentence]:
    """Say that all settings agree."""
    return [say("Every experiment that both have run had the same settings in both, seeds too.")]
