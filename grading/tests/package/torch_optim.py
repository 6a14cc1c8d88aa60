"""The steps that torch.optim takes, for the update rules that it has: what cs231n.optim is compared with.

    python grading/tests/package/torch_optim.py        # where torch is installed: writes expected/optim.json again

The weights roll into a bowl of unequal curvature under a gradient that also swings, so that every step depends on
all steps before it and no coordinate stands still.
"""

import json
import re
from pathlib import Path

import numpy as np

EXPECTED = Path(__file__).parent / "expected" / "optim.json"
NUM_STEPS = 100
KEPT = (1, 2, 5, 10, 20, 40, 60, 80, 100)      # the steps whose weights are stored

START = np.array([[1.0, -2.0, 0.5], [3.0, -0.25, 1.5]])
CURVATURE = np.array([[0.5, 1.0, 2.0], [4.0, 8.0, 16.0]])

# name: (torch.optim's class, its arguments, cs231n.optim's function, its config)
CASES = {
    "momentum": ("SGD", {"lr": 1e-2, "momentum": 0.9}, "sgd_momentum", {}),
    "momentum_small": ("SGD", {"lr": 5e-2, "momentum": 0.3}, "sgd_momentum", {"learning_rate": 5e-2, "momentum": 0.3}),
    "nesterov": ("SGD", {"lr": 1e-2, "momentum": 0.9, "nesterov": True}, "nesterov_momentum", {}),
    "nesterov_small": ("SGD", {"lr": 5e-2, "momentum": 0.3, "nesterov": True}, "nesterov_momentum",
                       {"learning_rate": 5e-2, "momentum": 0.3}),
    "adagrad": ("Adagrad", {"lr": 1e-2, "eps": 1e-8}, "adagrad", {}),
    "adagrad_fast": ("Adagrad", {"lr": 0.4, "eps": 0.2}, "adagrad", {"learning_rate": 0.4, "epsilon": 0.2}),
    "rmsprop": ("RMSprop", {"lr": 1e-2}, "rmsprop", {}),
    "rmsprop_fast": ("RMSprop", {"lr": 5e-2, "alpha": 0.8, "eps": 0.2}, "rmsprop",
                     {"learning_rate": 5e-2, "decay_rate": 0.8, "epsilon": 0.2}),
    "adam": ("Adam", {"lr": 1e-3}, "adam", {}),
    "adam_fast": ("Adam", {"lr": 0.1, "betas": (0.7, 0.95), "eps": 0.2}, "adam",
                  {"learning_rate": 0.1, "beta1": 0.7, "beta2": 0.95, "epsilon": 0.2}),
}


def gradient(w, step):
    """Gradient at w, shape (2, 3), in step 1, 2, ..."""
    return CURVATURE * w + np.sin(step * CURVATURE)


def torch_path(case):
    """Weights after each of torch's steps, shape (NUM_STEPS, 2, 3)."""
    import torch

    rule, arguments, _, _ = CASES[case]
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, rule)([w], **arguments)
    path = []
    for step in range(1, NUM_STEPS + 1):
        w.grad = torch.from_numpy(gradient(w.detach().numpy(), step))
        optimizer.step()
        path.append(w.detach().numpy().copy())
    return np.array(path)


def stored_path(case):
    """{step: weights} as stored."""
    described = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return {int(step): np.reshape(w, START.shape) for step, w in described["paths"][case].items()}


def write_expected():
    import torch

    paths = {}
    for case in CASES:
        path = torch_path(case)
        paths[case] = {str(step): path[step - 1].ravel().tolist() for step in KEPT}
    described = {"made_by": f"grading/tests/package/torch_optim.py, torch {torch.__version__}", "paths": paths}
    text = re.sub(r"\s+(?=[-\d\]])", " ", json.dumps(described, indent=1))      # each list of numbers on one line
    EXPECTED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_expected()
