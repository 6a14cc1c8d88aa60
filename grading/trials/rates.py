"""How an update rule uses its settings, read off its steps: the power of the learning rate, the corrections of Adam."""

import numpy as np

from grading.trials.matching import Answers, leaves
from grading.trials.matching import numbers as array_of

_MEMORIES = {"velocity", "cache", "m", "v", "t"}
_ROOTS = {0.25: "the fourth root", 1 / 3: "the third root", 0.75: "the power 3/4", 1.5: "the power 3/2",
          2.0: "the square"}
_WORDS = {2.0: "twice", 3.0: "three times"}
# What follows from other corrections, in a step and in what is told of it.
_OF_CORRECTIONS = {"correction", "correction of the first step", "beta1 in the correction", "beta2 in the correction",
                   "step", "beta1 in the step", "beta2 in the step", "large gradients", "epsilon", "large epsilon"}
_STEPS = np.array([1.0, 2.0, 4.0, 10_001.0])                 # of the probe, when they are counted from 1


def read(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """(sentence, what to read) where all that a rule remembers is right."""
    if aspects & _MEMORIES:
        return _settings(answers, aspects)
    return _settings(answers, aspects) + (
        _learning_rate(answers, reference, aspects) or _corrections(answers, reference, aspects)
        or _roots(answers, reference, aspects))


def _settings(answers: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """Which settings another step finds changed."""
    if "settings afterwards" not in aspects or answers["settings afterwards"][0] != "l":
        return []
    told = answers["settings afterwards"][1:]
    gone = [one[1][1] for one in told if one[0] == "l" and one[-1] == ["s", "gone"]]
    if gone:
        return [(f"After a step config has no entry {' and '.join(map(repr, gone))} any more; the next step needs it.",
                 "config in the docstring")]
    pairs = [(name, array_of(times)) for name, times in (one[1:] for one in told if one[0] == "l" and len(one) == 3)]
    if len(pairs) != len(told) or any(name[0] != "s" or times is None or times.size != 1 for name, times in pairs):
        return []
    return [(f"config['{name[1]}'] is multiplied by {float(times):.4g} in a step; a setting stays as it is.",
             "config in the docstring") for name, times in pairs if abs(float(times) - 1) > 1e-6]


def _roots(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """The power of the cache by which a step is divided, where that is all that is wrong with it."""
    memory = next((name for name in ("cache", "v") if name in reference), "")
    told, right = (array_of(one.get("step", ["u"])) for one in (answers, reference))
    squares = array_of(answers.get(memory, ["u"]))
    if not {"step", "large gradients"} <= aspects or any(one is None for one in (told, right, squares)):
        return []
    if not told.shape == right.shape == squares.shape:
        return []
    word = next((words for power, words in _ROOTS.items()
                 if np.allclose(told, right * squares ** (0.5 - power), rtol=1e-3)), "")
    return [(f"The step is divided by {word} of {memory}; it should be by the square root.",
             "the last formula in the docstring")] if word else []


def _learning_rate(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """The power of the learning rate with which a step grows."""
    if not {"step", "learning rate"} <= aspects:
        return []
    told, right = ([array_of(one) for one in leaves(answered["learning rate"])] for answered in (answers, reference))
    if len(told) != len(right) or any(one is None or one.size != 1 or one <= 0 for one in (*told, *right)):
        return []
    powers = [float(np.log(one) / np.log(other)) for one, other in zip(told, right, strict=True)]
    power = float(np.round(powers[0], 2))
    if np.ptp(powers) > 1e-2 or power not in (*_WORDS, 0.5, -1.0):
        return []
    if power in _WORDS:
        return [(f"The step is multiplied by the learning rate {_WORDS[power]}; once is enough.",
                 "the learning rate in the formula of the docstring")]
    return [(f"The step grows with learning_rate to the power {power:g}; it should be in proportion to it.",
             "the learning rate in the formula of the docstring")]


def _corrections(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """What Adam divides m and v by, where all else is right."""
    told, right = (array_of(one.get("~corrections", ["u"])) for one in (answers, reference))
    if "learning rate" in aspects and all(np.isnan(array_of(leaf)).all() for leaf in leaves(answers["learning rate"])
                                          if array_of(leaf) is not None):
        aspects = aspects - {"learning rate"}                # of steps that are too short to be measured
    if "correction" not in aspects or not aspects <= _OF_CORRECTIONS or told is None or told.shape != (4, 2):
        return []
    if right is None or not np.isfinite(told).all():
        return []
    times = told[:, 0] / right[:, 0]
    if np.ptp(times) < 1e-3 and abs(times[0] - 1) > 1e-3:
        return []                                            # m has another factor, but it is no correction
    says = []
    for name, beta, found in (("m", "beta1", told[:, 0]), ("v", "beta2", told[:, 1])):
        should = _forms(beta)[f"1 - {beta}^t"]
        if np.allclose(found, should, rtol=5e-3, atol=2e-6):
            continue
        forms = [words for words, values in (_forms("beta1") | _forms("beta2")).items()
                 if np.allclose(found, values, rtol=5e-3, atol=2e-6)]
        if len(forms) == 1:
            says.append(f"{name} is divided by {forms[0]}; it should be by 1 - {beta}^t")
        elif np.allclose(told[3], 1, atol=1e-2):
            says.append(f"{name} is divided by {found[2]:.3g} in step 4; it should be by 1 - {beta}^4 = "
                        f"{should[2]:.3g}")
    again = "the bias correction in the docstring: beta to the power t"
    return [(f"In the bias correction {', and '.join(says)}.", again)] if says else []


def _forms(beta: str) -> dict[str, np.ndarray]:
    """What a correction may be in the steps of the probe, with this beta at its default."""
    value, t = {"beta1": 0.9, "beta2": 0.999}[beta], _STEPS
    plain = {f"1 - {beta}^t": 1 - value**t, f"1 - {beta} * t": 1 - value * t, f"(1 - {beta}) * t": (1 - value) * t,
             f"1 - {beta}": 1 - value + 0 * t, f"1 + {beta}^t": 1 + value**t, f"{beta} * t": value * t,
             f"1 - {beta}^(t + 1)": 1 - value ** (t + 1), f"1 - {beta}^(2t)": 1 - value ** (2 * t),
             f"1 - {beta} / t": 1 - value / t, f"1 - {beta}^(1/t)": 1 - value ** (1 / t), f"1 - t^{beta}": 1 - t**value}
    roots = {f"the root of {words}": np.sqrt(values) for words, values in plain.items() if (values >= 0).all()}
    return plain | roots | {f"({words}) squared": values**2 for words, values in plain.items()}
