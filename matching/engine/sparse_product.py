"""
Some rows of a sparse matrix, and their product with a dense table, by the loops that underlie scipy's operations.

Scipy's operations also check and copy their arguments and start from zeros, which takes longer than the loops if rows
are short.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

try:
    from scipy.sparse._sparsetools import csr_matvecs, csr_row_index
except ImportError:  # a release of scipy in which the functions have been moved
    csr_matvecs = csr_row_index = None


def rows_of_matrix(
    matrix: csr_matrix, rows: NDArray[np.intp]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """
    ``matrix[rows]`` as its indptr, columns and values; *matrix* has float32 values and 32-bit indices.

    >>> matrix = csr_matrix(np.array([[0, 5], [6, 7]], np.float32))
    >>> [part.tolist() for part in rows_of_matrix(matrix, np.array([1, 0]))]
    [[0, 2, 3], [0, 1, 1], [6.0, 7.0, 5.0]]
    """
    if csr_row_index is None:
        taken = matrix[rows]
        return taken.indptr, taken.indices, taken.data
    indptr = np.zeros(len(rows) + 1, np.int32)
    np.cumsum(matrix.indptr[rows + 1] - matrix.indptr[rows], out=indptr[1:])
    columns, values = np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.float32)
    csr_row_index(len(rows), rows.astype(np.int32), matrix.indptr, matrix.indices, matrix.data, columns, values)
    return indptr, columns, values


def add_product(
    sums: NDArray[np.float32],
    indptr: NDArray[np.integer],
    columns: NDArray[np.int32],
    values: NDArray[np.float32],
    table: NDArray[np.float32],
) -> None:
    """
    ``sums += A @ table``, in place, for the CSR matrix A with these *indptr*, *columns* and *values*.

    Args:
        sums: (n, width), C order.
        table: (columns of A, width), C order.

    >>> sums = np.ones((2, 2), np.float32)
    >>> table = np.array([[1, 2], [3, 4]], np.float32)
    >>> add_product(sums, np.array([0, 1, 1]), np.array([1], np.int32), np.array([10], np.float32), table)
    >>> sums.tolist()
    [[31.0, 41.0], [1.0, 1.0]]
    """
    n, width = sums.shape
    if csr_matvecs is None:
        sums += csr_matrix((values, columns, indptr), (n, len(table))) @ table
        return
    csr_matvecs(n, len(table), width, indptr.astype(np.int32), columns, values, table.reshape(-1), sums.reshape(-1))
