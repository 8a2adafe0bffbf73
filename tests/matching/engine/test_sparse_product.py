"""Sparse rows and their product equal those of scipy's operations, with and without its inner loops."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from matching.engine import sparse_product


@pytest.fixture(params=["loops", "operations"])
def product(request, monkeypatch):
    if request.param == "operations":
        monkeypatch.setattr(sparse_product, "csr_matvecs", None)
        monkeypatch.setattr(sparse_product, "csr_row_index", None)
    return sparse_product


@pytest.mark.parametrize("rows", [[], [3], [4, 0, 4, 2], list(range(40))])
def test_a_product_is_added_to_what_stands(product, rows):
    rng = np.random.default_rng(len(rows))
    dense = (rng.integers(-5, 6, (40, 30)) * (rng.random((40, 30)) < 0.2)).astype(np.float32)
    table = rng.integers(0, 65, (30, 128)).astype(np.float32)
    rows = np.array(rows, np.intp)
    sums = rng.integers(0, 1000, (len(rows), 128)).astype(np.float32)
    expected = sums + dense[rows] @ table

    indptr, columns, values = product.rows_of_matrix(csr_matrix(dense), rows)
    product.add_product(sums, indptr, columns, values, table)

    assert (sums == expected).all()
    assert (csr_matrix((values, columns, indptr), (len(rows), 30)).toarray() == dense[rows]).all()
