"""Modules of one's own: loaded from beside a study file, under names that nothing else has.

Whatever a person calls the files beside a study, `report.py` or `numpy.py`, they come in nobody's
way: `sys.path` stays as it is. A module is loaded as part of a package that stands for its folder,
so that two folders may both have a `nets.py`; what it imports is looked for beside it, too.
"""

import builtins
import functools
import hashlib
import importlib
import importlib.util
import re
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
    SourcelessFileLoader,
)
from pathlib import Path
from types import ModuleType
from typing import Any

PREFIX = "homework_beside_"
"""Begins the name of a package that stands for a folder; a digest of the folder's path ends it."""

OURS = ("training", "report")
"""This program's own packages, which a person's modules may be called like and still be found."""


def own_function(module_name: str, function: str, folders: Sequence[Path]) -> Any:
    """Return a function of a module that lies in one of some folders, or else is installed.

    Args:
        module_name: Dotted, such as `nets` for `nets.py`, or `nets.resnet` for `nets/resnet.py`.
        folders: The first that has it counts.

    Raises:
        ImportError: There is no such module.
        AttributeError: It has no such function.
        Exception: Whatever the module itself raises.
    """
    top = module_name.partition(".")[0]
    for folder in folders:
        package = _package_of(folder)
        found = _find(package, top)
        if found is not None and not _gives_way(found, top):
            return getattr(importlib.import_module(f"{package}.{module_name}"), function)
    return getattr(importlib.import_module(module_name), function)


def lies_beside(module_name: str, folders: Sequence[Path]) -> bool:
    """Tell whether `own_function` would find a module in one of the folders."""
    top = module_name.partition(".")[0]
    found = [_find(_package_of(folder), top) for folder in folders]
    return any(one is not None and not _gives_way(one, top) for one in found)


def as_written(text: str) -> str:
    """Return an error's text with modules called as the person calls them."""
    return re.sub(rf"{PREFIX}[0-9a-f]+\.", "", text)


def _package_of(folder: Path) -> str:
    """Return the name of the package that stands for a folder, made the first time."""
    place = str(folder.resolve())
    name = PREFIX + hashlib.sha256(place.encode(errors="surrogateescape")).hexdigest()[:12]
    if name not in sys.modules:
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [place]
        sys.modules[name] = importlib.util.module_from_spec(spec)
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    return name


def _find(package: str, top: str) -> ModuleSpec | None:
    """Return what of this name lies in the folder that a package stands for."""
    return _in_places(f"{package}.{top}", list(sys.modules[package].__path__))


def _in_places(name: str, places: Sequence[str]) -> ModuleSpec | None:
    for place in places:
        finder = FileFinder(
            place,
            (ExtensionFileLoader, EXTENSION_SUFFIXES),
            (_Loader, SOURCE_SUFFIXES),
            (SourcelessFileLoader, BYTECODE_SUFFIXES),
        )
        spec = finder.find_spec(name)
        if spec is not None:
            return spec
    return None


def _gives_way(found: ModuleSpec, top: str) -> bool:
    """Say whether it is but a folder without `__init__.py`, and a module of its name is installed.

    So Python decides between them, too.
    """
    if found.loader is not None:
        return False
    try:
        installed = importlib.util.find_spec(top)
    except ValueError:  # a module that was made by hand
        return True
    return installed is not None and installed.origin is not None


class _Finder(MetaPathFinder):
    """Finds the modules of packages that stand for folders, and no others."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        if path is None or not name.startswith(PREFIX):
            return None
        return _in_places(name, list(path))


class _Loader(SourceFileLoader):
    """Loads a module whose own imports are looked for beside it."""

    def exec_module(self, module: ModuleType) -> None:
        package = module.__name__.partition(".")[0]
        own_import = functools.partial(_import, package)
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": own_import}
        super().exec_module(module)


def _import(
    package: str,
    name: str,
    globals: Mapping[str, object] | None = None,  # noqa: A002 - as `__import__` names them
    locals: Mapping[str, object] | None = None,  # noqa: A002
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    """Import what a module of one's own asks for; Python calls this in place of `__import__`."""
    top = name.partition(".")[0]
    if level or not _is_meant(package, top):
        return builtins.__import__(name, globals, locals, fromlist or (), level)
    found = builtins.__import__(f"{package}.{name}", globals, locals, fromlist or ())
    return found if fromlist else sys.modules[f"{package}.{top}"]


def _is_meant(package: str, top: str) -> bool:
    """Say whether a name stands for what lies beside the module that imports it.

    It does, as in any script's folder, unless it is the standard library's or a library's that is
    in use: torch's `numpy` isn't a person's `numpy.py`.
    """
    if top in sys.stdlib_module_names:
        return False
    found = _find(package, top)
    if found is None or _gives_way(found, top):
        return False
    return top in OURS or not _is_library(sys.modules.get(top), sys.modules[package].__path__[0])


def _is_library(module: ModuleType | None, folder: str) -> bool:
    """Say whether a module is there and isn't one of the current folder, nor of `folder`."""
    if module is None:
        return False
    file = Path(getattr(module, "__file__", None) or "")
    place = file.parent.parent if file.stem == "__init__" else file.parent
    return place.resolve() not in (Path.cwd(), Path(folder))
