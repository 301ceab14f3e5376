"""What `metrics.json` says of the scores that a tested run kept."""

import msgspec

from training.records.dataset import Count
from training.records.picture_file import Digest


class KeptScores(msgspec.Struct, frozen=True):
    """What `scores.npy` beside this record holds: the scores that a tested run gave.

    Attributes:
        sha256: Of the file, in hexadecimal digits.
        n_test: Test images: its first entries, in the order of `Dataset.test_images`.
        n_validation: Validation images: its other entries.
        n_classes: Classes of the data set.
        n_kept: Log-probabilities kept of each image: of all classes, or of the likeliest.
    """

    sha256: Digest
    n_test: Count
    n_validation: Count
    n_classes: Count
    n_kept: Count
