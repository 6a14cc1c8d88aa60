"""What the visible cells leave to the hidden ones, and why.

A common mistake is caught in the open. A known mistake that passes every visible cell of its function may lose points
in these hidden cells only; in any other, the visible cell has numbers by which the mistake happens to come out right.
"""

from grading.release.assignment import Assignment
from grading.trials import trial
from grading.trials.catalogue import Entry
from grading.trials.trial import TestCell

_COST = "what a call costs is told by the comparison beside it, which gives no points; the visible cell looks at values"
_EPSILON = "visible steps have no zero gradient and leave epsilon at its default, where it does not show"

UNSEEN = {
    "foundations-manhattan-loops": _COST,
    "knn-one_loop-loops": _COST,
    "knn-no_loops-loops": _COST,
    "svm-vectorized-loops": _COST,
    "softmax-vectorized-loops": _COST,
    "optimizers-adagrad-epsilon": _EPSILON,
    "optimizers-rmsprop-epsilon": _EPSILON,
    "optimizers-adam-epsilon": _EPSILON,
}

_FEW_TESTS = "the visible cell has fewer test points than training points, as the lesson's data have"
_IDENTITY = "X is the identity in the visible cell, so that dW shows G itself; N and D are then the same"
_OWN_LOSS = "the visible cell compares gradients with the slopes of the net's own loss; which loss it is, the text says"
_FEW_VOTERS = "the visible cell has few voters, so that they can be counted by eye"
_SMALL_REG = "the visible reg is such that the penalty can be followed by hand; the formula says that it holds for each"
_ONE_LAYER = "the visible cell looks at sizes; that each layer has its own draws is the lesson"

# The same of single mistakes, by the entry's label.
EXPLAINED = {
    "k_nearest_neighbor/outer_range_two_loops": _FEW_TESTS,
    "k_nearest_neighbor/range_of_training_images_one_loop": _FEW_TESTS,
    "k_nearest_neighbor/root_of_absolute_cross_no_loops": "visible points have no negative coordinate, nor have pixels",
    "linear_svm/divided_by_features": _IDENTITY,
    "softmax/divided_by_features": _IDENTITY,
    "linear_classifier/last_image_never_drawn": "one image that is never drawn shows in very many draws",
    "linear_classifier/learning_rate_shrinks": "the visible cell follows one step",
    "linear_classifier/mean_of_the_losses_so_far": "the visible cell follows one step",
    "layers/svm_loss_cut_to_a_whole_number": "the visible losses are whole numbers, to be followed by hand",
    "optim/adam_amsgrad": "the visible gradients do not fade, so v never falls",
    "fc_net/deep_same_draw_in_each_layer": _ONE_LAYER,
    "fc_net/deep_svm_loss": _OWN_LOSS,
    "fc_net/deep_divided_by_n_twice": _OWN_LOSS,
    "k_nearest_neighbor/at_most_ten_voters": _FEW_VOTERS,
    "linear_svm/naive_penalty_only_for_large_reg": _SMALL_REG,
    "linear_svm/naive_penalty_gradient_only_for_large_reg": _SMALL_REG,
    "linear_svm/penalty_only_for_large_reg": _SMALL_REG,
    "linear_svm/penalty_gradient_only_for_large_reg": _SMALL_REG,
    "softmax/naive_penalty_only_for_large_reg": _SMALL_REG,
    "softmax/naive_penalty_gradient_only_for_large_reg": _SMALL_REG,
    "softmax/penalty_only_for_large_reg": _SMALL_REG,
    "softmax/penalty_gradient_only_for_large_reg": _SMALL_REG,
    "fc_net/penalty_only_for_large_reg": _SMALL_REG,
    "fc_net/penalty_gradient_only_for_large_reg": _SMALL_REG,
    "fc_net/deep_penalty_only_for_large_reg": _SMALL_REG,
    "fc_net/deep_penalty_gradient_only_for_large_reg": _SMALL_REG,
    "fc_net/dropout_drawn_anew_on_the_way_back": "the visible nets have a seed, and with it every draw is the same",
}


def said(assignment: Assignment, entries: list[Entry]) -> dict[str, str]:
    """Entry -> the sentence of the first visible cell of its function that it loses, after the cell's name; or ""."""
    visible, found = [cell for cell in trial.test_cells(assignment) if not cell.hidden], {}
    for entry in entries:
        own = [cell for cell in visible if cell.functions[0] == entry.function]
        lost = trial.run(assignment, trial.entry_source(entry), own)[0]
        found[entry.label] = next((f"{name}: {' '.join(message.split())}" for name, message in lost.items() if message),
                                  "")
    return found


def coincidence(entry: Entry, cells: list[TestCell], lost: dict[str, str]) -> list[str]:
    """Hidden cells that this mistake loses, though no visible one does and nothing says why; [] when all is well."""
    own = [cell for cell in cells if cell.functions[0] == entry.function]
    if entry.label in EXPLAINED or any(lost[cell.name] for cell in own if not cell.hidden):
        return []
    return [cell.name for cell in own if cell.hidden and lost[cell.name] and cell.name not in UNSEEN]
