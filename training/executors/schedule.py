"""Which runs of a list can start, and in what order.

A choice starts after the grid that it is made from; what others wait for starts first.
"""

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.records import Experiment, matches_group


@dataclass(frozen=True)
class Task:
    """One run of the list; `position` counts from 1."""

    position: int
    experiment: Experiment
    seed: int


class Schedule:
    """The runs of a list that have not started or not ended.

    Args:
        experiments: In the list's order.
        seeds: Each experiment is run with all of them.
        makes: Experiment to the starting weights that aren't there yet. The first run that makes
            them starts before all others, and others that need them after it.
    """

    def __init__(
        self,
        experiments: Sequence[Experiment],
        seeds: range,
        makes: Mapping[str, str] | None = None,
    ) -> None:
        pairs = [(experiment, seed) for experiment in experiments for seed in seeds]
        self.total = len(pairs)
        tasks = [Task(i, experiment, seed) for i, (experiment, seed) in enumerate(pairs, 1)]
        grids = {e.choice.grid for e in experiments if e.choice is not None}
        self._grids = {
            e.id: [grid for grid in grids if matches_group(e.id, grid)] for e in experiments
        }
        self._left_of_grid = Counter(g for task in tasks for g in self._grids[task.experiment.id])
        self._left_of_experiment = Counter(task.experiment.id for task in tasks)
        self._ready: list[tuple[bool, int, Task]] = []
        self._waiting: dict[str, list[Task]] = {}
        self._running = 0
        self._makes = dict(makes or {})
        self._makers: dict[str, int] = {}
        for task in tasks:
            self._makers.setdefault(self._makes.get(task.experiment.id, ""), task.position)
        self._makers.pop("", None)
        for task in tasks:
            self._place(task)

    def _place(self, task: Task) -> None:
        choice = task.experiment.choice
        if choice is not None and self._left_of_grid[choice.grid]:
            self._waiting.setdefault(choice.grid, []).append(task)
        else:
            self._make_ready(task)

    def _make_ready(self, task: Task) -> None:
        is_first = task.position in self._makers.values()
        heapq.heappush(self._ready, (not is_first, task.position, task))

    def start(self) -> Task | None:
        """Return the first run that can start, or None: nothing is left, or it has to wait."""
        if not self._ready and not self._running:
            self._release()
        held = []
        found = None
        while self._ready and found is None:
            item = heapq.heappop(self._ready)
            if self._is_made_by_another(item[2]):
                held.append(item)
            else:
                found = item[2]
        for item in held:
            heapq.heappush(self._ready, item)
        if found is not None:
            self._running += 1
        return found

    def _is_made_by_another(self, task: Task) -> bool:
        maker = self._makers.get(self._makes.get(task.experiment.id, ""))
        return maker is not None and maker != task.position

    def end(self, task: Task) -> bool:
        """Note that a run has ended.

        Returns:
            Whether it was the last of its experiment's.
        """
        self._running -= 1
        name = task.experiment.id
        if self._makers.get(self._makes.get(name, "")) == task.position:
            del self._makers[self._makes[name]]
        for grid in self._grids[name]:
            self._left_of_grid[grid] -= 1
            if not self._left_of_grid[grid]:
                for waiting in self._waiting.pop(grid, []):
                    self._place(waiting)
        self._left_of_experiment[name] -= 1
        return not self._left_of_experiment[name]

    def _release(self) -> None:
        """Release runs that wait for each other; the plan names the error."""
        for tasks in self._waiting.values():
            for task in tasks:
                self._make_ready(task)
        self._waiting.clear()
