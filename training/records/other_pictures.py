"""What tested networks answer to pictures of another data set. Plain data, no torch."""

from typing import Annotated

import msgspec

from training.records.dataset import Count

Accuracy = Annotated[float, msgspec.Meta(ge=0, le=1)]


class PictureSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A further data set that a study names, to test on and nothing else.

    Attributes:
        name: By which experiments call it in `test_on`.
        data: Where its images come from, as `--data` names it.
    """

    name: str
    data: str


class OtherTest(msgspec.Struct, frozen=True, kw_only=True):
    """A tested network's scores on a further data set; part of `metrics.json`.

    Attributes:
        pictures: As `PictureSet.name`.
        fingerprint: Of those pictures, see `OtherPictures.fingerprint`.
        loss: Mean cross-entropy in nats; null where not finite.
        accuracy: Top-1, `n_correct` over `n_images`.
        n_correct: Images whose highest score is their class's.
        n_images: Images that were tested on.
    """

    pictures: str
    fingerprint: str
    loss: float | None
    accuracy: Accuracy
    n_correct: Count
    n_images: Count


class OtherAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Answers to a further data set, in the order of `OtherPictures.images`.

    Attributes:
        pictures: As `PictureSet.name`.
        fingerprint: Of those pictures, see `OtherPictures.fingerprint`.
        label: True class index, of the study's classes.
        predicted: Class index with the highest score.
        probability: Softmax probability of the predicted class, rounded to 4 digits.
    """

    pictures: str
    fingerprint: str
    label: list[int]
    predicted: list[int]
    probability: list[float]
