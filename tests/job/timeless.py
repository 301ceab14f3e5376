"""Records without what measures the machine, so that two runs can be held against each other."""

TIMES = ("epoch_seconds", "train_seconds", "images_per_second", "feature_seconds",
         "peak_memory_bytes", "peak_flop_per_second", "energy_joules", "speed",
         "finished_at")  # fmt: skip


def timeless(record):
    """Return a JSON value without the fields that measure the machine, however deep."""
    if isinstance(record, dict):
        return {name: timeless(value) for name, value in record.items() if name not in TIMES}
    return record
