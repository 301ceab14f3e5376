"""Which of torchvision's transforms may alter train pictures, and what each is told. No torch."""

import msgspec

Parameter = bool | int | float | str | tuple[int | float, ...]


class Transform(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One of `torchvision.transforms.v2`, by its name, or one of somebody's own.

    Attributes:
        name: Of the class; or the `module:function` that, given the arguments, makes a function of
            a picture.
        parameters: Its arguments, by name; `p` is its own or, where it has none, that of
            `RandomApply` around it. Of `RandomChoice` it is the odds of each of `transforms`.
        transforms: Those that one of `GROUPS` draws from, in their order.
    """

    name: str
    parameters: tuple[tuple[str, Parameter], ...] = ()
    transforms: tuple["Transform", ...] = ()


PICTURE = ("interpolation", "fill")

TRANSFORMS: dict[str, tuple[str, ...]] = {
    "AugMix": ("severity", "mixture_width", "chain_depth", "alpha", "all_ops", *PICTURE),
    "AutoAugment": ("policy", *PICTURE),
    "ColorJitter": ("brightness", "contrast", "saturation", "hue"),
    "ElasticTransform": ("alpha", "sigma", *PICTURE),
    "GaussianBlur": ("kernel_size", "sigma"),
    "RandAugment": ("num_ops", "magnitude", "num_magnitude_bins", *PICTURE),
    "RandomAdjustSharpness": ("sharpness_factor", "p"),
    "RandomAffine": ("degrees", "translate", "scale", "shear", "center", *PICTURE),
    "RandomAutocontrast": ("p",),
    "RandomChannelPermutation": (),
    "RandomCrop": ("padding", "pad_if_needed", "fill", "padding_mode"),
    "RandomEqualize": ("p",),
    "RandomErasing": ("p", "scale", "ratio", "value"),
    "RandomGrayscale": ("p",),
    "RandomHorizontalFlip": ("p",),
    "RandomInvert": ("p",),
    "RandomPerspective": ("distortion_scale", "p", *PICTURE),
    "RandomPhotometricDistort": ("brightness", "contrast", "saturation", "hue", "p"),
    "RandomPosterize": ("bits", "p"),
    "RandomResizedCrop": ("scale", "ratio", "interpolation", "antialias"),
    "RandomRotation": ("degrees", "center", *PICTURE),
    "RandomSolarize": ("threshold", "p"),
    "RandomVerticalFlip": ("p",),
    "TrivialAugmentWide": ("num_magnitude_bins", *PICTURE),
}
"""Those that take and give a picture of uint8 and may leave its size as it is, and their
arguments; the size is the study's."""

GROUPS: dict[str, tuple[str, ...]] = {
    "RandomApply": ("p",),
    "RandomChoice": ("p",),
    "RandomOrder": (),
}
"""Those that are given other transforms: all of them or none, one of them, or all in any order."""

DEEPEST = 5
"""How far transforms may stand in each other."""

NEEDED: dict[str, str] = {
    "GaussianBlur": "kernel_size", "RandomAdjustSharpness": "sharpness_factor",
    "RandomAffine": "degrees", "RandomPosterize": "bits", "RandomRotation": "degrees",
    "RandomSolarize": "threshold",
}  # fmt: skip
"""Arguments that have no usual value."""

SIZED = ("RandomCrop", "RandomResizedCrop")
"""Transforms that are told the size of the result."""
