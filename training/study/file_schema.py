"""Study files as JSON Schema, for editors that complete and check TOML (taplo, VS Code)."""

from typing import Any

from training.records import GRID_FIELDS, Experiment, Outline, Settings, StudySection
from training.records.code_names import CODE
from training.records.schema import DIALECT, described, described_components
from training.records.transforms import GROUPS, TRANSFORMS
from training.study.files import (
    AT_MOST,
    FROM,
    HOMEWORK,
    KEYS,
    LIKE,
    NOT_FOR,
    ONLY_FOR,
    RANK,
    StudyFile,
)
from training.study.grids import (
    OF_SETTINGS,
    ROUND,
    SAMPLE,
    SAMPLE_SEED,
    SAMPLER,
    SAMPLERS,
    SHARED_WORDS,
    USUAL_ROUND,
)
from training.study.own_sections import TEXTS
from training.study.presets import PRESETS

ID = "urn:cnn-homework:study-file"
"""By which a schema of study files is known as one."""

SAID = {
    LIKE: "An experiment whose fields this one begins with.",
    FROM: "“best of section/grid”: all fields of the grid’s best member but those that stand here; "
    "with none that changes it, its run is taken over.",
    RANK: "Beside “from”: 2 for the second best.",
    ONLY_FOR: "Backbones of the study with which this is in the list.",
    NOT_FOR: "Backbones of the study with which this isn’t in the list.",
    SAMPLE: "How many members are drawn at random, or chosen, in place of all.",
    SAMPLE_SEED: "Another draw for another number.",
    SAMPLER: "What chooses the members of a sample: chance (random, the default), or Optuna, from "
    "the validation accuracies of earlier ones.",
    ROUND: f"Members that such a sampler chooses at a time; {USUAL_ROUND} where this isn’t said.",
}

TEXT: dict[str, Any] = {"type": "string"}
NAMES = {"type": "array", "items": TEXT}
PICTURES = {
    "type": "object",
    "properties": {"data": TEXT | {"description": "Where they are, as the study’s own images."}},
    "required": ["data"],
    "additionalProperties": False,
    "description": "Further images that experiments are tested on, by test_on.",
}
COUNT = {"type": "integer", "minimum": 0}


def study_file_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of study files, with what every key means."""
    references, definitions = described_components([Settings, Experiment, StudySection, Outline])
    _of_tables(definitions)
    said = described(StudyFile)[1]
    tables = {
        "pictures": {"type": "object", "additionalProperties": PICTURES},
        "settings": references[0],
        "experiments": {"type": "object", "additionalProperties": references[1]},
        "grids": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Grid"}},
        "sections": {"type": "object", "additionalProperties": references[2]},
        "report": references[3],
        "extends": {"enum": [HOMEWORK]},
        "preset": {"enum": list(PRESETS)},
    }
    properties = {
        key: {**tables.get(key, TEXT), **({"description": said[key]} if key in said else {})}
        for key in KEYS
    }
    found: dict[str, Any] = _without_prefix_items(
        {
            "$schema": DIALECT,
            "$id": ID,
            "title": "A study file of homework",
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
            "$defs": definitions,
        }
    )
    return found


def _without_prefix_items(schema: Any) -> Any:
    """Say of each list of fixed length what all its items may be, in place of item by item.

    Editors' checkers (taplo's) don't know `prefixItems`, and take the `items: false` beside it
    for a list that must be empty.
    """
    if isinstance(schema, list):
        return [_without_prefix_items(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _without_prefix_items(value) for key, value in schema.items()}
    if (each := found.pop("prefixItems", None)) is not None:
        kinds = [kind for number, kind in enumerate(each) if kind not in each[:number]]
        found["items"] = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return found


def _of_tables(definitions: dict[str, Any]) -> None:
    """Turn the definitions of records into those of the tables that they are read from."""
    experiment, section = definitions["Experiment"], definitions["StudySection"]
    own = {"type": "string", "pattern": f"^{CODE}$"}
    experiment["properties"]["augmentation"]["anyOf"].append(own)
    definitions["Grid"] = _grid(experiment)
    del experiment["properties"]["id"], section["properties"]["name"]
    del section["properties"]["pictures"]
    experiment["required"] = section["required"] = []
    keys: dict[str, dict[str, Any]] = {
        LIKE: TEXT,
        FROM: {"type": "string", "pattern": "^best of .+/.+"},
        RANK: {"type": "integer", "minimum": 1},
        ONLY_FOR: NAMES,
        NOT_FOR: NAMES,
    }
    experiment["properties"] |= {
        key: schema | {"description": SAID[key]} for key, schema in keys.items()
    }
    size = experiment["properties"]["batch_size"]
    most = {"type": "object", "properties": {AT_MOST: {"type": "integer", "minimum": 1}},
            "required": [AT_MOST], "additionalProperties": False,
            "description": "The study’s, but no more than this."}  # fmt: skip
    experiment["properties"]["batch_size"] = {**size, "anyOf": [*size["anyOf"], most]}
    for key, field in TEXTS.items():
        section["properties"][key] = TEXT | {"description": f"A Markdown file in place of {field}."}
    transform = {
        "type": "object",
        "properties": {"name": {"anyOf": [{"enum": sorted(TRANSFORMS)}, own]}},
        "required": ["name"],
        "description": "By name, with its arguments beside it.",
    }
    groups = {
        "type": "object",
        "properties": {
            "name": {"enum": sorted(GROUPS)},
            "transforms": {"type": "array", "items": {"$ref": "#/$defs/Transform"}, "minItems": 1},
            "p": {"type": ["number", "array"], "items": {"type": "number"}},
        },
        "required": ["name", "transforms"],
        "additionalProperties": False,
        "description": "All of some transforms or none, one of them, or all in any order.",
    }
    ways = [{"enum": sorted(TRANSFORMS)}, own, transform, groups]
    definitions["Transform"] = {"anyOf": ways}
    extra = definitions["ExtraSection"]
    del extra["properties"]["pictures"]
    extra["properties"]["file"] = TEXT | {"description": "A Markdown file in place of markdown."}
    extra["required"] = ["title"]


def _grid(experiment: dict[str, Any]) -> dict[str, Any]:
    """Return the definition of a grid: every field one value, several, or a range."""
    number = {"type": "number"}
    drawn = {
        "type": "object",
        "properties": {"from": number, "to": number, "scale": {"enum": ["linear", "log"]}},
        "required": ["from", "to"],
        "additionalProperties": False,
        "description": "With sample: drawn from here to there.",
    }
    fields = {}
    for name in GRID_FIELDS:
        one = experiment["properties"][name]
        said = {"description": one["description"]} if "description" in one else {}
        value = {key: part for key, part in one.items() if key not in ("description", "default")}
        ways = [value, {"type": "array", "items": value, "minItems": 1}, drawn]
        if name in OF_SETTINGS:
            ways.append({"const": OF_SETTINGS[name], "description": "Those of [settings]."})
        fields[name] = {"anyOf": ways, **said}
    words = {name: experiment["properties"][name] for name in SHARED_WORDS}
    keys: dict[str, dict[str, Any]] = {
        LIKE: TEXT,
        SAMPLE: COUNT,
        SAMPLE_SEED: COUNT,
        SAMPLER: {"enum": list(SAMPLERS)},
        ROUND: {"type": "integer", "minimum": 1},
    }
    return {
        "type": "object",
        "description": "Experiments that differ in one, two or three fields: those with a list.",
        "properties": fields
        | words
        | {key: schema | {"description": SAID[key]} for key, schema in keys.items()},
        "additionalProperties": False,
    }
