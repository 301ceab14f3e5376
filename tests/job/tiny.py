"""Options that make the whole list a matter of seconds."""

TINY = ("--preset", "quick", "--image-size", "64", "--width", "0.1", "--epochs", "1")
