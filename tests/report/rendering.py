"""Run `homework render` and look at what it left."""

import pytest
from click.testing import CliRunner

from training.cli import cli
from training.errors import HomeworkError


class Rendered:
    """What `homework render` left behind."""

    def __init__(self, result, output):
        self.exit_code = result.exit_code
        self.error = result.exception if isinstance(result.exception, HomeworkError) else None
        self.unexpected = None if self.error else result.exception
        self.printed = result.output
        self.html_file = output / "report.html"
        self.pdf_file = output / "report.pdf"
        self.html = self.html_file.read_text(encoding="utf-8") if self.html_file.is_file() else ""

    def section(self, slug):
        return self.html.partition(f"<!-- section {slug} -->")[2].partition("<!-- end of ")[0]


def run_render(study, output, *options):
    """Run `homework render` on a study."""
    arguments = ["render", "--runs", str(study.parent), "--output", str(output)]
    return Rendered(CliRunner().invoke(cli, [*arguments, *options]), output)


def documents_written(patch):
    """Return a list that receives WeasyPrint's documents as they are written; skip without it."""
    weasyprint = pytest.importorskip("weasyprint")
    documents, write = [], weasyprint.Document.write_pdf

    def keep(document, *arguments, **options):
        documents.append(document)
        return write(document, *arguments, **options)

    patch.setattr(weasyprint.Document, "write_pdf", keep)
    return documents
