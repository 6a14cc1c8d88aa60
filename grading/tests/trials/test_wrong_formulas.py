"""What an example adds to a wrong loss or gradient, and the terms of wrong distances, are read off the answers."""

import pytest

from grading.release import assignment as assignments
from grading.trials import variants
from grading.trials.asking import judged
from grading.trials.naming import Names

SOFTMAX, SVM, KNN = "classifiers/softmax.py", "classifiers/linear_svm.py", "classifiers/k_nearest_neighbor.py"
NET, TRAIN, LAYERS = "classifiers/fc_net.py", "classifiers/linear_classifier.py", "layers.py"
NO_LOOPS = "KNearestNeighbor.compute_distances_no_loops"


@pytest.fixture(scope="module")
def said():
    """A module, edits of it, a function -> the sentences on that function."""
    assignment = assignments.load("assignment1")
    names = Names(assignment)
    assert set(judged(assignment)) > {"svm_loss_naive", NO_LOOPS}

    def said(module, edits, function):
        text = assignment.complete(module)
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        answers = variants.answers(assignment, {"": ({module: text}, [(module, function)])})[""][function]
        return [one["says"] for one in names.explain(function, answers).told()]

    return said


@pytest.mark.parametrize("module, edits, function, sentences", [
    (SOFTMAX, [("-log_probs[rows, y].mean()", "-np.exp(log_probs[rows, y]).mean()")], "softmax_loss_vectorized",
     ["An image adds -p[y], without a logarithm, to the loss; it should add -log(p[y])."]),
    (SOFTMAX, [("loss += log_sum - scores[y[i]]", "loss += log_sum + scores[y[i]]")], "softmax_loss_naive",
     ["An image adds log(sum of exp(s)) + s[y], with s less the largest score, to the loss; it should add "
      "-log(p[y])."]),
    (SOFTMAX, [("dscores[rows, y] -= 1 ", "dscores *= 1 - dscores; dscores[rows, y] -= 1 "),
               ("X.T @ dscores / num_train", "X.T @ dscores")], "softmax_loss_vectorized",
     ["In the gradient the column of the right class gets x times p (1 - p) - 1, and that of a wrong class x times "
      "p (1 - p); it should be p - 1 and p, p being the class's own probability. The division by N is missing."]),
    (SVM, [("np.maximum(0, scores - scores[rows, y][:, np.newaxis] + 1)",
            "np.log1p(np.exp(scores - scores[rows, y][:, np.newaxis]))"),
           ("(margins > 0)", "(margins > np.log1p(np.exp(-1)))")], "svm_loss_vectorized",
     ["An image adds log(1 + exp(s[j] - s[y])) for each wrong class j to the loss; it should add "
      "max(0, s[j] - s[y] + 1) for each wrong class j."]),
    (KNN, [("dists += np.einsum(\"nd,nd->n\", X_train, X_train)", "dists -= np.einsum(\"nd,nd->n\", X_train, X_train)"),
           ("np.maximum(dists, 0, out=dists)", "np.abs(dists, out=dists)")], NO_LOOPS,
     ["Under the root stands the absolute value of |x|^2 - 2 x.t - |t|^2; the distance is the root of "
      "|x|^2 - 2 x.t + |t|^2, for a test image x and a training image t."]),
    (LAYERS, [("loss = -log_probs[rows, y].mean()", "loss = np.exp(log_probs[rows, y]).mean()")], "softmax_loss",
     ["An image adds p[y], without a logarithm and with another sign, to the loss; it should add -log(p[y])."]),
    (SOFTMAX, [("dscores[rows, y] -= 1 ", "dscores *= 1 - dscores; dscores[rows, y] -= 1 "),
               ("mean() + reg * np.sum(W**2)", "mean()")], "softmax_loss_vectorized",
     ["The penalty is missing from the loss; only the gradient has it.",
      "In the gradient the column of the right class gets x times p (1 - p) - 1, and that of a wrong class x times "
      "p (1 - p); it should be p - 1 and p, p being the class's own probability."]),
    (KNN, [("dists *= -2", "dists *= 2"), ("return np.sqrt(dists, out=dists)", "return np.sqrt(dists).T")], NO_LOOPS,
     ["Rows and columns of dists are exchanged. Under the root stands |x|^2 + 2 x.t + |t|^2; the distance is the root "
      "of |x|^2 - 2 x.t + |t|^2, for a test image x and a training image t."]),
    (LAYERS, [("x[rows, y][:, np.newaxis] + 1)", "x[rows, y][:, np.newaxis] + 0.5)"),
              ("(margins > 0).astype(x.dtype)", "(margins > 0) * float(num_train)")], "svm_loss",
     ["The margin of a hinge is 0.5; here it is 1.", "In the gradient: the division by N is missing."]),
    (NET, [("np.zeros(hidden_dim)", "np.zeros((input_dim, hidden_dim))")], "TwoLayerNet.__init__",
     ["b1 has the shape (D, H); it should be (H,)."]),
    (TRAIN, [("learning_rate * dW", "1e-7 * dW")], "LinearClassifier.train",
     ["The step is always 1e-07 times the gradient, whatever learning_rate is."]),
    (TRAIN, [("- learning_rate * dW", "+ 1e-5 * dW")], "LinearClassifier.train",
     ["The step is always 1e-05 times the gradient, and uphill, whatever learning_rate is."]),
])
def test_the_formula_of_a_wrong_answer_is_read_off(said, module, edits, function, sentences):
    assert said(module, edits, function) == sentences


@pytest.mark.parametrize("module, edits, function", [
    (SOFTMAX, [("-log_probs[rows, y].mean()", "-np.sinh(log_probs[rows, y]).mean()")], "softmax_loss_vectorized"),
    (SVM, [("dscores[rows, y] = -dscores.sum(axis=1) ", "dscores[rows, y] = -dscores.sum(axis=1)**1.5 ")],
     "svm_loss_vectorized"),
    (KNN, [("dists *= -2", "dists *= -1.7")], NO_LOOPS),
])
def test_a_formula_that_nobody_knows_has_no_name(said, module, edits, function):
    assert all(one.startswith("No known mistake fits") for one in said(module, edits, function))
