"""
Load on a running system, from this machine: `python -m scripts.benchmarks.load` (or `make load`); see
docs/operations.md.
"""
