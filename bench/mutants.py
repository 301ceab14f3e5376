"""Change one operator or number of a module at a time, and see whether its tests notice.

    python bench/mutants.py                          every module of the table below
    python bench/mutants.py report/findings/grid.py  one of them
    python bench/mutants.py --count 1000 --seed 1    more of them, or others

The changes are cosmic-ray's: another comparison, another operator, a number one higher or lower, a
`not`, `and` for `or`, a loop that never runs, a decorator gone. Left aside are those of `|`, which
joins types nearly everywhere, `is` for `==`, and what doesn't compile. Each is made in a copy of
the project, and the module's tests run on it in a process of their own, forked from one that has
imported all libraries. A change that no test notices is printed; one that takes longer than ten
times what the tests take, and ten seconds, counts as noticed.
"""

import argparse
import contextlib
import difflib
import importlib
import itertools
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parent.parent
LEFT_ASIDE = re.compile(r"_BitOr_|Operator_(?!Is)\w+_Is(Not)?$|/Variable|/NoOp")

LIBRARIES = "libraries.txt"
"""Where the tests of a module write down what they imported."""

ENGINE, FINDINGS = "tests/training/engine/", "tests/report/findings/"
TESTS = {
    "training/engine/loop.py": [
        f"{ENGINE}test_{name}.py"
        for name in ("loop", "loss_scale", "without_waiting", "checkpoint", "out_of_memory")
    ],
    "training/engine/evaluate.py": [
        f"{ENGINE}test_{name}.py" for name in ("evaluate", "loss_scale", "loop")
    ],
    "training/engine/optimizers.py": [
        f"{ENGINE}test_{name}.py" for name in ("optimizers", "loss_scale")
    ],
    "training/engine/recorded_step.py": [
        f"{ENGINE}test_room_for_a_recorded_step.py", f"{ENGINE}test_recorded_step.py",
    ],
    "training/run/train_model.py": [
        "tests/training/run/test_what_is_trained.py", "tests/training/run/test_train_model.py",
    ],
    "training/networks/freezing.py": ["tests/training/networks/test_freezing.py"],
    "training/data/splits.py": [
        f"tests/training/data/test_{name}.py"
        for name in ("class_shares", "index_and_splits", "listed")
    ],
    "training/planning/plan.py": [
        "tests/training/planning/test_resolve.py", "tests/training/planning/test_plan.py",
    ],
    "report/evidence/statistics.py": ["tests/report/evidence/test_statistics.py"],
    **{
        f"report/findings/{name}.py": [f"{FINDINGS}test_{name}.py"]
        for name in (
            "against_reference", "comparing", "contradictions", "cost", "data", "first_layer",
            "freezing", "grid", "learning", "mistakes", "notices", "outdated", "scores",
            "still_improving",
        )
    },
    "report/audit/records.py": ["tests/report/audit/test_records.py"],
}  # fmt: skip


def main() -> None:
    """Run every module's sample of changes and print the table."""
    parser = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description=__doc__)  # fmt: skip
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="default: all of the table")
    parser.add_argument("--count", type=int, default=40, help="changes a module")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "project"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", "__pycache__", "docs"))
        os.environ["HOMEWORK_CACHE"] = f"{place}/cache"
        for module in options.modules or TESTS:
            rows.append((module, *_try(copy, module, options.count, options.seed)))
    print("\n| module | changes | noticed | share |\n|---|---|---|---|")
    for module, n, noticed in rows:
        print(f"| `{module}` | {n} | {noticed} | {100 * noticed / max(n, 1):.0f} % |")


def _try(copy: Path, module: str, count: int, seed: int) -> tuple[int, int]:
    """Return how many changes were tried, and how many the tests noticed."""
    file, tests = copy / module, TESTS[module]
    source = file.read_text()
    start = time.monotonic()
    if not _passes(copy, tests, timeout=600):
        raise SystemExit(f"The tests of {module} fail without any change.")
    for name in (copy / LIBRARIES).read_text().split():
        with contextlib.suppress(Exception):  # some are made while another is imported
            importlib.import_module(name)
    timeout = 10 + 10 * (time.monotonic() - start)
    tried = noticed = 0
    for name, text in itertools.islice(_changes(source, random.Random(seed)), count):
        tried += 1
        file.write_text(text)
        os.utime(file, (start + tried, start + tried))  # no stale bytecode: it goes by the time
        if _passes(copy, tests, timeout):
            print(f"\n{module}, not noticed: {name}\n{_difference(source, text)}", flush=True)
        else:
            noticed += 1
    file.write_text(source)
    print(f"{module}: {noticed} of {tried} noticed", flush=True)
    return tried, noticed


def _changes(source: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield the name of each change and the module's text with it, in random order."""
    nodes = list(ast_nodes(get_ast(source)))
    places = []
    for name in operator_names():
        if LEFT_ASIDE.search(name) is None:
            n_places = sum(len(list(get_operator(name)().mutation_positions(n))) for n in nodes)
            places += [(name, occurrence) for occurrence in range(n_places)]
    rng.shuffle(places)
    seen = {source}
    for name, occurrence in places:
        text = mutate_code(source, get_operator(name)(), occurrence)
        if text not in seen and _compiles(text):
            seen.add(text)
            yield name.partition("/")[2], text


def _compiles(text: str) -> bool:
    try:
        with warnings.catch_warnings(action="ignore"):
            compile(text, "", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def _passes(copy: Path, tests: list[str], timeout: float) -> bool:
    child = os.fork()
    if child == 0:
        os.setsid()
        os.chdir(copy)
        sys.path.insert(0, str(copy))
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        ended = importlib.import_module("pytest").main(
            ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow", *tests]
        )
        (copy / LIBRARIES).write_text("\n".join(_libraries(copy)))
        os._exit(ended)
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status == 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _libraries(copy: Path) -> Iterator[str]:
    """Yield the modules that were imported, other than the project's and its tests'."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is not None and not file.startswith(str(copy)) and name != "__main__":
            yield name


def _difference(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++")))


if __name__ == "__main__":
    main()
