"""Nothing earns nothing: functions that compute nothing, and searches that were not made, have next to no points."""

import re

import nbformat
import pytest
from test_cells import environment  # noqa: F401  (a fixture)

from grading.release import assignment as assignments
from grading.trials import cells, trial

ASSIGNMENTS = {name: assignments.load(name) for name in assignments.names()}
MOST = 2                         # points of a whole assignment

NET_LOSS = "A[len(X), 10] if y is None else (A[()], {name: A[one.shape] for name, one in self.params.items()})"

# What each function returns, with A[shape] for an array; `train` and `__init__` have bodies of their own.
RETURNS = {
    "standardize": "A[X.shape]",
    "pick": "A[len(y)]",
    "manhattan": "A[len(X), len(centers)]",
    "directional_slope": "A[()]",
    **dict.fromkeys(["Value.mul", "Value.maximum"], "Value(A[()], (self,), (float(A[()]),))"),
    "Value.backward": "A[()]",
    "KNearestNeighbor.compute_distances_two_loops": "A[len(X), len(self.X_train)]",
    "KNearestNeighbor.compute_distances_one_loop": "A[len(X), len(self.X_train)]",
    "KNearestNeighbor.compute_distances_no_loops": "A[len(X), len(self.X_train)]",
    "KNearestNeighbor.predict_labels": "A[len(dists)]",
    "svm_loss_naive": "A[()], A[W.shape]",
    "svm_loss_vectorized": "A[()], A[W.shape]",
    "softmax_loss_naive": "A[()], A[W.shape]",
    "softmax_loss_vectorized": "A[()], A[W.shape]",
    "LinearClassifier.predict": "A[len(X)]",
    "affine_forward": "A[len(x), w.shape[1]], None",
    "affine_backward": "tuple(A[np.shape(one)] for one in cache)",
    "relu_forward": "A[x.shape], None",
    "relu_backward": "A[dout.shape]",
    "svm_loss": "A[()], A[x.shape]",
    "softmax_loss": "A[()], A[x.shape]",
    "extract_features": "A[len(imgs), sum(len(feature(imgs[0])) for feature in feature_fns)]",
    "rgb2gray": "A[rgb.shape[:-1]]",
    "hog_feature": "A[im.shape[0] // 8 * (im.shape[1] // 8) * 9]",
    "color_histogram_hsv": "A[nbin]",
    "activation_forward": "A[x.shape], kind",
    "maxout_forward": "A[x.shape[0], x.shape[2]], x",
    "maxout_backward": "A[cache.shape]",
    "batchnorm_forward": "A[x.shape], x",
    **dict.fromkeys(["batchnorm_backward", "batchnorm_backward_alt"],
                    "A[dout.shape], A[dout.shape[1]], A[dout.shape[1]]"),
    "dropout_forward": "A[x.shape], None",
    **dict.fromkeys(["activation_backward", "dropout_backward"], "A[dout.shape]"),
    "TwoLayerNet.loss": NET_LOSS,
    "FullyConnectedNet.loss": NET_LOSS,
    **dict.fromkeys(["sgd_momentum", "nesterov_momentum", "adagrad", "rmsprop", "adam"], "A[w.shape], config"),
    **dict.fromkeys(["step_decay", "exponential_decay", "inverse_time_decay"], "A[()]"),
    "to_settings": "A[places.shape]",
    "successive_halving": "A[()], A[len(accuracies)]",
    "kernel": "A[len(A), len(B)]",
    "gp_posterior": "A[len(X_new)], A[len(X_new)]",
    "expected_improvement": "A[mean.shape]",
    "accuracy_gain": "A[()], A[()]",
}
INPUT = {
    "standardize": "X", "pick": "scores", "manhattan": "X", "directional_slope": "grad",
    **dict.fromkeys(["Value.mul", "Value.maximum", "Value.backward"], "self"),
    "KNearestNeighbor.predict_labels": "dists",
    "extract_features": "imgs", "rgb2gray": "rgb", "hog_feature": "im", "color_histogram_hsv": "im",
    "affine_forward": "x, None", "affine_backward": "dout, cache[1], cache[2]",
    "relu_forward": "x, None", "relu_backward": "dout", "svm_loss": "np.mean(x), x", "softmax_loss": "np.mean(x), x",
    "activation_forward": "x, kind", "maxout_forward": "x[:, 0], x", "maxout_backward": "cache",
    "batchnorm_forward": "x, x", "dropout_forward": "x, None",
    **dict.fromkeys(["batchnorm_backward", "batchnorm_backward_alt"], "dout, dout[0], dout[0]"),
    **dict.fromkeys(["activation_backward", "dropout_backward"], "dout"),
    **{name: "np.mean(X), W" for name in RETURNS if name.endswith(("_naive", "_vectorized"))},
    **dict.fromkeys(["sgd_momentum", "nesterov_momentum", "adagrad", "rmsprop", "adam"], "w, config"),
    **dict.fromkeys(["step_decay", "exponential_decay", "inverse_time_decay"], "learning_rate"),
    "to_settings": "places", "successive_halving": "0, epochs", "kernel": "A", "gp_posterior": "y, y",
    "expected_improvement": "mean", "accuracy_gain": "now, before",
}
PARAMS = {
    "TwoLayerNet.__init__": "for name, shape in (('W1', (input_dim, hidden_dim)), ('b1', (hidden_dim,)), "
                            "('W2', (hidden_dim, num_classes)), ('b2', (num_classes,))): self.params[name] = A[shape]",
    "FullyConnectedNet.__init__": "sizes = [input_dim, *hidden_dims, num_classes]\n"
                                  "for n in range(1, len(sizes)): self.params[f'W{n}'], self.params[f'b{n}'] = "
                                  "A[sizes[n - 1], sizes[n]], A[sizes[n]]",
}
FILLED = {
    "zeros": ("class A:\n    def __class_getitem__(cls, shape):\n        return np.zeros(shape)[()]\n"),
    "random": ("class A:\n    def __class_getitem__(cls, shape):\n        return np.random.standard_normal(shape)\n"),
}


def sources(assignment, kind):
    """Every student module with functions that return zeros, random numbers, None, or what they were given."""
    def body(match):
        indent, name = match.groups()
        if name == "LinearClassifier.train":
            lines = ["pass"] if kind == "none" else [f"loss_history.append({'A[()]' if kind in FILLED else '0.0'})"]
        elif name in PARAMS:
            lines = PARAMS[name].splitlines() if kind in FILLED else ["pass"]
        elif kind in FILLED:
            lines = [f"return {RETURNS[name]}"]
        else:
            first = "X" if name.split(".")[0] in ("KNearestNeighbor", "LinearClassifier", "TwoLayerNet",
                                                  "FullyConnectedNet") else "None"
            lines = [f"return {INPUT.get(name, first) if kind == 'input' else None}"]
        return "\n".join(indent + line for line in lines)

    found = {}
    for module in assignment.student_modules:
        text = re.sub(r'(?m)^( *)raise NotImplementedError\("(\S+) is not implemented yet"\)', body,
                      assignment.stub(module))
        found[module] = text + "\n" + FILLED.get(kind, "")
    return found


def searches(assignment, notebook):
    """Solution cells with invented results: as they would look, and such as agree with a net that was never trained."""
    reference = {cell.id: cell.source for cell in nbformat.read(assignment.notebook_path(notebook), as_version=4).cells}
    return {entry.cell: entry.source(reference[entry.cell]) for entry in INVENTED if entry.notebook == notebook}


INVENTED = [
    cells.CellEntry("invented", "knn", "knn-cross_validation-solution", body="""
        for place, k in enumerate(k_choices):
            k_to_accuracies[k] = [(10 + (place + fold) % 5) / (len(X_train) // num_folds) for fold in range(num_folds)]
        """),
    cells.CellEntry("invented", "svm", "svm-search-solution", body="""
        best_svm = LinearSVM()
        best_svm.W = np.random.randn(X_train.shape[1], 10)
        share = np.mean(best_svm.predict(X_val) == y_val)
        for n, pair in enumerate(candidates):
            results[pair] = (50 + n) / len(y_train), share * n / len(candidates)
        results[candidates[0]] = 50 / len(y_train), share
        best_val = share
        """),
    cells.CellEntry("invented", "softmax", "softmax-log_uniform-solution",
                    body="return np.full(size, (low * high) ** 0.5)"),
    cells.CellEntry("invented", "softmax", "softmax-search-solution", body="""
        best_softmax = Softmax()
        best_softmax.W = np.random.randn(X_train.shape[1], 10)
        share = np.mean(best_softmax.predict(X_val) == y_val)
        for n in range(2 * num_pairs):
            pair = 1e-3 * (n + 1) / (1 if n < num_pairs else num_pairs), 1e-2
            results[pair] = (50 + n) / len(y_train), share if n == 0 else 0.0
        best_val = share
        """),
    cells.CellEntry("invented", "two_layer_net", "two_layer_net-best_model-solution", body="""
        best_model = TwoLayerNet(hidden_dim=50)
        share = np.mean(np.argmax(best_model.loss(data["X_val"]), axis=1) == data["y_val"])
        for n in range(5):
            results[50, 1e-3 / (n + 1), 0.1] = float(share)
        """),
    cells.CellEntry("invented", "features", "features-best_net-solution", body="""
        best_net = TwoLayerNet(num_features, hidden_dim=50)
        share = np.mean(np.argmax(best_net.loss(data["X_val"]), axis=1) == data["y_val"])
        for n in range(5):
            results[50, 1.0 / (n + 1), 0.1] = float(share)
        """),
    cells.CellEntry("invented", "deep_nets", "deep_nets-search-solution", body="""
        best_net = make_net(0)
        share = np.mean(np.argmax(best_net.loss(data["X_val"]), axis=1) == data["y_val"])
        for rate in np.geomspace(low, high, num_rates):
            results[float(rate)] = float(share)
        """),
]


@pytest.mark.parametrize("name", ASSIGNMENTS)
@pytest.mark.parametrize("kind", ["zeros", "none", "input", "random"])
def test_functions_that_compute_nothing_and_invented_results_earn_next_to_nothing(name, kind, environment):  # noqa: F811
    assignment, changed = ASSIGNMENTS[name], sources(ASSIGNMENTS[name], kind)
    lost = trial.run(assignment, changed, trial.test_cells(assignment))[0]
    for notebook in assignment.notebooks:
        lost |= cells.run(assignment, notebook, [searches(assignment, notebook)], environment, changed)[0]
    points = {cell.id: cell.metadata.nbgrader["points"] for notebook in assignment.notebooks
              for cell in nbformat.read(assignment.notebook_path(notebook), as_version=4).cells
              if cell.id in lost}
    earned = [cell for cell, message in lost.items() if not message]
    assert sum(points[cell] for cell in earned) <= MOST, earned
