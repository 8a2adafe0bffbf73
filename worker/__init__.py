"""Background work: tasks and the code behind them.

Folders, each of which may import the ones before it: `queue` (what the API may import), `celery_app` (the application
and the surroundings of every task), `market` (a market in memory), `lists` (computing and publishing lists), `jobs`
(all other work). The tasks themselves are in :mod:`worker.tasks`.
"""

import os

# Set before anything in the package imports numpy. Runs use their own threads. For one changed lead, BLAS's threads,
# which spin while they wait for each other, cost several times what they save on a machine with other work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
