"""Read a finished report back and hold it against the records."""
