"""What the pictures are: counts, imbalance, sizes, splits and statistics."""

from report.evidence.display_names import CALTECH
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, decimal, derive, integer, percent, times
from report.evidence.sentences import Code, Name, Parts, Sentence, listing, parts, say
from training.records import SPLITS, Dataset


def extent(view: StudyView) -> list[Sentence]:
    """Say how many pictures and classes there are."""
    if view.dataset is None:
        return [say("The data set has not been read yet.", strength="gap")]
    return [
        say(
            "The data set, ", Name(view.dataset.name), ", has ", integer(_n_pictures(view)),
            " pictures in ", integer(derive("length", view.dataset_number("/classes"))),
            " classes.", *_limit(view),
        )
    ]  # fmt: skip


def _n_pictures(view: StudyView) -> Quantity:
    return derive("sum", *(view.dataset_number(f"/n_{split}") for split in SPLITS))


def _limit(view: StudyView) -> Parts:
    if view.dataset is None or view.dataset.max_per_class is None:
        return ()
    return say(
        " At most ", integer(view.dataset_number("/max_per_class")), " pictures of a class were "
        "used; the others were left aside."
    ).parts  # fmt: skip


def imbalance(view: StudyView) -> list[Sentence]:
    """Say how uneven the classes are, and what naming the largest one every time would give."""
    dataset = view.dataset
    if dataset is None or not dataset.classes:
        return []
    train = view.dataset_number("/counts/train")
    most, fewest = derive("largest", train), derive("smallest", train)
    share = derive("largest_share", view.dataset_number("/counts/test"))
    baseline = say(
        "Naming the most frequent class of the test set every time would be right for ",
        percent(share), " of its pictures; a model has to beat that to have learned anything.",
    )  # fmt: skip
    if most.value == fewest.value:
        return [say("Every class has ", integer(most), " train pictures."), baseline]
    return [
        say(
            "The largest class of the train split, ", _class(dataset, most.value), ", has ",
            integer(most), " pictures, the smallest, ", _class(dataset, fewest.value), ", ",
            integer(fewest), *_factor(most, fewest), ".",
        ),
        baseline,
    ]  # fmt: skip


def _factor(most: Quantity, fewest: Quantity) -> Parts:
    if fewest.value == 0:
        return ()
    return say(": a factor of ", times(derive("ratio", most, fewest))).parts


def _class(dataset: Dataset, n_train: int) -> Name:
    return Name(dataset.classes[dataset.counts.train.index(n_train)].replace("_", " "))


def picture_sizes(view: StudyView) -> list[Sentence]:
    """Say how large the pictures are before resizing."""
    if view.dataset is None:
        return []
    low, median, high = (
        {side: integer(view.dataset_number(f"/sizes/{side}/{i}")) for side in ("width", "height")}
        for i in (0, 2, 4)
    )
    sentences = [
        say(
            "The median picture is ", median["width"], " pixels wide and ", median["height"],
            " high; widths run from ", low["width"], " to ", high["width"], ", heights from ",
            low["height"], " to ", high["height"], ".",
        )
    ]  # fmt: skip
    if view.dataset.sizes.n_converted:
        n_converted = integer(view.dataset_number("/sizes/n_converted"))
        sentences.append(
            say(n_converted, " pictures were stored in another form than three colour channels "
                "and were converted.")
        )  # fmt: skip
    return sentences


LEFT_OUT = {
    "ignored": "Files ignored because they are no pictures",
    "unreadable": "Pictures left out because they can’t be decoded",
}


def left_out(view: StudyView) -> list[Sentence]:
    """Say what was found in the folder and not used."""
    dataset = view.dataset
    if dataset is None:
        return []
    sentences = []
    if dataset.dropped_classes:
        sentences.append(
            say("Left out on purpose: ", listing(Code(name) for name in dataset.dropped_classes),
                ", ", integer(view.dataset_number("/n_dropped_images")),
                " pictures of no particular class.")
        )  # fmt: skip
    for field, what in LEFT_OUT.items():
        if getattr(dataset, f"n_{field}_files"):
            files: list[str] = getattr(dataset, f"{field}_files")
            count = integer(view.dataset_number(f"/n_{field}_files"))
            only = say(" (", Code(files[0]), ")").parts if len(files) == 1 else ()
            sentences.append(say(f"{what}: ", count, only, "."))
    return sentences


GIVEN: dict[str, Parts] = {
    "folders": parts(
        "The pictures came divided, each split in a folder of its own, and were taken that way."
    ),
    "table": parts(
        "The table that names the pictures says which split each belongs to, and was followed."
    ),
}

CHANGES: dict[str, Parts] = {
    "test-from-validation": parts(
        "No test split came with them, so what was given as validation is used for testing."
    ),
    "validation-from-train": parts(
        "For validation a fifth of every class was taken out of the train pictures, drawn at "
        "random with a fixed seed."
    ),
}


def split_source(view: StudyView) -> list[Sentence]:
    """Say where the split into train, validation and test comes from."""
    if view.dataset is None:
        return []
    if view.dataset.split_source == "lists":
        return [
            say("The split follows the lists beside the pictures, ", Code("train.txt"), " and ",
                Code("test.txt"), "; every second picture of the train list, in its order, goes to "
                "validation.")
        ]  # fmt: skip
    given = GIVEN.get(view.dataset.split_source)
    if given is not None:
        changes = (say(CHANGES[change]) for change in view.dataset.split_changes)
        return [say(given), *changes]
    return [
        say("No lists came with the pictures, so the split was drawn at random with a fixed seed, "
            "in the same proportions within every class.")
    ]  # fmt: skip


def resizing(view: StudyView) -> list[Sentence]:
    """Say how a picture becomes a square of fixed size."""
    if view.dataset is None:
        return []
    side = integer(view.dataset_number("/image_size"))
    return [
        say("The shorter side is resized to ", integer(view.dataset_number("/resize_size")),
            " pixels, and the central square of ", side, " × ", side, " pixels is cut out.")
    ]  # fmt: skip


def channel_statistics(view: StudyView) -> list[Sentence]:
    """State the train split's channel means and standard deviations."""
    if view.dataset is None:
        return []
    mean, std = (
        listing(decimal(view.dataset_number(f"/{name}/{i}")) for i in range(3))
        for name in ("mean", "std")
    )
    return [
        say("Over the train split, pixels scaled to the range from zero to one have the means ",
            mean, " in red, green and blue, and the standard deviations ", std, ".")
    ]  # fmt: skip


KINDS: dict[str, Parts] = {
    "caltech101": parts(
        "It is ", CALTECH, " in its published form: the class names and the number of pictures of "
        "each are the original’s."
    ),
    "sample": parts(
        "It is not ", CALTECH, " but the embedded sample: letters and signs, drawn from many fonts "
        "in random sizes, positions, angles and colours, and laid out in ", CALTECH, "’s form."
    ),
    "folder": parts(
        "It is a data set of the study’s own, not ", CALTECH, "."
    ),
}  # fmt: skip


def kind(view: StudyView) -> list[Sentence]:
    """Say in plain words which pictures these are."""
    return [] if view.dataset is None else [say(KINDS[view.dataset.kind])]
