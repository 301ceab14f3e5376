"""Which network, what is frozen, what it costs."""
