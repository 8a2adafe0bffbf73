"""
Python's cyclic garbage, collected after an answer has been sent instead of while a page is made.

By default the collector runs after every 700 new objects, so it scans the rows and the markup of an unfinished page
dozens of times, and now and then everything that the process keeps: a fifth of the time of a page with a hundred cards,
and most of the difference between its median and its p95. After an answer, few of its objects are left to scan.
"""

import gc
import itertools

#: A collection is due when at least this many new objects have not been freed; a page leaves some 1,000 to 3,000.
DUE = 5_000
#: Every so many collections, one scans all objects, which takes tens of milliseconds.
FULL_EVERY = 200
#: Between answers the collector still starts by itself after this many new objects, e.g. during a long export.
WITHIN_ANSWER = 200_000

_collections = itertools.count(1)


def collect_after_answers() -> None:
    """Keep the collector out of the making of answers; :func:`after_answer` has to be called after each."""
    gc.set_threshold(WITHIN_ANSWER, *gc.get_threshold()[1:])


def after_answer() -> None:
    """Collect what the answers since the last collection have left behind, if that is due."""
    if gc.get_count()[0] >= DUE:
        gc.collect(2 if next(_collections) % FULL_EVERY == 0 else 1)
