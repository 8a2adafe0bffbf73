"""The public search over all listings on the market."""
