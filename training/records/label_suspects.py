"""Train labels that may be wrong: part of `metrics.json`."""

from typing import Annotated

import msgspec

from training.records.neighbours import NearImage

Count = Annotated[int, msgspec.Meta(ge=0)]


class LabelSuspect(msgspec.Struct, frozen=True):
    """A train picture whose label heads fitted on other pictures contradict.

    Attributes:
        path: Relative to the data folder.
        label: Its class.
        answer: The class that it confidently belongs to by its features.
        margin: Probability of the answer less that of the label.
        file: Its small copy, relative to the study's folder.
        width: Of the copy, pixels.
        height: Of the copy, pixels.
        nearest: The train images nearest to it in the same features, the nearest first; none in
            older records.
    """

    path: str
    label: Count
    answer: Count
    margin: float
    file: str = ""
    width: Count = 0
    height: Count = 0
    nearest: list[NearImage] = []


class LabelSuspects(msgspec.Struct, frozen=True):
    """Confident learning on the frozen features of the train pictures; nothing is left out for it.

    Attributes:
        n_train: Train pictures that were looked at.
        n_suspects: Those whose label is confidently contradicted.
        seconds: Wall time of fitting, features aside.
        first: The least doubtful, at most 24.
    """

    n_train: Count
    n_suspects: Count
    seconds: float
    first: list[LabelSuspect] = []
