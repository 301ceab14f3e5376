"""A power law is found again where there is one, and is scipy's where there is noise."""

import numpy as np
import pytest
from scipy.optimize import curve_fit

from report.evidence.power_law import power_law, power_law_at

SIZES = (5, 10, 15, 20, 30)


@pytest.mark.parametrize(("a", "b", "c"), [(0.9, 0.8, 0.5), (0.8, 1.0, 1.2), (1.0, 0.5, 0.3)])
def test_a_curve_without_noise_is_found_again(a, b, c):
    values = [a - b * n**-c for n in SIZES]
    assert power_law(SIZES, values) == pytest.approx((a, b, c), abs=1e-6)
    pairs = [x for pair in zip(SIZES, values, strict=True) for x in pair]
    assert power_law_at(60, *pairs) == pytest.approx(a - b * 60**-c)


def test_with_noise_it_fits_as_well_as_scipys():
    dice = np.random.default_rng(2)
    values = np.array([0.85 - 0.7 * n**-0.6 for n in SIZES]) + dice.normal(0, 0.002, len(SIZES))
    a, b, c = power_law(SIZES, values.tolist())

    def curve(n, a, b, c):
        return a - b * n**-c

    sizes = np.array(SIZES, float)
    theirs, _ = curve_fit(curve, sizes, values, p0=(0.9, 0.5, 0.5), maxfev=10000)
    errors = [((values - curve(sizes, *p)) ** 2).sum() for p in ((a, b, c), theirs)]
    assert errors[0] <= errors[1] * 1.01 + 1e-7


def test_no_limit_is_above_one_and_no_curve_falls():
    steep = [0.5, 0.7, 0.8, 0.9, 0.99]
    assert power_law(SIZES, steep)[0] <= 1
    assert power_law(SIZES, [0.9, 0.8, 0.7, 0.6, 0.5])[1] == 0
    pairs = [x for pair in zip(SIZES, steep, strict=True) for x in pair]
    assert power_law_at(1000, *pairs) <= 1
