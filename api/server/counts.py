"""The files in which web processes count; prometheus_client adds them up (api/http/request_metrics.py)."""

import re
from pathlib import Path

#: The names that prometheus_client gives its files.
COUNTS = re.compile(r"(counter|gauge_[a-z]+|histogram|summary)_\d+\.db")


def delete_counts(folder: Path) -> None:
    """Delete the counts of processes that have ended; the folder may hold files of others."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if COUNTS.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)
