"""The reliability diagram: how often answers are right against how sure they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.evidence.load import Run
from report.evidence.numbers import derive, integer
from report.evidence.sentences import Name, Parts, parts
from report.figures.canvas import draw_plot
from report.figures.style import BLUE, MUTED, WIDTH
from report.figures.views import Plot
from report.tables.reliability import bin_number, reliability_data

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ReliabilityBin:
    """Answers of about the same probability, in per cent.

    Attributes:
        low: Least probability.
        high: Greatest.
        confidence: Mean probability.
        accuracy: Share of right answers.
        accuracy_low: Lower end of its 95 % interval.
        accuracy_high: Upper end.
    """

    low: float
    high: float
    confidence: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float


def reliability_diagram(run: Run) -> Plot:
    """Draw the share of right answers against their mean probability, in bins of equal size."""
    data = reliability_data(run)
    bins = [_bin(run, place) for place in range(1, len(data.rows) + 1)]
    last = bins[-1]
    return draw_plot(
        "reliability",
        draw_reliability,
        bins,
        size=(WIDTH, 2.9),
        alt=f"{len(bins)} points beside a diagonal: of the least sure answers, at "
        f"{bins[0].confidence:.1f} %, {bins[0].accuracy:.1f} % are right, of the surest, at "
        f"{last.confidence:.1f} %, {last.accuracy:.1f} %.",
        caption=_caption(run),
        data=data,
    )


def _bin(run: Run, place: int) -> ReliabilityBin:
    right, size = bin_number(run, "right", place), bin_number(run, "size", place)
    values = [bin_number(run, name, place) for name in ("low", "high", "confidence", "accuracy")]
    values += [derive(f"wilson_{end}", right, size) for end in ("low", "high")]
    return ReliabilityBin(*(100 * quantity.value for quantity in values))


def _caption(run: Run) -> Parts:
    sizes = derive("bin_size", run.score("test"))
    least, most = derive("smallest", sizes), derive("largest", sizes)
    n = parts(integer(least))
    if least.value != most.value:
        n = parts(n, " or ", integer(most))
    return parts(
        "Reliability of ", Name(run.name), ": the share of right answers, "
        "with its 95 % interval, against their mean probability. Each point stands for ", n,
        " test pictures of neighbouring probability, over whose range its bar lies. On the "
        "diagonal, probabilities hold; below it the network is too sure.",
    )  # fmt: skip


def draw_reliability(figure: "Figure", bins: Sequence[ReliabilityBin]) -> None:
    """Draw bins as points with their range and interval, and the diagonal."""
    ax = figure.subplots()
    least = min(min(b.low, b.accuracy_low) for b in bins)
    floor = max(0.0, 10 * (least // 10))
    ax.plot([floor, 100], [floor, 100], "--", color=MUTED, linewidth=1.0)
    for b in bins:
        ax.plot([b.low, b.high], [b.accuracy, b.accuracy], "-", color=BLUE, linewidth=1.2)
        ends = [b.accuracy_low, b.accuracy_high]
        ax.plot([b.confidence] * 2, ends, "-", color=BLUE, linewidth=1.2, alpha=0.6)
        ax.plot([b.confidence], [b.accuracy], "o", color=BLUE)
    margin = (100 - floor) / 50
    ax.set_xlim(floor - margin, 100 + margin)
    ax.set_ylim(floor - margin, 100 + margin)
    ax.set_xlabel("probability of the answer (%)")
    ax.set_ylabel("right answers (%)")
