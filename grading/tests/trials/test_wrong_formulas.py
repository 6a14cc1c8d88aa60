"""What an example adds to a wrong loss or gradient, and the terms of wrong distances, are read off the answers."""

import pytest

from grading.release import assignment as assignments
from grading.trials import variants
from grading.trials.asking import judged
from grading.trials.naming import Names

SOFTMAX, SVM, KNN = "classifiers/softmax.py", "classifiers/linear_svm.py", "classifiers/k_nearest_neighbor.py"
NET, TRAIN, LAYERS = "classifiers/fc_net.py", "classifiers/linear_classifier.py", "layers.py"
NO_LOOPS = "KNearestNeighbor.compute_distances_no_loops"
LOSS = "loss, dscores = softmax_loss(scores, y)\n        loss +="
PROBABILITIES = (LOSS.removesuffix("loss +=") + "p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)\n        ")
VOTE = "KNearestNeighbor.predict_labels"
ONE_LOOP = "KNearestNeighbor.compute_distances_one_loop"
TWO_LOOPS = "KNearestNeighbor.compute_distances_two_loops"


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
    (SVM, [("dW[:, j] += X[i]", "dW[:, j] += X[j]")], "svm_loss_naive",
     ["In the gradient X[j] stands in the columns of the wrong classes, i being the number of the image and j that of "
      "the class; it should be X[i]."]),
    (SVM, [("dW[:, y[i]] -= X[i]", "dW[:, y[i]] -= X[y[i]]")], "svm_loss_naive",
     ["In the gradient X[y[i]] stands in the column of the right class, i being the number of the image and j that of "
      "the class; it should be X[i]."]),
    (SOFTMAX, [("(prob - (j == y[i])) * X[i]", "(prob - (j == y[i])) * X[j]")], "softmax_loss_naive",
     ["In the gradient X[j] stands in every column, i being the number of the image and j that of the class; it should "
      "be X[i]."]),
    (SVM, [("dW[:, y[i]] -= X[i]", "dW[:, y[j]] -= X[i]")], "svm_loss_naive",
     ["In the gradient X[i] is added to column j for an active hinge, and subtracted from column y[j]; it should be "
      "added to column j and subtracted from column y[i], i being the number of the image and j that of the class."]),
    (SOFTMAX, [("(j == y[i])", "(y[j] == y[i])")], "softmax_loss_naive",
     ["In the gradient 1 is subtracted where y[j] == y[i]; it should be where j == y[i], i being the number of the "
      "image and j that of the class."]),
    (SVM, [("if j != y[i] and", "if j > y[i] and")], "svm_loss_naive",
     ["An image adds max(0, s[j] - s[y] + 1) for each class j > y to the loss; it should add "
      "max(0, s[j] - s[y] + 1) for each wrong class j.",
      "In the gradient the column of the right class gets x times minus the number of active hinges with j > y, and "
      "that of a wrong class x times 1 for an active hinge with j > y; it should be minus the number of active hinges "
      "and 1 for an active hinge."]),
    (SOFTMAX, [("dscores = np.exp(log_probs) ", "dscores = np.exp(scores) / np.exp(scores).sum(axis=0) ")],
     "softmax_loss_vectorized",
     ["In the gradient the column of the right class gets x times q - 1, and that of a wrong class x times q, where q "
      "is exp(s less the largest) / (its sum over the images); it should be p - 1 and p, p being the class's own "
      "probability."]),
    (SOFTMAX, [("-log_probs[rows, y].mean()",
                "-np.log((np.exp(scores) / np.exp(scores).sum(axis=0))[rows, y]).mean()")], "softmax_loss_vectorized",
     ["An image adds -log(q[y]), where q is exp(s less the largest) / (its sum over the images), to the loss; it "
      "should add -log(p[y])."]),
    (SOFTMAX, [("(prob - (j == y[i]))", "(prob + (j == y[i]) * (prob - 1))")], "softmax_loss_naive",
     ["In the gradient the column of the right class gets x times 2 p - 1, and that of a wrong class x times p; it "
      "should be p - 1 and p, p being the class's own probability."]),
    (KNN, [("diff = X[i] - self.X_train[j] ", "diff = X[i, 0] - self.X_train[j, 0] ")], TWO_LOOPS,
     ["Only the first value of each image counts; the distance takes all values."]),
    (KNN, [("self.X_train[j] ", "self.X_train[j - 1] ")], TWO_LOOPS,
     ["Column j of dists holds the distances to training image j - 1; it should be j."]),
    (KNN, [("np.sqrt(np.sum(diff**2))", "np.sqrt(np.sum(diff**2)) / 3")], TWO_LOOPS,
     ["Every distance is multiplied by 0.333; it is the root of the sum of squares itself."]),
    (KNN, [("dists = X @ X_train.T\n", "return self.compute_distances_two_loops(X)\n")], NO_LOOPS,
     ["There is still a loop: the number of Python steps grows with the number of test images and of training "
      "images."]),
    (NET, [("weight_scale * np.random.randn(hidden_dim,", "1e-3 * np.random.randn(hidden_dim,")],
     "TwoLayerNet.__init__", ["W2 has standard deviation 0.001, whatever weight_scale is."]),
    (TRAIN, [("learning_rate * dW", "learning_rate * (learning_rate * dW)")], "LinearClassifier.train",
     ["The learning rate is applied twice: the step is learning_rate**2 * dW."]),
    (TRAIN, [("np.random.choice(num_train, batch_size)", "np.random.choice(num_train, batch_size // 2)")],
     "LinearClassifier.train", ["Where batch_size is 7, the number of images in a mini-batch is 3."]),
    (TRAIN, [("y[batch], reg)", "y[batch], 3 * reg)")], "LinearClassifier.train",
     ["The loss is asked for with 3 times reg."]),
    (SVM, [("loss / num_train + reg", "loss / num_train / num_classes + reg")], "svm_loss_naive",
     ["In the loss the sum over the images is divided by N times the number of classes; it should be by N."]),
    (SVM, [("range(num_train)", "range(1, num_train)")], "svm_loss_naive",
     ["In the loss the first image is left out.", "In the gradient the first image is left out."]),
    (SVM, [("        scores = X[i] @ W", "        dW[:] = 0\n        scores = X[i] @ W")], "svm_loss_naive",
     ["In the gradient only the last image counts."]),
    (SVM, [("return loss, dW", "return loss, None")], "svm_loss_naive", ["None is returned in place of the gradient."]),
    (SOFTMAX, [("X.T @ dscores / num_train", "X.T @ dscores / X.shape[1]")], "softmax_loss_vectorized",
     ["In the gradient the sum over the images is divided by the number of features; it should be by N."]),
    (SOFTMAX, [("np.sum(np.exp(scores)))", "np.sum(np.exp(scores)) - np.exp(scores[y[i]]))")], "softmax_loss_naive",
     ["An image adds -log(q[y]), where q is exp(s) / (its sum over the wrong classes), to the loss; it should add "
      "-log(p[y]).",
      "In the gradient the column of the right class gets x times q - 1, and that of a wrong class x times q, where q "
      "is exp(s) / (its sum over the wrong classes); it should be p - 1 and p, p being the class's own probability."]),
    (SOFTMAX, [("+ reg * np.sum(W**2)", "+ 3 * reg * np.sum(W[:-1]**2)")], "softmax_loss_vectorized",
     ["The penalty in the loss is 3 * reg * sum(W[:-1]**2), without the last row; here it is reg * sum(W**2)."]),
    (SOFTMAX, [("+ 2 * reg * W", "+ reg * np.sign(W)")], "softmax_loss_naive",
     ["The gradient of the penalty is reg * sign(W); it should be 2 * reg * W."]),
    (TRAIN, [("learning_rate * dW", "learning_rate * dW / 4")], "LinearClassifier.train",
     ["The step is 0.25 * learning_rate * dW; it should be learning_rate * dW."]),
    (SOFTMAX, [("+ reg * np.sum(W**2)", "+ np.sum((reg * W)**2)")], "softmax_loss_vectorized",
     ["The penalty in the loss is reg**2 * sum(W**2); here it is reg * sum(W**2)."]),
    (SVM, [("np.newaxis] + 1)", "np.newaxis] + 0.5)"), ("X.T @ dscores / num_train", "X.T @ dscores")],
     "svm_loss_vectorized", ["The margin of a hinge is 0.5; here it is 1.",
                             "In the gradient: the division by N is missing."]),
    (SVM, [("dW[:, j] += X[i]", "dW[:, j] = X[i]")], "svm_loss_naive",
     ["In the gradient the columns of the wrong classes are overwritten (=) where a hinge should be added (+=)."]),
    (SVM, [("    loss = loss / num_train +", "    dW[:, y[i]] += 3 * X[i]\n    loss = loss / num_train +"),
           ("dW[:, y[i]] -= X[i]", "pass"), ("dW[:, y[i]] += 3 * X[i]", "dW[:, y[i]] -= np.sum((scores - scores[y[i]] "
                                            "+ 1 > 0)[np.arange(num_classes) != y[i]]) * X[i]")], "svm_loss_naive",
     ["The line for the right class stands behind the loop over the images: it counts for the last image only."]),
    (SOFTMAX, [("dscores = np.exp(log_probs) ", "dscores = np.exp(np.exp(log_probs)); dscores /= dscores.sum(axis=1, "
                "keepdims=True) ")], "softmax_loss_vectorized",
     ["In the gradient the column of the right class gets x times q - 1, and that of a wrong class x times q, where q "
      "is the softmax of the softmax; it should be p - 1 and p, p being the class's own probability."]),
    (SVM, [("margins.sum() / num_train", "margins.sum() / 500")], "svm_loss_vectorized",
     ["In the loss the sum over the images is divided by 500, whatever N is."]),
    (KNN, [("dists[i, j] = np.sqrt(np.sum(diff**2))",
            "dists[i, j] = np.sqrt(np.sum(diff**2) + dists.flat[i * num_train + j - 1] ** 2)")], TWO_LOOPS,
     ["The sum of squares is not set to zero for each pair of images: it goes on from one to the next."]),
    (KNN, [("in range(num_train)", "in range(i, num_train)")], TWO_LOOPS,
     ["Only the entries with j >= i of dists are filled, the rest stays 0."]),
    (KNN, [("dists += np.einsum(\"nd,nd->n\", X_train, X_train)", "dists += X_train.sum(axis=1)"),
           ("np.maximum(dists, 0, out=dists)", "np.abs(dists, out=dists)")], NO_LOOPS,
     ["Under the root stands the absolute value of |x|^2 - 2 x.t + sum(t); the distance is the root of "
      "|x|^2 - 2 x.t + |t|^2, for a test image x and a training image t."]),
    (KNN, [("labels[votes.argmax()]", "np.median(self.y_train[nearest])")], VOTE,
     ["The median of the labels is taken and cut to a whole number; the k nearest images should vote, and the "
      "commonest label win, of equally common ones the smallest."]),
    (KNN, [("labels[votes.argmax()]", "np.median(self.y_train[nearest])"), ("[:k]", "[1:k + 1]")], VOTE,
     ["The nearest image has no vote, the k behind it have; the median of the labels is taken and cut to a whole "
      "number; the k nearest images should vote, and the commonest label win, of equally common ones the smallest."]),
    (NET, [('"b1": db1', '"b1": db1 * len(X)'), ('"W2": dW2 +', '"W2": dW2 * len(X) +')], "TwoLayerNet.loss",
     ["The data's gradients of W2 and b1 are multiplied by the number of examples where they should not be."]),
    (NET, [('"b1": db1', '"b1": 2 * db1'), ('"W2": dW2 +', '"W2": -dW2 +')], "TwoLayerNet.loss",
     ["The data's gradient of W2 has the wrong sign.", "The data's gradient of b1 is twice what it should be."]),
    (NET, [("0.5 * self.reg * (", "0.15 * ("), ("self.reg * W", "0.3 * W")], "TwoLayerNet.loss",
     ["The penalty in the loss is 0.15 * sum(W**2), whatever reg is.",
      "The gradient of the penalty is 0.3 * W, whatever reg is."]),
    (SOFTMAX, [("+ reg * np", "+ 0.01 * np"), ("+ 2 * reg", "+ 0.02")], "softmax_loss_naive",
     ["The penalty in the loss is 0.01 * sum(W**2), whatever reg is.",
      "The gradient of the penalty is 0.02 * W, whatever reg is."]),
    (SOFTMAX, [("(prob - (j == y[i]))", "(prob - y[i])")], "softmax_loss_naive",
     ["In the gradient the column of the right class gets x times p less the label, and that of a wrong class x times "
      "p less the label; it should be p - 1 and p, p being the class's own probability."]),
    (KNN, [("diff = X[i] - self.X_train[j] ", "diff = X[i] - X.mean(axis=0) - self.X_train[j] ")], TWO_LOOPS,
     ["The distances are those of test images less their mean over all images and training images as they are; "
      "nothing should be done to them before."]),
    (KNN, [("np.sqrt(np.sum(diff**2))", "np.sum(np.sqrt(2 * np.abs(diff)))")], TWO_LOOPS,
     ["dists is 1.41 times the sum of the roots of |d|, d being the difference of two images; it should be the root "
      "of the sum of d**2."]),
    (KNN, [("np.argsort(dists[i], kind=\"stable\")[:k]", "[np.argmax(dists[i])]")], VOTE,
     ["The farthest image decides alone; the k nearest images should vote."]),
    (KNN, [("np.einsum(\"nd,nd->n\", diff, diff))", "np.einsum(\"nd,nd->n\", diff, diff))[0]")], ONE_LOOP,
     ["Every entry of a row is the distance to the first training image."]),
    (TRAIN, [("np.random.choice(num_train, batch_size)", "1 + np.random.choice(num_train - 1, batch_size)")],
     "LinearClassifier.train", ["Of 12 training images these are never drawn, counted from 0: 0."]),
    (SVM, [("loss / num_train + reg *", "loss / num_train * reg *")], "svm_loss_naive",
     ["The penalty is multiplied with the data loss; it should be added to it."]),
    (SVM, [("margins.sum() / num_train +", "1 + (margins.sum() - 1) / num_train +")], "svm_loss_vectorized",
     ["The loss is not what it should be, but that + 1 - 1/N."]),
    (SVM, [("X.T @ dscores / num_train", "X.T @ dscores // num_train")], "svm_loss_vectorized",
     ["The gradient is rounded down to whole numbers; it should keep its digits after the point."]),
    (SVM, [("margins.sum() / num_train +", "margins.sum(axis=1) / num_train +")], "svm_loss_vectorized",
     ["The loss is an array with a number for each image; it should be one number, their mean."]),
    (SVM, [("margins.sum() / num_train +", "margins.sum(axis=0) / num_train +")], "svm_loss_vectorized",
     ["The loss comes back as an array with a number for each class; one number is wanted."]),
    (SOFTMAX, [("loss += log_sum - scores[y[i]]", "loss += log_sum - scores")], "softmax_loss_naive",
     ["The loss comes back as an array with a number for each class; one number is wanted."]),
    (SOFTMAX, [("return loss, dW", "return loss, dscores / num_train")], "softmax_loss_vectorized",
     ["The gradient comes back with the shape of the scores, (N, C); dW has that of W, (D, C)."]),
    (KNN, [("np.maximum(dists, 0, out=dists)", "dists *= -1")], NO_LOOPS,
     ["All distances are nan, as the root of a negative number is: under the root the two sums of squares are added, "
      "and the mixed sum is subtracted."]),
    (SOFTMAX, [("loss += log_sum - scores[y[i]]", "loss += log_sum - scores[-1]")], "softmax_loss_naive",
     ["An image adds -log(p) of the last class to the loss; it should add -log(p[y])."]),
    (KNN, [("[:k]", "[k:]")], VOTE,
     ["All images but the k nearest vote; the k nearest images should vote, and the commonest label win, of equally "
      "common ones the smallest."]),
    (KNN, [("dists += np.einsum(\"nd,nd->n\", X_train, X_train)", "dists += np.sum(X_train**2)"),
           ("dists *= -2", "dists *= 4")], NO_LOOPS,
     ["Under the root stands |x|^2 + 4 x.t + the sum of |t|^2 of all; the distance is the root of |x|^2 - 2 x.t + "
      "|t|^2, for a test image x and a training image t."]),
    (NET, [(LOSS, f"{PROBABILITIES}loss = -np.log(p).sum() / len(X)\n        loss +=")], "TwoLayerNet.loss",
     ["An example adds -log(p) of every class to the loss; it should add -log(p[y])."]),
    (NET, [(LOSS, f"{PROBABILITIES}loss /= len(X)\n        loss +=")], "TwoLayerNet.loss",
     ["The data loss is divided by the number of examples twice."]),
    (NET, [(LOSS, f"{PROBABILITIES}dscores = p * (1 - p) / len(X)\n        loss +=")], "TwoLayerNet.loss",
     ["In the gradient the score of the right class gets p (1 - p), and that of a wrong class p (1 - p); it should be "
      "p - 1 and p, p being the class's own probability."]),
    (SOFTMAX, [("scores = X[i] @ W  ", "scores = X[i] @ W * np.log(2)  ")], "softmax_loss_naive",
     ["An image adds -log(q[y]), where q is 2**s / (its sum over the classes), to the loss; it should add -log(p[y]).",
      "In the gradient the column of the right class gets x times q - 1, and that of a wrong class x times q, where q "
      "is 2**s / (its sum over the classes); it should be p - 1 and p, p being the class's own probability."]),
    (SVM, [("dW = X.T @ dscores / num_train", "dW = margins.sum() / num_train * X.T @ dscores / num_train")],
     "svm_loss_vectorized", ["The gradient is multiplied by the data loss."]),
    (KNN, [("np.sqrt(np.sum(diff**2))", "np.exp(-np.sqrt(np.sum(diff**2)))")], TWO_LOOPS,
     ["dists holds exp(-d), d being the distance; it should be the distance itself."]),
    (KNN, [("labels[votes.argmax()]",
            "np.bincount(self.y_train[nearest], weights=1 / (1 + dists[i, nearest])).argmax()")], VOTE,
     ["A vote counts 1 / (1 + distance); the k nearest images should vote, and the commonest label win, of "
      "equally common ones the smallest."]),
    (SOFTMAX, [("(prob - (j == y[i])) * X[i]", "(prob - np.exp(scores[y[i]] - log_sum)) * X[i]")], "softmax_loss_naive",
     ["In the gradient the column of the right class gets x times 0, and that of a wrong class x times p - p[y]; it "
      "should be p - 1 and p, p being the class's own probability."]),
    (SVM, [("    if j != y[i] and margin > 0:", "    if j != y[i] and margin > 0 and j == scores.argmax():")],
     "svm_loss_naive",
     ["An image adds only the hinge of the class with the highest score (if that is a wrong one) to the loss.",
      "In the gradient an image adds only the hinge of the class with the highest score (if that is a wrong one)."]),
    (KNN, [("np.sqrt(np.einsum(\"nd,nd->n\", diff, diff))", "np.sum(diff**2)")], ONE_LOOP,
     ["The squares are added up over all training images: a row gets one number; and the root is missing."]),
    (KNN, [("np.argsort(dists[i], ", "np.argsort(dists[i - 1], ")], VOTE,
     ["Test image i gets the label that belongs to test image i - 1."]),
    (TRAIN, [("learning_rate * dW", "learning_rate * loss * dW")], "LinearClassifier.train",
     ["The step is multiplied by the loss; it should be learning_rate * dW."]),
    (NET, [("affine_relu_forward(X, W1, b1)", "affine_relu_forward(X.dot(np.eye(len(W1))), W1, b1)")],
     "TwoLayerNet.loss",
     ["X is multiplied as it comes in; an image of several axes has to become a row of D numbers first."]),
])
def test_the_formula_of_a_wrong_answer_is_read_off(said, module, edits, function, sentences):
    assert said(module, edits, function) == sentences


@pytest.mark.parametrize("module, edits, function", [
    (SOFTMAX, [("-log_probs[rows, y].mean()", "-np.sinh(log_probs[rows, y]).mean()")], "softmax_loss_vectorized"),
    (SVM, [("dscores[rows, y] = -dscores.sum(axis=1) ", "dscores[rows, y] = -dscores.sum(axis=1)**1.5 ")],
     "svm_loss_vectorized"),
    (KNN, [("dists *= -2", "dists *= -1.7")], NO_LOOPS),
    (SOFTMAX, [("+ 2 * reg * W", "+ reg * np.sinh(W)")], "softmax_loss_vectorized"),
    (SOFTMAX, [("X.T @ dscores / num_train", "X[1:4].T @ dscores[1:4] / num_train")], "softmax_loss_vectorized"),
    (SVM, [("dW[:, y[i]] -= X[i]", "dW[:, y[i]] -= X[i - 2]")], "svm_loss_naive"),
    (KNN, [("diff = X[i] - self.X_train[j] ", "diff = (X[i] - self.X_train[j])[1:3] ")], TWO_LOOPS),
    (SOFTMAX, [("scores = X[i] @ W  ", "scores = W @ X[i]  ")], "softmax_loss_naive"),     # mostly raises
    (KNN, [("labels[votes.argmax()]", "self.y_train[nearest].sum() % 7")], VOTE),
    (KNN, [("np.sqrt(np.sum(diff**2))", "np.sqrt(np.sum(diff**2)) + i")], TWO_LOOPS),
    (NET, [('"b1": db1', '"b1": np.sin(db1)')], "TwoLayerNet.loss"),
])
def test_a_formula_that_nobody_knows_has_no_name(said, module, edits, function):
    assert all(one.startswith("No known mistake fits") for one in said(module, edits, function))
