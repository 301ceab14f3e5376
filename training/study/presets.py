"""The two presets: the homework as given, and the same list small enough for a laptop."""

from dataclasses import dataclass

from training.records import Settings


@dataclass(frozen=True)
class Preset:
    """A named starting point for a study's settings.

    Attributes:
        data: Where pictures come from when `--data` isn't given: `caltech101` or `sample`.
    """

    name: str
    title: str
    description: str
    data: str
    settings: Settings


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="reference",
            title="Training convolutional neural networks on Caltech-101",
            description="Caltech-101 at 224 px, full epochs, ImageNet weights.",
            data="caltech101",
            settings=Settings(),
        ),
        Preset(
            name="quick",
            title="The homework in miniature",
            description=(
                "The same list on the embedded sample: small pictures, thin networks, few epochs."
            ),
            data="sample",
            settings=Settings(
                epochs=12,
                batch_size=16,
                image_size=96,
                step_size=9,
                width=0.25,
                weights="sample",
            ),
        ),
    )
}
