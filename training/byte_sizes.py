"""Sizes of files and of memory, as messages print them."""

UNITS = ("kB", "MB", "GB", "TB", "PB")
"""Each is 1,000 of the one before."""


def human_size(n_bytes: float) -> str:
    """Write a number of bytes to three digits: 0 bytes, 999 bytes, 3.07 kB, 12.3 MB, 1.3 GB."""
    if n_bytes < 999.5:
        return "1 byte" if round(n_bytes) == 1 else f"{n_bytes:.0f} bytes"
    value, unit = n_bytes / 1000, UNITS[0]
    for larger in UNITS[1:]:
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{value:,.0f} {unit}" if value >= 999.5 else f"{value:.3g} {unit}"
