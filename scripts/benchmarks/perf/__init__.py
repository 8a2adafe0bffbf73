"""Ratios that show whether a release is slower than the last one: `python -m scripts.benchmarks.perf` (`make perf`)."""
