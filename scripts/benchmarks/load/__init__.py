"""Load test of a running system on this machine: `python -m scripts.benchmarks.load` (`make load`)."""
