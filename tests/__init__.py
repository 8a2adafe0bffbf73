"""The tests. The code in this file runs before any test is loaded."""

import gc

# Loading modules creates no garbage, and looking for it takes half as long as loading. tests/conftest.py enables the
# garbage collector again once the tests are loaded.
gc.disable()
