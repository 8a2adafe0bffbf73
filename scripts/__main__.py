"""`python -m scripts` is the command `leadmatch` where it is not installed."""

from scripts.cli import main

if __name__ == "__main__":
    main()
