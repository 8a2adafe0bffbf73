"""Maintenance of stored data: erasure, retention, consistency rules."""
