"""Why a function raises has a name that can be counted: read off what was raised and the line of the student's."""

import time

import msgspec
import pytest

from grading.engine import causes, stops
from grading.engine.answers import Answer
from grading.release import assignment as assignments
from grading.trials import stopped, trial, variants
from grading.trials.asking import judged
from grading.trials.catalogue import Entry

KNN, TRAIN = "KNearestNeighbor.", "LinearClassifier."
NAIVE, WHOLE, LABELS = "svm_loss_naive", "softmax_loss_vectorized", KNN + "predict_labels"
NO_LOOPS, NET, DEEP = KNN + "compute_distances_no_loops", "TwoLayerNet.loss", "FullyConnectedNet."
SCORES = "scores = X.dot(W)\n"

# function, code of the cause, what stands in it, lines at the top of the module
RAISING = [
    (NO_LOOPS, "old python xrange", "return [0 for i in xrange(5)]"),
    (NO_LOOPS, "old numpy float", "return X.astype(np.float)"),
    (LABELS, "old python iteritems", "votes = {1: 2}\nreturn [pair for pair in votes.iteritems()]"),
    (LABELS, "old module cPickle", "import cPickle"),
    (LABELS, "module", "import nowhere_to_be_found"),
    (LABELS, "lazy", "nearest = map(int, self.y_train)\nreturn np.bincount(nearest)"),
    (LABELS, "lazy", "return filter(None, self.y_train)[0]"),
    (WHOLE, "column", SCORES + "return scores - np.max(scores, axis=1), 0"),
    (WHOLE, "column", SCORES + "scores -= scores.max(1)\nreturn scores, 0"),
    (NO_LOOPS, "rows", "return np.sum(X**2, axis=1) + np.sum(self.X_train**2, axis=1)"),
    ("affine_forward", "row", "return x.reshape(len(x), -1).dot(w) + b.reshape(-1, 1), (x, w, b)"),
    ("batchnorm_forward", "added up", "return x.dot(gamma) + beta, ()"),
    (NO_LOOPS, "each with each", "return np.sum((X - self.X_train) ** 2, axis=1)"),
    (NO_LOOPS, "turned", "return X.dot(self.X_train.T) - self.X_train.dot(X.T)"),
    (WHOLE, "star", "scores = X * W\nreturn scores.sum(), 0"),
    ("maxout_backward", "dropped", "return dout * (cache == cache.max(axis=1))"),
    (NO_LOOPS, "transpose", "return X.dot(self.X_train)"),
    (WHOLE, "order", SCORES + "return W.dot(X), 0"),
    (WHOLE, "order", "return np.dot(np.ones(3), np.ones((2, 2, 3))), 0"),
    (WHOLE, "column", SCORES + "p = [list(row) for row in scores]\nreturn p / np.sum(p, axis=1), 0"),
    (WHOLE, "factor", "return X @ 3.0, 0"),
    ("affine_forward", "no rows", "return x.dot(w) + b, (x, w, b)"),
    (WHOLE, "into", "loss = np.zeros(W.shape[1])\nloss += X.dot(W)\nreturn loss, 0"),
    (NO_LOOPS, "place", "dists = np.zeros((9, 8))\ndists[:, 0] += np.ones(5)\nreturn dists"),
    (NO_LOOPS, "one number", "dists = np.zeros((9, 9))\ndists[0, 0] = (X[0] - self.X_train[0]) ** 2\nreturn dists"),
    (WHOLE, "math", "import math\nreturn math.exp(X.dot(W)), 0"),
    (NO_LOOPS, "reshape", "return X.reshape(len(self.X_train) + 40, 7)"),
    (NO_LOOPS, "axis", "return np.sum(X[0] - self.X_train[0], axis=1)"),
    (NO_LOOPS, "indices", "return X[0, 0, 0]"),
    (NO_LOOPS, "axis elsewhere", "return np.sqrt(np.sum((X[0] - self.X_train) ** 2), axis=1)"),
    (WHOLE, "axis elsewhere", SCORES + "return np.exp(scores - np.max(scores), keepdims=True), 0"),
    ("relu_backward", "through a mask", "dx = np.zeros_like(cache)\ndx[cache > 0] = dout\nreturn dx"),
    (WHOLE, "rows first", SCORES + "return scores[y, np.arange(len(y))].sum(), 0"),
    (NO_LOOPS, "bounds", "return self.X_train[len(self.X_train)]"),
    ("relu_backward", "truth", "if cache > 0:\n    return dout\nreturn 0"),
    ("relu_forward", "maximum", "return max(0, x), x"),
    ("softmax_loss", "cast", "dx = np.zeros(x.shape, dtype=int)\ndx += x / 3\nreturn 0, dx"),
    ("accuracy_gain", "boolean", "return now - before, 0"),
    ("step_decay", "whole", "for _ in range(epoch / every):\n    learning_rate *= drop\nreturn learning_rate"),
    (WHOLE, "whole", "return np.zeros((len(X) / 2, 3)), 0"),
    (LABELS, "positions", "y = np.zeros(3)\nreturn self.y_train[y]"),
    (NO_LOOPS, "self", "return X - X_train"),
    ("rmsprop", "in dict", "return w - decay_rate * dw, config"),
    ("expected_improvement", "import", "return norm.cdf(mean)"),
    ("exponential_decay", "import", "return learning_rate * math.exp(-decay * epoch)"),
    (DEEP + "loss", "no function", "return affine_bn_relu_forward(X, self.params)"),
    (NAIVE, "misspelt", SCORES + "return np.max(score), 0"),
    (NAIVE, "unset", "for i in range(num_examples):\n    pass\nreturn 0, 0"),
    (NAIVE, "begun", "for i in range(3):\n    loss += 1\nreturn loss, 0"),
    (NAIVE, "later", "if W.size < 0:\n    loss = 1\nreturn loss, 0"),
    (LABELS, "count", "votes = {}\nfor label in self.y_train:\n    votes[label] += 1\nreturn votes"),
    ("adam", "spelt key", "return config['beta_1'], config"),
    (DEEP + "loss", "numbered", "return self.params['W%d' % 0]"),
    ("batchnorm_forward", "early key", "bn_param['mean'] = bn_param['mean'] + x\nreturn x, None"),
    ("adam", "no key", "return config['gravity'], config"),
    ("sgd_momentum", "no key", "config['v'] = 0.9 * config['v'] - dw\nreturn w + config['v'], config"),
    ("adam", "dot key", "return config.beta1, config"),
    (LABELS, "list", "labels = list(self.y_train)\nreturn labels[np.argsort(dists[0])]"),
    (LABELS, "list", "near = [1, 2]\nreturn near.reshape(2, 1)"),
    (LABELS, "list", "near = [1, 2]\nreturn near / 2"),
    (NAIVE, "range", "for i in X.shape[0]:\n    pass\nreturn 0, 0"),
    (NAIVE, "whole shape", "for i in range(X.shape):\n    pass\nreturn 0, 0"),
    (NAIVE, "length", "for i in range(X):\n    pass\nreturn 0, 0"),
    (NAIVE, "axes", "return 0, np.zeros(y.shape[1])"),
    (NAIVE, "not callable", "return 0, np.zeros(X.shape(1))"),
    (NET, "quotes", "W1 = self.params[W1]\nb1 = self.params['W1']\nreturn W1"),
    (NET, "is none", "if y == None:\n    return X\nreturn 0, {}"),
    (TRAIN + "train", "self", "loss, dW = loss(X, y, reg)"),
    (NO_LOOPS, "one list", "return np.concatenate(X, X)"),
    (NO_LOOPS, "uncalled", "return np.sqrt[X]"),
    (DEEP + "loss", "early key", "grads = {}\nfor i in range(1, 3):\n    grads[f'W{i}'] += 1"),
    (DEEP + "loss", "popped", "return [].pop()"),
    ("adam", "power", "return w / (1 - config['beta1'] ^ 2), config"),
    ("gp_posterior", "square", "return np.linalg.solve(X, y), 0"),
    ("batchnorm_backward", "cache", "return dout * cache['std'], 0, 0"),
    ("step_decay", "unset", "return decay_rate ** epoch"),
    ("successive_halving", "list", "left = list(range(4))\nreturn left[np.arange(3)[:max(1, 2)]], 0"),
    (TRAIN + "train", "sequence", "self.W -= 0.5 * (0.1, X)"),
    ("extract_features", "ragged", "return np.array([[1.0, 2.0], [3.0]])"),
    ("extract_features", "ragged", "return np.array([[np.zeros(2), np.zeros(3)] for image in imgs])"),
    (NAIVE, "places", "return X.dot(W)[np.arange(X.shape[1]), y].sum(), 0"),
    (NAIVE, "places", "scores = X.dot(W)\nscores[np.arange(W.shape[1]), y] = 0\nreturn scores, 0"),
    (NAIVE, "rows", "dW = np.zeros(W.shape)\np = X[0].dot(W)\ndW[:, 0] += p * X[0]\nreturn 0, dW"),
    (TRAIN + "train", "list place", "loss_history[it] = 1"),
    (LABELS, "changes", "order = [3, 1].sort()\nreturn order[:2]"),
    (WHOLE, "none", "scores = None\nreturn scores.max(), 0"),
    (NAIVE, "returned", "return 5.0"),
    (WHOLE, "returned none", SCORES),
    (NET, "several", "hidden = affine_relu_forward(X, self.params['W1'], self.params['b1'])\nreturn hidden.sum()"),
    ("affine_backward", "cache", "x, w = cache"),
    (WHOLE, "unpacked", "N, D, C = X.shape"),
    (TRAIN + "train", "arguments", "self.loss(self.W, X, y, reg)"),
    (NET, "handed on", "W = self.params['W1']\nreturn affine_relu_forward(W, X, self.params['b1'])[0]"),
    (NET, "several", "both = affine_relu_forward(X, self.params['W1'], self.params['b1'])\n"
     "return affine_forward(both, self.params['W2'], self.params['b2'])[0]"),
    ("adam", "not callable", "return (1 - config['beta1'])(dw), config"),
    (NO_LOOPS, "uncalled", "return X.sum.mean()"),
    ("TwoLayerNet.__init__", "one tuple", "self.params['b1'] = np.zeros(1, hidden_dim)"),
    ("TwoLayerNet.__init__", "sizes", "self.params['W1'] = np.random.randn((input_dim, hidden_dim))"),
    ("relu_forward", "second argument", "return np.max(x, x + 1), x"),
    (LABELS, "one array", "return np.bincount(self.y_train).argmax()[0]"),
    (DEEP + "__init__", "text", "self.params['W' + 1] = 0"),
    (DEEP + "__init__", "attribute", "return self.use_batchnorm"),
    (NO_LOOPS, "no such", "return X.dots(X)"),
    (NO_LOOPS, "no such", "return np.euclidean(X)"),
    (LABELS, "replace", "return np.random.choice(2, 9, replace=False)"),
    (LABELS, "empty", "return max([])"),
    ("successive_halving", "recursion", "return successive_halving(accuracies, epochs, eta)"),
    ("step_decay", "zero", "return learning_rate / int(0 * drop)"),
    (NAIVE, "assert", "assert W.shape[0] < 0\nreturn 0, 0"),
    (LABELS, "draws", "return np.random.choice(dists, 2)"),
    (NO_LOOPS, "factors", "return X.dot(np.ones((40, 41)))"),
    (NO_LOOPS, "joined", "return np.hstack([np.ones((2, 3)), np.ones((3, 3))])"),
    (NO_LOOPS, "mask", "return self.X_train[np.ones(40, dtype=bool)]"),
    ("dropout_forward", "misfit", "return x[:, :, np.newaxis] * np.ones(x.shape), None"),
    ("gp_posterior", "misfit", "return np.eye(40) + np.eye(41), 0"),
    (NAIVE, "", "raise ValueError('of my own')"),
]


@pytest.fixture(scope="module")
def codes():
    """A function: what stands in functions -> the causes of each, as its probe tells them."""
    made = [assignments.load(name) for name in ("assignment1", "assignment2")]
    homes = [judged(assignment) for assignment in made]

    def codes(raising):
        found = []
        for function, _, body in raising:
            assignment, home = next((one, home) for one, home in zip(made, homes, strict=True) if function in home)
            entry = Entry("raising", home[function], function, body=body, later=assignment.later)
            answers = variants.answers(assignment, {"": (trial.entry_source(entry), [(entry.module, function)])})
            found.append(stopped.apart(answers[""][function])[1])
        return found

    return codes


def said(found, function, **more):
    return [one["says"] for one in stopped.told(function, found, {function}, {function, "affine_forward"}, **more)]


def test_each_cause_of_an_exception_is_told_by_its_own_sentence(codes):
    found = codes(RAISING)
    told = [(function, code, said(one, function)[:1]) for (function, code, _), one in zip(RAISING, found, strict=True)]
    assert told == [(function, code, [causes.cause(code).says] if code else []) for function, code, _ in RAISING]


@pytest.mark.parametrize("kind, message, code", [
    ("TypeError", "f() takes 1 positional argument but 4 were given", "signature"),
    ("TypeError", "cannot unpack non-iterable NoneType object", "returned none"),
    ("ValueError", "too many values to unpack (expected 2)", "returned"),
    ("KeyError", "'W1'", "lacks key"),
    ("ValueError", "something", ""),
])
def test_what_comes_of_a_functions_results_is_told_where_no_line_of_it_raised(kind, message, code):
    assert stops.found(kind, message, 'File "/kit/probes.py", line 3, in ask\n', {"cs231n/layers.py": ""}) == ["", code]


def test_a_method_without_self_is_told_by_the_call_that_it_fails_at():
    text = "class Near:\n    def votes(k):\n        return k\n\n    def ask(self):\n        return self.votes(3)\n"
    assert stops.found("TypeError", "Near.votes() takes 1 positional argument but 2 were given",
                       'File "/work/cs231n/near.py", line 6, in ask\n', {"cs231n/near.py": text}) == [
        "Near.ask", "method self"]


def test_the_sentences_are_short_end_like_sentences_and_each_is_anothers():
    sentences = [causes.cause(code).says for code in causes.CODES]
    assert len(set(sentences)) == len(sentences) and all(one.endswith(".") and len(one) < 200 for one in sentences)
    assert not any("/" in one.replace("/ always", "").replace(", // a", "") for one in sentences)


@pytest.mark.parametrize("code", ["", "<script>", "old python <b>", "old numpy nothing", "old", "column "])
def test_a_text_that_is_no_code_is_told_as_nothing(code):
    assert causes.cause(code) is None
    assert stopped.told("f", [stopped.Stop("K", "f", code)], {"f"}, {"f"}) == []


def test_answers_of_another_form_tell_no_cause():
    answers = {"K": ["e", "E", ["f"], 3], "L": ["e", "E", "f"], "M": ["l", ["e", "E", "f", "column"], ["u"]], "N": []}
    plain, found = stopped.apart(answers)
    assert found == [stopped.Stop("M", "f", "column")]
    assert plain == {"K": ["e", "E"], "L": ["e", "E"], "M": ["l", ["e", "E"], ["u"]], "N": []}


def test_what_another_wrong_function_raises_is_told_of_that_one():
    found = [stopped.Stop("scores", "affine_forward", "transpose")]
    written = {"affine_forward", NET}
    assert stopped.told(NET, found, {NET, "affine_forward"}, written) == []
    [one] = stopped.told(NET, found, {NET}, written)
    assert one == {"kind": "raised", "says": causes.cause("handed on").says, "read": causes.cause("handed on").read}


def test_beside_a_wrong_layer_only_what_the_line_itself_has_wrong_is_told():
    shapes, name = [stopped.Stop("loss", NET, "column")], [stopped.Stop("loss", NET, "self")]
    assert said(shapes, NET, needs=True) == [] and said(name, NET, needs=True) == [causes.cause("self").says]


def test_what_a_known_mistake_explains_has_no_other_name():
    found = [stopped.Stop("data loss", NAIVE, "column"), stopped.Stop("penalty of the loss", NAIVE, "later")]
    assert said(found, NAIVE, explained={"data loss"}, others=True) == []


@pytest.mark.parametrize("kind, message, trace", [
    ("ValueError", "x" * 100_000, 'File "/work/cs231n/layers.py", line 2, in f\n' * 5000),
    ("KeyError", "(" * 1000, 'File "/work/cs231n/layers.py", line 99999, in f\n'),
    ("ValueError", "the shapes do not fit each other: a - b, where a is (" + "1" * 900, ""),
    ("ValueError", "could not be broadcast together with shapes (" + "1, " * 300, 'File "cs231n/layers.py", line '
     "2, in f\n"),
    ("\x00", "shapes (" + "1," * 500 + ") not aligned", ""),
    ("NameError", "name 'x" + "x" * 5000 + "' is not defined", 'File "cs231n/layers.py", line 2, in f\n'),
])
@pytest.mark.parametrize("text", ["def f():\n    return x\n", "def f(:\n", "x = " + "(" * 500, ""])
def test_whatever_a_process_says_of_an_exception_one_known_code_comes_of_it_or_none(kind, message, trace, text):
    where, code = stops.found(kind, message, trace, {"cs231n/layers.py": text})
    assert where in ("", "f") and (not code or causes.cause(code))


def test_a_name_as_long_as_python_takes_is_told_as_far_as_an_answer_has_room():
    text = f"class {'C' * 3000}:\n    def {'f' * 3000}(self):\n        return None + 1\n"
    where, code = stops.found("TypeError", "unsupported operand type(s) for +: 'NoneType' and 'int'",
                              'File "/work/cs231n/layers.py", line 3, in f\n', {"cs231n/layers.py": text})
    told = msgspec.msgpack.encode({"outcome": "error", "why": [where, code]})
    assert msgspec.msgpack.decode(told, type=Answer).why == [where, "none"] and where == "C" * len(where)


def test_a_line_of_many_parts_that_lacks_a_key_is_gone_through_once():
    """Each exception of a submission's may have another message, and be looked at anew."""
    text = "def f(d):\n    return d['x'], [" + ", ".join(f"'k{number}'" for number in range(9000)) + "]\n"
    began = time.process_time()
    assert stops.found("KeyError", "'x'", 'File "/work/cs231n/layers.py", line 2, in f\n',
                       {"cs231n/layers.py": text}) == ["f", "no key"]
    assert time.process_time() - began < 3.0
