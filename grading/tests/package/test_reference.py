"""The reference solutions against oracles written in another way."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

import cs231n
from cs231n import layers, slopes
from cs231n.classifiers import KNearestNeighbor, LinearClassifier, LinearSVM, Softmax, TwoLayerNet
from cs231n.classifiers.linear_svm import svm_loss_naive, svm_loss_vectorized
from cs231n.classifiers.softmax import softmax_loss_naive, softmax_loss_vectorized
from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array, relative_error
from cs231n.layer_utils import affine_relu_backward, affine_relu_forward

DISTANCES = ["compute_distances_two_loops", "compute_distances_one_loop", "compute_distances_no_loops"]
SVM = [svm_loss_naive, svm_loss_vectorized]
SOFTMAX = [softmax_loss_naive, softmax_loss_vectorized]

examples = settings(max_examples=60, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 6)


def svm_oracle(scores, y):
    """Mean hinge loss of a mini-batch: a hinge for every class, less the 1 that the right class adds for itself."""
    return np.mean([np.clip(1 + s - s[label], 0, None).sum() - 1 for s, label in zip(scores, y, strict=True)])


def softmax_oracle(scores, y):
    return np.mean(logsumexp(scores, axis=1) - np.take_along_axis(scores, y[:, None], axis=1)[:, 0])


ORACLES = [(loss, svm_oracle) for loss in SVM] + [(loss, softmax_oracle) for loss in SOFTMAX]


def linear_problem(seed, N, D, C):
    """W, X, y with scores of both signs and no hinge near its kink."""
    rng = np.random.default_rng(seed)
    y = rng.integers(C, size=N)
    while True:
        W, X = rng.standard_normal((D, C)), rng.standard_normal((N, D))
        scores = X @ W
        hinges = scores - scores[np.arange(N), y][:, None] + 1
        if np.abs(hinges).min() > 1e-3:
            return W, X, y


def frozen(*arrays):
    """The same arrays, which refuse to be written to."""
    for array in arrays:
        array.flags.writeable = False
    return arrays


# k nearest neighbors


@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@examples
@given(seed=seeds, num_test=sizes, num_train=sizes, D=st.integers(1, 40))
def test_distances_are_those_of_scipy_for_every_dtype(name, dtype, seed, num_test, num_train, D):
    rng = np.random.default_rng(seed)
    X_train = rng.integers(0, 256, (num_train, D)).astype(dtype)
    X = rng.integers(0, 256, (num_test, D)).astype(dtype)
    frozen(X_train, X)
    knn = KNearestNeighbor()
    knn.train(X_train, np.zeros(num_train, dtype=int))
    dists = getattr(knn, name)(X)
    assert dists.shape == (num_test, num_train)
    np.testing.assert_allclose(dists, cdist(X.astype(float), X_train.astype(float)), rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_the_distance_of_equal_images_is_zero_and_never_nan(name, dtype):
    images = (np.random.default_rng(0).random((40, 768)) * 255).astype(dtype)
    knn = KNearestNeighbor()
    knn.train(images, np.zeros(40, dtype=int))
    assert np.diag(getattr(knn, name)(images)) == pytest.approx(np.zeros(40), abs=1e-2)


@pytest.mark.parametrize("name", DISTANCES)
def test_nearly_equal_float32_images_keep_their_distance(name):
    image = (np.random.default_rng(0).random((1, 3072)) * 255).astype(np.float32)
    knn = KNearestNeighbor()
    knn.train(image + np.float32(0.5), np.zeros(1, dtype=int))
    assert getattr(knn, name)(image)[0, 0] == pytest.approx(0.5 * np.sqrt(3072), rel=1e-4)


def test_a_tied_vote_goes_to_the_smaller_label():
    knn = KNearestNeighbor()
    knn.train(np.zeros((5, 1)), np.array([7, 3, 7, 3, 1]))
    dists = np.array([[1.0, 2.0, 3.0, 4.0, 5.0], [5.0, 4.0, 3.0, 2.0, 1.0]])
    assert knn.predict_labels(dists, k=1).tolist() == [7, 1]
    assert knn.predict_labels(dists, k=2).tolist() == [3, 1]
    assert knn.predict_labels(dists, k=3).tolist() == [7, 1]
    assert knn.predict_labels(dists, k=4).tolist() == [3, 3]
    assert knn.predict_labels(dists, k=5).tolist() == [3, 3]


@examples
@given(seed=seeds, num_train=sizes, k=sizes)
def test_predicted_labels_win_a_vote_counted_by_hand(seed, num_train, k):
    rng = np.random.default_rng(seed)
    y_train = rng.integers(-3, 4, num_train)
    dists = rng.permuted(np.tile(np.arange(num_train, dtype=float), (5, 1)), axis=1)
    frozen(y_train, dists)
    knn = KNearestNeighbor()
    knn.train(np.zeros((num_train, 1)), y_train)
    for row, label in zip(dists, knn.predict_labels(dists, k=min(k, num_train)), strict=True):
        voters = [y_train[j] for j in range(num_train) if row[j] < k]
        assert label == max(sorted(set(voters)), key=voters.count)


def test_predict_gives_the_same_labels_with_every_number_of_loops():
    rng = np.random.default_rng(0)
    knn = KNearestNeighbor()
    knn.train(rng.standard_normal((30, 8)), rng.integers(4, size=30))
    X = rng.standard_normal((9, 8))
    first, second, third = (knn.predict(X, k=3, num_loops=loops).tolist() for loops in (0, 1, 2))
    assert first == second == third


def test_predict_refuses_three_loops():
    knn = KNearestNeighbor()
    knn.train(np.zeros((1, 1)), np.zeros(1, dtype=int))
    with pytest.raises(ValueError, match="num_loops is 3"):
        knn.predict(np.zeros((1, 1)), num_loops=3)


# losses of linear classifiers


@pytest.mark.parametrize(("loss", "oracle"), ORACLES)
@examples
@given(seed=seeds, N=sizes, D=sizes, C=st.integers(2, 6), reg=st.sampled_from([0.0, 0.7]))
def test_linear_losses_and_gradients_are_those_of_the_oracle(loss, oracle, seed, N, D, C, reg):
    W, X, y = linear_problem(seed, N, D, C)

    def expected(W):
        return oracle(X @ W, y) + reg * (W * W).sum()

    numeric = eval_numerical_gradient(expected, W)
    found, dW = loss(*frozen(W, X, y), reg)
    assert found == pytest.approx(expected(W), rel=1e-9, abs=1e-12)
    assert dW.shape == W.shape
    np.testing.assert_allclose(dW, numeric, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("pair", [SVM, SOFTMAX], ids=["svm", "softmax"])
@examples
@given(seed=seeds, N=st.integers(1, 30), D=st.integers(1, 30), C=st.integers(2, 12))
def test_looped_and_vectorized_losses_agree(pair, seed, N, D, C):
    W, X, y = linear_problem(seed, N, D, C)
    (loss, dW), (vectorized_loss, vectorized_dW) = (function(W, X, y, 0.3) for function in pair)
    assert vectorized_loss == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(vectorized_dW, dW, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("losses", "expected"), [(SVM, 6.0), (SOFTMAX, np.log(7))], ids=["svm", "softmax"])
def test_zero_weights_give_the_loss_of_a_guess(losses, expected):
    X, y = np.random.default_rng(0).standard_normal((5, 4)), np.arange(5)
    for loss in losses:
        assert loss(np.zeros((4, 7)), X, y, 1.0)[0] == pytest.approx(expected)


@pytest.mark.parametrize("loss", SVM + SOFTMAX)
@pytest.mark.parametrize("size", [5e2, 1e5, 1e30])
def test_huge_scores_give_finite_losses_and_gradients(loss, size):
    W = size * np.array([[1.0, -1.0, 1.0]])
    X = np.array([[1.0], [-1.0], [1e-3]])  # the last example's scores are far below the largest of all
    found, dW = loss(W, X, np.array([1, 1, 0]), 0.0)
    assert np.isfinite(found)
    assert np.isfinite(dW).all()


@pytest.mark.parametrize(("loss", "oracle"), ORACLES)
def test_float32_losses_stay_float32_and_accurate(loss, oracle):
    W, X, y = linear_problem(3, 60, 50, 7)
    exact, exact_dW = loss(W, X, y, 0.1)
    found, dW = loss(W.astype(np.float32), X.astype(np.float32), y, 0.1)
    assert dW.dtype == np.float32
    assert found == pytest.approx(exact, rel=1e-5)
    np.testing.assert_allclose(dW, exact_dW, rtol=1e-4, atol=1e-5)


# linear classifiers


@pytest.fixture
def clusters():
    """Three well separated clusters in the plane, with a column of ones."""
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=150)
    centers = np.array([[4.0, 0.0], [-3.0, 3.0], [-3.0, -3.0]])
    return np.hstack([centers[y] + rng.standard_normal((150, 2)) * 0.5, np.ones((150, 1))]), y


@pytest.mark.parametrize("kind", [LinearSVM, Softmax])
def test_training_separates_clusters_and_returns_a_loss_for_every_step(kind, clusters):
    X, y = clusters
    classifier = kind()
    losses = classifier.train(*frozen(X, y), learning_rate=0.1, reg=1e-4, num_iters=150, batch_size=20)
    assert len(losses) == 150
    assert losses[-1] < 0.2 * losses[0]
    assert classifier.W.shape == (3, 3)
    assert (classifier.predict(X) == y).all()


def test_training_goes_on_from_earlier_weights_and_does_not_write_into_them(clusters):
    X, y = clusters
    classifier = Softmax()
    W = np.ones((3, 3))
    classifier.W = W
    classifier.train(X, y, learning_rate=0.0, num_iters=3)
    assert (classifier.W == 1).all()
    classifier.train(X, y, learning_rate=0.1, num_iters=3)
    assert (W == 1).all() and not (classifier.W == 1).all()


def test_numpys_seed_fixes_a_training_run(clusters):
    runs = []
    for _ in range(2):
        np.random.seed(5)
        runs.append(Softmax().train(*clusters, num_iters=5, batch_size=7))
    assert runs[0] == runs[1]


def test_a_mini_batch_may_be_larger_than_the_data(clusters):
    X, y = clusters
    assert len(LinearSVM().train(X[:10], y[:10], num_iters=2, batch_size=200)) == 2


def test_only_every_hundredth_step_is_printed(clusters, capsys):
    Softmax().train(*clusters, num_iters=201, batch_size=2)
    assert capsys.readouterr().out == ""
    Softmax().train(*clusters, num_iters=201, batch_size=2, verbose=True)
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "iteration 0 of 201", "iteration 100 of 201", "iteration 200 of 201"
    ]


def test_a_linear_classifier_without_a_loss_says_which_classes_have_one(clusters):
    with pytest.raises(NotImplementedError, match="LinearSVM or Softmax"):
        LinearClassifier().train(*clusters)


# layers

image_shapes = st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple)


@examples
@given(seed=seeds, N=sizes, shape=image_shapes, M=sizes)
def test_the_affine_layer_multiplies_flattened_examples_and_passes_numeric_gradients_back(seed, N, shape, M):
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal((N, *shape)), rng.standard_normal((int(np.prod(shape)), M))
    b, dout = rng.standard_normal(M), rng.standard_normal((N, M))

    def oracle(x, w, b):
        return np.tensordot(x, w.reshape(*shape, M), axes=len(shape)) + b

    numeric = [
        eval_numerical_gradient_array(lambda x: oracle(x, w, b), x, dout),
        eval_numerical_gradient_array(lambda w: oracle(x, w, b), w, dout),
        eval_numerical_gradient_array(lambda b: oracle(x, w, b), b, dout),
    ]
    out, cache = layers.affine_forward(*frozen(x, w, b))
    np.testing.assert_allclose(out, oracle(x, w, b), rtol=1e-10, atol=1e-12)
    for found, expected in zip(layers.affine_backward(*frozen(dout), cache), numeric, strict=True):
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


@examples
@given(seed=seeds, shape=image_shapes)
def test_relu_keeps_what_is_positive_in_both_directions(seed, shape):
    rng = np.random.default_rng(seed)
    x, dout = frozen(rng.standard_normal(shape), rng.standard_normal(shape))
    out, cache = layers.relu_forward(x)
    dx = layers.relu_backward(dout, cache)
    assert out.shape == dx.shape == shape
    for index in np.ndindex(shape):
        assert out[index] == max(0.0, x[index])
        assert dx[index] == (dout[index] if x[index] > 0 else 0)


def test_the_slope_of_relu_at_zero_is_zero():
    assert layers.relu_backward(np.ones(3), np.array([-1.0, 0.0, 1.0])).tolist() == [0.0, 0.0, 1.0]


@examples
@given(seed=seeds, N=sizes, M=sizes)
def test_affine_relu_is_the_affine_layer_and_then_relu(seed, N, M):
    rng = np.random.default_rng(seed)
    x, w, b, dout = (rng.standard_normal(shape) for shape in [(N, 2, 3), (6, M), (M,), (N, M)])
    out, cache = affine_relu_forward(x, w, b)
    before = x.reshape(N, 6) @ w + b
    np.testing.assert_allclose(out, before.clip(min=0))
    expected = layers.affine_backward(np.where(before > 0, dout, 0), (x, w, b))
    for found, gradient in zip(affine_relu_backward(dout, cache), expected, strict=True):
        np.testing.assert_allclose(found, gradient)


@pytest.mark.parametrize(
    ("loss", "oracle"), [(layers.svm_loss, svm_oracle), (layers.softmax_loss, softmax_oracle)], ids=["svm", "softmax"]
)
@examples
@given(seed=seeds, N=sizes, C=st.integers(2, 6))
def test_losses_of_scores_are_those_of_the_oracle(loss, oracle, seed, N, C):
    W, X, y = linear_problem(seed, N, 3, C)
    scores = X @ W
    numeric = eval_numerical_gradient(lambda scores: oracle(scores, y), scores)
    found, dx = loss(*frozen(scores, y))
    assert found == pytest.approx(oracle(scores, y), rel=1e-9, abs=1e-12)
    np.testing.assert_allclose(dx, numeric, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("loss", [layers.svm_loss, layers.softmax_loss])
@pytest.mark.parametrize("scores", [[[1e4] * 3, [-1e4] * 3], [[-5e2, 5e2, 0.0]] * 2, [[1e30, -1e30, 1e30], [1, 2, 3]]])
def test_losses_of_huge_scores_are_finite(loss, scores):
    found, dx = loss(np.array(scores), np.array([0, 1]))
    assert np.isfinite(found)
    assert np.isfinite(dx).all()


def test_layers_keep_float32():
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape).astype(np.float32) for shape in [(4, 5), (5, 3), (3,)])
    y = np.array([0, 2, 1, 1])
    out, cache = affine_relu_forward(x, w, b)
    arrays = [out, *affine_relu_backward(out, cache), layers.svm_loss(out, y)[1], layers.softmax_loss(out, y)[1]]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


# the two-layer net


@examples
@given(seed=seeds, N=sizes, shape=image_shapes, H=sizes, C=st.integers(2, 6), reg=st.sampled_from([0.0, 0.7]))
def test_the_two_layer_net_has_the_scores_loss_and_gradients_of_the_oracle(seed, N, shape, H, C, reg):
    rng = np.random.default_rng(seed)
    D = int(np.prod(shape))
    net = TwoLayerNet(input_dim=D, hidden_dim=H, num_classes=C, reg=reg)
    y = rng.integers(C, size=N)
    while True:  # until no hidden unit is near its kink
        X = rng.standard_normal((N, *shape))
        params = {name: rng.standard_normal(array.shape) for name, array in net.params.items()}
        hidden = X.reshape(N, D) @ params["W1"] + params["b1"]
        if np.abs(hidden).min() > 1e-3:
            break
    net.params = params

    def scores(p):
        return np.where(hidden_of(p) > 0, hidden_of(p), 0) @ p["W2"] + p["b2"]

    def hidden_of(p):
        return X.reshape(N, D) @ p["W1"] + p["b1"]

    def expected(_=None):
        return softmax_oracle(scores(params), y) + reg / 2 * sum((params[name] ** 2).sum() for name in ("W1", "W2"))

    numeric = {name: eval_numerical_gradient(expected, array) for name, array in params.items()}
    frozen(X, y, *params.values())
    np.testing.assert_allclose(net.loss(X), scores(params), rtol=1e-10, atol=1e-12)
    loss, grads = net.loss(X, y)
    assert loss == pytest.approx(expected(), rel=1e-9)
    assert grads.keys() == params.keys()
    for name, gradient in numeric.items():
        assert grads[name].shape == gradient.shape
        np.testing.assert_allclose(grads[name], gradient, rtol=1e-6, atol=1e-8)


def test_an_untrained_net_has_small_random_weights_and_zero_biases():
    np.random.seed(0)
    net = TwoLayerNet(input_dim=200, hidden_dim=30, num_classes=7, weight_scale=0.05)
    assert {name: array.shape for name, array in net.params.items()} == {
        "W1": (200, 30), "b1": (30,), "W2": (30, 7), "b2": (7,)
    }
    for weights, biases in (("W1", "b1"), ("W2", "b2")):
        assert net.params[weights].std() == pytest.approx(0.05, rel=0.15)
        assert abs(net.params[weights].mean()) < 0.02
        assert not net.params[biases].any()
    assert net.loss(np.ones((3, 200)), np.array([0, 6, 2]))[0] == pytest.approx(np.log(7), rel=0.1)


# the package


def test_everything_the_package_lists_can_be_imported_with_a_star():
    names = {}
    exec("from cs231n.classifiers import *", names)
    assert {"KNearestNeighbor", "LinearClassifier", "LinearSVM", "Softmax", "TwoLayerNet"} <= names.keys()


def test_an_unknown_classifier_is_an_attribute_error_that_lists_the_known_ones():
    with pytest.raises(AttributeError, match="no attribute 'Perceptron'.*KNearestNeighbor"):
        cs231n.classifiers.Perceptron  # noqa: B018


@pytest.mark.parametrize(
    ("broken", "statement"),
    [
        ("layers.py", "from cs231n.classifiers import KNearestNeighbor, Softmax"),
        ("classifiers/k_nearest_neighbor.py", "from cs231n.classifiers import TwoLayerNet"),
        ("classifiers/softmax.py", "from cs231n.classifiers import LinearSVM; LinearSVM().train(X, y, num_iters=1)"),
        ("classifiers/linear_svm.py", "from cs231n.classifiers import Softmax; Softmax().train(X, y, num_iters=1)"),
    ],
)
def test_a_syntax_error_in_one_module_leaves_the_others_usable(tmp_path, broken, statement):
    shutil.copytree(Path(cs231n.__file__).parent, tmp_path / "cs231n", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "cs231n" / broken).write_text("def (")
    program = f"import numpy as np; X, y = np.ones((4, 3)), np.array([0, 1, 0, 1]); {statement}"
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_relative_error_of_the_reference_is_what_the_course_calls_perfect():
    W, X, y = linear_problem(11, 6, 5, 4)
    numeric = eval_numerical_gradient(lambda W: softmax_loss_vectorized(W, X, y, 0.5)[0], W)
    assert relative_error(softmax_loss_vectorized(W, X, y, 0.5)[1], numeric) < 1e-7


def test_a_plain_number_may_stand_on_either_side_of_a_value():
    x = slopes.Value(4.0)
    result = 1 - x / 2 + 3 / x
    result.backward()
    assert result.data == pytest.approx(-0.25) and x.grad == pytest.approx(-0.5 - 3 / 16)
