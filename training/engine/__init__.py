"""The epoch loop and all that it touches each batch."""
