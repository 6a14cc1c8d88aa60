"""Several models in place of one: the mean of their parameters, or the mean of what they predict.

The parameters of one run at different times lie close together, and so does their mean. Models that were
trained apart have hidden units in different orders, so that only their predictions can be averaged.
"""

import pickle

import numpy as np
from scipy.special import softmax


def read_params(checkpoint):
    """The parameters that a Solver's checkpoint file holds: dict of float arrays by name.

    Unpickling can run code: read files of your own.
    """
    with open(checkpoint, "rb") as file:
        return pickle.load(file)["model"].params


def average_params(several):
    """Mean of several sets of parameters.

    Inputs:
    - several: list of dicts of float arrays, with the same names and shapes in each

    Returns:
    - params: dict of float arrays with those names and shapes; nothing is shared with the inputs

    Raises ValueError when there is nothing to average, or when names or shapes differ.
    Source: CS231n notes, "Neural networks, part 3", model ensembles, running average of parameters.
    """
    if not several:
        raise ValueError("average_params: the list is empty; give at least one set of parameters")
    shapes = [{name: array.shape for name, array in params.items()} for params in several]
    for number, found in enumerate(shapes):
        if found != shapes[0]:
            raise ValueError(f"average_params: number {number} of the list has parameters {found}, number 0 has "
                             f"{shapes[0]}; only nets of the same form can be averaged")
    return {name: np.mean([params[name] for params in several], axis=0) for name in several[0]}


def predict_proba(models, X):
    """Probability of each class, as the mean of what several models say.

    Inputs:
    - models: list of models whose loss(X) gives scores, float, shape (N, C)
    - X: data, float, shape (N, d_1, ..., d_k)

    Returns:
    - probs: mean over the models of softmax(scores), float, shape (N, C); each row sums to 1

    Source: CS231n notes, "Neural networks, part 3", model ensembles.
    """
    return np.mean([softmax(model.loss(X), axis=1) for model in models], axis=0)


def predict(models, X):
    """Label with the largest mean probability, int, shape (N,); see predict_proba."""
    return np.argmax(predict_proba(models, X), axis=1)
