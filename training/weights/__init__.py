"""Where starting weights come from; saving and exporting networks."""
