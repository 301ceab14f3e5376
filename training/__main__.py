"""`python -m training`: the homework command, where its script isn't on the PATH."""

from training.cli import main

if __name__ == "__main__":
    main()
