"""Sections, experiments, presets and study files, as plain data. Imports no torch."""

from training.study.experiments import SECTIONS, Section, experiment_list
from training.study.files import StudyFile, read_study_file
from training.study.presets import PRESETS, Preset
from training.study.resolve import build_study, matches_name, select

__all__ = [
    "PRESETS",
    "SECTIONS",
    "Preset",
    "Section",
    "StudyFile",
    "build_study",
    "experiment_list",
    "matches_name",
    "read_study_file",
    "select",
]
