"""Measurements: the engine, its quality, a loaded system, the console. Not part of an installation."""
