"""Check of the documented behaviour with real listings: `python -m scripts.benchmarks.real_listings --help`."""
