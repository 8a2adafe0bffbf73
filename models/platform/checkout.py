"""Where this code's files beside its packages are: the Procfile, the schedule, the default home."""

from pathlib import Path


def checkout() -> Path:
    """
    Return the folder that holds the packages and the Procfile; the present folder where there is none around them.

    In a container the packages lie in site-packages as well, while the files that ops edit lie where commands run.
    """
    around = Path(__file__).resolve().parents[2]
    return around if (around / "Procfile").is_file() else Path.cwd()
