"""Say what rooms a package has and which imports join them, by reading its own source.

    python bench/rooms.py                    # both packages of this checkout
    python bench/rooms.py /other/report      # that folder, for instance another checkout's

A room is a folder of the package, or a module that lies beside the folders; the package's own
`__init__` belongs to none. An arrow goes from a room to one that it imports, however deep inside a
function the import stands. A room's floor is the length of the longest chain of arrows below it.
`FLOORS` says which directions are allowed; `tests/test_rooms.py` holds the packages to it.
"""

import argparse
import ast
import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent

FLOORS: dict[str, tuple[tuple[str, ...], ...]] = {
    "training": (
        (
            "byte_names",
            "byte_sizes",
            "durations",
            "errors",
            "folders",
            "holm",
            "kolmogorov",
            "natural_order",
            "own_modules",
            "plurals",
            "stopping",
            "time_limit",
        ),
        ("fonts", "lookup", "own_code", "records", "system"),
        ("locks", "logs", "progress", "study"),
        ("device",),
        ("data", "networks"),
        ("engine",),
        ("weights",),
        ("planning",),
        ("run",),
        ("executors", "feasible"),
        ("forecast",),
        ("reproduce", "session"),
        ("cli",),
        ("__main__", "api"),
    ),
    "report": (
        ("errors",),
        ("evidence",),
        ("audit",),
        ("findings",),
        ("tables",),
        ("figures",),
        ("sections",),
        ("writing",),
        ("pdf",),
        ("assemble",),
        ("build",),
        ("verify",),
        ("comparison", "export", "grading", "serve"),
        ("api", "cli"),
    ),
}
"""The rooms of each package from the ground up. A room imports from the floors below it alone."""

SHARED: dict[str, tuple[str, ...]] = {
    "training": (),
    "report": (
        "training.byte_names",
        "training.cli.completion",  # of options that commands of both packages have
        "training.cli.runs_path",  # the type of --runs, which commands of both packages have
        "training.folders",
        "training.fonts",
        "training.logs",
        "training.holm",
        "training.kolmogorov",
        "training.natural_order",
        "training.records",
        "training.study",
        "training.system",
    ),
}
"""What each package may import of the other one, beside its version."""

LIBRARIES: dict[str, tuple[str, ...]] = {
    "click": (
        "training.cli",
        "report.cli",
        "report.comparison.cli",
        "report.export.cli",
        "report.grading.cli",
        "report.serve.cli",
    ),
    "optuna": ("training.study.samplers",),
    "pydyf": ("report.pdf",),
    "torch": ("training",),
    "weasyprint": ("report.pdf",),
}
"""The only rooms and modules that may import a library."""


@dataclass(frozen=True)
class Package:
    """A package's modules and all that they import.

    Attributes:
        imports: By module, the names of modules and libraries as they stand in its import
            statements; a name that is no module of the package is kept as it is.
    """

    name: str
    imports: Mapping[str, frozenset[str]]

    def room(self, module: str) -> str:
        """Return a module's room; nothing for its `__init__` and for what is elsewhere."""
        package, _, rest = module.partition(".")
        return rest.partition(".")[0] if package == self.name else ""

    @functools.cached_property
    def rooms(self) -> dict[str, int]:
        """The number of modules in each room."""
        found: dict[str, int] = {}
        for module in self.imports:
            if room := self.room(module):
                found[room] = found.get(room, 0) + 1
        return found

    @functools.cached_property
    def arrows(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """The imports behind each arrow, as `module imports module`."""
        found: dict[tuple[str, str], list[str]] = {}
        for module, imported in sorted(self.imports.items()):
            for other in sorted(imported):
                rooms = (self.room(module), self.room(other))
                if all(rooms) and rooms[0] != rooms[1]:
                    found.setdefault(rooms, []).append(f"{module} imports {other}")
        return {rooms: tuple(imports) for rooms, imports in found.items()}

    @functools.cached_property
    def cycles(self) -> list[tuple[str, ...]]:
        """Groups of rooms each of which reaches all others of its group."""
        reached = {room: self._reached(room) for room in self.rooms}
        groups = {
            tuple(sorted({room, *(other for other in reached[room] if room in reached[other])}))
            for room in self.rooms
        }
        return sorted(group for group in groups if len(group) > 1)

    def _reached(self, room: str) -> set[str]:
        found: set[str] = set()
        ahead = [room]
        while ahead:
            start = ahead.pop()
            for a, b in self.arrows:
                if a == start and b not in found:
                    found.add(b)
                    ahead.append(b)
        return found

    def floor(self, room: str) -> int:
        """Return a room's floor, the ground being 1; the rooms of a cycle share one."""
        group = next((group for group in self.cycles if room in group), (room,))
        below = {b for a, b in self.arrows if a in group and b not in group}
        return 1 + max(map(self.floor, below), default=0)

    @property
    def upward(self) -> list[str]:
        """The imports that `FLOORS` doesn't allow between rooms that it names."""
        level = {room: n for n, floor in enumerate(FLOORS[self.name]) for room in floor}
        return [
            imported
            for (a, b), imports in self.arrows.items()
            if a in level and b in level and level[a] <= level[b]
            for imported in imports
        ]


def read_package(folder: Path) -> Package:
    """Read the imports of every module below a package's folder."""
    files = {_name(file, folder): file for file in sorted(folder.rglob("*.py"))}
    return Package(
        folder.name,
        {name: frozenset(_imported(file, files)) for name, file in files.items()},
    )


def _name(file: Path, folder: Path) -> str:
    parts = file.relative_to(folder.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(file: Path, known: Iterable[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else node.module


def lies_in(module: str, places: Iterable[str]) -> bool:
    """Tell whether a module is one of some modules and packages, or inside one."""
    return any(module == place or module.startswith(f"{place}.") for place in places)


def describe(package: Package) -> Iterator[str]:
    """Yield lines that say in words what `FLOORS` says in one table, and what is against it."""
    floors = {room: package.floor(room) for room in package.rooms}
    yield (
        f"{package.name}: {len(package.imports)} modules in {len(package.rooms)} rooms, "
        f"{len(package.arrows)} arrows between rooms, {max(floors.values(), default=0)} floors"
    )
    for room, floor in sorted(floors.items(), key=lambda item: (item[1], item[0])):
        below = ", ".join(sorted(b for a, b in package.arrows if a == room)) or "no other room"
        modules = f"{package.rooms[room]} module{'s' if package.rooms[room] > 1 else ''}"
        yield f"  floor {floor:2}  {room}: {modules}; imports {below}"
    for group in package.cycles:
        yield f"  In a circle: {', '.join(group)}."
    unknown = package.rooms.keys() - {room for floor in FLOORS[package.name] for room in floor}
    if unknown:
        yield f"  Not in the table of floors: {', '.join(sorted(unknown))}."
    yield from (f"  Upwards: {imported}." for imported in package.upward)
    if not package.upward and not package.cycles:
        yield "  No arrow runs upwards."


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", default=[])
    for folder in parser.parse_args().folders or [ROOT / name for name in FLOORS]:
        print(*describe(read_package(folder.resolve())), sep="\n")


if __name__ == "__main__":
    main()
