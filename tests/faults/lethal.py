"""
A worker of which one user's leads take the life, as one does whose rows exhaust the memory or crash a library.

    python lethal.py USER_ID python -m celery ...

The command's own arguments follow; it runs in this process, and its pool is forked from it.
"""

import os
import runpy
import signal
import sys

from worker.market import load


def main() -> None:
    owner_id, _python, _m, module, *arguments = sys.argv[1:]
    real = load.lead_vectors

    def lead_vectors(columns, *more):
        if int(owner_id) in columns.owner:
            print("killed by its lead", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        return real(columns, *more)

    load.lead_vectors = lead_vectors
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")


if __name__ == "__main__":
    main()
