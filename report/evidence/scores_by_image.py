"""What is needed of each image's scores, computed in one pass over a file of any size."""

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.records import SplitScores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ByImage:
    """A number an image, (n,) each.

    Attributes:
        predicted: Class of the highest score; of equal ones the first.
        highest: Its log-probability.
        own: That of the true class.
        squares: Sum over classes of the squared probabilities.
        among_five: Whether fewer than five classes come before the true one.
    """

    predicted: "NDArray[Any]"
    highest: "Floats"
    own: "Floats"
    squares: "Floats"
    among_five: "NDArray[np.bool_]"


_known: "weakref.WeakKeyDictionary[SplitScores, ByImage]" = weakref.WeakKeyDictionary()


def by_image(scores: SplitScores) -> ByImage:
    """Return what the metrics of a split are made of."""
    import numpy as np

    if scores not in _known:
        parts = [_of(part) for part in scores.parts()]
        _known[scores] = ByImage(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ByImage.__dataclass_fields__
            )
        )
    return _known[scores]


def _of(scores: SplitScores) -> ByImage:
    import numpy as np

    values = scores.log_probability.astype(np.float64)
    own = _own(scores, values)
    return ByImage(
        predicted=_predicted(scores, values),
        highest=values.max(1),
        own=own,
        squares=(np.exp(values) ** 2).sum(1),
        among_five=_among_five(scores, values, own),
    )


def _own(scores: SplitScores, values: "Floats") -> "Floats":
    import numpy as np

    if scores.own is not None:
        return scores.own.astype(np.float64)
    found: Floats = values[np.arange(len(scores.label)), scores.label]
    return found


def _predicted(scores: SplitScores, values: "Floats") -> "NDArray[Any]":
    import numpy as np

    columns: NDArray[Any] = values.argmax(1)
    if scores.classes is None:
        return columns
    found: NDArray[Any] = np.take_along_axis(scores.classes, columns[:, None], 1)[:, 0]
    return found


def _among_five(scores: SplitScores, values: "Floats", own: "Floats") -> "NDArray[np.bool_]":
    import numpy as np

    if scores.classes is not None:
        found: NDArray[np.bool_] = (scores.classes[:, :5] == scores.label[:, None]).any(1)
        return found
    columns = np.arange(scores.n_classes)
    equal_before = (values == own[:, None]) & (columns < scores.label[:, None])
    before: NDArray[np.int64] = ((values > own[:, None]) | equal_before).sum(1)
    return before < 5
