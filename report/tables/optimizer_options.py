"""What an optimizer was told, in words."""

from collections.abc import Callable, Iterator

from report.evidence.numbers import Quantity, plain
from report.evidence.sentences import Parts, listing, parts
from training.records import OptimizerOptions

WORDS = {
    "alpha": "α", "amsgrad": "AMSGrad", "betas": "β₁ and β₂", "d": "threshold of clipping",
    "eps": "ε", "etas": "η− and η+", "lambd": "λ", "nesterov": "Nesterov", "rho": "ρ", "t0": "t₀",
}  # fmt: skip
"""Where a reader knows an option by another name than torch's."""


def options_in_words(
    options: OptimizerOptions, number: Callable[[str], Quantity], pointer: str
) -> Parts:
    """Name the options with their values; empty where there are none.

    Args:
        number: Reads a record.
        pointer: To the options in it.
    """
    return listing(_options(options, number, pointer)) if options.given() else ()


def _options(
    options: OptimizerOptions, number: Callable[[str], Quantity], pointer: str
) -> Iterator[Parts]:
    for name, value in options.given().items():
        words, place = WORDS.get(name, name.replace("_", " ")), f"{pointer}/{name}"
        if isinstance(value, bool):
            yield parts(words if value else f"{words} off")
        elif isinstance(value, tuple):
            first, second = (plain(number(f"{place}/{i}")) for i in range(2))
            yield parts(f"{words} ", first, " / ", second)
        else:
            yield parts(f"{words} ", plain(number(place)))
