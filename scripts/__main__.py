"""`python -m scripts` runs the command `leadmatch` if it is not installed."""

from scripts.cli import main

if __name__ == "__main__":
    main()
