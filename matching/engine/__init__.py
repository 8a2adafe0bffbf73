"""Scoring: criteria, vectors, whole markets, single pairs, explanations."""
