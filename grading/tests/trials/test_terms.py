"""Where no known mistake fits, terms are read off a wrong answer; a way back is judged beside its way forward."""

import pytest

from grading.release import assignment as assignments
from grading.trials import variants
from grading.trials.asking import judged
from grading.trials.naming import Names

LAYERS, NET, OPTIM = "layers.py", "classifiers/fc_net.py", "optim.py"


@pytest.fixture(scope="module")
def said():
    """A function: a module, edits of it, functions that lost a test -> [(function, kind, sentence)]."""
    assignment = assignments.load("assignment2")
    names, homes = Names(assignment), judged(assignment)
    topics = {functions[0]: cell for cell, functions in assignment.topics.items()}

    def said(module, edits, lost):
        text = assignment.complete(module)
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        answers = variants.answers(assignment, {"": ({module: text}, [(homes[one], one) for one in lost])})[""]
        notes = {f"{topics[one]}-x": {"outcome": "failed", "message": "wrong"} for one in lost}
        told = names.name(notes, answers)
        return [(one["function"], one["kind"], one["says"]) for one in told]

    return said


@pytest.mark.parametrize("module, edits, function, sentence", [
    (LAYERS, [("dvar = dstd / (2 * std)", "dvar = dstd * std**0.5 / 2")], "batchnorm_backward",
     "In dx what comes back by the variance is multiplied by std**1.5 where it should not be."),
    (LAYERS, [("dx = dcentered + dmean / N", "dx = 0.3 * dcentered + dmean / N")], "batchnorm_backward",
     "In dx the term of dout itself is multiplied by 0.3 where it should not be; what comes back by the variance is "
     "multiplied by 0.3 where it should not be."),
    (OPTIM, [("+ config[\"momentum\"] * velocity - config", "+ 3 * velocity - config")], "nesterov_momentum",
     "With mu = 0.9 the weights move by 2.7 v - 4 lr g, v being the velocity before the step; it should be "
     "0.81 v - 1.9 lr g."),
    (OPTIM, [("(1 - config[\"beta1\"] ** t)", "(1 - config[\"beta1\"] ** (t / 2))")], "adam",
     "In the bias correction m is divided by 0.19 in step 4; it should be by 1 - beta1^4 = 0.344."),
    (OPTIM, [("(1 - config[\"beta1\"] ** t)", "((1 - config[\"beta1\"]) * t)"),
             ("(1 - config[\"beta2\"] ** t)", "((1 - config[\"beta2\"]) * t)")], "adam",
     "In the bias correction m is divided by (1 - beta1) * t; it should be by 1 - beta1^t, and v is divided by "
     "(1 - beta2) * t; it should be by 1 - beta2^t."),
    (OPTIM, [("(1 - config[\"beta1\"] ** t)", "(1 - config[\"beta1\"] * t)")], "adam",
     "In the bias correction m is divided by 1 - beta1 * t; it should be by 1 - beta1^t."),
    (OPTIM, [("config[\"learning_rate\"] * m_unbiased", "config[\"learning_rate\"] ** 2 * m_unbiased")], "adam",
     "The step is multiplied by the learning rate twice; once is enough."),
    (OPTIM, [("w - config[\"learning_rate\"] * dw / (np.sqrt(cache)", "w - config[\"learning_rate\"] ** 2 * dw / "
              "(np.sqrt(cache)")], "rmsprop", "The step is multiplied by the learning rate twice; once is enough."),
    (NET, [("loss += 0.5 * self.reg * np.sum(self.params[W] ** 2)",
            "loss += 0.5 * len(W_last) * (int(W[1:]) > 2) * self.reg * np.sum(self.params[W] ** 2)")],
     "FullyConnectedNet.loss", "The penalties in the loss of a net with 4 layers are 0, 0, 1, 1 times reg * sum(W**2), "
     "layer by layer; each should be 0.5 times that."),
    (LAYERS, [("    return out, (normalized, std, gamma)",
               "    return (out if mode == \"train\" else None), (normalized, std, gamma)")],
     "batchnorm_forward", "At test time None is returned: the output of that case is missing."),
    (LAYERS, [("running_mean = momentum * running_mean + (1 - momentum) * mean",
               "running_mean = momentum * (running_mean + (1 - momentum) * mean)")], "batchnorm_forward",
     "With momentum 0.8 the running mean becomes 0.8 running_mean + 0.16 mean; it should be 0.8 running_mean + "
     "0.2 mean."),
    (LAYERS, [("momentum * running_mean + (1 - momentum)", "0.95 * running_mean + 0.05"),
              ("momentum * running_var + (1 - momentum)", "0.95 * running_var + 0.05")], "batchnorm_forward",
     "The momentum is always 0.95; bn_param may say otherwise."),
    (LAYERS, [("momentum * running_var + (1 - momentum)", "0.9 * running_var + 0.1")], "batchnorm_forward",
     "The momentum of the running variance is always 0.9; bn_param may say otherwise."),
    (OPTIM, [("v / (1 - config[\"beta2\"] ** t)", "v / np.sqrt(1 - config[\"beta2\"] ** t)")], "adam",
     "In the bias correction v is divided by the root of 1 - beta2^t; it should be by 1 - beta2^t."),
    (NET, [("grads[W] = grads[W] + self.reg * self.params[W]",
            "grads[W] = grads[W] + len(names) * self.reg * self.params[W]")], "FullyConnectedNet.loss",
     "The penalty in the gradients is multiplied by the number of layers; it should be added once for each of them."),
    (LAYERS, [("< p) / p", "< p) / np.sqrt(p)")], "dropout_forward",
     "What is kept is multiplied by 1 / sqrt(p); it should be by 1 / p."),
    (LAYERS, [("< p) / p", "< p) / 0.4")], "dropout_forward",
     "What is kept is multiplied by 2.5, whatever p is; it should be by 1 / p."),
    (NET, [("= np.zeros(num_out)\n            if", "= 0.0 * (layer > 1) + rng.standard_normal(num_out) * (layer == 1)"
            "\n            if")], "FullyConnectedNet.__init__",
     "The biases b1, of a net with two hidden layers, are different numbers; they should start at zero."),
    (LAYERS, [("        mean, var = running_mean, running_var\n", "        pass\n")], "batchnorm_forward",
     "At test time a variable is used that only training gives a value."),
    (LAYERS, [("np.sqrt(var + eps)", "np.sqrt(np.sqrt(var + 2 * eps))"),
              ("mean) / std", "mean) / (std if mode == \"train\" else np.sqrt(var + eps))")], "batchnorm_forward",
     "In training x less mean is divided by the fourth root of var + 2 eps; it should be x less mean, divided by "
     "sqrt(var + eps)."),
    (OPTIM, [("np.sqrt(cache)", "cache ** 0.25")], "rmsprop",
     "The step is divided by the fourth root of cache; it should be by the square root."),
    (LAYERS, [("    return dx, dgamma, dbeta", "    return None")], "batchnorm_backward",
     "batchnorm_backward returns None: a line with return is missing, or what it returns has not been computed."),
])
def test_the_terms_of_a_wrong_answer_are_read_off(said, module, edits, function, sentence):
    assert said(module, edits, [function]) == [(function, "mistake", sentence)]


@pytest.mark.parametrize("module, edits, function, sentence", [
    (LAYERS, [("return out, (normalized, std, gamma)", "return {\"std\": std} if mode == \"train\" else None, out")],
     "batchnorm_forward", "The cache is returned first, then the output."),
    (LAYERS, [("return (x * mask).astype(x.dtype, copy=False), mask", "return mask, x * mask"),
              ("return x, None", "return None, x")], "dropout_forward",
     "The cache is returned first, then the output."),
    (LAYERS, [("return x, None", "return None, x")], "dropout_forward",
     "At test time the cache is returned first, then the output."),
    ("activations.py", [("return out, x", "return x, out")], "maxout_forward",
     "The cache is returned first, then the output."),
    (LAYERS, [("return dx, dgamma, dbeta", "return dx, None, None")], "batchnorm_backward",
     "None is returned in place of dgamma and dbeta."),
    (LAYERS, [("return dx, dgamma, dbeta", "return None, dgamma, dbeta")], "batchnorm_backward",
     "None is returned in place of dx."),
    (OPTIM, [("return next_w, config", "return None, config")], "adam",
     "None is returned in place of the new weights."),
    (OPTIM, [("return learning_rate * drop", "learning_rate * drop")], "step_decay",
     "step_decay returns None: a line with return is missing, or what it returns has not been computed."),
    ("search.py", [("float(d.std() / np.sqrt(len(d)))", "None")], "accuracy_gain",
     "None is returned in place of error."),
])
def test_parts_that_come_back_in_another_order_or_as_none_are_called_so(said, module, edits, function, sentence):
    assert said(module, edits, [function]) == [(function, "mistake", sentence)]


def test_weights_that_come_back_alone_are_not_taken_for_a_config_without_settings(said):
    for old, new in (("return next_w, config", "return next_w"), ("return next_w, config", "return w - dw")):
        told = said(OPTIM, [(old, new)], ["adagrad", "rmsprop", "adam"])
        assert told and not any("no entry" in says for *_, says in told)


def test_scores_that_are_returned_in_training_are_not_taken_for_gradients_without_names(said):
    for function, edits in (("FullyConnectedNet.loss", [("        if y is None:\n            return scores", "        "
                                                        "return scores")]),):
        found = said(NET, edits, [function])
        assert found == [(function, "mistake", "The scores are returned in training too; with y it is (loss, grads).")]


def test_shapes_of_a_deep_net_are_told_in_the_words_of_its_docstring(said):
    (_, kind, says), = said(NET, [("rng.standard_normal((num_in, num_out))", "rng.standard_normal((num_in, "
                                   "num_out + layer))")], ["FullyConnectedNet.__init__"])
    assert kind == "mistake" and says == (
        "In a net with hidden_dims [H1, H2] W1 has the shape (D, 41); it should be (D, H1); "
        "W2 has the shape (H1, 122); it should be (H1, H2); W3 has the shape (H2, 63); it should be (H2, C).")


def test_a_setting_that_a_step_changes_is_told(said):
    found = said(OPTIM, [("    config[\"cache\"] = cache\n", "    config[\"cache\"] = cache\n"
                          "    config[\"learning_rate\"] = 0.5 * config[\"learning_rate\"]\n")], ["rmsprop"])
    assert found == [("rmsprop", "mistake",
                      "config['learning_rate'] is multiplied by 0.5 in a step; a setting stays as it is.")]


def test_a_setting_that_a_step_takes_away_is_told(said):
    found = said(OPTIM, [("    config[\"cache\"] = cache\n", "    config[\"cache\"] = cache\n"
                          "    del config[\"decay_rate\"]\n")], ["rmsprop"])
    assert found == [("rmsprop", "mistake",
                      "After a step config has no entry 'decay_rate' any more; the next step needs it.")]


def test_dropout_that_neither_scales_nor_stops_at_test_time_has_both_said(said):
    found = said(LAYERS, [("    if mode == \"test\":\n        return x, None\n", ""), ("< p) / p", "< p)")],
                 ["dropout_forward"])
    assert {says for _, _, says in found} == {"What is kept is not divided by p.",
                                              "Units are dropped at test time too."}


def test_parameters_of_a_normalized_net_without_gradients_are_called_by_their_names(said):
    (_, kind, says), = said(NET, [("dhidden, grads[gamma], grads[beta] =", "dhidden, _, grads[beta] =")],
                            ["FullyConnectedNet.loss"])
    assert kind == "mistake" and says.startswith("In a net with normalization grads has no entry for gamma1, gamma2")


def test_a_spread_that_follows_from_wrong_shapes_has_no_name(said):
    found = said(NET, [("scale = {", "num_in = input_dim\n            scale = {"),
                       ("rng.standard_normal((num_in, num_out))", "rng.standard_normal((num_in, num_out + 1))")],
                 ["FullyConnectedNet.__init__"])
    assert "spread" not in str(found)


def test_a_beta_that_is_taken_for_the_other_one_is_not_called_hard_coded(said):
    average = "config[\"{0}\"] * config[\"v\"] + (1 - config[\"{0}\"]) * dw**2"
    found = said(OPTIM, [(average.format("beta2"), average.format("beta1"))], ["adam"])
    assert found == [("adam", "mistake", "The average v is made with beta1; it has beta2.")]


def test_a_way_back_that_is_right_for_a_cache_of_its_own_has_no_name(said):
    """The way forward divides by the variance, and its cache holds the root all the same."""
    found = said(LAYERS, [("normalized = (x - mean) / std", "normalized = (x - mean) / (var + eps)")],
                 ["batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt"])
    assert {function for function, _, _ in found} == {"batchnorm_forward"}


def test_parameters_without_gradients_are_called_by_their_names(said):
    (_, kind, says), = said(NET, [("return loss, grads", "grads.pop(\"W2\")\n        return loss, grads")],
                            ["FullyConnectedNet.loss"])
    assert kind == "mistake" and says.startswith("grads has no entry for W2:")


UNINVERTED = "< p) / p ", "< p) "
UNSCALED = ("(np.random.rand(*x.shape) < p) / p ", "np.random.rand(*x.shape) > p ")        # two mistakes in one place


def test_a_way_back_that_fits_its_way_forward_has_no_name_whatever_is_wrong_with_that(said):
    found = said(LAYERS, [UNSCALED], ["dropout_forward", "dropout_backward"])
    assert {function for function, _, _ in found} == {"dropout_forward"} and len(found) == 2
    odd = ("(np.random.rand(*x.shape) < p) / p ", "(np.random.rand(*x.shape) < p) * (1 + p**3) ")
    found = said(LAYERS, [odd], ["dropout_forward", "dropout_backward"])
    assert "dropout_backward" not in {function for function, _, _ in found}


def test_a_way_back_is_named_beside_a_way_forward_that_is_wrong_at_test_time_only(said):
    edits = [("mean, var = running_mean, running_var\n", "mean, var = running_mean**3, running_var\n"),
             ("dmean = -dcentered.sum(axis=0)", "dmean = dcentered.sum(axis=0)")]
    found = said(LAYERS, edits, ["batchnorm_forward", "batchnorm_backward"])
    assert [function for function, kind, _ in found if kind == "mistake"] == ["batchnorm_backward"]


def test_a_step_that_follows_from_a_cache_that_nobody_knows_has_no_name_of_its_own(said):
    rho = "config[\"decay_rate\"]"
    found = said(OPTIM, [(f"{rho} * config[\"cache\"] + (1 - {rho}) * dw**2",
                          f"({rho} * config[\"cache\"] + (1 - {rho}) * dw**2) / (1 - {rho})")], ["rmsprop"])
    assert [says for _, _, says in found] == [
        "The new cache is 99 c + 1 g^2; for the default settings it should be 0.99 c + 0.01 g^2."]


ALL_GRADIENTS = "return loss, grads", "return loss, {{name: {} for name, grad in grads.items()}}"


@pytest.mark.parametrize("edits, sentences", [
    ([(ALL_GRADIENTS[0], ALL_GRADIENTS[1].format("2 * grad"))],
     {"All gradients, the penalty's too, are 2 times what they should be."}),
    ([(ALL_GRADIENTS[0], ALL_GRADIENTS[1].format("grad / len(X) ** 2"))],
     {"All gradients, the penalty's too, are 1 / N**2 times what they should be."}),
    ([(ALL_GRADIENTS[0], ALL_GRADIENTS[1].format("grad / self.num_layers if name[0] == 'W' else grad"))],
     {"The gradients of the weights, the penalty's too, are 1 / L times what they should be."}),
    ([("loss, dscores = softmax_loss(scores, y)", "loss, dscores = softmax_loss(scores, y)\n        dscores *= 0.3")],
     {"The data's gradients are 0.3 times what they should be."}),
    ([(ALL_GRADIENTS[0], ALL_GRADIENTS[1].format("2 * grad")),          # with the lesson on training still to come
      ("        hidden, caches = X, []\n", "        hidden, caches = X, []\n        if self.normalization or "
       "self.use_dropout:\n            raise NotImplementedError\n")],
     {"All gradients, the penalty's too, are 2 times what they should be."}),
    ([(ALL_GRADIENTS[0], ALL_GRADIENTS[1].format("2 * grad")),
      ("dropout_keep_ratio=1, normalization=None,\n                 reg", "reg"),
      ("        if initialization not in", "        dropout_keep_ratio, normalization = 1, None\n        "
       "if initialization not in")], {"All gradients, the penalty's too, are 2 times what they should be."}),
    ([("return loss, grads", "return 3 * loss, grads")], {"The loss is 3 times what it should be."}),
    ([("loss, dscores = softmax_loss(scores, y)", "loss, dscores = softmax_loss(scores, y)\n        loss *= 3")],
     {"The data loss is 3 times what it should be."}),
    ([(ALL_GRADIENTS[0], ALL_GRADIENTS[1].format("grad / 2").replace("return loss,", "return loss / 2,"))],
     {"The loss and all gradients are 0.5 times what they should be."}),
    ([(ALL_GRADIENTS[0], ALL_GRADIENTS[1].format("2 * grad")),
      ("            dhidden = relu_backward(dhidden, caches.pop())", "            caches.pop()")],
     {"All gradients, the penalty's too, are 2 times what they should be.",
      "The gradient goes back through the hidden layers without passing their ReLU."}),
    ([("        for layer, (W, b) in reversed(",
       "        dhidden = 1.5 * dhidden\n        for layer, (W, b) in reversed(")],
     {"The data's gradients of all layers but the last are 1.5 times what they should be."}),
    ([(ALL_GRADIENTS[0], ALL_GRADIENTS[1].format("1.5 * grad if name[:5] == 'gamma' else grad"))],
     {"The gradients of gamma are 1.5 times what they should be."}),
    ([(ALL_GRADIENTS[0], ALL_GRADIENTS[1].format("grad / len(X) if name[:4] == 'beta' else grad"))],
     {"The gradients of beta are 1 / N times what they should be."}),
])
def test_what_all_gradients_are_multiplied_by_is_one_mistake(said, edits, sentences):
    found = said(NET, edits, ["FullyConnectedNet.loss"])
    assert {says for _, _, says in found} == sentences and {kind for _, kind, _ in found} == {"mistake"}


def test_a_normalization_after_the_relu_is_not_called_the_last_stage_where_inputs_are_dropped_too(said):
    norm = [line + "\n" for line in (
        "            if self.normalization:", "                gamma, beta = norms[layer]",
        "                hidden, cache = batchnorm_forward(hidden, self.params[gamma], self.params[beta], "
        "self.bn_params[layer])", "                caches.append(cache)")]
    relu = "            hidden, cache = relu_forward(hidden)\n            caches.append(cache)\n"
    back = ("            if self.normalization:\n                gamma, beta = norms[layer]\n                dhidden, "
            "grads[gamma], grads[beta] = batchnorm_backward(dhidden, caches.pop())\n")
    gate = "            dhidden = relu_backward(dhidden, caches.pop())\n"
    found = said(NET, [("".join(norm) + relu, relu + "".join(norm)), (gate + back, back + gate),
                       ("hidden, caches = X, []", "hidden, caches = (dropout_forward(X, self.dropout_param)[0] if "
                        "self.use_dropout else X), []")], ["FullyConnectedNet.loss"])
    assert sorted(says for _, _, says in found) == [
        "Dropout is applied to the images too; only hidden layers have it.",
        "The normalization comes after the ReLU; it belongs between the affine part and the ReLU."]


def test_losses_that_are_wrong_by_themselves_tell_nothing_of_the_order_of_stages(said):
    found = said(NET, [("loss, dscores = softmax_loss(scores, y)", "loss, dscores = softmax_loss(scores, y)\n"
                        "        loss = loss**1.1")], ["FullyConnectedNet.loss"])
    assert "normalization" not in str(found)


def test_a_way_back_that_makes_up_for_its_way_forward_has_no_name(said):
    """Two mistakes in it would answer alike beside a way forward without one."""
    found = said(LAYERS, [UNINVERTED, ("(x * mask).astype(x.dtype, copy=False), mask", "x * mask, (mask, p)"),
                          ("    mask = cache\n    return dout if mask is None else dout * mask",
                           "    return dout if cache is None else dout * cache[0] / cache[1]")],
                 ["dropout_forward", "dropout_backward"])
    assert found == [("dropout_forward", "mistake", "What is kept is not divided by p.")]


def test_penalties_of_the_biases_that_differ_are_not_said_to_be_right_in_the_other_part(said):
    found = said(NET, [("for W, _ in names:", "for W, b in names:\n            loss += 0.5 * self.reg * np.sum("
                        "self.params[b] ** 2)\n            grads[b] = grads[b] + 0.5 * self.reg * self.params[b]")],
                 ["FullyConnectedNet.loss"])
    assert found and "do not" not in str(found) and "does not have" not in str(found)


def test_a_power_of_reg_is_not_taken_for_a_factor(said):
    squared = [("0.5 * self.reg * np", "0.5 * self.reg**2 * np"), ("+ self.reg * self.p", "+ self.reg**2 * self.p")]
    found = said(NET, squared, ["FullyConnectedNet.loss"])
    assert [says for _, _, says in found] == [
        "The penalty is 0.5 * reg**2 * sum(W**2), in the loss and in the gradients; here it is 0.5 * reg * sum(W**2)."]
