"""How a number follows others: its slope in a direction, and numbers that know their own slopes.

A `Value` is one number of a computation. It keeps what it was computed from, and how steeply it follows each of those:
that is all the chain rule needs to tell how steeply a result follows everything before it.
"""

import math

import numpy as np


def directional_slope(grad, direction):
    """Slope in a direction: how fast a function grows along it, per unit of length.

    Inputs:
    - grad: gradient of the function at the place, float, any shape
    - direction: float, shape of grad, not all zeros. Only where it points counts, not how long it is.

    Returns:
    - slope: float, sum(grad * direction) / |direction|, where |direction| is the root of the sum of all squares

    Inputs are not modified.
    """
    ### BEGIN SOLUTION
    length = np.sqrt(np.sum(direction**2))
    return float(np.sum(grad * direction) / length)
    ### END SOLUTION


class Value:
    """A number that remembers what it was computed from.

    - data: float, the number
    - parents: tuple of the Values that it was computed from, () for one that was given
    - slopes: tuple of floats, one per parent: how fast data grows with the data of that parent alone
    - grad: float, after `backward` of a result: how fast the result grows with data
    """

    def __init__(self, data, parents=(), slopes=()):
        self.data = float(data)
        self.parents, self.slopes = tuple(parents), tuple(slopes)
        self.grad = 0.0

    def __repr__(self):
        return f"Value({self.data:.6g}, grad={self.grad:.6g})"

    # Gates: each returns a new Value, with its parents and its slopes. `other` may be a Value or a plain number.

    def add(self, other):
        """self + other: it grows as fast as either of them."""
        other = as_value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def exp(self):
        """e to the power of self: its slope is the result itself."""
        result = math.exp(self.data)
        return Value(result, (self,), (result,))

    def reciprocal(self):
        """1 / self."""
        return Value(1 / self.data, (self,), (-1 / self.data**2,))

    def mul(self, other):
        """self * other.

        Inputs:
        - other: a Value or a number

        Returns a new Value: the product, with its parents, and its slope with respect to each of them. Neither self nor
        other is modified.
        """
        ### BEGIN SOLUTION
        other = as_value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))
        ### END SOLUTION

    def maximum(self, other):
        """The larger of self and other.

        Inputs:
        - other: a Value or a number

        Returns a new Value: the larger number, with its parents, and its slope with respect to each of them. Where the
        two are equal, any two slopes from 0 to 1 will do that add up to 1. Neither self nor other is modified.
        """
        ### BEGIN SOLUTION
        other = as_value(other)
        wins = float(self.data >= other.data)
        return Value(max(self.data, other.data), (self, other), (wins, 1.0 - wins))
        ### END SOLUTION

    def ancestors(self):
        """self and all that it was computed from, as a list: each once, and only after everything computed from it."""
        order, seen, waiting = [], set(), [(self, False)]
        while waiting:
            value, parents_done = waiting.pop()
            if parents_done:
                order.append(value)
            elif id(value) not in seen:
                seen.add(id(value))
                waiting += [(value, True), *((parent, False) for parent in value.parents)]
        return order[::-1]

    def backward(self):
        """Set grad of self and of every Value that it was computed from: how fast self.data grows with its data.

        The chain rule, in the order of `ancestors`: a Value whose own grad is complete tells its parents. A parent of
        several gets the sum of what they tell. What an earlier call has left in grad does not count.
        """
        ### BEGIN SOLUTION
        order = self.ancestors()
        for value in order:
            value.grad = 0.0
        self.grad = 1.0
        for value in order:
            for parent, slope in zip(value.parents, value.slopes):
                parent.grad += slope * value.grad
        ### END SOLUTION

    # The signs of arithmetic, made of the gates.

    def __add__(self, other):
        return self.add(other)

    def __mul__(self, other):
        return self.mul(other)

    def __sub__(self, other):
        return self + as_value(other) * -1.0

    def __truediv__(self, other):
        return self * as_value(other).reciprocal()

    def __neg__(self):
        return self * -1.0

    def __radd__(self, other):
        return self.add(other)

    def __rmul__(self, other):
        return self.mul(other)

    def __rsub__(self, other):
        return as_value(other) - self

    def __rtruediv__(self, other):
        return as_value(other) / self


def as_value(number):
    """A Value as it is; a plain number as a Value without parents."""
    return number if isinstance(number, Value) else Value(number)
