"""Many studies at once: what each says, and whether it can be trusted."""
