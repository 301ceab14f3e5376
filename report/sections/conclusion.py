"""What the study found, question by question, and how far it reaches."""

from report.evidence.load import StudyView
from report.evidence.numbers import integer
from report.evidence.sentences import Code, Sentence, say
from report.figures.comparison_figures import accuracy_against_cost, forest
from report.findings import duplicates
from report.findings.against_reference import against_reference
from report.findings.chosen import chosen
from report.findings.comparing import compare, tested_result
from report.findings.cost import accuracy_per_parameter, what_accuracy_cost
from report.findings.grid import best_pair
from report.findings.notices import data_notices, progress
from report.sections import SECTIONS
from report.sections.view import SectionView
from report.tables.results import accuracies_beside_reference, without_duplicates

TRANSFER = "transfer/best"


def build(view: StudyView) -> SectionView:
    """Make the conclusion."""
    return SectionView(
        slug="conclusion",
        title=SECTIONS["conclusion"].title,
        notices=(*data_notices(view), *progress(view)),
        findings={
            "scratch": (
                *_pairs(view, "scratch/grid"),
                *tested_result(view, "scratch/best")[:1],
            ),
            "transfer": (*_pairs(view, "transfer/grid"), *compare(view, TRANSFER, "scratch/best")),
            "freezing": tuple(_each(view, "freezing")),
            "augmentation": tuple(_each(view, "augmentation")),
            "beyond": tuple(_each(view, "beyond")),
            "overall": (*chosen(view), *accuracy_per_parameter(view)),
            "duplicates": tuple(duplicates.what_they_change(view)),
            "cost": tuple(what_accuracy_cost(view)),
            "reference": tuple(against_reference(view)),
            "limits": tuple(_limits(view)),
        },
        figures={"forest": forest(view), "cost": accuracy_against_cost(view)},
        tables={"accuracies": accuracies_beside_reference(view), **without_duplicates(view)},
    )


def _pairs(view: StudyView, grid: str) -> list[Sentence]:
    if not view.ranked(grid):
        return [say("No pair of ", Code(grid), " has a result yet.", strength="gap")]
    return best_pair(view, grid)[:1]


def _each(view: StudyView, section: str) -> list[Sentence]:
    """Hold each of a section's experiments against training all weights."""
    compared = [compare(view, e.id, TRANSFER) for e in view.section(section)]
    found = [sentences[0] for sentences in compared if sentences]
    caveats = {str(sentence): sentence for sentences in compared for sentence in sentences[1:]}
    if found:
        return [*found, *caveats.values()]
    return [say("There is nothing to compare yet.", strength="gap")]


def _limits(view: StudyView) -> list[Sentence]:
    """Say how many random starts stand behind every number."""
    seeds = view.study_number("/settings/seeds")
    if seeds.value == 1:
        return [
            say("Every experiment was run once, with one random start. The intervals cover the "
                "choice of test pictures, not how much another start would have changed.")
        ]  # fmt: skip
    return [
        say("Every experiment was to be run with ", integer(seeds), " random starts. Where three "
            "or more were tested, intervals and tests cover the random start, not the choice of "
            "test pictures. So few starts say little: only large differences show.")
    ]  # fmt: skip
