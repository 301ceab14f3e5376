"""What fewer train pictures give: part of `metrics.json`."""

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]


class CurvePoint(msgspec.Struct, frozen=True):
    """A linear head fitted on the frozen features of some train pictures.

    Attributes:
        per_class: Train pictures of each class; a class that has fewer gives all.
        draw: Which of the random draws, from 1.
        n_train: All train pictures of the draw.
        strength: Of the penalty, relative to the features' spread; the best on validation.
        validation_correct: Validation pictures named rightly.
        test_correct: Test pictures named rightly; they have no part in any choice.
    """

    per_class: Count
    draw: Count
    n_train: Count
    strength: float
    validation_correct: Count
    test_correct: Count


class LearningCurve(msgspec.Struct, frozen=True):
    """Accuracy for growing numbers of train pictures a class, on features of a frozen backbone.

    Attributes:
        n_validation: Validation pictures.
        n_test: Test pictures.
        seconds: Wall time of fitting all heads; computing features isn't in it.
        points: By rising number of pictures, then by draw.
        skipped: Numbers that fewer than half of the classes have.
    """

    n_validation: Count
    n_test: Count
    seconds: float
    points: list[CurvePoint]
    skipped: list[Count] = []
