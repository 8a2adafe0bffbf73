"""The catalogue: every sentence that users read, in every language, and its rendering.

`api`, `worker` and `scripts` render; no other folder of `models` may import this one (tests/test_layout.py).
"""
