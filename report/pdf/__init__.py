"""Pages by WeasyPrint, and nothing else."""
