"""Refuse tests on changed pictures that nobody could make, or that no report would show."""

from collections.abc import Iterable, Mapping
from typing import Any

from training.errors import StudyError
from training.lookup import unknown_name
from training.records import Experiment, StudySection
from training.records.changed_tests import CHANGES

KIND = "robustness"
"""Of the sections that show them."""


def check_changes(fields: Mapping[str, Any], where: str) -> None:
    """Refuse unknown ways of changing test pictures.

    Raises:
        StudyError: With the nearest right word.
    """
    given = fields.get("test_with")
    for name in given if isinstance(given, list | tuple) else ():
        if isinstance(name, str) and name not in CHANGES:
            raise unknown_name(f"change of test pictures in {where}, test_with:", name, CHANGES)
        if given and list(given).count(name) > 1:
            raise StudyError(f"In {where}: test_with has {name!r} twice.", "Name it once.")


def check_changed_tests(
    experiments: Iterable[Experiment], sections: Mapping[str, StudySection]
) -> None:
    """Refuse them where nothing is tested, or where no section shows them.

    Raises:
        StudyError: An experiment has them there.
    """
    for experiment in experiments:
        if not experiment.test_with:
            continue
        if not experiment.test:
            raise StudyError(
                f"{experiment.id}: test_with names changed test pictures, but it isn't tested.",
                "Add test = true, or leave test_with out.",
            )
        section = sections.get(experiment.section)
        if section is None or section.kind != KIND:
            raise StudyError(
                f"{experiment.id}: test_with is shown by sections of the kind {KIND}, and "
                f"{experiment.section} is none.",
                f'Put it into a section with kind = "{KIND}".',
            )
