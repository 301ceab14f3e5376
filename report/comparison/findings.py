"""What may be said of two studies held against each other."""

from collections.abc import Sequence

from report.comparison.pairs import SIDES, Pair, Test, same_classes
from report.evidence.display_names import data_set_name
from report.evidence.load import StudyView
from report.evidence.numbers import derive, integer, points
from report.evidence.sentences import Code, Name, Parts, Sentence, listing, numbered, say


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
    if not same_classes(a, b):
        return [_other_classes(a, b)]
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


def _other_classes(a: StudyView, b: StudyView) -> Sentence:
    """Say why accuracies on different data sets aren't compared."""
    sizes: list[Parts] = [
        say(Name(side), " of ", *_classes(view)).parts
        for side, view in zip(SIDES, (a, b), strict=True)
    ]
    return say(
        "They are of different data sets, ", listing(sizes), ": how often one names its pictures "
        "rightly says nothing of how well the other would, so no accuracies are compared.",
        strength="gap",
    )  # fmt: skip


def _classes(view: StudyView) -> Parts:
    n_classes = integer(derive("length", view.dataset_number("/classes")))
    return say(numbered(n_classes, "class", "classes"), " (", Name(data_set_name(view)), ")").parts


def the_differences(pairs: Sequence[Pair]) -> list[Sentence]:
    """Name the experiments in which one side is measurably better, and say how many aren't."""
    tested = [(pair, test) for pair in pairs if (test := pair.test) is not None]
    if not tested:
        if any(not pair.same_classes for pair in pairs):
            return []  # `the_pictures` says why
        return [say("There is no experiment that both have tested.", strength="gap")]
    sentences = _identical(tested)
    for side, sign in zip(SIDES, (1, -1), strict=True):
        ahead = [(p, t) for p, t in tested if t.differs and sign * t.gain.value > 0]
        if ahead:
            named: list[Parts] = [_named(p, t) for p, t in ahead]
            sentences.append(
                say(Name(side), " is measurably better in ", listing(named), ".", strength="strong")
            )
    counted = [t.gain for _, t in tested if not t.differs and not t.identical]
    if counted:
        n, of = derive("count", *counted), derive("count", *(t.gain for _, t in tested))
        sentences.append(
            say("In ", integer(n), " of ", numbered(integer(of), "experiment"), " that both have "
                "tested, no difference can be measured.", strength="weak")
        )  # fmt: skip
    if sum(not t.identical for _, t in tested) > 1:
        sentences.append(
            say("Of many comparisons of equal networks one in twenty would still be called a "
                "difference.")
        )  # fmt: skip
    return sentences


def _identical(tested: Sequence[tuple[Pair, Test]]) -> list[Sentence]:
    """Say in which experiments both sides gave the very same answers."""
    same = [(pair, test) for pair, test in tested if test.identical]
    if not same:
        return []
    of = integer(derive("count", *(test.gain for _, test in tested)))
    where: Parts = (
        say("all ", numbered(of, "experiment"), " that both have tested").parts
        if len(same) == len(tested)
        else say(
            integer(derive("count", *(test.gain for _, test in same))), " of ",
            numbered(of, "experiment"), " that both have tested, ",
            listing(Name(pair.name) for pair, _ in same),
        ).parts
    )  # fmt: skip
    return [
        say("Their answers are identical, to every test picture and with the same probabilities, "
            "in ", where, ".", strength="strong")
    ]  # fmt: skip


def _named(pair: Pair, test: Test) -> Parts:
    return say(
        Name(pair.name), " (by ", points(test.gain), " points)"
    ).parts  # fmt: skip


def no_settings_differ() -> list[Sentence]:
    """Say that all settings agree."""
    return [say("Every experiment that both have run had the same settings in both, seeds too.")]
