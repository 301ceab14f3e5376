"""What the pictures are: counts, imbalance, sizes, splits and statistics."""

from collections.abc import Iterator, Sequence

from report.evidence.display_names import CALTECH, is_part
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, decimal, derive, integer, percent, times
from report.evidence.repeats import n_validated
from report.evidence.sentences import Code, Name, Parts, Sentence, listing, numbered, parts, say
from training.records import SPLITS, Dataset, LeftOutReason


def extent(view: StudyView) -> list[Sentence]:
    """Say how many pictures and classes there are."""
    if view.dataset is None:
        return [say("The data set has not been read yet.", strength="gap")]
    name, pictures = Name(view.dataset.name), _n_pictures(view)
    n_classes = integer(derive("length", view.dataset_number("/classes")))
    classes = numbered(n_classes, "class", "classes")
    if not is_part(view):
        size = numbered(integer(pictures), "picture")
        return [say("The data set, ", name, ", has ", size, " in ", classes, ".")]
    limit = numbered(integer(view.dataset_number("/max_per_class")), "picture")
    of_each = say(": at most ", limit, " of a class were used.").parts
    if view.dataset.n_found is None:
        return [
            say("The data set is a part of ", name, ", ", numbered(integer(pictures), "picture"),
                " in ", classes, of_each)
        ]  # fmt: skip
    return [
        say("The data set is a part of ", name, ", ", integer(pictures), " of its ",
            numbered(integer(view.dataset_number("/n_found")), "picture"), " in ", classes, of_each)
    ]  # fmt: skip


def task(view: StudyView) -> list[Sentence]:
    """Say what the networks learn, and which pictures have which part in that."""
    if view.dataset is None:
        return extent(view)
    if view.dataset.folds:
        return [_task_over_folds(view)]
    train, validation, test = (view.dataset_number(f"/n_{split}") for split in SPLITS)
    n_classes = integer(derive("length", view.dataset_number("/classes")))
    return [
        say("The networks learn ", numbered(n_classes, "class", "classes"), " from ",
            numbered(integer(train), "picture"), "; ", integer(validation),
            " others choose the model, ", integer(test), " test it.")
    ]  # fmt: skip


def _task_over_folds(view: StudyView) -> Sentence:
    n_classes = integer(derive("length", view.dataset_number("/classes")))
    return say(
        "The networks learn ", numbered(n_classes, "class", "classes"), " from ",
        numbered(integer(n_validated(view)), "picture"), " in ",
        integer(derive("length", view.dataset_number("/folds"))), " folds, each of which chooses "
        "the epoch for networks that learn from the others; ",
        integer(view.dataset_number("/n_test")), " pictures test them.",
    )  # fmt: skip


def _n_pictures(view: StudyView) -> Quantity:
    return derive("sum", *(view.dataset_number(f"/n_{split}") for split in SPLITS))


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
        percent(share), " of its pictures. A model near that may have learned no more than the "
        "sizes of the classes.",
    )  # fmt: skip
    if most.value == fewest.value:
        return [say("Every class has ", numbered(integer(most), "train picture"), "."), baseline]
    return [
        say(
            "The largest class of the train split, ", _class(dataset, most.value), ", has ",
            numbered(integer(most), "picture"), ", the smallest, ",
            _class(dataset, fewest.value), ", ", integer(fewest), *_factor(most, fewest), ".",
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
            say(numbered(n_converted, "picture was", "pictures were"), " stored in another form "
                "than three colour channels and converted.")
        )  # fmt: skip
    return sentences


CLUTTER = "BACKGROUND_Google"

REASONS: dict[LeftOutReason, str] = {
    "asked": "Left out because the study’s settings say so",
    "no pictures": "Left out because no picture is in it",
    "records": "Left out because it holds records of studies",
    "no split": "Left out because it lies beside the folders of the splits and belongs to none",
    "no class": "Left out because no class is known of pictures outside the classes’ folders",
    "no label": "Left out because the files’ names don’t say the class",
    "not listed": "Left out because the lists don’t name them",
    "unused list": "Not followed because folders divide the pictures already",
    "unused column": "Not used of the table",
    "duplicate": "Left out of the train split because another has the same picture, or nearly",
}
"""Opens the sentence on all that is left out for one reason; the clutter class has its own."""

NAMED = 8
"""Names in a sentence; the rest is summed up."""

LEFT_OUT = {
    "ignored": "Files ignored because they are no pictures",
    "unreadable": "Pictures left out because they can’t be decoded",
}


def left_out(view: StudyView) -> list[Sentence]:
    """Say what was found in the folder and not used."""
    dataset = view.dataset
    if dataset is None:
        return []
    sentences = [*_dropped(view, dataset)]
    for reason in REASONS:
        sentences += _left_out_because(view, dataset, reason)
    for field, what in LEFT_OUT.items():
        if getattr(dataset, f"n_{field}_files"):
            files: list[str] = getattr(dataset, f"{field}_files")
            count = integer(view.dataset_number(f"/n_{field}_files"))
            only = say(" (", Code(files[0]), ")").parts if len(files) == 1 else ()
            sentences.append(say(f"{what}: ", count, only, "."))
    return sentences


def _dropped(view: StudyView, dataset: Dataset) -> Iterator[Sentence]:
    """Say that the clutter class is left out, and what older records name without a reason."""
    clutter = [name for name in dataset.dropped_classes if name == CLUTTER]
    others = [name for name in dataset.dropped_classes if name != CLUTTER]
    if clutter:
        yield say(
            "Left out: ", Code(CLUTTER), ", a folder of pictures of no particular class (",
            integer(view.dataset_number("/n_dropped_images")), ").",
        )  # fmt: skip
    if others:
        yield say("Left out because no picture was found in it: ", _names(others), ".")


def _left_out_because(
    view: StudyView, dataset: Dataset, reason: LeftOutReason
) -> Iterator[Sentence]:
    places = [i for i, item in enumerate(dataset.left_out) if item.reason == reason]
    if not places:
        return
    names = [dataset.left_out[i].name for i in places]
    pictures = [
        view.dataset_number(f"/left_out/{i}/n_pictures")
        for i in places
        if dataset.left_out[i].n_pictures
    ]
    count: Parts = ()
    if pictures:
        total = pictures[0] if len(pictures) == 1 else derive("sum", *pictures)
        noun = " picture" if total.value == 1 else " pictures"
        count = say(", ", integer(total), noun).parts
    yield say(f"{REASONS[reason]}: ", _names(names), *count, ".")


def _names(names: Sequence[str]) -> Parts:
    shown = [Code(name) for name in names[:NAMED]]
    return parts(listing(shown), " and others") if len(names) > NAMED else listing(shown)


def lost_in_conversion(view: StudyView) -> list[Sentence]:
    """Say how many pictures kept little of their grey levels."""
    if view.dataset is None or not view.dataset.n_remarks:
        return []
    count = integer(view.dataset_number("/n_remarks"))
    noun = "picture" if view.dataset.n_remarks == 1 else "pictures"
    return [
        say(count, f" {noun} of more than eight bits lost most grey levels in being converted, "
            "such as ", Code(view.dataset.remarks[0]), ".")
    ] if view.dataset.remarks else []  # fmt: skip


GIVEN: dict[str, Parts] = {
    "folders": parts(
        "The pictures came divided, each split in a folder of its own, and were taken that way."
    ),
    "all lists": parts(
        "Lists beside the pictures say which split each belongs to, and were followed."
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
    return [*_divided(view), *_folds(view)]


def _folds(view: StudyView) -> list[Sentence]:
    """Say what became of train and validation where they were cut into folds."""
    if view.dataset is None or not view.dataset.folds:
        return []
    return [
        say("Its train and validation pictures, ", integer(n_validated(view)), ", were then put "
            "together and cut into ", integer(derive("length", view.dataset_number("/folds"))),
            " folds, each of which is validation once. Where this report counts train and "
            "validation pictures, it counts those of the first fold’s run.")
    ]  # fmt: skip


def _divided(view: StudyView) -> list[Sentence]:
    assert view.dataset is not None
    if view.dataset.split_source == "lists":
        return [
            say("The split follows the lists beside the pictures, ", Code("train.txt"), " and ",
                Code("test.txt"), "; every second picture of the train list, in its order, goes to "
                "validation.")
        ]  # fmt: skip
    groups = _groups(view)
    if view.dataset.split_shares is not None:
        shares = listing(percent(view.dataset_number(f"/split_shares/{i}")) for i in range(3))
        return [
            say("The split was drawn at random with a fixed seed, within every class: ", shares,
                " of its pictures for train, validation and test, as the study’s settings say."),
            *groups,
        ]  # fmt: skip
    given = GIVEN.get(view.dataset.split_source)
    if given is not None:
        changes = (say(CHANGES[change]) for change in view.dataset.split_changes)
        return [say(given), *changes, *groups]
    return [
        say("No lists came with the pictures, so the split was drawn at random with a fixed seed, "
            "in the same proportions within every class."),
        *groups,
    ]  # fmt: skip


def _groups(view: StudyView) -> list[Sentence]:
    if view.dataset is None or view.dataset.n_groups is None:
        return []
    return [
        say("Pictures that belong together, ", integer(view.dataset_number("/n_groups")),
            " groups, were kept in one split each.")
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


ORIGINAL = parts(": its number of classes and its number of pictures are the original’s.")

KINDS: dict[str, Parts] = {
    "caltech101": parts("It is ", CALTECH, " in its published form", ORIGINAL),
    "sample": parts(
        "It is not ", CALTECH, " but the embedded sample: letters and signs, drawn from many fonts "
        "in random sizes, positions, angles and colours, and laid out in ", CALTECH, "’s form."
    ),
    "folder": parts(
        "It is a data set of the study’s own, not ", CALTECH, "."
    ),
}  # fmt: skip


SAMPLE = parts(
    "It is the embedded sample: letters and signs, drawn from many fonts in random sizes, "
    "positions, angles and colours."
)


def kind(view: StudyView) -> list[Sentence]:
    """Say in plain words which pictures these are."""
    if view.dataset is None:
        return []
    if view.dataset.kind == "caltech101" and is_part(view):
        return [say("The whole is ", CALTECH, " in its published form", *ORIGINAL)]
    if view.study.sections and view.dataset.kind != "caltech101":
        return [say(SAMPLE)] if view.dataset.kind == "sample" else []
    return [say(KINDS[view.dataset.kind])]
