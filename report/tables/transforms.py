"""How pictures were altered, in words."""

from report.evidence.numbers import plain
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, listing, parts
from training.records import Transform
from training.records.transforms import GROUPS, Parameter


def augmentation_in_words(run: Run) -> Parts:
    """Name what alters a run's train pictures; of torchvision's transforms with their arguments."""
    spec = run.metrics.spec
    if spec is None:
        return ()
    if isinstance(spec.augmentation, str):
        return parts(spec.augmentation.replace("-", " "))
    return listing(
        _transform(run, item, f"/spec/augmentation/{i}") for i, item in enumerate(spec.augmentation)
    )


def _transform(run: Run, item: Transform, pointer: str) -> Parts:
    if item.name in GROUPS:
        return _group(run, item, pointer)
    if not item.parameters:
        return parts(Name(item.name))
    told = [
        part
        for i, (name, value) in enumerate(item.parameters)
        for part in (*parts(", " if i else "", f"{name.replace('_', ' ')} "),
                     *_value(run, value, f"{pointer}/parameters/{i}/1"))
    ]  # fmt: skip
    return parts(Name(item.name), " (", *told, ")")


def _group(run: Run, item: Transform, pointer: str) -> Parts:
    """Say what is drawn from some transforms, in brackets behind it."""
    members = [
        _transform(run, one, f"{pointer}/transforms/{i}") for i, one in enumerate(item.transforms)
    ]
    joined = (part for i, one in enumerate(members) for part in ("; " if i else "", *one))
    return parts(*_drawn(run, item, pointer), " (", *joined, ")")


def _drawn(run: Run, item: Transform, pointer: str) -> Parts:
    told = [place for place, (name, _) in enumerate(item.parameters) if name == "p"]
    p = f"{pointer}/parameters/{told[0]}/1" if told else ""
    if item.name == "RandomOrder":
        return parts("in any order")
    if item.name == "RandomApply":
        odds = parts("with probability ", plain(run.number(p))) if p else parts("as often as not")
        return parts("all or none, ", *odds)
    if not p:
        return parts("one of")
    shares = (plain(run.number(f"{p}/{i}")) for i in range(len(item.transforms)))
    odds = parts(*(part for i, share in enumerate(shares) for part in (" : " if i else "", share)))
    return parts("one of, at odds of ", *odds)


def _value(run: Run, value: Parameter, pointer: str) -> Parts:
    if isinstance(value, bool):
        return parts("on" if value else "off")
    if isinstance(value, str):
        return parts(Name(value))
    if isinstance(value, tuple):
        numbers = (plain(run.number(f"{pointer}/{i}")) for i in range(len(value)))
        return parts(*(part for i, n in enumerate(numbers) for part in (" / " if i else "", n)))
    return parts(plain(run.number(pointer)))
