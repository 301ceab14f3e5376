"""What a record says of how its run was computed."""

import pytest

from training.records import LossScaling
from training.run.notes import scaling_notes

FP32_FROM_THE_FOURTH = (
    "The network’s values became too large for fp16: fp32 from epoch 4 on. The train scores of "
    "epoch 3 leave out the 1,024 images of batches with such values."
)


@pytest.mark.parametrize(
    ("scaling", "notes"),
    [
        (None, []),
        (LossScaling(65536.0), []),
        (
            LossScaling(32768.0, 1),
            ["1 training step was skipped, because values were too large for fp16."],
        ),
        (
            LossScaling(2.0, 1500, fp32_from_epoch=4, left_out_images=1024),
            [
                "1,500 training steps were skipped, because values were too large for fp16.",
                FP32_FROM_THE_FOURTH,
            ],
        ),
        (
            LossScaling(65536.0, 0, fp32_from_epoch=1),
            ["The network’s values became too large for fp16: fp32 from epoch 1 on."],
        ),
    ],
)
def test_what_fp16_could_not_hold_is_told(scaling, notes):
    assert scaling_notes(scaling) == notes
