"""A computation as a graph of gates: what goes forward, and which slopes come back."""

import matplotlib.pyplot as plt

from cs231n.demos._widget import Demo, Trouble, called, numbers
from cs231n.vis_utils import COLORS

# expression -> its inputs, and its gates in order: (name, method of Value, what goes in: names, or numbers)
EXPRESSIONS = {
    "(x + y) * max(y, z)": (
        {"x": -2, "y": 5, "z": 3},
        [("sum", "add", ["x", "y"]), ("larger", "maximum", ["y", "z"]), ("L", "mul", ["sum", "larger"])]),
    "1 / (1 + exp(-(w * x + b)))": (
        {"w": 2, "x": -1, "b": 3},
        [("wx", "mul", ["w", "x"]), ("s", "add", ["wx", "b"]), ("minus", "mul", ["s", -1]), ("e", "exp", ["minus"]),
         ("one more", "add", ["e", 1]), ("L", "reciprocal", ["one more"])]),
    "x * x + max(0, y)": (
        {"x": 3, "y": 2},
        [("square", "mul", ["x", "x"]), ("relu", "maximum", ["y", 0]), ("L", "add", ["square", "relu"])]),
}


class Gates(Demo):
    """Edit a number, and see all values, and the slopes that come back from the result.

    Inputs:
    - value: your class Value, with its gates and `backward`
    """

    TITLE = "Gates: values forward, slopes backward"
    ABOUT = ("Every gate computes one number. Above each wire is its value; below it, in italics, the slope of the "
             "result L that comes back along it. Where wires fork, slopes add up. Edit the numbers.")
    START = {"expression": next(iter(EXPRESSIONS)), "inputs": next(iter(EXPRESSIONS.values()))[0],
             "expressions": {name: {"inputs": inputs, "gates": [list(gate) for gate in gates]}
                             for name, (inputs, gates) in EXPRESSIONS.items()}}

    def __init__(self, value):
        self._value = value
        super().__init__()

    def compute(self, asked):
        """{"values", "slopes": of each gate for what goes in, "grads"}; without slopes, "said" says why"""
        _, gates = EXPRESSIONS[asked["expression"]]
        known = {name: called("Value", self._value, number) for name, number in asked["inputs"].items()}
        for name, method, into in gates:
            first, *others = [known.get(one, one) for one in into]
            known[name] = called(f"Value.{method}", lambda m=method, f=first, o=others: getattr(f, m)(*o))
            if not hasattr(known[name], "data"):
                raise Trouble(f"Value.{method} did not return a Value.")
        values = {name: float(numbers(f"the data of {name}", one.data, ())) for name, one in known.items()}
        try:
            called("Value.backward", known["L"].backward)
            slopes = {name: numbers(f"the slopes of Value.{method}", known[name].slopes, (len(into),)).tolist()
                      for name, method, into in gates}
            grads = {name: float(numbers(f"the grad of {name}", one.grad, ())) for name, one in known.items()}
        except Trouble as trouble:
            return {"values": values, "slopes": {}, "grads": {}, "said": str(trouble)}
        return {"values": values, "slopes": slopes, "grads": grads}

    def picture(self, asked, answer):
        inputs, gates = EXPRESSIONS[asked["expression"]]
        places = {name: (0, -row) for row, name in enumerate(inputs)}
        for name, _, into in gates:
            mine = [places[one] for one in into if one in places]
            column = 1 + max(x for x, _ in mine)
            row = sum(y for _, y in mine) / len(mine)
            places[name] = (column, row)
        plt.figure(figsize=(7, 3.4))
        for name, method, into in gates:
            for one, slope in zip(into, answer["slopes"][name]):
                if one in places:
                    (x0, y0), (x1, y1) = places[one], places[name]
                    plt.plot([x0, x1], [y0, y1], color="gray", zorder=0)
                    middle = (x0 + x1) / 2, (y0 + y1) / 2
                    plt.annotate(f"{answer['values'][one]:.3g}", middle, xytext=(0, 3), textcoords="offset points",
                                 color=COLORS[0])
                    plt.annotate(f"{slope * answer['grads'][name]:.3g}", middle, xytext=(0, -12),
                                 textcoords="offset points", color=COLORS[3], style="italic")
            plt.annotate(method, places[name], ha="center", va="center",
                         bbox={"boxstyle": "round", "facecolor": "white"})
        for name in inputs:
            plt.annotate(f"{name} = {answer['values'][name]:.3g}\nslope {answer['grads'][name]:.3g}", places[name],
                         ha="center", va="center", bbox={"boxstyle": "round", "facecolor": "white"})
        plt.axis("off")
        plt.title(f"L = {asked['expression']} = {answer['values']['L']:.4g}")
