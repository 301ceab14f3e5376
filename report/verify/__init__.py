"""Hold a finished report against one made again from its records."""
