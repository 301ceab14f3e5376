"""Sections, experiments, presets and study files, as plain data. Imports no torch."""

from training.study.existing import as_file, check_code, described_study, in_words
from training.study.experiments import SECTIONS, sections_of
from training.study.files import StudyFile, read_study_file
from training.study.lists import experiment_list
from training.study.outline import (
    FIRST_SECTIONS,
    HEATMAPS,
    LAST_SECTIONS,
    REPORT_SECTIONS,
    check_outline,
    report_sections,
    shown_sections,
)
from training.study.presets import PRESETS, Preset
from training.study.resolve import build_study, matches_name, retell, select

__all__ = [
    "FIRST_SECTIONS",
    "HEATMAPS",
    "LAST_SECTIONS",
    "PRESETS",
    "REPORT_SECTIONS",
    "SECTIONS",
    "Preset",
    "StudyFile",
    "as_file",
    "build_study",
    "check_code",
    "check_outline",
    "described_study",
    "experiment_list",
    "in_words",
    "matches_name",
    "read_study_file",
    "report_sections",
    "retell",
    "sections_of",
    "select",
    "shown_sections",
]
