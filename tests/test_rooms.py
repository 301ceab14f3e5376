"""Imports run one way between the rooms of both packages; `bench/rooms.py` has the table."""

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "bench" / "rooms.py"

if not SCRIPT.is_file():
    pytest.skip("bench/rooms.py isn't here", allow_module_level=True)

SPEC = importlib.util.spec_from_file_location("rooms", SCRIPT)
rooms = sys.modules["rooms"] = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(rooms)

PACKAGES = {name: rooms.read_package(ROOT / name) for name in rooms.FLOORS}
IMPORTS = {m: names for package in PACKAGES.values() for m, names in package.imports.items()}

both = pytest.mark.parametrize("package", PACKAGES.values(), ids=PACKAGES)


@both
def test_no_arrow_between_rooms_runs_upwards(package):
    assert package.upward == []


@both
def test_no_rooms_are_in_a_circle(package):
    assert package.cycles == []


def is_ground(package, room):
    """Tell whether a room is a module that imports nothing of its package: it needs no table."""
    return f"{package.name}.{room}" in package.imports and not any(
        a == room for a, _ in package.arrows
    )


@pytest.mark.parametrize("name", PACKAGES)
def test_every_room_has_its_floor_and_says_what_it_is_for(name):
    floors = [room for floor in rooms.FLOORS[name] for room in floor]
    assert len(floors) == len(set(floors))
    assert set(floors) <= PACKAGES[name].rooms.keys()
    without = PACKAGES[name].rooms.keys() - set(floors)
    assert {room for room in without if not is_ground(PACKAGES[name], room)} == set()
    for init in (ROOT / name).glob("*/__init__.py"):
        assert ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))), init


@both
def test_a_package_imports_of_the_other_one_only_what_both_share(package):
    other = next(name for name in PACKAGES if name != package.name)
    through = {
        f"{module} imports {name}"
        for module, imported in package.imports.items()
        for name in imported
        if name.startswith(f"{other}.")
        and not rooms.lies_in(name, rooms.SHARED[package.name])
        and not is_ground(PACKAGES[other], name.removeprefix(f"{other}."))
    }
    assert through == set()


@pytest.mark.parametrize("library", rooms.LIBRARIES)
def test_a_library_is_imported_only_where_it_belongs(library):
    found = {
        m for m, imported in IMPORTS.items() if any(rooms.lies_in(n, [library]) for n in imported)
    }
    assert found, f"nothing imports {library}, so the table needn't name it"
    assert {m for m in found if not rooms.lies_in(m, rooms.LIBRARIES[library])} == set()


def test_the_report_never_reaches_torch_even_inside_a_function():
    ahead = [m for m in IMPORTS if rooms.lies_in(m, ["report"])]
    came_from = dict.fromkeys(ahead, "")
    while ahead:
        module = ahead.pop()
        for name in {*IMPORTS.get(module, ()), module.rpartition(".")[0]} - PACKAGES.keys():
            assert not rooms.lies_in(name, ["torch", "torchvision"]), (module, came_from[module])
            if name not in came_from:
                came_from[name] = module
                ahead.append(name)
    assert {"training.records.files", "training.study.files"} <= came_from.keys()


def package_of(tmp_path, **modules):
    """Make a package named report from the source of its modules, `__` standing for the dot."""
    for name, source in modules.items():
        file = (tmp_path / "report").joinpath(*name.split("__")).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    return rooms.read_package(tmp_path / "report")


def test_an_upward_import_inside_a_function_is_found(tmp_path):
    package = package_of(
        tmp_path,
        evidence__load="def load():\n    from report.sections import cover\n",
        sections__cover="import report.errors\n",
        errors="",
    )
    assert package.upward == ["report.evidence.load imports report.sections.cover"]
    assert [package.floor(room) for room in ("errors", "sections", "evidence")] == [1, 2, 3]
    assert "  Upwards: report.evidence.load imports report.sections.cover." in rooms.describe(
        package
    )


def test_rooms_that_need_each_other_are_found(tmp_path):
    package = package_of(
        tmp_path,
        figures__views="from report.tables.views import Table\n",
        tables__views="",
        tables__results="from report.findings import cost\n",
        findings__cost="from report.figures import views\n",
    )
    assert package.cycles == [("figures", "findings", "tables")]
    assert package.floor("figures") == package.floor("tables") == 1
