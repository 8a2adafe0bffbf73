"""The domain: tables, and the operations on them as functions that take a Session."""
