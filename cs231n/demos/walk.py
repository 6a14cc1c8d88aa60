"""Six update rules that walk through a landscape from the same place."""

import matplotlib.pyplot as plt
import numpy as np

from cs231n.demos._widget import Demo, Trouble, called, numbers, pair
from cs231n.vis_utils import COLORS

STEPS, EPOCH, FAR = 120, 10, 1e4         # steps of a walk, and of an epoch; who is farther away than FAR is lost


def bowl(x, y):
    """Value, and slopes along x and y."""
    return 0.5 * (x**2 + 40 * y**2), x, 40 * y


def saddle(x, y):
    return x**2 - y**2 + y**4 / 4 + 1, 2 * x, y**3 - 2 * y


def valley(x, y):
    return (1 - x) ** 2 + 10 * (y - x**2) ** 2, -2 * (1 - x) - 40 * x * (y - x**2), 20 * (y - x**2)


LANDSCAPES = {"bowl": bowl, "saddle": saddle, "valley": valley}
# landscape -> where a walk starts, and the window: left, right, bottom, top
PLACES = {"bowl": ([-9.0, 1.6], [-10, 4, -2.6, 2.6]), "saddle": ([-1.8, 0.01], [-2, 1.2, -1, 2.2]),
          "valley": ([-1.4, 1.6], [-2, 1.6, -0.6, 2.8])}
# rule -> learning rates for bowl, saddle and valley, and its other settings
RULES = {
    "sgd": ((0.04, 0.04, 0.01), {}),
    "sgd_momentum": ((0.01, 0.01, 0.003), {"momentum": 0.9}),
    "nesterov_momentum": ((0.01, 0.01, 0.003), {"momentum": 0.9}),
    "adagrad": ((1.0, 0.3, 0.4), {}),
    "rmsprop": ((0.2, 0.05, 0.05), {"decay_rate": 0.9}),
    "adam": ((0.4, 0.1, 0.15), {"beta2": 0.99}),
}
# schedule -> function of the module optim, and its settings
SCHEDULES = {"constant": (None, {}), "step": ("step_decay", {"drop": 0.5, "every": 3}),
             "exponential": ("exponential_decay", {"decay": 0.2}), "1/t": ("inverse_time_decay", {"decay": 0.5})}


class Walk(Demo):
    """Drag the start; choose landscape and schedule; scale the learning rates; go through the walk step by step.

    Inputs:
    - optim: your module cs231n.optim
    """

    TITLE = "The walk of the optimizers"
    ABOUT = ("Six update rules start at the same place, each with a learning rate of its own, which the slider scales "
             "for all. A schedule lets them fall, an epoch being ten steps. Drag the start, or move it with the arrow "
             "keys.")
    START = {"landscape": "bowl", "start": PLACES["bowl"][0], "scale": 1.0, "schedule": "constant",
             "places": {name: {"start": start, "window": window} for name, (start, window) in PLACES.items()},
             "rules": {name: {"rates": list(rates), "settings": settings} for name, (rates, settings) in RULES.items()},
             "steps": STEPS, "epoch": EPOCH, "far": FAR,
             "schedules": {name: settings for name, (_, settings) in SCHEDULES.items()}}

    def __init__(self, optim):
        self._optim = optim
        super().__init__()

    def compute(self, asked):
        """{"walks": rule -> places, "troubles": sentences}"""
        walks, troubles = {}, []
        try:
            factors = self._factors(asked["schedule"])
        except Trouble as trouble:
            factors, troubles = np.ones(STEPS), [f"{trouble} So the rate stays constant."]
        for rule, (rates, settings) in RULES.items():
            rate = rates[list(LANDSCAPES).index(asked["landscape"])] * asked["scale"] * factors
            try:
                walks[rule] = self._follow(rule, LANDSCAPES[asked["landscape"]], asked["start"], rate, settings)
            except Trouble as trouble:
                troubles.append(str(trouble))
        return {"walks": walks, "troubles": troubles}

    def _factors(self, schedule):
        """Learning rate of each step, where it begins with 1; float, shape (STEPS,)."""
        name, settings = SCHEDULES[schedule]
        if name is None:
            return np.ones(STEPS)
        function = getattr(self._optim, name, None)
        found = [called(name, lambda t=t: function(1.0, t // EPOCH, **settings)) for t in range(STEPS)]
        return np.array([numbers(f"what {name} returned", factor, ()) for factor in found])

    def _follow(self, rule, landscape, start, rates, settings):
        """Places until the walk is over or lost, as a list of pairs."""
        function, w, config = getattr(self._optim, rule, None), np.array(start, dtype=float), dict(settings)
        places = [w.tolist()]
        for rate in rates:
            config["learning_rate"] = float(rate)
            slopes = np.array(landscape(*w)[1:])
            w, config = pair(rule, called(rule, function, w.copy(), slopes, config), "the next w and config")
            w = np.array(w) if isinstance(w, np.ndarray) else w
            if isinstance(w, np.ndarray) and w.shape == (2,) and not np.all(np.abs(w) < FAR):
                break
            w = numbers(f"the next w of {rule}", w, (2,))
            if not isinstance(config, dict):
                raise Trouble(f"The second value that {rule} returned is no dict.")
            places.append(w.tolist())
        return places

    def picture(self, asked, answer):
        landscape, (left, right, bottom, top) = LANDSCAPES[asked["landscape"]], PLACES[asked["landscape"]][1]
        x, y = np.meshgrid(np.linspace(left, right, 160), np.linspace(bottom, top, 160))
        plt.figure(figsize=(7, 4))
        plt.contour(x, y, np.log(landscape(x, y)[0] + 0.3), 14, colors="lightgray", linewidths=0.7)
        for (rule, places), color in zip(answer["walks"].items(), ("black", *(COLORS[i] for i in (0, 5, 2, 1, 3)))):
            plt.plot(*np.transpose(places), ".-", markersize=3, linewidth=1, color=color, label=rule)
        plt.gca().set(xlim=(left, right), ylim=(bottom, top), title=f"{asked['landscape']}, {STEPS} steps")
        if answer["walks"]:
            plt.legend(fontsize=8)
