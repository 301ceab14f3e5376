"""Time `homework render` on the finished example study, from process start to file written.

    python bench/render.py
    python bench/render.py --experiments 1000

Every row runs as a process of its own, with a cache folder of its own, in turn, for several rounds;
the table gives the median and the fastest, beside the target. Below it stands where the time of a
first render goes, step by step in one process.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from many import write_many

from training.device.environment import cpu_name

EXAMPLE = Path(__file__).parent.parent / "runs" / "example"
TARGETS = {
    "help": 0.25, "html, first": 4.0, "html, nothing changed": 0.6, "html, --only transfer": 2.0,
    "pdf, first": 9.0, "pdf, nothing changed": 0.6, "pdf, one section changed": 6.0,
}  # fmt: skip
"""Row to seconds on two cores."""


class Place:
    """A copy of a study, and a cache of its own."""

    def __init__(self, folder: Path, study: Path) -> None:
        self.runs = folder / "runs"
        self.study = Path(shutil.copytree(study, self.runs / study.name))
        for name in ("html", "pdf"):
            (self.study / f"report.{name}").unlink(missing_ok=True)
        self.cache = folder / "cache"

    def render(self, *options: str) -> float:
        """Run `homework render` and return its seconds."""
        command = [sys.executable, "-c", "from training.cli import main; main()", "render",
                   "--runs", str(self.runs), "--study", self.study.name, *options]  # fmt: skip
        environment = os.environ | {"HOMEWORK_CACHE": str(self.cache)}
        started = time.perf_counter()
        subprocess.run(command, check=True, env=environment, capture_output=True)
        return time.perf_counter() - started

    def change(self) -> None:
        """Change a record of the section on transfer learning, as another run would."""
        file = self.study / "transfer" / "detail-1" / "seed-0" / "curves.json"
        record = json.loads(file.read_text())
        record["train_loss"][0] += 0.001
        file.write_text(json.dumps(record))


def once(study: Path) -> dict[str, float]:
    """Time every row once."""
    found: dict[str, float] = {}
    for name in ("html", "pdf"):
        with tempfile.TemporaryDirectory() as folder:
            place = Place(Path(folder), study)
            if name == "html":
                found["help"] = place.render("--help")
            found[f"{name}, first"] = place.render("--format", name)
            found[f"{name}, nothing changed"] = place.render("--format", name)
            place.change()
            if name == "html":
                found["html, --only transfer"] = place.render("--format", "html", "--only",
                                                              "transfer")  # fmt: skip
            else:
                found["pdf, one section changed"] = place.render("--format", "pdf")
    return found


def stages() -> dict[str, float]:
    """Time the steps of a first render, HTML and PDF, in this process."""
    found: dict[str, float] = {}

    def step(name: str, work: Callable[[], object]) -> object:
        started = time.perf_counter()
        answer = work()
        found[name] = time.perf_counter() - started
        return answer

    step("import report", lambda: import_module("report.build"))
    from report.evidence.load import load_study
    from report.figures.drawing_pool import DrawingPool, fill
    from report.pdf.write import write_pdf
    from report.sections import SECTIONS, section_view
    from report.sections.cover import make_cover
    from report.writing.section_cache import Fragment
    from report.writing.templating import render_page, render_section

    view = load_study(EXAMPLE)
    step("load", lambda: load_study(EXAMPLE))
    views = {}
    step("findings, tables", lambda: views.update({s: section_view(s, view) for s in SECTIONS}))
    step("import matplotlib, seaborn", lambda: import_module("seaborn"))
    drawings = [drawing for section in views.values() for drawing in section.drawings]
    for lettering in ("outlines", "text"):
        pool = DrawingPool(lettering, n_helpers=0)  # type: ignore[arg-type]
        step(f"draw {len(drawings)} figures, {lettering}", lambda s=pool: s.prepare(drawings))
    html: dict[bool, dict[str, str]] = {}
    for paper in (False, True):
        where = "for paper" if paper else "for screens"
        step(
            f"templates, {where}",
            lambda p=paper: html.update(  # type: ignore[misc]
                {p: {s: render_section(views[s], view.study, paper=p) for s in views}}
            ),
        )
    filled = {s: fill(html[True][s], pool.pictures(views[s].drawings)) for s in SECTIONS}
    fragments = [Fragment(s, SECTIONS[s].title, html[False][s], filled[s], "") for s in SECTIONS]
    page = str(step("page", lambda: render_page(make_cover(view), fragments, paper=True)))
    step("import WeasyPrint", lambda: import_module("weasyprint"))
    step("WeasyPrint", lambda: write_pdf(page))
    return found


def main() -> None:
    """Print the table."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--experiments", type=int, help="time a study of so many instead")
    options = parser.parse_args()
    print(f"{cpu_name()}, {os.cpu_count()} cores")
    if options.experiments:
        many(options.experiments)
        return
    rounds = [once(EXAMPLE) for _ in range(options.rounds)]
    print(f"\n{'render':28} {'median s':>9} {'fastest s':>10} {'target s':>9}")
    for row, target in TARGETS.items():
        times = [found[row] for found in rounds]
        print(f"{row:28} {statistics.median(times):9.2f} {min(times):10.2f} {target:9.2f}")
    with tempfile.TemporaryDirectory() as cache:
        os.environ["HOMEWORK_CACHE"] = cache
        print("\nwhere it goes, one process, without helpers")
        for name, seconds in stages().items():
            print(f"{name:34} {seconds:6.2f} s")


def many(n_experiments: int) -> None:
    """Time a study of many experiments, and measure its memory."""
    with tempfile.TemporaryDirectory() as folder:
        study = write_many(EXAMPLE, Path(folder) / "many", n_experiments)
        place = Place(Path(folder) / "place", study)
        seconds = place.render("--format", "html")
        print(f"{n_experiments} experiments: html, first {seconds:.1f} s")
        print(f"nothing changed {place.render('--format', 'html'):.2f} s")
        place.change()
        summary = place.render("--format", "html", "--only", "introduction")
        print(f"--only introduction {summary:.1f} s")
        size = (place.study / "report.html").stat().st_size
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"report {size / 1e6:.1f} MB, peak memory {peak:,.0f} MB")


if __name__ == "__main__":
    main()
