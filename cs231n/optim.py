"""Update rules: how one array of weights follows its gradient; and schedules: how the learning rate changes.

Every rule has the form rule(w, dw, config=None) -> (next_w, config):

- w: weights, float, any shape
- dw: gradient of the loss with respect to w, shape of w
- config: dict of the rule's settings and of what it remembers from step to step; missing entries get the
  rule's defaults, and None counts as an empty dict

- next_w: weights after the step, shape of w; a new array, or w itself, updated in place
- config: the dict that was handed in, brought up to date; hand it in again with the next step for the same w

Each array of weights needs a config of its own. A Solver keeps them, and looks a rule up by its name in this
module. In the formulas below g stands for dw, lr for the learning rate, and every operation is done element by
element.

Every schedule has the form schedule(learning_rate, epoch, ...) -> learning rate of that epoch.
"""

import numpy as np


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


def sgd_momentum(w, dw, config=None):
    """SGD with momentum: the gradient pushes a velocity, and the velocity moves the weights.

        v <- mu v - lr g
        w <- w + v

    Inputs, returns: see the head of this module. Settings in config:
    - learning_rate: lr, step size, default 1e-2
    - momentum: mu, part of the velocity that is kept, 0 <= mu < 1, default 0.9; with 0 this is sgd
    Memory in config:
    - velocity: v, float, shape of w, at first zeros; after the step it holds the new v

    dw is not modified. Source: CS231n notes, "Neural networks, part 3", momentum update.
    """
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    config.setdefault("velocity", np.zeros_like(w))

    ### BEGIN SOLUTION
    velocity = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    next_w = w + velocity

    config["velocity"] = velocity
    return next_w, config
    ### END SOLUTION


def nesterov_momentum(w, dw, config=None):
    """SGD with Nesterov momentum: as momentum, but the step looks one velocity ahead.

        v <- mu v - lr g
        w <- w + mu v - lr g        with the new v

    The gradient belongs to the place that the velocity is about to reach. In this form that place is w itself: w
    stands one velocity ahead all the time, so that g is the gradient at w, as with every other rule.

    Inputs, returns: see the head of this module. Settings in config:
    - learning_rate: lr, step size, default 1e-2
    - momentum: mu, part of the velocity that is kept, 0 <= mu < 1, default 0.9; with 0 this is sgd
    Memory in config:
    - velocity: v, float, shape of w, at first zeros; after the step it holds the new v

    dw is not modified. torch.optim.SGD(nesterov=True) takes the same steps.
    Source: CS231n notes, "Neural networks, part 3", Nesterov momentum, the form with x_ahead renamed to x.
    """
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    config.setdefault("velocity", np.zeros_like(w))

    ### BEGIN SOLUTION
    velocity = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    next_w = w + config["momentum"] * velocity - config["learning_rate"] * dw

    config["velocity"] = velocity
    return next_w, config
    ### END SOLUTION


def adagrad(w, dw, config=None):
    """AdaGrad: every weight has a step size of its own, and it falls with all the squares seen so far.

        c <- c + g^2
        w <- w - lr g / (sqrt(c) + eps)

    Inputs, returns: see the head of this module. Settings in config:
    - learning_rate: lr, step size, default 1e-2
    - epsilon: eps, keeps the quotient finite where c is 0, default 1e-8
    Memory in config:
    - cache: c, float, shape of w, sum of the squared gradients, at first zeros; after the step it holds the new c

    dw is not modified. Source: CS231n notes, "Neural networks, part 3", Adagrad; Duchi et al. 2011.
    """
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("cache", np.zeros_like(w))

    ### BEGIN SOLUTION
    cache = config["cache"] + dw**2
    next_w = w - config["learning_rate"] * dw / (np.sqrt(cache) + config["epsilon"])

    config["cache"] = cache
    return next_w, config
    ### END SOLUTION


def rmsprop(w, dw, config=None):
    """RMSProp: as AdaGrad, but old squares fade, so that the steps need not shrink for ever.

        c <- rho c + (1 - rho) g^2
        w <- w - lr g / (sqrt(c) + eps)

    Inputs, returns: see the head of this module. Settings in config:
    - learning_rate: lr, step size, default 1e-2
    - decay_rate: rho, part of the cache that is kept, 0 <= rho < 1, default 0.99
    - epsilon: eps, keeps the quotient finite where c is 0, default 1e-8
    Memory in config:
    - cache: c, float, shape of w, moving average of the squared gradients, at first zeros; after the step it holds
      the new c

    dw is not modified. Source: CS231n notes, "Neural networks, part 3", RMSprop; Hinton's lecture 6e.
    """
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("decay_rate", 0.99)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("cache", np.zeros_like(w))

    ### BEGIN SOLUTION
    cache = config["decay_rate"] * config["cache"] + (1 - config["decay_rate"]) * dw**2
    next_w = w - config["learning_rate"] * dw / (np.sqrt(cache) + config["epsilon"])

    config["cache"] = cache
    return next_w, config
    ### END SOLUTION


def adam(w, dw, config=None):
    """Adam: RMSProp with momentum, both of them freed from their start at zero.

        t <- t + 1
        m <- beta1 m + (1 - beta1) g
        v <- beta2 v + (1 - beta2) g^2
        w <- w - lr m' / (sqrt(v') + eps)        with m' = m / (1 - beta1^t), v' = v / (1 - beta2^t)

    Inputs, returns: see the head of this module. Settings in config:
    - learning_rate: lr, step size, default 1e-3
    - beta1: part of m that is kept, 0 <= beta1 < 1, default 0.9
    - beta2: part of v that is kept, 0 <= beta2 < 1, default 0.999
    - epsilon: eps, keeps the quotient finite where v is 0, default 1e-8
    Memory in config, after the step with the new values:
    - m: moving average of the gradients, float, shape of w, at first zeros
    - v: moving average of the squared gradients, float, shape of w, at first zeros
    - t: number of steps done, int, at first 0; it is incremented and then used, so that the first step has t = 1

    m and v are remembered without the correction: m' and v' serve one step only. dw is not modified.
    Source: CS231n notes, "Neural networks, part 3", Adam; Kingma and Ba 2015.
    """
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-3)
    config.setdefault("beta1", 0.9)
    config.setdefault("beta2", 0.999)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("m", np.zeros_like(w))
    config.setdefault("v", np.zeros_like(w))
    config.setdefault("t", 0)

    ### BEGIN SOLUTION
    t = config["t"] + 1
    m = config["beta1"] * config["m"] + (1 - config["beta1"]) * dw
    v = config["beta2"] * config["v"] + (1 - config["beta2"]) * dw**2
    m_unbiased = m / (1 - config["beta1"] ** t)
    v_unbiased = v / (1 - config["beta2"] ** t)
    next_w = w - config["learning_rate"] * m_unbiased / (np.sqrt(v_unbiased) + config["epsilon"])

    config["m"], config["v"], config["t"] = m, v, t
    return next_w, config
    ### END SOLUTION


def step_decay(learning_rate, epoch, drop=0.5, every=10):
    """Learning rate that falls in steps: multiplied by drop once in every so many epochs.

    Inputs:
    - learning_rate: the rate at the start, float > 0
    - epoch: number of epochs done, int >= 0; the first epoch is trained with epoch = 0
    - drop: factor of each fall, 0 < drop <= 1
    - every: number of epochs with the same rate, int >= 1

    Returns:
    - rate of this epoch, float: learning_rate while epoch < every, then drop times that for as many epochs, and so on

    Source: CS231n notes, "Neural networks, part 3", annealing the learning rate, step decay.
    """
    ### BEGIN SOLUTION
    return learning_rate * drop ** (epoch // every)
    ### END SOLUTION


def exponential_decay(learning_rate, epoch, decay=0.1):
    """Learning rate that falls by the same factor in each epoch: lr e^(-k t).

    Inputs:
    - learning_rate: lr, the rate at the start, float > 0
    - epoch: t, number of epochs done, int >= 0; the first epoch is trained with epoch = 0
    - decay: k, float >= 0

    Returns:
    - rate of this epoch, float

    Source: CS231n notes, "Neural networks, part 3", annealing the learning rate, exponential decay.
    """
    ### BEGIN SOLUTION
    return learning_rate * np.exp(-decay * epoch)
    ### END SOLUTION


def inverse_time_decay(learning_rate, epoch, decay=0.1):
    """Learning rate that falls as one over the time ("1/t decay"): lr / (1 + k t).

    Inputs:
    - learning_rate: lr, the rate at the start, float > 0
    - epoch: t, number of epochs done, int >= 0; the first epoch is trained with epoch = 0
    - decay: k, float >= 0

    Returns:
    - rate of this epoch, float

    Source: CS231n notes, "Neural networks, part 3", annealing the learning rate, 1/t decay.
    """
    ### BEGIN SOLUTION
    return learning_rate / (1 + decay * epoch)
    ### END SOLUTION
