"""The homework's own words: what its experiments, grids and changes are called, by their ids.

A study with a list of sections of its own uses none of them.
"""

from training.records import Freeze

EXPERIMENTS = {
    "scratch/baseline": " from scratch by the first recipe",
    "scratch/best": " from scratch",
    "transfer/best": " fine-tuned",
    "transfer/detail-1": " fine-tuned by the first pair",
    "transfer/detail-2": " fine-tuned by the second pair",
    "freezing/cnn": " with frozen convolutions",
    "freezing/fc": " with frozen classifier and head",
    "freezing/fc-head-free": " with frozen classifier and trained head",
    "freezing/backbone": " with frozen backbone",
    "freezing/head": " with frozen head",
    "augmentation/one-of-three": " with augmentation",
    "augmentation/none": " without augmentation",
    "augmentation/horizontal-flip": " augmented by horizontal flips",
    "augmentation/rotation": " augmented by rotation",
    "augmentation/vertical-flip": " augmented by vertical flips",
    "data/how-many": " with frozen backbone for the learning curve",
}
"""What follows the network's name."""

FINALISTS = {"scratch": "from scratch", "transfer": "fine-tuned"}
"""What follows the network's name in pairs of a section's grid."""

RANDOM_GRID, PRETRAINED_GRID = "scratch/grid", "transfer/grid"

STARTS = {RANDOM_GRID: "from a random start", PRETRAINED_GRID: "from pre-trained weights"}
"""What the runs of each grid start from."""

FINALIST_OF_RANDOM, FINE_TUNED = "scratch/best", "transfer/best"
"""The best pair of either grid."""

UNCHANGED = "augmentation/none"
"""Trained for as many epochs as the runs with augmentation."""

RECIPE = "scratch/baseline"
"""Trained by the recipe that the homework gives."""

SHOWN = {
    "scratch": "scratch/best",
    "transfer": "transfer/detail-1",
    "augmentation": "augmentation/one-of-three",
}
"""The experiment whose course a section draws."""

IN_APPENDIX = {"scratch": ("scratch/baseline",), "transfer": ("transfer/detail-2",)}
"""Experiments whose course the appendix draws, of sections that draw another one."""

STRATEGIES = {
    "cnn": "freezing/cnn",
    "fc": "freezing/fc",
    "head_free": "freezing/fc-head-free",
}
"""Ways of freezing networks with several fully connected layers."""

ANY_STRATEGIES = {"backbone": "freezing/backbone", "head": "freezing/head"}
"""Ways of freezing any network that has a head and a backbone."""

PROMISED: dict[str, Freeze] = {
    "freezing/cnn": "features",
    "freezing/fc": "classifier",
    "freezing/fc-head-free": "classifier-but-head",
    "freezing/backbone": "backbone",
    "freezing/head": "head",
}
"""What the headings of these experiments promise to be frozen."""

CHANGES = {
    "transfer/best": "Pre-training",
    "freezing/cnn": "Freezing the convolutions",
    "freezing/fc": "Freezing classifier and head",
    "freezing/fc-head-free": "Freezing the classifier but not its head",
    "freezing/backbone": "Freezing the backbone",
    "freezing/head": "Freezing the head",
    "augmentation/one-of-three": "Augmentation",
}
"""What sentences call a change, by the experiment that makes it."""
