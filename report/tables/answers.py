"""The study's questions with their answers, as a table."""

from report.evidence.display_names import model_name
from report.evidence.load import StudyView
from report.evidence.sentences import Link, Parts, parts
from report.evidence.study_sections import is_homework, sections
from report.findings.answers import answers
from report.tables.cells import (
    DIFFERENCE,
    difference_cells,
    name_cell,
    number_column,
    row,
    test_and_interval_cell,
)
from report.tables.results import seed_notes
from report.tables.views import Column, Table
from training.records import SectionKind

CAPTION = parts(
    "The questions and what came out. All differences named here are tested together: “clear” ones "
    "stand after Holm’s correction for the number of these tests, “likely” ones only without it; "
    "“open” means that none can be told."
)

TESTS = parts(
    "The tests behind the answers: each model’s test accuracy with its 95 % interval, and how far "
    "it lies from the model that it is held against."
)


def answers_table(view: StudyView) -> Table:
    """Return the questions, each with a link to its section, the answer, and how sure it is."""
    columns = (Column("Question"), Column("Answer"), Column("How sure"))
    rows = tuple(
        row(
            _question(view, answer.section),
            _paragraph([sentence.parts for sentence in answer.sentences]),
            parts(answer.sure),
        )
        for answer in answers(view)
    )
    return Table("answers", CAPTION, columns, rows)


def tests_table(view: StudyView) -> Table:
    """Return the tests behind the answers: who is held against whom, and how sure it is."""
    columns = (
        Column("Model"),
        Column("Held against"),
        number_column("Test", "%"),
        DIFFERENCE,
        number_column("p"),
        Column("How sure"),
    )
    rows = tuple(
        row(
            name_cell(d.model.name),
            name_cell(d.base.name),
            test_and_interval_cell(d.model),
            *difference_cells(d.model, d.base),
            parts(d.sure),
        )
        for answer in answers(view)
        for d in answer.differences
    )
    return Table("tests", TESTS, columns, rows, seed_notes(view))


def _question(view: StudyView, section: str) -> Parts:
    backbone = view.study.settings.backbone
    others = "later" if backbone == "alexnet" else "other"
    own = sections(view)[section]
    if not is_homework(view):
        return parts(Link(own.question or own.title, section))
    questions: dict[SectionKind, tuple[str, str, str]] = {
        "runs": ("How far does training ", "from a random start", " get?"),
        "grid": ("Do ", "learning rate and optimizer", " matter?"),
        "transfer": ("Do ", "weights learned on another task", " help?"),
        "freezing": ("Which part ", "can stay frozen", "?"),
        "augmentation": ("Do ", "altered copies of the pictures", " help?"),
        "networks": ("Do ", f"{others} architectures", f" do better than {model_name(backbone)}?"),
    }
    before, linked, after = questions[own.kind]
    return parts(before, Link(linked, section), after)


def _paragraph(sentences: list[Parts]) -> Parts:
    found: Parts = ()
    for sentence in sentences:
        found = parts(found, " ", sentence) if found else sentence
    return found
