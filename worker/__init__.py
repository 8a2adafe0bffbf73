"""Background work: the tasks, and what they do with a market."""

import os

# Before anything here imports numpy. Runs bring threads of their own; and for one changed lead, BLAS's threads, which spin
# while they wait for each other, cost several times what they save on a machine that has anything else to do.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
