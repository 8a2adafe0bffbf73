"""The fit of likes is that of scikit-learn, also where Newton's whole step would lead away from it."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from matching.learning.logistic import fit_logistic


@pytest.mark.parametrize(
    "scale", [0.01, 1, 100], ids=["columns that differ little", "as they are", "likes that are clear"]
)
@pytest.mark.parametrize(("rows", "columns"), [(50, 1), (50, 11), (5_000, 11)])
@pytest.mark.parametrize("penalty", [0.01, 1.0])
def test_the_fit_is_that_of_scikit_learn(rows, columns, scale, penalty):
    rng = np.random.default_rng(rows + columns)
    inputs = scale * rng.normal(size=(rows, columns)) @ np.diag(np.linspace(0.2, 2, columns))
    liked = rng.logistic(size=rows) < inputs.sum(axis=1) - 1
    liked[:2] = True, False
    counts = rng.uniform(0.2, 3, rows)
    known = LogisticRegression(C=1 / penalty, solver="newton-cholesky", tol=1e-10, max_iter=1000)
    known.fit(inputs, liked, counts)

    coefficients, offset = fit_logistic(inputs, liked, counts, penalty)

    assert [*coefficients, offset] == pytest.approx([*known.coef_[0], known.intercept_[0]], rel=1e-3, abs=1e-3 / scale)
