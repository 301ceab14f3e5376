"""Build a study from preset, study file and command line, in rising precedence."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from training.errors import StudyError
from training.lookup import look_up, unknown_name
from training.records import (
    OPTIONS,
    Experiment,
    Outline,
    PictureSet,
    Settings,
    StudyRecord,
    matches_group,
)
from training.study.changed_tests import check_changed_tests
from training.study.choices import choices_of
from training.study.files import StudyFile, convert_fields
from training.study.lists import study_list, with_epochs
from training.study.other_pictures import check_tested
from training.study.presets import PRESETS
from training.study.recipe import (
    check_losses,
    check_mixing,
    check_optimizers,
    check_phases,
    check_recipe,
    check_warm_ups,
)

NETWORKS = ("alexnet", "vgg16", "resnet18", "torchvision:NAME", "timm:NAME", "module:function")
"""What a backbone may be."""


def build_study(
    preset: str | None = None,
    file: StudyFile | None = None,
    overrides: Mapping[str, Any] | None = None,
    name: str | None = None,
    data: str | None = None,
) -> StudyRecord:
    """Resolve a study: command line over study file over preset.

    Args:
        overrides: Fields of `Settings`; None values mean "not given".
        name: The study's name; by default the study file's, else the preset's.
        data: Where images come from; by default the study file's, else the preset's.

    Raises:
        StudyError: Unknown preset, experiment or field, or a value out of its range.
    """
    file = file or StudyFile()
    base = look_up("preset", preset or file.preset or "reference", PRESETS)
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    settings = _checked(_replace(base.settings, {**file.settings, **given}, file))
    study_name = name or file.name or base.name
    check_name(study_name)
    listed = study_list(file, settings)
    experiments = with_epochs(listed.experiments, given.get("epochs"))
    if not experiments:
        raise StudyError(
            f"{file.path or study_name} lists no experiments.",
            'Add [experiments."section/name"] or [grids."section/name"].',
        )
    check_recipes(experiments, settings)
    check_changed_tests(experiments, listed.sections)
    check_tested(experiments)
    others = tuple(PictureSet(key, each["data"]) for key, each in file.pictures.items())
    is_homework = not file.sections and not file.extends and not file.grids and not file.kept
    return StudyRecord(
        name=study_name,
        preset=base.name,
        title=file.title or (study_name if file.has_own_list else base.title),
        author=file.author,
        course=file.course,
        abstract=file.abstract,
        data=data or file.data or base.data,
        settings=settings,
        experiments=experiments,
        report=file.report or Outline(),
        sections=tuple(file.study_sections.values()),
        grids=() if is_homework else tuple(grid.record for grid in listed.grids.values()),
        pictures=others or msgspec.UNSET,
    )


def check_recipes(experiments: Sequence[Experiment], settings: Settings) -> None:
    """Refuse experiments whose fields can't go together under a study's settings.

    Raises:
        StudyError: One can't be run so.
    """
    check_warm_ups(experiments, settings)
    check_optimizers(experiments, settings)
    check_mixing(experiments, settings)
    check_losses(experiments, settings)
    check_phases(experiments, settings)


def check_name(name: str) -> None:
    """Refuse what can't be the name of a study's folder.

    Raises:
        StudyError: It is empty, hidden or a path.
    """
    if not name.strip() or name.startswith(".") or {"/", "\\"} & set(name):
        raise StudyError(f"“{name}” can't name a study.", "Use a plain folder name.")


def retell(study: StudyRecord, file: StudyFile) -> StudyRecord:
    """Return a study with the words and the outline that a study file gives, all else as it was."""
    return msgspec.structs.replace(
        study,
        title=file.title or study.title,
        author=file.author or study.author,
        course=file.course or study.course,
        abstract=file.abstract or study.abstract,
        report=study.report if file.report is None else file.report,
        sections=tuple(file.study_sections.get(item.name, item) for item in study.sections),
    )


def _replace(settings: Settings, fields: Mapping[str, Any], file: StudyFile) -> Settings:
    return convert_fields(msgspec.to_builtins(settings) | dict(fields), Settings, file, "settings")


def _checked(settings: Settings) -> Settings:
    positive = ("epochs", "batch_size", "step_size", "gamma", "width", "seeds", "max_per_class")
    for field in positive:
        value = getattr(settings, field)
        if value is not None and value <= 0:
            raise StudyError(f"{field} must be positive; found {value}.")
    check_folds(settings)
    if ":" not in settings.backbone and settings.backbone not in NETWORKS:
        raise unknown_name("backbone", settings.backbone, NETWORKS)
    if settings.image_size < 64:
        raise StudyError(
            "image_size must be at least 64 pixels, AlexNet’s smallest; "
            f"found {settings.image_size}."
        )
    if not 0 <= settings.seed < 2**31:
        raise StudyError(f"seed must be between 0 and 2147483647; found {settings.seed}.")
    for field in ("momentum", "weight_decay"):
        if getattr(settings, field) < 0:
            raise StudyError(f"{field} can't be negative; found {getattr(settings, field)}.")
    check_recipe(settings, "[settings]")
    choices_of(settings)
    if not settings.learning_rates or min(settings.learning_rates) <= 0:
        raise StudyError("learning_rates must hold at least one rate, all above 0.")
    if not settings.optimizers:
        raise StudyError(f"optimizers must hold at least one of {', '.join(OPTIONS)}.")
    return settings


def check_folds(settings: Settings) -> None:
    """Refuse a number of folds that is none.

    Raises:
        StudyError: One fold, or several seeds beside folds.
    """
    if settings.folds == 1:
        raise StudyError(
            "folds is 1, and a single fold leaves nothing to train on.",
            "Set at least 2, such as folds = 5, or 0 for no folds.",
        )
    if settings.folds and settings.seeds > 1:
        raise StudyError(
            f"folds is {settings.folds} and seeds is {settings.seeds}, but each fold is one run "
            "with a seed of its own.",
            "Leave one of them out.",
        )


def select(study: StudyRecord, names: Sequence[str]) -> list[Experiment]:
    """Return the experiments that sections, ids or id prefixes (`transfer/grid`) name.

    No names select the whole list without extras, unless the settings ask for them.

    Raises:
        StudyError: A name matches nothing; lists what would and the nearest.
    """
    if not names:
        extras = study.settings.extras
        return [experiment for experiment in study.experiments if extras or not experiment.extra]
    chosen: set[str] = set()
    for name in names:
        matches = [item for item in study.experiments if matches_name(item, name)]
        if not matches:
            sections = {item.section: None for item in study.experiments}
            valid = [*sections, *(item.id for item in study.experiments)]
            raise unknown_name("section or experiment", name, valid)
        exact = [item for item in matches if item.id == name]
        wanted = exact or [i for i in matches if study.settings.extras or not i.extra] or matches
        chosen |= {item.id for item in wanted}
    return [experiment for experiment in study.experiments if experiment.id in chosen]


def matches_name(experiment: Experiment, name: str) -> bool:
    """Tell whether `name` is the experiment's id, its section, or its group (`transfer/grid`)."""
    return name in (experiment.id, experiment.section) or matches_group(experiment.id, name)
