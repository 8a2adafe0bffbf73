"""Markets too big for one task: tiles are scored separately, and their partial lists are merged."""

from collections.abc import Sequence

import numpy as np

from matching.engine.ranking import RankedLists
from matching.errors import InvalidInputError


def merge_lists(parts: Sequence[RankedLists], k: int) -> RankedLists:
    """
    The *k* best of each row from partial lists of the same rows over different columns.

    Each part must contain the *k* best of its own columns, so that no entry of the merged list is missing.

    Raises:
        InvalidInputError: No part, or parts of different row counts.
    """
    if len({len(part) for part in parts}) != 1:
        raise InvalidInputError(f"parts must be lists of the same rows, not of {[len(part) for part in parts]}")
    rows = np.concatenate([np.repeat(np.arange(len(part)), part.lengths) for part in parts])
    columns = np.concatenate([part.columns for part in parts])
    scores = np.concatenate([part.scores for part in parts])
    return RankedLists.from_entries(rows, columns, scores, len(parts[0]), k)
