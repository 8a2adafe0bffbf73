"""The tests. What stands here runs before anything of them is loaded."""

import gc

# Nothing that is loaded is garbage, and looking for it takes half as long as loading. tests/conftest.py switches the
# collector on again when the tests are there.
gc.disable()
