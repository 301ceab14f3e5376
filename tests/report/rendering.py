"""Run `homework render` and look at what it left."""

import pytest
from click.testing import CliRunner

from training.cli import cli
from training.errors import HomeworkError


class Rendered:
    """What `homework render` left behind.

    Args:
        output: The folder of the report.
        result: How it ended; None where it ended well in another process.
    """

    def __init__(self, output, result=None):
        exception = result.exception if result else None
        self.exit_code = result.exit_code if result else 0
        self.error = exception if isinstance(exception, HomeworkError) else None
        self.unexpected = None if self.error else exception
        self.printed = result.output if result else ""
        self.html_file = output / "report.html"
        self.pdf_file = output / "report.pdf"
        self.html = self.html_file.read_text(encoding="utf-8") if self.html_file.is_file() else ""

    def section(self, slug):
        return self.html.partition(f"<!-- section {slug} -->")[2].partition("<!-- end of ")[0]


def draw_nothing(patch):
    """Leave every figure blank, to save the time of drawing."""
    blank = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
    patch.setattr("report.figures.drawing_pool.draw", lambda *_: blank)
    patch.setattr("report.figures.drawing_pool.helpers", lambda: 0)


def run_render(study, output, *options):
    """Run `homework render` on a study."""
    arguments = ["render", "--runs", str(study.parent), "--output", str(output)]
    return Rendered(output, CliRunner().invoke(cli, [*arguments, *options]))


def documents_written(patch):
    """Return a list that receives WeasyPrint's documents as they are written; skip without it."""
    weasyprint = pytest.importorskip("weasyprint")
    documents, write = [], weasyprint.Document.write_pdf

    def keep(document, *arguments, **options):
        documents.append(document)
        return write(document, *arguments, **options)

    patch.setattr(weasyprint.Document, "write_pdf", keep)
    return documents
