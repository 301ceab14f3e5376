"""How pictures were altered, in words."""

from report.evidence.load import Run
from report.evidence.numbers import plain
from report.evidence.sentences import Name, Parts, listing, parts
from training.records import Transform
from training.records.transforms import Parameter


def augmentation_in_words(run: Run) -> Parts:
    """Name what alters a run's train pictures; of torchvision's transforms with their arguments."""
    spec = run.metrics.spec
    if spec is None:
        return ()
    if isinstance(spec.augmentation, str):
        return parts(spec.augmentation.replace("-", " "))
    return listing(
        _transform(run, item, f"/spec/augmentation/{i}/parameters")
        for i, item in enumerate(spec.augmentation)
    )


def _transform(run: Run, item: Transform, pointer: str) -> Parts:
    if not item.parameters:
        return parts(Name(item.name))
    told = [
        part
        for i, (name, value) in enumerate(item.parameters)
        for part in (*parts(", " if i else "", f"{name.replace('_', ' ')} "),
                     *_value(run, value, f"{pointer}/{i}/1"))
    ]  # fmt: skip
    return parts(Name(item.name), " (", *told, ")")


def _value(run: Run, value: Parameter, pointer: str) -> Parts:
    if isinstance(value, bool):
        return parts("on" if value else "off")
    if isinstance(value, str):
        return parts(Name(value))
    if isinstance(value, tuple):
        numbers = (plain(run.number(f"{pointer}/{i}")) for i in range(len(value)))
        return parts(*(part for i, n in enumerate(numbers) for part in (" / " if i else "", n)))
    return parts(plain(run.number(pointer)))
