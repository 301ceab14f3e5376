"""Optuna as what chooses the members of a grid, from the results of earlier ones.

A search is played again from its start each time: the sampler begins with its seed, is asked for
the members of a round, and is told their results, in the list's order, before it is asked for the
next. So what it chooses depends on the records alone, not on which process asks, or when.
"""

import contextlib
import itertools
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from training.errors import StudyError
from training.records import Range, Search
from training.study.grids import DRAWS, RANDOM, one_of, too_few

if TYPE_CHECKING:
    import optuna

REPEATS = 20
"""Times that a sampler may choose what there is already, before chance chooses in its place."""

INSTALL = "pip install 'cnn-homework[optuna]'"


def sampler_version(sampler: str, where: str) -> str:
    """Return the version of the library that a sampler belongs to.

    Args:
        where: Names the grid, in an error.

    Raises:
        StudyError: It isn't installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise StudyError(
            f'In {where}: sampler = "{sampler}" needs Optuna, which isn’t installed.',
            f'{INSTALL}, or choose by chance: sampler = "{RANDOM}".',
        ) from error
    return str(optuna.__version__)


def chosen(search: Search) -> list[dict[str, Any]]:
    """Return the members of all rounds of a search, as the sampler chooses them.

    None is chosen twice, and numbers of ranges have three significant digits, as where they are
    drawn at random.

    Raises:
        StudyError: The space has fewer members than the rounds.
        ImportError: Optuna isn't installed; see `sampler_version`.
    """
    import optuna

    found: list[dict[str, Any]] = []
    with _quiet():
        study = optuna.create_study(direction="maximize", sampler=_sampler(search))
        for each in search.rounds:
            first = len(found)
            trials = [_next(study, search, found) for _ in range(each.members)]
            for trial, told in zip(trials, search.told[first:], strict=False):
                if told is None:
                    study.tell(trial, state=optuna.trial.TrialState.FAIL)
                else:
                    study.tell(trial, told)
    return found


def _sampler(search: Search) -> "optuna.samplers.BaseSampler":
    """Return Optuna's sampler, which draws its first round at random.

    Members of a round that it has chosen already count as bad ones (“constant liar”), so that the
    others lie elsewhere.
    """
    import optuna

    return optuna.samplers.TPESampler(
        seed=search.seed, n_startup_trials=search.rounds[0].members, constant_liar=True
    )


def _next(
    study: "optuna.Study", search: Search, found: list[dict[str, Any]]
) -> "optuna.trial.Trial":
    """Ask for a member that isn't among those found, and add it to them."""
    from optuna.trial import TrialState

    space = distributions(search.space)
    for attempt in itertools.count(1):
        trial = study.ask(space)
        values = {name: _value(search.space[name], trial.params[name]) for name in space}
        if values not in found:
            found.append(values)
            return trial
        study.tell(trial, state=TrialState.FAIL)  # which samplers leave out of account
        if attempt % REPEATS == 0:
            study.enqueue_trial(_unseen(search, found))
    raise AssertionError


def distributions(
    space: Mapping[str, Range | tuple[Any, ...]],
) -> "dict[str, optuna.distributions.BaseDistribution]":
    """Return a search's space as Optuna has it; of values that are listed, their places."""
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    found: dict[str, optuna.distributions.BaseDistribution] = {}
    for name, values in space.items():
        if not isinstance(values, Range):
            found[name] = CategoricalDistribution(range(len(values)))
        elif values.is_whole:
            found[name] = IntDistribution(int(values.low), int(values.high), log=values.is_log)
        else:
            found[name] = FloatDistribution(values.low, values.high, log=values.is_log)
    return found


def _value(values: Range | Sequence[Any], chosen: Any) -> Any:
    return values.rounded(chosen) if isinstance(values, Range) else values[chosen]


def _unseen(search: Search, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Draw a member that isn't among those found, as Optuna names it."""
    import numpy as np

    rng = np.random.default_rng((search.seed, len(found)))
    axes = {name: v if isinstance(v, Range) else tuple(v) for name, v in search.space.items()}
    for _ in range(DRAWS * (len(found) + 1)):
        values = one_of(axes, rng)
        if values not in found:
            return {
                name: min(max(values[name], of.low), of.high)
                if isinstance(of, Range)
                else of.index(values[name])
                for name, of in axes.items()
            }
    raise too_few(len(found) + 1, len(found), str)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Have Optuna print nothing of its own studies, as its users know them."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)
