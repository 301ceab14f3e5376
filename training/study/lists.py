"""The list of a study: the homework's, with what a study file adds and changes, or the file's."""

import contextlib
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from training.errors import StudyError
from training.lookup import unknown_name
from training.records import (
    EXPERIMENT_WORDS,
    GRID_FIELDS,
    ID_PATTERN,
    Choice,
    Experiment,
    Settings,
    StudyGrid,
    StudySection,
    matches_group,
)
from training.study.experiments import HOMEWORK_FILE, SECTIONS
from training.study.files import (
    FROM,
    HOMEWORK,
    LIKE,
    LIST_KEYS,
    NOT_FOR,
    ONLY_FOR,
    RANK,
    StudyFile,
    convert_fields,
    experiment_fields,
    read_study_file,
)
from training.study.grids import RANDOM, GridTable, Where, members, read_grid
from training.study.own_sections import DATA
from training.study.recipe import check_recipe
from training.study.rounds import begun_grid, corners, members_of

BEST_OF = re.compile(r"best of (\S+)")
PAIR = {"learning_rate", "optimizer"}
"""What a choice takes over when it doesn't say."""

DEFAULTS = {known.name: known.default for known in msgspec.structs.fields(Experiment)}


@dataclass(frozen=True)
class Grid:
    """A grid of a list.

    Attributes:
        table: None of a study that is there, whose record lists the members alone.
    """

    record: StudyGrid
    table: GridTable | None = None


@dataclass(frozen=True)
class StudyList:
    """What a study consists of.

    Attributes:
        sections: By name, in order.
        grids: By id.
        experiments: In the order of their sections.
    """

    sections: dict[str, StudySection] = field(default_factory=dict)
    grids: dict[str, Grid] = field(default_factory=dict)
    experiments: tuple[Experiment, ...] = ()


def experiment_list(settings: Settings) -> list[Experiment]:
    """Return the homework's whole list for these settings, extras included."""
    return list(homework_list(settings).experiments)


@functools.lru_cache(maxsize=1)
def _homework() -> StudyFile:
    return read_study_file(HOMEWORK_FILE)


def homework_list(settings: Settings) -> StudyList:
    """Return the homework's list for these settings."""
    return extended(StudyList(), _homework(), settings)


def study_list(file: StudyFile, settings: Settings) -> StudyList:
    """Return the list that a study file describes under a study's settings.

    The settings' epochs hold for all that the homework lists, not for what the file says itself.

    Raises:
        StudyError: The file names what there isn't, or describes what can't be run.
    """
    if file.has_own_list:
        return extended(StudyList(), file, settings)
    base = homework_list(settings)
    experiments = tuple(with_epochs(base.experiments, settings.epochs))
    return extended(StudyList(base.sections, base.grids, experiments), file, settings)


def with_epochs(experiments: Iterable[Experiment], epochs: int | None) -> list[Experiment]:
    """Return experiments that all train for as many epochs; without a number, as they are."""
    if epochs is None:
        return list(experiments)
    return [msgspec.structs.replace(item, epochs=epochs) for item in experiments]


def extended(base: StudyList, file: StudyFile, settings: Settings) -> StudyList:
    """Return a list with the sections, grids and experiments of a study file added."""
    listing = _Listing(base, file, settings)
    listing.read()
    return listing.result()


class _Listing:
    """Reads a study file's tables in whatever order they need each other."""

    def __init__(self, base: StudyList, file: StudyFile, settings: Settings) -> None:
        self.file, self.settings = file, settings
        extends = file.extends == HOMEWORK
        own = file.study_sections
        self.sections = base.sections | own
        self.homeworks = set(SECTIONS) if extends or not own else set()
        self.grids = dict(base.grids)
        self.grids |= {record.id: Grid(record) for record in file.kept}
        self.table = {experiment.id: experiment for experiment in base.experiments}
        self._base = set(self.table)
        self._begun: list[str] = []
        self._read: set[str] = set()

    def read(self) -> None:
        for grid_id in self.file.grids:
            self._check_id("grids", grid_id)
        for grid_id in self.file.grids:
            self._read_grid(grid_id)
        for experiment_id in self.file.experiments:
            self._read_experiment(experiment_id)
        self._check_members()
        self._check_sections()

    def result(self) -> StudyList:
        order = [*self.sections, DATA]
        of_base = [item for name, item in self.table.items() if name in self._base]
        added = [item for name, item in self.table.items() if name not in self._base]
        added.sort(key=self._place_in_section)
        experiments = sorted([*of_base, *added], key=lambda item: order.index(item.section))
        return StudyList(self.sections, self.grids, tuple(experiments))

    def _place_in_section(self, experiment: Experiment) -> int:
        """Single experiments come first, then grids, then what is chosen from them."""
        if any(matches_group(experiment.id, grid) for grid in self.grids):
            return 1
        return 0 if experiment.choice is None else 2

    def _check_id(self, kind: str, name: str) -> None:
        where = self.file.where(kind, name)
        section = name.partition("/")[0]
        if section not in (*self.sections, DATA):
            raise unknown_name(f"section in {where}:", section, self.sections)
        if not ID_PATTERN.fullmatch(name):
            what = "a grid’s name" if kind == "grids" else "an experiment id"
            raise StudyError(
                f"In {where}: “{name}” is not {what}.",
                "Write section/name with lower-case letters, digits, “-”, “_” and “.”.",
            )

    # Grids

    def _read_grid(self, grid_id: str) -> None:
        if grid_id in self._read:
            return
        at = functools.partial(self.file.where, "grids", grid_id)
        for other in (*self.grids, *self.file.grids):
            if other != grid_id and (
                matches_group(grid_id, other) or matches_group(other, grid_id)
            ):
                raise StudyError(
                    f"In {at()}: it can't be told from the members of {other}.",
                    f"Call it neither {other} with a hyphen and more, nor the other way round.",
                )
        if grid_id in self.grids:
            raise StudyError(
                f"In {at()}: the homework has a grid of this name.",
                "Call it something else, or set learning_rates and optimizers in [settings].",
            )
        with self._reading(grid_id):
            fields = dict(self.file.grids[grid_id])
            start = self._like(fields.pop(LIKE), at) if LIKE in fields else {}
            for key in (FROM, RANK, ONLY_FOR, NOT_FOR):
                if key in fields:
                    raise StudyError(f"In {at(key)}: a grid has no {key}.", "Leave it out.")
            if "choice" in start:
                raise StudyError(
                    f"In {at()}: {self.file.grids[grid_id][LIKE]} takes fields from a grid’s "
                    "best, which isn’t known before that has run.",
                    "Begin with another experiment, or with a member of that grid.",
                )
            table = read_grid(fields, self.settings, at)
            shared = {key: value for key, value in start.items() if key in GRID_FIELDS}
            shared |= experiment_fields(table.shared, self.settings, at("batch_size"))
            usual = {"model": self.settings.backbone} | shared
            record, found = self._members(grid_id, table, usual, at)
            self.grids[grid_id] = Grid(record, replace(table, shared=shared))
            for own in found:
                member = self._made(usual | own, "grids", grid_id)
                if not ID_PATTERN.fullmatch(member.id):
                    raise StudyError(f"In {at()}: “{member.id}” is not an experiment id.")
                self.table[member.id] = member

    def _members(
        self, grid_id: str, table: GridTable, usual: Mapping[str, Any], at: Where
    ) -> tuple[StudyGrid, list[dict[str, Any]]]:
        """Return a grid and what its members don't share: of a search, those known so far."""
        if table.sampler == RANDOM:
            return members(grid_id, table, at)
        for corner in corners(table):  # what is chosen later must be possible, too
            self._made({**usual, **corner, "id": grid_id, "question": "?"}, "grids", grid_id)
        before = next((grid for grid in self.file.begun if grid.id == grid_id), None)
        record = begun_grid(grid_id, table, at, before)
        return record, members_of(record)

    # Experiments

    def _read_experiment(self, experiment_id: str) -> None:
        if experiment_id in self._read:
            return
        self._check_id("experiments", experiment_id)
        at = functools.partial(self.file.where, "experiments", experiment_id)
        fields = self.file.experiments[experiment_id]
        with self._reading(experiment_id):
            if not self._is_for_backbone(fields, at):
                self.table.pop(experiment_id, None)
                return
            own = experiment_fields(fields, self.settings, at("batch_size"))
            start = self._start(experiment_id, fields, own, at)
            if start is None:
                return
            experiment = self._made(
                start | own | {"id": experiment_id}, "experiments", experiment_id
            )
            self.table[experiment_id] = experiment

    def _made(self, fields: Mapping[str, Any], table: str, name: str) -> Experiment:
        experiment = convert_fields(fields, Experiment, self.file, table, name, LIST_KEYS)
        check_recipe(experiment, self.file.where(table, name))
        return experiment

    def _is_for_backbone(self, fields: Mapping[str, Any], at: Where) -> bool:
        for key in (ONLY_FOR, NOT_FOR):
            names = fields.get(key, [])
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise StudyError(f"In {at(key)}: {key} must be a list of backbones.")
        backbone = self.settings.backbone
        only, never = fields.get(ONLY_FOR), fields.get(NOT_FOR, [])
        return backbone not in never and (only is None or backbone in only)

    def _start(
        self, experiment_id: str, fields: Mapping[str, Any], own: Mapping[str, Any], at: Where
    ) -> dict[str, Any] | None:
        """Return what an experiment's fields are unless its table says otherwise.

        None stands for a place that the grid hasn't under these settings.
        """
        if FROM in fields:
            if LIKE in fields:
                raise StudyError(f"In {at()}: {LIKE} and {FROM} can't both be.", "Remove one.")
            return self._from(fields, own, at)
        if RANK in fields:
            raise StudyError(f"In {at(RANK)}: {RANK} needs {FROM}.", 'Add from = "best of …".')
        if LIKE in fields:
            return self._from_like(fields, own, at)
        if experiment_id in self.table:
            known: dict[str, Any] = msgspec.to_builtins(self.table[experiment_id])
            return known
        section, _, name = experiment_id.partition("/")
        if "model" in fields:
            return {"question": f"What does {fields['model']} reach?"}
        if section not in self.homeworks:
            return {"model": self.settings.backbone, "question": f"What does “{name}” reach?"}
        raise unknown_name(
            "experiment in the study file (a new one names its model, another one: "
            f"{LIKE}, or a grid: {FROM}): {at()}",
            experiment_id,
            self.table,
        )

    def _like(self, named: Any, at: Where) -> dict[str, Any]:
        """Return the fields of the experiment that a table begins with."""
        if isinstance(named, str):
            self._read_named(named)
        if named not in list(self.table):
            raise unknown_name(f"experiment in {at(LIKE)}, {LIKE}:", str(named), self.table)
        found: dict[str, Any] = msgspec.to_builtins(self.table[named])
        return found | {"model": self.table[named].model}

    def _read_named(self, name: str) -> None:
        """Read the table of a grid or experiment that another one names, if it wasn't read yet."""
        if name in self._begun:
            circle = " → ".join([*self._begun[self._begun.index(name) :], name])
            where = self.file.where("grids" if name in self.file.grids else "experiments", name)
            raise StudyError(f"In {where}: these begin with each other: {circle}.")
        if name in self.file.experiments:
            self._read_experiment(name)
        for grid_id in self.file.grids:
            if name == grid_id or matches_group(name, grid_id):
                self._read_grid(grid_id)

    def _from_like(
        self, fields: Mapping[str, Any], own: Mapping[str, Any], at: Where
    ) -> dict[str, Any]:
        start = self._like(fields[LIKE], at)
        changed = [key for key in own if key not in EXPERIMENT_WORDS]
        question = f"What does {', '.join(changed) or 'the same again'} change?"
        if start.get("role") == "reuse" and changed and "role" not in own:
            choice = start["choice"]
            if choice["grid"] in self.grids and self.grids[choice["grid"]].table is not None:
                named = {FROM: f"best of {choice['grid']}", RANK: choice.get("rank", 1)}
                taken = self._from(named, own, at) or {}
                start |= taken
            else:
                start["role"] = "train"
        return start | {"question": question}

    def _from(
        self, fields: Mapping[str, Any], own: Mapping[str, Any], at: Where
    ) -> dict[str, Any] | None:
        """Return the fields of an experiment that begins with a grid's best member."""
        grid, rank = self._named_grid(fields, at)
        table = grid.table
        assert table is not None
        n = table.sample or sum(matches_group(e.id, grid.record.id) for e in self.table.values())
        if rank > n:
            if table.by_settings:
                return None
            raise StudyError(
                f"In {at(RANK)}: rank is {rank}, and {grid.record.id} has {n} members."
            )
        usual = DEFAULTS | {"model": self.settings.backbone} | table.shared
        changed = [
            key
            for key, value in own.items()
            if key in GRID_FIELDS and (key in table.axes or usual[key] != value)
        ]
        role = own.get("role") or ("train" if changed else "reuse")
        if role == "reuse" and changed:
            raise StudyError(
                f"In {at()}: {', '.join(changed)} can't be changed in a run that is taken over.",
                'Leave role = "reuse" out to train it.',
            )
        taken = tuple(name for name in table.axes if name not in own)
        told = "optimizer_options"  # they belong to the optimizer, whichever is chosen
        if "optimizer" in taken and told in table.shared and told not in own:
            taken = (*taken, told)
        choice = Choice(grid.record.id, rank)
        if role == "train" and set(taken) - {told} != PAIR:
            choice = msgspec.structs.replace(choice, fields=taken)
        start = {
            key: value
            for key, value in table.shared.items()
            if key in GRID_FIELDS and key not in taken
        }
        if role == "reuse":
            start.pop("epochs", None)  # it trains none
        return {
            "model": self.settings.backbone,
            "role": role,
            "choice": msgspec.to_builtins(choice),
            "question": _question(rank, changed),
        } | start

    def _named_grid(self, fields: Mapping[str, Any], at: Where) -> tuple[Grid, int]:
        said = fields[FROM]
        named = BEST_OF.fullmatch(said) if isinstance(said, str) else None
        if named is None:
            raise StudyError(
                f"In {at(FROM)}: {FROM} must name a grid; found {said!r}.",
                'Write from = "best of section/grid", and rank = 2 for the second best.',
            )
        rank = fields.get(RANK, 1)
        if isinstance(rank, bool) or not isinstance(rank, int) or rank < 1:
            raise StudyError(
                f"In {at(RANK)}: {RANK} must be a whole number from 1; found {rank!r}."
            )
        self._read_named(named[1])
        valid = {name: grid for name, grid in self.grids.items() if grid.table is not None}
        if named[1] not in valid:
            raise unknown_name(f"grid in {at(FROM)}, {FROM}:", named[1], valid)
        return valid[named[1]], rank

    # What is read once, and checked at the end

    @contextlib.contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        self._begun.append(name)
        yield
        self._begun.remove(name)
        self._read.add(name)

    def _check_members(self) -> None:
        """Refuse an experiment that would count as a grid's member, and isn't one."""
        known = {record.id for record in self.file.kept}
        for experiment_id in self.file.experiments:
            for grid_id, grid in self.grids.items():
                if grid_id in known or not matches_group(experiment_id, grid_id):
                    continue
                found = self._member_ids(grid)
                if experiment_id not in found:
                    where = self.file.where("experiments", experiment_id)
                    raise unknown_name(f"member of {grid_id} in {where}:", experiment_id, found)

    def _member_ids(self, grid: Grid) -> list[str]:
        assert grid.table is not None
        if grid.record.search is not None:
            return [str(own["id"]) for own in members_of(grid.record)]
        return [str(own["id"]) for own in members(grid.record.id, grid.table, str)[1]]

    def _check_sections(self) -> None:
        """Hold what the file's sections name to what there is."""
        if not self.file.path:
            return  # of a study that is there: that was seen to when its file was read
        for name, fields in self.file.sections.items():
            section = self.sections[name]
            for key in ("against", "compare", "grids"):
                if key not in fields:
                    continue
                where = f"{self.file.where('sections', name, key)}, {key}"
                if key == "grids":
                    for grid in section.grids:
                        if grid not in self.grids:
                            raise unknown_name(f"grid in {where}:", grid, self.grids)
                    continue
                pairs = section.compare if key == "compare" else ((section.against,),)
                for experiment_id in (each for pair in pairs for each in pair if each):
                    self._check_compared(experiment_id, where)

    def _check_compared(self, experiment_id: str, where: str) -> None:
        if experiment_id not in self.table:
            raise unknown_name(f"experiment in {where}:", experiment_id, self.table)
        if not self.table[experiment_id].test:
            raise StudyError(
                f"In {where}: {experiment_id} isn't tested, so nothing can be held against it.",
                "Add test = true to it.",
            )


def _question(rank: int, changed: Iterable[str]) -> str:
    which = "the best" if rank == 1 else f"number {rank}"
    if named := ", ".join(changed):
        return f"What does {named} change for {which} of the grid?"
    return f"What does {which} of the grid reach?"
