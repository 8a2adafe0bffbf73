"""The stored recommendation lists and the order in which they are read."""
