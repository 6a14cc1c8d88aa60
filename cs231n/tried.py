"""1377 trainings, kept: with them a search can be repeated many times, and costs nothing.

Each is a net with two hidden layers of 50 units that learned 1000 synthetic images, shrunk to 8 x 8 pixels, for 27 epochs
with momentum and mini-batches of 50. They differ in three hyperparameters, whose values lie on a fine grid, evenly in
the logarithm, and in nothing else: all start from the same draw and see the same mini-batches.

`python -m cs231n.tried` trains them all again, with your net and your momentum, and prints them as they stand below: in
five minutes. The last digits then depend on the machine.
"""

import sys

import numpy as np

from cs231n import data_utils

NAMES = ("learning_rate", "weight_scale", "reg")
LOW, HIGH = np.array([1e-4, 1e-2, 1e-4]), np.array([1.0, 1.0, 1.0])
STEPS = (17, 9, 9)                      # values of each, from LOW to HIGH
EPOCHS = (1, 3, 9, 27)                  # after which accuracy was measured
IMAGES = 1000                           # for training, for validation, and for the test


def places():
    """Where the settings lie in the unit cube, float, shape (1377, 3): 0 stands for LOW, 1 for HIGH, in the logarithm."""
    axes = [np.linspace(0, 1, number) for number in STEPS]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


def accuracies():
    """What came of them: (val, test).

    - val: accuracy on the validation images after so many EPOCHS, float, shape (1377, 4)
    - test: accuracy on the test images at the end, float, shape (1377,)
    """
    right = np.array([[int(row[3 * i:3 * i + 3]) for i in range(5)] for row in RIGHT.split()])
    return right[:, :4] / IMAGES, right[:, 4] / IMAGES


def images():
    """The data set as these nets see it: X_train, X_val and X_test float32, shape (1000, 192), and their labels."""
    data = data_utils.get_CIFAR10_data(IMAGES, IMAGES, IMAGES)
    for name in ("X_train", "X_val", "X_test"):
        shrunk = data[name].reshape(-1, 3, 8, 4, 8, 4).mean(axis=(3, 5))            # (N, 3, 8, 8)
        data[name] = (shrunk / 64).reshape(len(shrunk), -1).astype(np.float32)
    return data


def train(data, learning_rate, weight_scale, reg, num_epochs=EPOCHS[-1], seed=0):
    """Train a net of this kind; returns a list of what its params are after each epoch, and the net.

    Training that explodes is ended; the rest of the list is then what it ended with.
    """
    from cs231n.classifiers.fc_net import FullyConnectedNet
    from cs231n.optim import sgd_momentum

    net = FullyConnectedNet([50, 50], input_dim=192, weight_scale=weight_scale, reg=reg, seed=seed)
    rng, history = np.random.default_rng(seed), []
    configs = {name: {"learning_rate": learning_rate} for name in net.params}
    with np.errstate(all="ignore"):
        for _ in range(num_epochs):
            for _ in range(len(data["X_train"]) // 50):
                batch = rng.choice(len(data["X_train"]), 50)
                loss, grads = net.loss(data["X_train"][batch], data["y_train"][batch])
                if not np.isfinite(loss):
                    break
                for name in grads:
                    net.params[name], configs[name] = sgd_momentum(net.params[name], grads[name], configs[name])
            history.append({name: array.copy() for name, array in net.params.items()})
    return history, net


def right(net, params, X, y):
    """How many images a net with these params gets right, int."""
    net.params = params
    return int(np.sum(np.argmax(net.loss(X), axis=1) == y))


def main():
    """Train all, and print RIGHT."""
    data, line = images(), []
    for place in places():
        history, net = train(data, *(LOW * (HIGH / LOW) ** place))
        with np.errstate(all="ignore"):
            found = [right(net, history[epoch - 1], data["X_val"], data["y_val"]) for epoch in EPOCHS]
            found.append(right(net, history[-1], data["X_test"], data["y_test"]))
        line.append("".join(f"{number:03d}" for number in found))
        if len(line) == 7:
            print(" ".join(line), flush=True)
            line = []
    print(" ".join(line))


# Per training, three digits each: how many of 1000 validation images were right after 1, 3, 9 and 27 epochs, and how
# many of 1000 test images in the end. In the order of `places`.
RIGHT = """
"""

if __name__ == "__main__":
    sys.exit(main())
