"""A section of which nothing has a result yet: what is missing, and which command runs it."""

from report.evidence.load import StudyView
from report.evidence.numbers import integer
from report.evidence.sentences import Code, Parts, Sentence, listing, say
from report.evidence.study_sections import members_of, sections
from report.evidence.very_many import counted_experiments
from report.findings.notices import unsuccessful
from report.sections.view import SectionView
from training.records import Experiment

OF_ALL = ("mistakes", "conclusion")
"""Sections about all tested experiments."""

NAMED = 4
"""Experiments up to which each is named."""


def without_result(slug: str, title: str, view: StudyView) -> SectionView | None:
    """Return what stands in a section's place while it has nothing to show.

    Returns:
        None for a section that shows no results, that has one, or whose experiments the study
        doesn't list.
    """
    own = own_experiments(slug, view)
    if not own or has_result(slug, view):
        return None
    return SectionView(
        slug=slug,
        title=title,
        template="without_result",
        notices=tuple(unsuccessful(view, own)),
        findings={"missing": tuple(_missing(slug, view, own))},
    )


def showing_results(view: StudyView) -> tuple[str, ...]:
    """Return the sections that show results."""
    return (*(name for name, s in sections(view).items() if s.kind != "text"), *OF_ALL)


def has_result(slug: str, view: StudyView) -> bool:
    """Tell whether any experiment that a section is about has a result."""
    return any(view.run(experiment.id) is not None for experiment in own_experiments(slug, view))


def own_experiments(slug: str, view: StudyView) -> list[Experiment]:
    """Return the experiments that a section is about, without those it holds them against."""
    if slug in OF_ALL:
        return [experiment for experiment in view.listed if experiment.test]
    section = sections(view).get(slug)
    return members_of(view, section) if section is not None and section.kind != "text" else []


def what_to_run(slug: str, view: StudyView) -> str:
    """Return the command that makes what a section shows, without the program's name."""
    section = sections(view).get(slug)
    if section is None:
        return "run-all"
    if section.kind == "grid" and section.grids:
        return f"run {' '.join(section.grids)}"
    return f"run {section.name}"


def _missing(slug: str, view: StudyView, own: list[Experiment]) -> list[Sentence]:
    """Say what has not been run, and how to run it; of what was skipped or failed notices tell."""
    missing = [experiment for experiment in own if not view.runs(experiment.id)]
    if not missing:
        return []
    command = Code(f"homework {what_to_run(slug, view)} --study {view.folder.name}")
    has, them = (" has", "it") if len(missing) == 1 else (" have", "them")
    return [
        say(*_named(view, missing), f"{has} not been run yet: ", command, f" runs {them}.",
            strength="gap")
    ]  # fmt: skip


def _named(view: StudyView, missing: list[Experiment]) -> Parts:
    if len(missing) <= NAMED:
        return listing(Code(experiment.id) for experiment in missing)
    return say(
        integer(counted_experiments(view, missing)), " experiments that this section is about"
    ).parts
