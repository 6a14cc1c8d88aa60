"""`cs231n.hint`: every graded function has its three steps, every number in them is right, and none of them is code."""

import ast
import io
import math
import re
import subprocess
import sys
import textwrap
import tomllib

import nbformat
import numpy as np
import pytest

import cs231n
from cs231n import _hints, activations, arrays, features, layers, optim, search
from cs231n.classifiers import FullyConnectedNet, KNearestNeighbor, LinearClassifier, TwoLayerNet
from cs231n.classifiers.linear_svm import svm_loss_naive, svm_loss_vectorized
from cs231n.classifiers.softmax import softmax_loss_naive, softmax_loss_vectorized
from cs231n.paths import path_slopes
from cs231n.slopes import Value, directional_slope
from grading import ROOT
from grading.release import assignment as assignments
from grading.release import markers, stubs

HINTS = _hints.load()
PLAIN = {"×": "*", "·": "*", "−": "-", "²": "**2", "e^(": "exp(", "ln(": "log("}
ARITHMETIC = {"exp": math.exp, "log": math.log, "sqrt": math.sqrt, "max": max, "floor": math.floor, "__builtins__": {}}


@pytest.fixture(autouse=True)
def new_session(monkeypatch):
    monkeypatch.setattr(_hints, "_given", {})


# Reading an example


def value(text):
    """A number, an array `[1 2; 3 4]` (one row: 1-d), or arithmetic, as written in an example."""
    for sign, plain in PLAIN.items():
        text = text.replace(sign, plain)
    text = re.sub(r"√(\d+)", r"sqrt(\1)", text).replace("√", "sqrt")
    if not text.startswith("["):
        assert re.fullmatch(r"[-+*/()., \d]*", re.sub(r"exp|log|sqrt|max|floor", "", text)), text
        return np.array(eval(text, ARITHMETIC))  # digits and signs alone, as the line above has seen
    rows = [[float(number) for number in row.split()] for row in text.strip("[]").split(";")]
    return np.array(rows if len(rows) > 1 else rows[0])


def last_digit(text):
    """Half a unit of the last place that is written."""
    return 0.5 * 10.0 ** -max(map(len, re.findall(r"\.(\d+)", text)), default=0)


class Example:
    """One example's clauses: what stands under which name, and how exactly. `used`: the names that were asked for."""

    def __init__(self, text):
        self.values, self.allowed, self.used = {}, {}, set()
        for line in text.splitlines():
            if "=" not in line and "≈" not in line:
                assert not re.search(r"\d", line), f"a number that nobody checks: {line!r}"
                continue
            for clause in re.split(r" {3,}", line.strip()):
                name, *sides = re.split(r" ([=≈]) ", clause)
                assert sides and not re.search(r"[0-9]", name) and name not in self.values, clause
                for sign, side in zip(sides[::2], sides[1::2]):
                    self.allowed[name] = last_digit(side) if sign == "≈" else 1e-9
                    close(value(side), self.values.setdefault(name, value(side)), self.allowed[name], clause)

    def __getitem__(self, name):
        self.used.add(name)
        found = self.values[name]
        return found if found.ndim else found.item()

    def ints(self, name):
        return self[name].astype(int)


def close(found, expected, allowed, where):
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    assert found.size == expected.size, where
    assert np.all(np.abs(found.ravel() - expected.ravel()) <= 1.001 * allowed), f"{where}: {found} and {expected}"


# What the reference makes of an example's inputs: name in the example -> value


def rows(array):
    return np.atleast_2d(array)


def distances(function):
    def worked(e):
        model = KNearestNeighbor()
        X = rows(e["X"] if "X" in e.values else e["x"])
        model.train(e["X_train"], np.zeros(len(e["X_train"]), dtype=int))
        dists = getattr(model, function)(X)
        differences = e["X_train"] - X[0]
        return {"dists": dists, "row": dists[0], "difference": differences,
                "squares": dists**2 if "xx" in e.values else differences**2, "sums": (differences**2).sum(axis=1),
                "their distance": dists[0, 1], "their square": dists[0, 1] ** 2,
                "xx": (X**2).sum(axis=1), "tt": (e["X_train"] ** 2).sum(axis=1), "xt": X @ e["X_train"].T}
    return worked


def predict_labels(e):
    model, k = KNearestNeighbor(), int(e["k"])
    model.train(np.zeros((len(e["y_train"]), 1)), e.ints("y_train"))
    votes = e["y_train"][np.argsort(e["dists"], axis=1)][:, :k]
    return {"y_pred": model.predict_labels(e["dists"], k), "votes of the first image": votes[0],
            "votes of the second": votes[1]}


def svm(function):
    def worked(e):
        W, X, y, reg = e["W"], rows(e["X"]), e.ints("y"), e["reg"]
        loss, dW = function(W, X, y, reg)
        S = X @ W
        right = S[np.arange(len(y)), y]
        M = np.maximum(0, S - right[:, None] + 1)
        M[np.arange(len(y)), y] = 0
        G = (M > 0).astype(float)
        G[np.arange(len(y)), y] = -G.sum(axis=1)
        return {"loss": loss, "dW": dW, "S": S, "s": S[0], "right": right, "M": M, "G": G,
                "data part of dW": dW - 2 * reg * W, "hinge of the first class": M[0, 0],
                "hinge of the last class": M[0, -1]}
    return worked


def softmax(function):
    def worked(e):
        W, X, y, reg = e["W"], rows(e["X"]), e.ints("y"), e["reg"]
        loss, dW = function(W, X, y, reg)
        return softmax_parts(X @ W, y) | {"loss": loss, "dW": dW}
    return worked


def softmax_parts(S, y):
    shifted = S - S.max(axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1)
    P = np.exp(shifted) / total[:, None]
    minus = P - np.eye(S.shape[1])[y]
    return {"S": S, "s": S[0], "shifted": shifted, "P": P, "p": P, "G": minus / len(y), "sum of a row": total[0],
            "sum of exponentials": total[0], "losses": -np.log(P[np.arange(len(y)), y]),
            "p minus one at the right class": minus}


def train(e):
    class Known(LinearClassifier):
        def loss(self, X_batch, y_batch, reg):
            return 0.0, e["dW"]

    model = Known()
    model.W = e["W"]
    model.train(np.zeros((4, 2)), np.zeros(4, dtype=int), learning_rate=e["learning_rate"], num_iters=1)
    return {"y_batch": e["y"][e.ints("indices")], "W afterwards": model.W, "first weight afterwards": model.W[0, 0]}


def predict(e):
    model = LinearClassifier()
    model.W = e["W"]
    return {"S": e["X"] @ e["W"], "y_pred": model.predict(e["X"])}


def log_uniform(e):
    low, high = np.log(e["low"]), np.log(e["high"])
    return {"lower end of u": low, "upper end of u": high, "u": (low + high) / 2, "value": np.exp((low + high) / 2),
            "share": (np.exp((low + high) / 2) - e["low"]) / (e["high"] - e["low"])}


def affine_forward(e):
    out, _ = layers.affine_forward(e["x"], e["w"], e["b"])
    return {"out": out, "first output of the first example": out[0, 0]}


def affine_backward(e):
    dx, dw, db = layers.affine_backward(e["dout"], (e["x"], e["w"], np.zeros(2)))
    return {"dx": dx, "dw": dw, "db": db, "last entry of dx": dx[-1, -1],
            "entry of dw in the second row, first column": dw[1, 0]}


def svm_scores(e):
    loss, dx = layers.svm_loss(e["x"], e.ints("y"))
    return {"loss": loss, "dx": dx, "M": svm(lambda W, X, y, reg: (0, W))(Scores(e))["M"]}


class Scores:
    """Scores as if they were X, under weights that leave them as they are."""

    def __init__(self, example):
        self._inside = {"X": example["x"], "W": np.eye(example["x"].shape[1]), "reg": 0.0, "y": example.ints("y")}

    def __getitem__(self, name):
        return self._inside[name]

    ints = __getitem__


def softmax_scores(e):
    loss, dx = layers.softmax_loss(e["x"], e.ints("y"))
    return softmax_parts(e["x"], e.ints("y")) | {"loss": loss, "dx": dx}


def two_layer_init(e):
    net = TwoLayerNet(int(e["input_dim"]), int(e["hidden_dim"]), int(e["num_classes"]), weight_scale=e["weight_scale"])
    assert e["draws"].shape == net.params["W1"].shape
    return {"W₁": e["weight_scale"] * e["draws"], "b₁": net.params["b1"], "b₂": net.params["b2"],
            "size": sum(array.size for array in net.params.values())}


def net_loss(e, net, layers_there):
    """The loss and the gradients of a net whose arrays an example gives, and what it holds on the way."""
    subscripts = "₁₂₃"
    for layer in range(1, layers_there + 1):
        sub, shape = subscripts[layer - 1], net.params[f"W{layer}"].shape
        net.params[f"W{layer}"], net.params[f"b{layer}"] = e["W" + sub].reshape(shape), e["b" + sub]
    X, y = rows(e["X"]), e.ints("y")
    loss, grads = net.loss(X, y)
    scores = net.loss(X)
    found = {"loss": loss, "scores": scores, "dscores": layers.softmax_loss(scores, y)[1]}
    for layer in range(1, layers_there + 1):
        sub = subscripts[layer - 1]
        found |= {f"dW{sub}": grads[f"W{layer}"], f"db{sub}": grads[f"b{layer}"]}
        if layer < layers_there:
            Z = X @ net.params[f"W{layer}"] + net.params[f"b{layer}"]
            X = np.maximum(0, Z)
            found |= {"A" + sub: X, "Z": Z, "A": X}
    found["dA"] = found["dscores"] @ net.params[f"W{layers_there}"].T
    found["dZ"] = found["dA"] * (found.get("Z", 0) > 0)
    return found


def two_layer_loss(e):
    return net_loss(e, TwoLayerNet(2, 2, 2, reg=e["reg"]), 2)


def deep_loss(e):
    return net_loss(e, FullyConnectedNet([1, 1], 1, 2, reg=e["reg"], dtype=np.float64), 3)


def deep_init(e):
    hidden = [int(h) for h in e["hidden_dims"]]
    sizes = (int(e["input_dim"]), int(e["num_classes"]))
    net = FullyConnectedNet(hidden, *sizes, dtype=np.float64)
    unit = np.random.default_rng(0)
    he = FullyConnectedNet(hidden, *sizes, initialization="he", dtype=np.float64, seed=0)
    widths = {name: array.shape[0] for name, array in he.params.items() if name.startswith("W")}
    drawn = {name: he.params[name] / unit.standard_normal(he.params[name].shape) for name in widths}
    return {"size": sum(array.size for array in net.params.values()),
            **{f"{nth} layer": drawn[f"W{layer}"].flat[0] for layer, nth in enumerate(("first", "second", "third"), 1)}}


def activation_forward(e):
    return {kind: activations.activation_forward(e["x"], kind)[0] for kind in activations.KINDS}


def activation_backward(e):
    return {kind: activations.activation_backward(e["dout"], activations.activation_forward(e["x"], kind)[1])
            for kind in activations.KINDS}


def maxout_backward(e):
    return {"dx": activations.maxout_backward(rows(e["dout"]), activations.maxout_forward(e["x"][np.newaxis])[1])}


def batchnorm_forward(e):
    x, bn_param = e["x"][:, np.newaxis], {"mode": "train", "eps": e["eps"], "momentum": e["momentum"]}
    out = layers.batchnorm_forward(x, np.array([e["gamma"]]), np.array([e["beta"]]), bn_param)[0]
    return {"mean": x.mean(), "variance": x.var(), "normalized": (out - e["beta"]) / e["gamma"], "out": out,
            "running mean": bn_param["running_mean"], "running variance": bn_param["running_var"]}


def batchnorm_back(name):
    def worked(e):
        x = e["x"][:, np.newaxis]
        cache = layers.batchnorm_forward(x, np.array([e["gamma"]]), np.zeros(1), {"mode": "train", "eps": e["eps"]})[1]
        dx, dgamma, dbeta = getattr(layers, name)(e["dout"][:, np.newaxis], cache)
        return {"dx": dx, "dgamma": dgamma, "dbeta": dbeta, "s": np.sqrt(x.var() + e["eps"])}
    return worked


def dropout_forward(e):
    masks = (layers.dropout_forward(e["x"], {"mode": "train", "p": e["p"], "seed": seed})[0] for seed in range(99))
    return {"out": next(out for out in masks if out[0] and not out[1])}


def rule(name, **settings):
    """settings: key in config -> name in the example."""
    def worked(e):
        config = {"learning_rate": e["lr"]} | {key: e[written] for key, written in settings.items()}
        next_w, config = getattr(optim, name)(e["w"].copy(), e["g"], config)
        t = config.get("t", 1)
        found = {"w afterwards": next_w, "first entry of the new w": next_w[0]}
        for key, letter in (("velocity", "v"), ("cache", "c")):
            if key in config:
                found |= {f"{letter} afterwards": config[key], f"first entry of the new {letter}": config[key][0]}
        if "m" in config:
            found |= {"m": config["m"], "v": config["v"],
                      "first entry of the corrected m": config["m"][0] / (1 - config["beta1"] ** t),
                      "first entry of the corrected v": config["v"][0] / (1 - config["beta2"] ** t)}
        return found
    return worked


def schedule(name, *settings):
    def worked(e):
        rate = getattr(optim, name)(e["learning_rate"], int(e["epoch"]), **{key: e[key] for key in settings})
        return {"rate": rate} | ({"falls": e["epoch"] // e["every"]} if "every" in settings else {})
    return worked


def standardize(e):
    column = e["column"]
    return {"Z": arrays.standardize(column[:, np.newaxis]), "mean": column.mean(), "std": column.std(),
            "squared deviations": (column - column.mean()) ** 2}


def manhattan(e):
    dists = arrays.manhattan(e["X"], e["centers"])
    return {"dists": dists, "their distance": dists[0, 0]}


def in_a_direction(e):
    grad, direction = e["grad"], e["direction"]
    return {"slope": directional_slope(grad, direction), "dot product": grad @ direction,
            "length": np.linalg.norm(direction)}


def gate(name, result):
    def worked(e):
        made = getattr(Value(e["x"]), name)(Value(e["y"]))
        slopes = path_slopes(made)
        return {result: made.data, "slope of x": slopes[e["x"]], "slope of y": slopes[e["y"]]}
    return worked


def backward(e):
    x = Value(0.0)
    h = Value(0.0, (x,), (e["slope of h in x"],))
    result = Value(0.0, (h, x), (e["slope of result in h"], e["slope of result in x"]))
    result.backward()
    return {"grad of result": result.grad, "grad of h": h.grad, "grad of x": x.grad}


def rgb2gray(e):
    gray = features.rgb2gray(e["rgb"])
    return {"gray": gray, "red one": gray[0], "mixed one": gray[1]}


def hog_feature(e):
    r, c = np.mgrid[:16, :16]
    gray = 50 + e["gx"] * c + e["gy"] * r
    cell = features.hog_feature(np.stack([gray, gray, gray], axis=2))[:9]
    gradient = np.degrees(np.arctan2(e["gy"], e["gx"]))
    return {"vote": cell.max(), "bin": cell.argmax(), "length": np.hypot(e["gx"], e["gy"]), "gradient": gradient,
            "edge": gradient + 90}


def color_histogram_hsv(e):
    image, options = e["pixels"][np.newaxis], {name: e[name] for name in ("xmin", "xmax")} | {"nbin": int(e["nbin"])}
    return {"shares": features.color_histogram_hsv(image, **options), "width": (e["xmax"] - e["xmin"]) / e["nbin"],
            "counts": features.color_histogram_hsv(image, **options, normalized=False),
            "hues": [features.rgb_to_hsv(pixel)[0] for pixel in e["pixels"]]}


def extract_features(e):
    first, second = {0: e["first function of the first image"], 1: e["first of the other"]}, {
        0: [e["second function"]], 1: [e["second of the other"]]}
    found = features.extract_features(np.arange(2).reshape(2, 1, 1, 1), [
        lambda image, table=table: np.array(table[image.item()]) for table in (first, second)])
    return {"features": found, "row of the first image": found[0]}


def to_settings(e):
    whole = e["high"] / e["low"], e["high"] - e["low"]
    return {"settings": search.to_settings(e["places"], e["low"], e["high"], e["log"] > 0),
            "whole way of the first": whole[0][0], "half of it, as a factor": whole[0][0] ** 0.5,
            "whole way of the second": whole[1][1]}


def successive_halving(e):
    best, trained = search.successive_halving(e["accuracies"], e.ints("epochs"), int(e["eta"]))
    return {"best": best, "trained": trained, "so many stay": np.sum(trained > e["epochs"][0])}


def kernel(e):
    A, B = e["A"], e["B"]
    K = search.kernel(A, B, e["length"], e["scale"])
    return {"K": K, "first place of A and second of B": K[0, 1],
            "squared distances": ((A[:, None] - B[None]) ** 2).sum(axis=2)}


def gp_posterior(e):
    x, new = rows(e["x"]), rows(e["new x"])
    numbers = e["length"], e["scale"]
    mean, std = search.gp_posterior(x, e["y"], new, *numbers, e["noise"])
    K = search.kernel(x, x, *numbers) + e["noise"] ** 2
    C = search.kernel(x, new, *numbers)
    return {"K": K, "C": C, "weight": C / K, "mean": mean, "std": std, "variance": std**2}


def expected_improvement(e):
    g = e["mean"] - e["best"]
    z = g[0] / e["std"][0]
    improvement = search.expected_improvement(e["mean"], e["std"], e["best"])
    return {"improvement": improvement, "improvement of the first": improvement[0], "g": g, "z of the first": z,
            "integral up to it": (1 + math.erf(z / 2**0.5)) / 2,
            "density there": math.exp(-z**2 / 2) / (2 * math.pi) ** 0.5}


def accuracy_gain(e):
    gain, error = search.accuracy_gain(e["now"] > 0, e["before"] > 0)
    return {"gain": gain, "error": error, "d": e["now"] - e["before"], "variance": error**2 * len(e["now"])}


REFERENCE = {
    "rgb2gray": rgb2gray, "hog_feature": hog_feature, "color_histogram_hsv": color_histogram_hsv,
    "extract_features": extract_features,
    "standardize": standardize, "manhattan": manhattan, "directional_slope": in_a_direction,
    "pick": lambda e: {"right": arrays.pick(e["scores"], e.ints("y")), "rows": np.arange(len(e["y"]))},
    "Value.mul": gate("mul", "product"), "Value.maximum": gate("maximum", "larger"), "Value.backward": backward,
    **{f"KNearestNeighbor.{name}": distances(name) for name in
       ("compute_distances_two_loops", "compute_distances_one_loop", "compute_distances_no_loops")},
    "KNearestNeighbor.predict_labels": predict_labels,
    "svm_loss_naive": svm(svm_loss_naive), "svm_loss_vectorized": svm(svm_loss_vectorized),
    "softmax_loss_naive": softmax(softmax_loss_naive), "softmax_loss_vectorized": softmax(softmax_loss_vectorized),
    "LinearClassifier.train": train, "LinearClassifier.predict": predict, "log_uniform": log_uniform,
    "affine_forward": affine_forward, "affine_backward": affine_backward,
    "relu_forward": lambda e: {"out": layers.relu_forward(e["x"])[0]},
    "relu_backward": lambda e: {"dx": layers.relu_backward(e["dout"], e["x"])},
    "svm_loss": svm_scores, "softmax_loss": softmax_scores,
    "TwoLayerNet.__init__": two_layer_init, "TwoLayerNet.loss": two_layer_loss,
    "sgd_momentum": rule("sgd_momentum", velocity="v", momentum="mu"),
    "nesterov_momentum": rule("nesterov_momentum", velocity="v", momentum="mu"),
    "adagrad": rule("adagrad", cache="c"), "rmsprop": rule("rmsprop", cache="c", decay_rate="rho"),
    "adam": rule("adam"),
    "step_decay": schedule("step_decay", "drop", "every"), "exponential_decay": schedule("exponential_decay", "decay"),
    "inverse_time_decay": schedule("inverse_time_decay", "decay"),
    "FullyConnectedNet.__init__": deep_init, "FullyConnectedNet.loss": deep_loss,
    "activation_forward": activation_forward, "activation_backward": activation_backward,
    "maxout_forward": lambda e: {"out": activations.maxout_forward(e["x"][np.newaxis])[0]},
    "maxout_backward": maxout_backward, "batchnorm_forward": batchnorm_forward,
    "batchnorm_backward": batchnorm_back("batchnorm_backward"),
    "batchnorm_backward_alt": batchnorm_back("batchnorm_backward_alt"), "dropout_forward": dropout_forward,
    "dropout_backward": lambda e: {"dx": layers.dropout_backward(e["dout"], e["mask"])},
    "to_settings": to_settings, "successive_halving": successive_halving, "kernel": kernel,
    "gp_posterior": gp_posterior, "expected_improvement": expected_improvement, "accuracy_gain": accuracy_gain,
}


@pytest.mark.parametrize("name", HINTS)
def test_every_number_of_a_worked_case_is_what_the_reference_computes(name):
    example = Example(HINTS[name]["example"])
    expected = REFERENCE[name](example)
    shown = {label for label in example.values if label in expected}
    assert shown, "an example shows what the function returns"
    for label in shown:
        # A value that leaves out epsilon is off by less than anything that is printed.
        close(example.values[label], expected[label], max(example.allowed[label], 1e-7), f"{name}: {label}")
    unchecked = example.values.keys() - shown - example.used
    assert not unchecked, f"{name}: neither given nor computed: {unchecked}"


@pytest.mark.parametrize("spoil", [("= 25", "= 26"), ("dists ≈ [0 5 3; 5 1.414 4]", "dists ≈ [0 5 3; 5 1.415 4]"),
                                   ("tt = [5 52 26]", "tt = [5 52 27]"), ("All squares,", "All 6 squares,")])
def test_a_wrong_number_in_an_example_is_found(spoil, monkeypatch):
    name = "KNearestNeighbor.compute_distances_no_loops"
    assert spoil[0] in HINTS[name]["example"]
    spoilt = HINTS[name] | {"example": HINTS[name]["example"].replace(*spoil)}
    monkeypatch.setitem(HINTS, name, spoilt)
    with pytest.raises(AssertionError):
        test_every_number_of_a_worked_case_is_what_the_reference_computes(name)


# What there is


@pytest.mark.parametrize("assignment", assignments.names())
def test_every_graded_function_has_its_hints_in_the_file_of_its_assignment(assignment):
    described = assignments.load(assignment)
    hints = tomllib.loads((ROOT / "cs231n" / "_hints" / f"{assignment}.toml").read_text(encoding="utf-8"))
    written = {name for module in described.student_modules
               for _, name in stubs.solutions(described.source(module), module) if described.is_students(name)}
    cells = [cell.source for notebook in described.notebooks
             for cell in nbformat.read(described.notebook_path(notebook), as_version=4).cells
             if cell.cell_type == "code" and "### BEGIN SOLUTION" in cell.source]
    in_cells = {node.name for cell in cells for node in ast.parse(cell).body if isinstance(node, ast.FunctionDef)}
    graded = {functions[0] for functions in described.topics.values()}
    assert set(hints) == written | in_cells & graded


@pytest.mark.parametrize("name", HINTS)
def test_hints_have_their_parts_and_fit_a_narrow_page(name):
    assert set(HINTS[name]) == {*_hints.STEPS, "read"}
    assert "?" in HINTS[name]["question"]
    for step in (1, 2, 3, None):
        lines = _hints.told(name, step).splitlines()
        assert lines and max(map(len, lines)) <= 80 and all(line == line.rstrip() for line in lines)


# What there must not be


def solution_lines():
    """The lines of solutions in the package and in notebooks, without spaces, that are long enough to tell."""
    found = set()
    for assignment in map(assignments.load, assignments.names()):
        sources = [(assignment.source(module), module) for module in assignment.student_modules]
        for notebook in assignment.notebooks:
            cells = nbformat.read(assignment.notebook_path(notebook), as_version=4).cells
            sources += [(cell.source, notebook) for cell in cells if "### BEGIN" in cell.source]
        for source, name in sources:
            inside = markers.inside(source, markers.regions(source, name))
            found |= {squeezed(line) for line in inside}
    return {line for line in found if len(line) >= 12}


def squeezed(line):
    for sign, plain in {"·": "*", "−": "-", "²": "**2", "₁": "1", "₂": "2"}.items():
        line = line.replace(sign, plain)
    return re.sub(r"\s", "", line.partition("#")[0])


def test_no_line_of_a_solution_stands_in_a_hint():
    secret = solution_lines()
    assert len(secret) > 200
    for name, hint in HINTS.items():
        for text in hint.values():
            for line in text.splitlines():
                assert not [known for known in secret if known in squeezed(line)], f"{name}: {line}"


@pytest.mark.parametrize("name", HINTS)
def test_no_hint_is_code(name):
    for part in (*_hints.STEPS, "read"):
        text = HINTS[name][part]
        assert not re.search(r"\b(np\.|self\.|range\(|return\b|def\b|lambda\b)|@|`.*\(|[-+*]=|\.(T|sum|dot)\b", text)
        for line in [text, *text.splitlines(), *re.split(r"[\n;]| {3,}", text)]:
            try:
                statements = ast.parse(textwrap.dedent(line).strip()).body
            except SyntaxError:
                continue
            for statement in statements:
                literal = isinstance(statement, ast.Assign) and not any(
                    isinstance(node, (ast.Name, ast.Call)) for node in ast.walk(statement.value))
                assert literal or isinstance(statement, ast.Expr), line


# How it is asked for


def test_a_ladder_leads_from_a_question_to_numbers_and_then_says_where_to_read_on(capsys):
    for part in _hints.STEPS:
        cs231n.hint("svm_loss_naive")
        out = capsys.readouterr().out
        assert out.startswith("svm_loss_naive, hint ") and HINTS["svm_loss_naive"][part] in out
    for _ in range(2):
        cs231n.hint("svm_loss_naive")
        out = capsys.readouterr().out
        assert "these are all 3 hints" in out and HINTS["svm_loss_naive"]["read"] in out


def test_a_certain_step_can_be_asked_for_and_the_next_follows():
    assert "hint 2 of 3" in _hints.told("adam", 2)
    assert "hint 3 of 3" in _hints.told("adam")
    assert "hint 1 of 3" in _hints.told("rmsprop")
    for step in (0, 4, "two", 1.5):
        assert f"found the step {step!r}, expected 1, 2 or 3" in _hints.told("adam", step)


@pytest.mark.parametrize("asked, name", [
    ("predict_labels", "KNearestNeighbor.predict_labels"), ("KNearestNeighbor.predict_labels()",
                                                            "KNearestNeighbor.predict_labels"),
    ("train", "LinearClassifier.train"), ("LinearSVM.predict", "LinearClassifier.predict"),
    (svm_loss_naive, "svm_loss_naive"), (KNearestNeighbor().predict_labels, "KNearestNeighbor.predict_labels")])
def test_a_function_goes_by_its_name_its_method_or_itself(asked, name):
    assert _hints.told(asked).startswith(f"{name}, hint 1 of 3")


def test_an_unknown_name_is_answered_with_near_names():
    assert "svm_loss_naive" in _hints.told("svm_los_naive")
    assert "KNearestNeighbor.predict_labels" in _hints.told("knn.predict_label")
    assert "hint() lists" in _hints.told("zzzzzz") and "hint() lists" in _hints.told(7)


def test_a_name_that_several_functions_have_lists_them():
    for asked in ("loss", "TwoLayerNet"):
        said = _hints.told(asked)
        assert "TwoLayerNet.loss" in said and "whole name" in said


def test_without_a_name_everything_is_listed():
    said = _hints.told()
    assert [line.strip() for line in said.splitlines()[2:]] == list(HINTS)


def test_a_console_with_a_small_alphabet_gets_its_hints_too(monkeypatch):
    small = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", small)
    _hints.show("svm_loss_naive", 2)
    small.flush()
    assert b"hint 2 of 3" in small.buffer.getvalue()


def test_a_copy_of_the_package_without_hints_says_so(tmp_path):
    (tmp_path / "cs231n").mkdir()
    (tmp_path / "cs231n" / "__init__.py").write_bytes((ROOT / "cs231n" / "__init__.py").read_bytes())
    done = subprocess.run([sys.executable, "-B", "-c", "import cs231n; cs231n.hint('adam')"], cwd=tmp_path,
                          env={"PATH": ""}, capture_output=True, text=True, timeout=60)
    assert "There are no hints" in done.stdout and not done.stderr
