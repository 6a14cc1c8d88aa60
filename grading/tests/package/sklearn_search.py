"""scikit-learn's Gaussian process and scikit-optimize's expected improvement: what cs231n.search is compared with.

    python grading/tests/package/sklearn_search.py     # where both are installed: writes expected/search.json again
"""

import json
from pathlib import Path

import numpy as np

EXPECTED = Path(__file__).parent / "expected" / "search.json"

# name: N measurements, D coordinates, M new places, length, scale, noise
CASES = {
    "line": (4, 1, 9, 0.3, 1.0, 0.1),
    "plane": (9, 2, 12, 0.25, 1.7, 0.3),
    "cube": (20, 3, 10, 0.6, 0.4, 0.05),
    "one": (1, 2, 5, 1.5, 3.0, 0.02),
}


def inputs(case):
    """X (N, D), y (N,), X_new (M, D) and the numbers length, scale, noise."""
    N, D, M, *numbers = CASES[case]
    points = np.arange(1, (N + M) * D + 1).reshape(N + M, D) * np.sqrt([2.0, 3.0, 5.0][:D]) % 1    # as good as random
    X, X_new = points[:N], points[N:]
    return X, np.cos(7 * X.sum(axis=1)) + 0.5 * X[:, 0], X_new, *numbers


def measured(case):
    """kernel, mean, std and improvement over the best measurement, by scikit-learn and scikit-optimize."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel
    from skopt.acquisition import gaussian_ei

    X, y, X_new, length, scale, noise = inputs(case)
    covariance = ConstantKernel(scale**2) * RBF(length)
    process = GaussianProcessRegressor(covariance, alpha=noise**2, optimizer=None).fit(X, y)
    mean, std = process.predict(X_new, return_std=True)

    class Minimized:                                 # skopt looks for the smallest value
        def predict(self, places, return_std):
            return -mean, std

    improvement = gaussian_ei(X_new, Minimized(), y_opt=-y.max(), xi=0.0)
    return {"kernel": covariance(X, X_new), "mean": mean, "std": std, "improvement": improvement}


def stored(case):
    return {name: np.array(values) for name, values in json.loads(EXPECTED.read_text(encoding="utf-8"))[case].items()}


if __name__ == "__main__":
    found = {case: {name: np.round(values, 14).tolist() for name, values in measured(case).items()} for case in CASES}
    EXPECTED.write_text(json.dumps(found) + "\n", encoding="utf-8")
