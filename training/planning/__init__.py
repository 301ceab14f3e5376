"""What to run, what is done, how long it takes."""
