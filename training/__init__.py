"""Train the experiments of a CNN study and write their records as JSON."""

__version__ = "0.1.0"
