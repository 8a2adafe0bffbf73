"""
What is promised of real listings, held against a running system over HTTP: `python -m scripts.benchmarks.real_listings
--help`.
"""
