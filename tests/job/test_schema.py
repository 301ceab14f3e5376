"""`homework schema`: a schema a kind of record, which holds good ones and refuses others."""

import json
import re
import shutil
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner

from training.cli import cli
from training.records import KINDS, RECORD_TYPES

jsonschema = pytest.importorskip("jsonschema")
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "runs" / "example"
PAGE = ROOT / "docs" / "records.md"

every_kind = pytest.mark.parametrize("kind", KINDS)
needs_the_example = pytest.mark.skipif(not EXAMPLE.is_dir(), reason="runs/example isn't here")


def schema(*kind):
    result = CliRunner().invoke(cli, ["schema", *kind])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def validator(*kind):
    found = schema(*kind)
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


def records(kind):
    return [json.loads(file.read_text()) for file in sorted(EXAMPLE.rglob(f"{kind}.json"))]


@every_kind
@needs_the_example
def test_real_records_satisfy_the_schema_of_their_kind_and_no_other(kind):
    own, every = validator(kind), validator()
    others = [validator(other) for other in KINDS if other != kind]
    found = records(kind)
    assert found
    for record in found:
        assert [error.message for error in own.iter_errors(record)] == []
    assert every.is_valid(found[0])
    assert not any(other.is_valid(found[0]) for other in others)


@pytest.mark.parametrize("kind", [(), *((kind,) for kind in KINDS)])
@pytest.mark.parametrize("garbage", [{"garbage": 1}, {}, [], None])
def test_garbage_is_refused(kind, garbage):
    assert not validator(*kind).is_valid(garbage)


@needs_the_example
@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda r: r.update(garbage=1), "$"),
        (lambda r: r["spec"].update(garbage=1), "$.spec"),
        (lambda r: r["test"].update(accuracy=97.8), "$.test.accuracy"),
        (lambda r: r.update(status="finished"), "$.status"),
        (lambda r: r.update(format=99), "$.format"),
        (lambda r: r.pop("seed"), "$"),
    ],
)
def test_a_broken_record_is_refused_where_it_is_broken(change, place):
    record = json.loads((EXAMPLE / "scratch" / "best" / "seed-0" / "metrics.json").read_text())
    change(record)
    assert place in {error.json_path for error in _deepest(validator("metrics"), record)}


def _deepest(own, record):
    for error in own.iter_errors(record):
        yield error
        yield from error.context


@every_kind
def test_every_field_is_described_and_others_are_refused(kind):
    found = schema(kind)
    assert f"{kind}.json" in found["title"]
    for name, definition in found["$defs"].items():
        assert definition["additionalProperties"] is False, name
        assert definition["description"], name
        assert "Attributes" not in definition["description"], name
        for field, about in definition["properties"].items():
            assert about.get("description"), f"{name}.{field}"
    text = json.dumps(found)
    used = set(re.findall(r'"#/\$defs/(\w+)"', text))
    assert used == set(found["$defs"])


def test_each_schema_has_an_address_of_its_own():
    ids = {schema(*kind)["$id"] for kind in [(), *((kind,) for kind in KINDS)]}
    assert len(ids) == len(KINDS) + 1
    assert all(re.fullmatch(r"urn:cnn-homework:records:\d+:[a-z]+", each) for each in ids)
    assert {f"{kind}.json" for kind in KINDS} == set(RECORD_TYPES)


def test_an_unknown_kind_names_those_there_are():
    answer = CliRunner().invoke(cli, ["schema", "metric"])
    assert answer.exit_code == 2
    assert all(kind in answer.output for kind in KINDS)


@needs_the_example
@pytest.mark.skipif(not PAGE.is_file(), reason="docs isn't here")
def test_the_example_of_the_page_prints_what_the_page_shows(tmp_path, monkeypatch, capsys):
    page = PAGE.read_text()
    command = re.search(r"    homework (schema \w+) > (\S+)\n", page)
    code = re.search(
        r"\n\n((?:    import json\n)(?:    .*\n|\n)+)prints\n\n(?:<!-- prints -->\n\n)?    (.*)\n",
        page,
    )
    place = tmp_path / "runs" / "example" / "scratch" / "best" / "seed-0"
    place.mkdir(parents=True)
    shutil.copy(EXAMPLE / "scratch" / "best" / "seed-0" / "metrics.json", place)
    monkeypatch.chdir(tmp_path)
    Path(command[2]).write_text(CliRunner().invoke(cli, command[1].split()).output)
    exec(textwrap.dedent(code[1]), {})
    assert capsys.readouterr().out == f"{code[2]}\n"
