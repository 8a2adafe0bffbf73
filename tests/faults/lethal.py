"""
A worker that is killed by the rows of one user, as by rows that exhaust the memory or crash a library.

    python lethal.py USER_ID python -m celery ...

The command's own arguments follow; it runs in this process, and its pool is forked from it.
"""

import os
import runpy
import signal
import sys

from worker.market import load


def deadly(real, owner_id):
    def vectors(columns, *more):
        if owner_id in columns.owner:
            print("killed by its row", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        return real(columns, *more)

    return vectors


def main() -> None:
    owner_id, _python, _m, module, *arguments = sys.argv[1:]
    for name in ("lead_vectors", "property_vectors"):
        setattr(load, name, deadly(getattr(load, name), int(owner_id)))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")


if __name__ == "__main__":
    main()
