"""Computing recommendation lists and publishing them."""
