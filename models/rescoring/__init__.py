"""Rescoring runs: planned, shared out, reported on."""
