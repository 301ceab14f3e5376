"""Which runs of a list can start: in the list's order, a choice after the grid it is made from."""

import heapq
from collections import Counter
from collections.abc import Sequence
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
    """

    def __init__(self, experiments: Sequence[Experiment], seeds: range) -> None:
        pairs = [(experiment, seed) for experiment in experiments for seed in seeds]
        self.total = len(pairs)
        tasks = [Task(i, experiment, seed) for i, (experiment, seed) in enumerate(pairs, 1)]
        grids = {e.choice.grid for e in experiments if e.choice is not None}
        self._grids = {
            e.id: [grid for grid in grids if matches_group(e.id, grid)] for e in experiments
        }
        self._left_of_grid = Counter(g for task in tasks for g in self._grids[task.experiment.id])
        self._left_of_experiment = Counter(task.experiment.id for task in tasks)
        self._ready: list[tuple[int, Task]] = []
        self._waiting: dict[str, list[Task]] = {}
        self._running = 0
        for task in tasks:
            self._place(task)

    def _place(self, task: Task) -> None:
        choice = task.experiment.choice
        if choice is not None and self._left_of_grid[choice.grid]:
            self._waiting.setdefault(choice.grid, []).append(task)
        else:
            heapq.heappush(self._ready, (task.position, task))

    def start(self) -> Task | None:
        """Return the first run that can start, or None: nothing is left, or it has to wait."""
        if not self._ready and not self._running:
            self._release()
        if not self._ready:
            return None
        self._running += 1
        return heapq.heappop(self._ready)[1]

    def end(self, task: Task) -> bool:
        """Note that a run has ended.

        Returns:
            Whether it was the last of its experiment's.
        """
        self._running -= 1
        name = task.experiment.id
        for grid in self._grids[name]:
            self._left_of_grid[grid] -= 1
            if not self._left_of_grid[grid]:
                for waiting in self._waiting.pop(grid, []):
                    self._place(waiting)
        self._left_of_experiment[name] -= 1
        return not self._left_of_experiment[name]

    def _release(self) -> None:
        """Let runs go on that wait for each other; the plan says what is wrong with them."""
        for tasks in self._waiting.values():
            for task in tasks:
                heapq.heappush(self._ready, (task.position, task))
        self._waiting.clear()
