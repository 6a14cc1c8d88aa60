"""Update rules: how one array of weights follows its gradient.

Every rule has the form rule(w, dw, config=None) -> (next_w, config):

- w: weights, float, any shape
- dw: gradient of the loss with respect to w, shape of w
- config: dict of the rule's settings and of what it remembers from step to step; missing entries get the
  rule's defaults, and None counts as an empty dict

- next_w: weights after the step, shape of w
- config: the dict to hand in again with the next step for the same w

A Solver keeps one config per array and looks a rule up by its name in this module.
"""


def sgd(w, dw, config=None):
    """Plain stochastic gradient descent: a step of learning_rate against the gradient.

    Inputs, returns: see the head of this module. Settings in config:
    - learning_rate: step size, default 1e-2

    w is not modified. Source: CS231n notes, "Neural networks, part 3", vanilla update.
    """
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)

    next_w = w - config["learning_rate"] * dw
    return next_w, config
