"""The study's questions with their answers, as a table."""

from report.evidence.display_names import model_name
from report.evidence.load import StudyView
from report.evidence.sentences import Link, Parts, parts
from report.findings.answers import answers
from report.tables.cells import row
from report.tables.views import Column, Table

CAPTION = parts(
    "The questions and what came out. All differences named here are tested together: “clear” ones "
    "stand after Holm’s correction for the number of these tests, “likely” ones only without it; "
    "“open” means that none can be told."
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


def _question(view: StudyView, section: str) -> Parts:
    backbone = view.study.settings.backbone
    others = "later" if backbone == "alexnet" else "other"
    questions: dict[str, tuple[str, str, str]] = {
        "scratch": ("How far does training ", "from a random start", " get?"),
        "heatmaps": ("Do ", "learning rate and optimizer", " matter?"),
        "transfer": ("Do ", "weights learned on another task", " help?"),
        "freezing": ("Which part ", "can stay frozen", "?"),
        "augmentation": ("Do ", "altered copies of the pictures", " help?"),
        "beyond": ("Do ", f"{others} architectures", f" do better than {model_name(backbone)}?"),
    }
    before, linked, after = questions[section]
    return parts(before, Link(linked, section), after)


def _paragraph(sentences: list[Parts]) -> Parts:
    found: Parts = ()
    for sentence in sentences:
        found = parts(found, " ", sentence) if found else sentence
    return found
