"""What torch makes of activations, batch normalization and dropout, forward and backward: what cs231n is compared with.

    python grading/tests/package/torch_layers.py       # where torch is installed: writes expected/layers.json again

All in float64. Of dropout torch gets the mask that our layer has drawn, since its draws are its own.
"""

import json
from pathlib import Path

import numpy as np

EXPECTED = Path(__file__).parent / "expected" / "layers.json"
EPS, MOMENTUM = 1e-3, 0.8
KINDS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu")

_waves = np.sin(1 + np.arange(60.0) ** 1.3)
X, DOUT = 3 * _waves[:20].reshape(5, 4) + [1, -2, 0, 3], _waves[20:40].reshape(5, 4)
GAMMA, BETA = np.array([1.5, -0.7, 0.4, 2.0]), np.array([0.3, -1.0, 0.0, 2.5])
PIECES, DOUT_MAXOUT = 2 * _waves.reshape(4, 5, 3), _waves[5:17].reshape(4, 3)


def torch_values():
    """Name -> {what: array}, computed by torch."""
    import torch

    def backward(out, dout, **leaves):
        out.backward(torch.from_numpy(dout))
        return {"out": out.detach().numpy()} | {f"d{name}": leaf.grad.numpy() for name, leaf in leaves.items()}

    def leaf(array):
        return torch.from_numpy(array.copy()).requires_grad_()

    functions = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "elu": torch.nn.functional.elu,
                 "leaky_relu": lambda x: torch.nn.functional.leaky_relu(x, 0.01)}
    found = {}
    for kind in KINDS:
        x = leaf(X)
        found[kind] = backward(functions[kind](x), DOUT, x=x)
    x = leaf(PIECES)
    found["maxout"] = backward(x.max(dim=1).values, DOUT_MAXOUT, x=x)

    x, gamma, beta = leaf(X), leaf(GAMMA), leaf(BETA)
    mean, var = torch.zeros(4, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)
    out = torch.nn.functional.batch_norm(x, mean, var, gamma, beta, True, 1 - MOMENTUM, EPS)
    found["batchnorm"] = backward(out, DOUT, x=x, gamma=gamma, beta=beta)
    var *= (len(X) - 1) / len(X)                     # torch's running variance is over N - 1, ours over N
    tested = torch.nn.functional.batch_norm(torch.from_numpy(DOUT), mean, var, gamma, beta, False, 0.0, EPS)
    found["batchnorm"] |= {"running_mean": mean.numpy(), "running_var": var.numpy(), "tested": tested.detach().numpy()}

    mask = np.where(_waves[:20].reshape(5, 4) > 0, 1.0, 0.0)
    x = leaf(X)
    found["dropout"] = backward(x * torch.from_numpy(mask) / 0.6, DOUT, x=x) | {"mask": mask / 0.6}
    return found


def stored_values():
    return {name: {what: np.array(array) for what, array in values.items()}
            for name, values in json.loads(EXPECTED.read_text(encoding="utf-8")).items()}


if __name__ == "__main__":
    text = json.dumps({name: {what: array.tolist() for what, array in values.items()}
                       for name, values in torch_values().items()})
    EXPECTED.write_text(text.replace('}, "', '},\n"') + "\n", encoding="utf-8")
