"""Times as people say them."""


def duration(seconds: float) -> str:
    """Write a time to two digits or so: 0.4 s, 12 s, 4 min, 3 h 20 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
