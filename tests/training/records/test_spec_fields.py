"""The fields of a spec are named once, for tables, logs and exports."""

import msgspec

from training.planning.plan import resolve
from training.records import Experiment, Settings, Spec
from training.records.spec_fields import SPEC_FIELDS, kind_of, name_of, spec_values

SPEC = resolve(Experiment(id="a/b", question="?", head=(8, 4)), Settings(), 3)[0]


def test_every_field_has_its_label_and_its_name_once():
    assert list(SPEC_FIELDS) == list(Spec.__struct_fields__)
    for named in ([how.label for how in SPEC_FIELDS.values()], list(map(name_of, SPEC_FIELDS))):
        assert len(set(named)) == len(SPEC_FIELDS)


def test_values_are_plain_and_units_stand_in_their_names():
    values = spec_values(SPEC)
    assert values["image_size_pixels"] == 224
    assert values["step_size_epochs"] == 20
    assert values["head"] == "[8,4]"
    assert values["mean"] is None
    assert values["seed"] == 3


def test_kinds_are_those_of_the_values():
    kinds = {"text": (str, type(None)), "integer": int, "number": float}
    plain = spec_values(msgspec.structs.replace(SPEC, width=0.5))
    for field in SPEC_FIELDS:
        assert isinstance(plain[name_of(field)], kinds[kind_of(field)]), field
