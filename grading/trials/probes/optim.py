"""Probes of cs231n/optim.py.

Every setting is varied by itself, the others at their defaults, and steps are compared as quotients or differences: so
a setting that is ignored, a wrong sign and a memory that is not kept show in aspects of their own.
"""

from importlib import import_module

import numpy as np

from grading.engine.probing import Rough
from grading.trials.probes.common import changed, each, factors_of, given

_rng = np.random.default_rng(71)
SHAPE = (2, 3)
W = 0.01 * _rng.normal(size=SHAPE)            # small: what a step adds to it keeps its digits in float32, too
DW = _rng.choice([-1.0, 1.0], size=SHAPE) * _rng.uniform(0.3, 2.0, size=SHAPE)
VELOCITY = _rng.choice([-0.03, 0.03], size=SHAPE) * _rng.uniform(0.5, 2.0, size=SHAPE)
SQUARES = _rng.uniform(0.5, 3.0, size=SHAPE)
LATE = 10_000                  # steps, after which Adam has nothing to correct


def _rule(name):
    rule = getattr(import_module("cs231n.optim"), name)

    def step(w=W, dw=DW, config=None):
        """(step taken, config after it)"""
        if config is not None:
            config = {key: value.copy() if isinstance(value, np.ndarray) else value for key, value in config.items()}
        next_w, after = given(rule(w.copy(), dw.copy(), config))
        return np.asarray(next_w) - w, after

    def inputs():
        w, dw = W.copy(), DW.copy()
        rule(w, dw, None)
        return changed([W, DW], [w, dw])

    return step, inputs


def _chain(step, config, steps=3):
    """The steps that follow each other, config handed on."""
    found = []
    for number in range(steps):
        one, config = step(dw=DW * (1 + 0.5 * number), config=config)
        found.append(one)
    return found


def _large(step, config, times=60.0):
    """The step of a large gradient, in its size, over that of a small one, memories in proportion: 1 for every rule."""

    def taken(size):
        own = {"cache": SQUARES * size**2} if "cache" in config else {}
        own |= {"m": VELOCITY * size, "v": SQUARES * size**2} if "m" in config else {}
        own |= {"velocity": VELOCITY * size} if "velocity" in config else {}
        return step(dw=DW * size, config=config | own)[0] / (size if "velocity" in config else 1.0)

    return taken(times) / taken(1.0)


def momentum(name):
    """Probe of sgd_momentum and nesterov_momentum."""

    def probe(seed):
        step, inputs = _rule(name)
        base = {"learning_rate": 1e-2, "momentum": 0.9, "velocity": VELOCITY}

        def call(**settings):
            return step(config=base | settings)

        yield "step", lambda: call()[0]
        yield "large gradients", lambda: _large(step, base)
        yield "velocity", lambda: call()[1]["velocity"]
        yield "momentum in the step", lambda: call(momentum=0.5)[0] - call()[0]
        yield "momentum in the velocity", lambda: np.asarray(call(momentum=0.5)[1]["velocity"]) - call()[1]["velocity"]
        yield "learning rate", lambda: [
            _times(call(learning_rate=rate, velocity=np.zeros(SHAPE))[0], call(velocity=np.zeros(SHAPE))[0])
            for rate in (0.03, 0.5)]
        yield "settings afterwards", lambda: _kept(call()[1], {"learning_rate": 1e-2, "momentum": 0.9})
        yield "~first step", lambda: step()[0]
        yield "~defaults", lambda: [step()[1][key] for key in ("learning_rate", "momentum")]
        yield "~steps", lambda: _chain(step, base)
        yield "~gradient zero", lambda: list(_tell(step(dw=np.zeros(SHAPE), config=base), "velocity"))
        yield "~inputs changed", inputs
        yield "~config", lambda: _names(call()[1], base)
        yield "~terms of the step", lambda: _terms([
            (call(momentum=mu)[0], VELOCITY, 1e-2 * DW) for mu in (0.9, 0.5)])
        yield "~terms of velocity", lambda: _terms([
            (call(momentum=mu)[1]["velocity"], VELOCITY, 1e-2 * DW) for mu in (0.9, 0.5)])

    return probe


def _terms(sums):
    """The factors of which sums are made: of every (sum, first term, second term) two; raises where it has others."""
    return np.array([np.round(factors_of(np.ravel(value), [np.ravel(one) for one in terms], atol=1e-7), 6)
                     for value, *terms in sums])


def _kept(config, settings):
    """[name, what its value is multiplied by, or a word where it has gone] for every setting."""
    if not isinstance(config, dict):
        raise TypeError("config has not come back")
    return [[name, np.asarray(config[name]) / value if name in config else "gone"] for name, value in settings.items()]


def _names(config, base):
    """The names in config; one word for all that do not belong there."""
    return sorted({name if name in base else "another" for name in config})


def _times(one, other):
    """How much longer a step is; nan where there is none, but for what float32 rounds."""
    return np.nan if np.abs(other).max() < 1e-7 else np.mean(one / other)


def _tell(done, *names):
    taken, config = done
    return [taken, *[config[name] for name in names]]


def _epsilon(step, config, scale):
    """The epsilon that a rule behaves as if it had, beside the root or under it; "none" where it has no such form.

    For weights without a past and a gradient g, g / step is linear in |g| if epsilon stands beside the root, its square
    in g**2 if it stands under it; an epsilon that is subtracted is negative. "the larger" where the divisor is the
    larger of root and epsilon. What the step is multiplied with plays no part. scale: root of the part of g**2 that
    enters the cache.
    """
    sizes = 10.0 ** -np.arange(1, 9)
    zeros = {key: np.zeros(8) for key in config if key in ("cache", "m", "v")}
    taken = step(w=np.zeros(8), dw=sizes, config=config | zeros)[0]
    for power in (1, 2):
        quotient, steps = (sizes / taken * np.sign(taken[0])) ** power, sizes**power
        if not np.isfinite(quotient).all():
            return "none"
        if quotient[-1] > 0 and np.allclose(quotient, np.maximum(quotient[0] * sizes / sizes[0], quotient[-1])):
            return "the larger"
        slope = (quotient[0] - quotient[-1]) / (steps[0] - steps[-1])
        start = quotient[-1] - slope * steps[-1]
        if slope > 0 and np.allclose(start + slope * steps, quotient, rtol=1e-3, atol=0.0):
            found = start / slope * scale**power
            return Rough(float(found) if abs(found) > 1e-12 else 0.0)
    return "none"


def _settings(step, config, scale):
    """Aspects of the settings that all rules with a cache have; the step at late times."""
    def late(**settings):
        return step(config=config | settings)[0]

    yield "learning rate", lambda: [_times(late(learning_rate=rate), late()) for rate in (0.03, 0.5)]
    yield "epsilon", lambda: each([lambda epsilon=epsilon: _epsilon(step, config | {"epsilon": epsilon}, scale)
                                   for epsilon in (1e-6, 3e-7, 1e-8)])
    yield "large epsilon", lambda: late(epsilon=1e3) / late() > 0.5
    yield "gradient zero", lambda: step(w=np.zeros(3), dw=np.zeros(3))[0]


def adaptive(name, settings, decays):
    """Probe of adagrad and rmsprop."""

    def probe(seed):
        step, inputs = _rule(name)
        base = settings | {"cache": SQUARES}

        def call(**others):
            return step(config=base | others)

        yield "step", lambda: call()[0]
        yield "large gradients", lambda: _large(step, base)
        yield "cache", lambda: call()[1]["cache"]
        yield "cache and epsilon", lambda: np.asarray(call(epsilon=0.5)[1]["cache"]) - call()[1]["cache"]
        yield "cache without gradient", lambda: step(dw=np.zeros(SHAPE), config=base)[1]["cache"]
        if decays:
            yield "decay rate in the step", lambda: call(decay_rate=0.5)[0] / call()[0]
            yield "decay rate in the cache", lambda: (np.asarray(call(decay_rate=0.5)[1]["cache"])
                                                      - call()[1]["cache"])
        yield from _settings(step, base, np.sqrt(1 - settings["decay_rate"]) if decays else 1.0)
        yield "settings afterwards", lambda: _kept(call()[1], settings)
        yield "~first step", lambda: step()[0]
        yield "~defaults", lambda: [step()[1][key] for key in settings]
        yield "~steps", lambda: _chain(step, base)
        yield "~inputs changed", inputs
        yield "~config", lambda: _names(call()[1], base)
        yield "~terms of cache", lambda: _terms([
            (call(**({"decay_rate": rho} if decays else {}))[1]["cache"], SQUARES, DW**2) for rho in (0.99, 0.5)])

    return probe


def adam(seed):
    step, inputs = _rule("adam")
    settings = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    base = settings | {"m": VELOCITY * 20, "v": SQUARES, "t": LATE}

    def call(**others):
        return step(config=base | others)

    yield "step", lambda: call()[0]
    yield "large gradients", lambda: _large(step, base)
    yield "m", lambda: call()[1]["m"]
    yield "v", lambda: call()[1]["v"]
    yield "t", lambda: [call(t=t)[1]["t"] for t in (0, 3, LATE)]
    yield "m and v early", lambda: [call(t=2)[1][name] for name in "mv"]
    yield "t at first", lambda: step()[1]["t"]
    yield "correction", lambda: each([lambda t=t: call(t=t)[0] / call()[0] for t in (1, 3, 9)])
    yield "correction of the first step", lambda: call(t=0)[0] / call()[0]
    yield "~first step", lambda: step()[0]
    for name, value in (("beta1", 0.5), ("beta2", 0.9)):
        setting = {name: value}
        yield f"{name} in the step", lambda setting=setting: call(**setting)[0] / call()[0]
        yield f"{name} in the correction", lambda setting=setting: (
            call(t=3, **setting)[0] / call(**setting)[0])
        yield f"{name} in m", lambda setting=setting: np.asarray(call(**setting)[1]["m"]) - call()[1]["m"]
        yield f"{name} in v", lambda setting=setting: np.asarray(call(**setting)[1]["v"]) - call()[1]["v"]
    yield from _settings(step, base, np.sqrt(1 - settings["beta2"]))
    yield "settings afterwards", lambda: _kept(call()[1], settings)
    yield "~defaults", lambda: [step()[1][key] for key in settings]
    yield "~steps", lambda: _chain(step, base | {"t": 2})
    for name, beta, before, new in (("m", "beta1", VELOCITY * 20, DW), ("v", "beta2", SQUARES, DW**2)):
        yield f"~terms of {name}", lambda name=name, beta=beta, before=before, new=new: _terms([
            (call(**{beta: value})[1][name], before, new) for value in (settings[beta], 0.5)])
    yield "~corrections", lambda: np.array([_divisors(call, t) for t in (0, 1, 3, LATE)])
    yield "~inputs changed", inputs
    yield "~config", lambda: _names(call()[1], base)


def _divisors(call, t):
    """What m and v are divided by in a step; an epsilon beside which the root does not count tells of m alone."""
    taken, after = call(t=t, epsilon=1e7)
    m, v = (np.asarray(after[name]) for name in "mv")
    corrected = -taken * 1e7 / 1e-3
    root = 1e-3 * corrected / -call(t=t)[0]
    found = [m / corrected, v / root**2]
    if max(np.ptp(one) / np.abs(one).max() for one in found) > 1e-3:
        raise ValueError("it is not the same for all weights")
    return [float(np.round(one.mean(), 6)) for one in found]


def schedule(name, settings):
    """Probe of f(learning_rate, epoch, ...); settings: each by itself, in place of its default."""

    def probe(seed):
        rate = getattr(import_module("cs231n.optim"), name)
        epochs = (0, 1, 2, 3, 5, 9, 10, 11, 12, 19, 20, 21, 24, 35)

        def rates(start=0.3, among=epochs, **others):
            return each([lambda epoch=epoch: float(given(rate(start, epoch, **others))) for epoch in among])

        yield "rates", lambda: rates()
        yield "learning rate", lambda: [one / other for one, other in zip(rates(start=0.6), rates()) if other]
        for key, value in settings:
            yield key, lambda key=key, value=value: rates(**{key: value})
        yield "~all settings", lambda: rates(start=20.0, **dict(settings))

    return probe


PROBES = {
    "sgd_momentum": momentum("sgd_momentum"),
    "nesterov_momentum": momentum("nesterov_momentum"),
    "adagrad": adaptive("adagrad", {"learning_rate": 1e-2, "epsilon": 1e-8}, decays=False),
    "rmsprop": adaptive("rmsprop", {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8}, decays=True),
    "adam": adam,
    "step_decay": schedule("step_decay", [("drop", 0.3), ("every", 4)]),
    "exponential_decay": schedule("exponential_decay", [("decay", 0.7)]),
    "inverse_time_decay": schedule("inverse_time_decay", [("decay", 0.7)]),
}
