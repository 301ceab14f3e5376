"""The records as JSON Schema: a schema for each kind of file, with what every field means."""

import inspect
import re
from typing import Any

import msgspec

from training.records.dataset import FORMAT
from training.records.files import RECORD_TYPES

DIALECT = "https://json-schema.org/draft/2020-12/schema"

KINDS = tuple(name.removesuffix(".json") for name in RECORD_TYPES)
"""What there is a schema of."""

_FIELD = re.compile(r"^    (\w+): ", re.MULTILINE)


def json_schema(kind: str | None = None) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a kind of record, or of all: a file is one of them.

    Fields that this version doesn't know are refused, though a reader passes over them.

    Args:
        kind: Of `KINDS`.
    """
    references, definitions = described_components(list(RECORD_TYPES.values()))
    files = dict(zip(RECORD_TYPES, references, strict=True))
    head = {"$schema": DIALECT, "$id": f"urn:cnn-homework:records:{FORMAT}:{kind or 'all'}"}
    if kind is None:
        title = f"homework records, format {FORMAT}"
        return {**head, "title": title, "anyOf": [*references], "files": files,
                "$defs": definitions}  # fmt: skip
    name = f"{kind}.json"
    needed = _needed(RECORD_TYPES[name], definitions)
    return {**head, "title": f"{name}, format {FORMAT}", **files[name], "$defs": needed}


def described_components(
    types: list[type[msgspec.Struct]],
) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """Return a reference to each type, and the definitions of all that they are made of."""
    references, definitions = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    for type_ in _structs(types):
        _describe(type_, definitions[type_.__name__])
    return references, definitions


def _describe(type_: type[msgspec.Struct], schema: dict[str, Any]) -> None:
    """Refuse other fields, and say of each what the type's docstring says."""
    text, descriptions = described(type_)
    schema["description"] = text
    schema["additionalProperties"] = False
    for name, field in schema["properties"].items():
        if name in descriptions:
            field["description"] = descriptions[name]
    if "format" in schema["properties"]:
        schema["properties"]["format"] |= {
            "minimum": 1, "maximum": FORMAT, "description": "Number of the records’ format.",
        }  # fmt: skip


def described(type_: type[msgspec.Struct]) -> tuple[str, dict[str, str]]:
    """Return what a docstring says of a type, and of each field in its `Attributes` section."""
    text, _, attributes = inspect.getdoc(type_).partition("\nAttributes:\n")  # type: ignore[union-attr]
    parts = _FIELD.split(attributes.partition("\n\n")[0])
    fields = dict(zip(parts[1::2], parts[2::2], strict=True))
    return " ".join(text.split()), {name: " ".join(said.split()) for name, said in fields.items()}


def _structs(types: list[type[msgspec.Struct]]) -> list[type[msgspec.Struct]]:
    """Return all types that records are made of."""
    found: dict[str, type[msgspec.Struct]] = {}
    ahead: list[Any] = [msgspec.inspect.type_info(type_) for type_ in types]
    while ahead:
        info = ahead.pop()
        if isinstance(info, msgspec.inspect.StructType):
            if info.cls.__name__ in found:
                continue
            found[info.cls.__name__] = info.cls
            ahead += [field.type for field in info.fields]
        elif isinstance(info, msgspec.inspect.UnionType):
            ahead += info.types
        elif isinstance(info, msgspec.inspect.DictType):
            ahead.append(info.value_type)
        elif isinstance(info, msgspec.inspect.TupleType):
            ahead += info.item_types
        elif isinstance(info, msgspec.inspect.ListType | msgspec.inspect.VarTupleType):
            ahead.append(info.item_type)
    return list(found.values())


def _needed(type_: type[msgspec.Struct], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the definitions that a type leads to."""
    names = {struct.__name__ for struct in _structs([type_])}
    return {name: schema for name, schema in definitions.items() if name in names}
