"""What is promised of real listings, held against a running system over HTTP: `python -m scripts.real_listings --help`."""
