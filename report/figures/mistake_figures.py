"""Pictures of what a network took for something else."""

from report.evidence.load import StudyView
from report.evidence.numbers import integer, percent
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, parts
from report.figures.canvas import gap
from report.figures.labels import short
from report.figures.pictures import SOME_MISSING, picture
from report.figures.views import Gallery, Gap, PairGallery, Picture, PicturePair
from report.findings.mistakes import class_name, class_size, confusion
from training.records import confident_mistakes, confused_pairs, taken_for, typical

NOT_KEPT = (
    "This run’s records hold no pictures of its mistakes; running it again with a newer version of "
    "the program keeps them."
)


def confident_mistakes_gallery(view: StudyView, run: Run) -> Gallery | Gap:
    """Show the wrongly named test pictures that the network was surest of."""
    assert run.predictions is not None
    wanted = confident_mistakes(run.predictions)
    found = [shown for i in wanted if (shown := _mistake(view, run, i)) is not None]
    if not found:
        return gap("confident-mistakes", "The pictures of the mistakes can’t be read.")
    caption = parts(
        "The test pictures that were named wrongly with the highest probability, the surest "
        "mistake first: true class, answer, and the answer’s probability."
        + (SOME_MISSING if len(found) < len(wanted) else "")
    )
    return Gallery("confident-mistakes", tuple(found), caption)


def confused_pairs_gallery(view: StudyView, run: Run) -> PairGallery | Gap:
    """Show one mistake of each of the commonest confusions beside what it was taken for."""
    assert run.predictions is not None
    wanted = confused_pairs(run.predictions)
    if not run.predictions.examples:
        return gap("confused-pairs", NOT_KEPT)
    found = [shown for pair in wanted if (shown := _pair(view, run, *pair)) is not None]
    if not found:
        return gap("confused-pairs", "The pictures of the confused classes can’t be read.")
    caption = parts(
        "The commonest confusions: on the left the picture of a class that was most surely taken "
        "for another, on the right the picture of that other class that was most surely named "
        "rightly." + (SOME_MISSING if len(found) < len(wanted) else "")
    )
    return PairGallery("confused-pairs", tuple(found), caption)


def _mistake(view: StudyView, run: Run, index: int) -> Picture | None:
    assert run.predictions is not None
    true, guess = run.predictions.label[index], run.predictions.predicted[index]
    probability = percent(run.prediction(f"/probability/{index}"))
    note = parts(
        class_name(view, true), " taken for ", class_name(view, guess), ", ", probability
    )  # fmt: skip
    return _example(view, run, index, "Test picture", note)


def _pair(view: StudyView, run: Run, true: int, guess: int) -> PicturePair | None:
    assert run.predictions is not None
    mistake, model = taken_for(run.predictions, true, guess), typical(run.predictions, guess)
    taken = parts(class_name(view, true), " taken for ", class_name(view, guess))
    left = _example(view, run, mistake, _test_picture(class_name(view, true)))
    right = _example(view, run, model, _test_picture(class_name(view, guess)))
    if left is None or right is None:
        return None
    count, size = confusion(view, run, true, guess), class_size(view, run, true)
    return PicturePair(left, right, parts(taken, ", ", integer(count), " of ", integer(size)))


def _test_picture(name: Name) -> str:
    return f"Test picture of {short(name.text)}"


def _example(
    view: StudyView, run: Run, index: int | None, alt: str, note: Parts = ()
) -> Picture | None:
    assert run.predictions is not None
    example = next((e for e in run.predictions.examples if e.index == index), None)
    if example is None:
        return None
    return picture(view.folder.path, example.file, alt, "", (example.width, example.height), note)
