"""Rescoring runs: planning, distribution to workers, reports."""
