"""The reliability diagram: how often answers are right against how sure they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.evidence.numbers import derive, integer
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, parts
from report.figures.canvas import draw_plot
from report.figures.style import BLUE, MUTED, SKY, WIDTH
from report.figures.views import Plot
from report.tables.reliability import bin_number, places, reliability_data

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


Step = tuple[float, float, int]
"""A bar of the histogram: where it begins and ends, in per cent, and its number of pictures."""


def reliability_diagram(run: Run) -> Plot:
    """Draw right answers against their mean probability, above how many have which probability."""
    bins = [_bin(run, place) for place in places(run, "bin")]
    steps = [_step(run, place) for place in places(run, "step")]
    first, last, top = bins[0], bins[-1], steps[-1]
    n = sum(size for _, _, size in steps)
    return draw_plot(
        "reliability",
        draw_reliability,
        bins,
        steps,
        size=(WIDTH, 3.7),
        alt=f"{len(bins)} points beside a diagonal: the least sure answers, at "
        f"{first.confidence:.1f} %, are right in {first.accuracy:.1f} %, the surest, at "
        f"{last.confidence:.1f} %, in {last.accuracy:.1f} %. Bars: {top[2]} of {n} are above "
        f"{top[0]:.0f} %.",
        caption=_caption(run),
        data=reliability_data(run),
    )


def _bin(run: Run, place: int) -> ReliabilityBin:
    right, size = bin_number(run, "right", place), bin_number(run, "size", place)
    values = [bin_number(run, name, place) for name in ("low", "high", "confidence", "accuracy")]
    values += [derive(f"wilson_{end}", right, size) for end in ("low", "high")]
    return ReliabilityBin(*(100 * quantity.value for quantity in values))


def _step(run: Run, place: int) -> Step:
    low, high, size = (bin_number(run, name, place, "step") for name in ("low", "high", "size"))
    return 100 * low.value, 100 * high.value, size.value


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
        "diagonal, probabilities hold; below it the network is too sure. The bars below count the "
        "test pictures by probability, in bins of equal width.",
    )  # fmt: skip


def draw_reliability(
    figure: "Figure", bins: Sequence[ReliabilityBin], steps: Sequence[Step]
) -> None:
    """Draw bins as points with their range and interval, the diagonal, and a histogram below."""
    ax, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
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
    ax.set_ylabel("right answers (%)")
    for low, high, n in steps:
        below.bar(low, n, width=high - low, align="edge", color=SKY, edgecolor=BLUE, linewidth=0.6)
    below.set_xlabel("probability of the answer (%)")
    below.set_ylabel("pictures")
