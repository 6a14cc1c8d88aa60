"""What would lose hidden points alone, were there no visible cell that catches it and says which mistake it is."""

import pytest

from grading.release import assignment as assignments
from grading.trials import catalogue, visible

APART, AGAIN = "An image and its label are drawn together", "each step should draw its own"
SHIFT, LOG = "subtracted from the scores", "nothing added to it, nothing cut off"
WHOSE, LARGEST, SCALE = "Whose maximum is subtracted?", "largest", "standard deviation"
# label of a known mistake -> words of the sentence that a visible cell says
SAID = {
    "linear_classifier/labels_drawn_apart_from_images": APART,
    "linear_classifier/labels_not_drawn": APART,
    "linear_classifier/images_not_drawn": APART,
    "linear_classifier/labels_in_another_order": APART,
    "linear_classifier/labels_reversed": APART,
    "linear_classifier/same_batch_for_all_steps": AGAIN,
    "linear_classifier/generator_seeded_in_the_loop": AGAIN,
    "linear_classifier/batch_is_always_the_first_images": AGAIN,
    "linear_classifier/batch_kept_for_two_steps": AGAIN,
    "linear_classifier/batch_from_the_first_images": "only 5 of the 20 images were used",
    "softmax/exp_overflows": SHIFT,
    "softmax/exp_overflows_in_the_formula": SHIFT,
    "softmax/scores_clipped": SHIFT,
    "softmax/epsilon_inside_the_logarithm": LOG,
    "softmax/probabilities_cut_off": LOG,
    "softmax/right_score_subtracted": LARGEST,
    "softmax/first_score_subtracted": LARGEST,
    "softmax/smallest_score_subtracted": LARGEST,
    "softmax/mean_score_subtracted": LARGEST,
    "softmax/maximum_of_the_first_image": WHOSE,
    "softmax/maximum_of_the_last_image": WHOSE,
    "softmax/maximum_of_the_batch": WHOSE,
    "softmax/naive_exp_overflows": "keeps exp from overflowing",
    "softmax/naive_epsilon_inside_the_logarithm": LOG,
    "softmax/naive_maximum_of_the_batch": WHOSE,
    "layers/softmax_no_shift": SHIFT,
    "layers/softmax_no_shift_in_the_formula": SHIFT,
    "layers/softmax_epsilon_in_log": LOG,
    "layers/softmax_clipped_probabilities": LOG,
    "layers/softmax_clipped_scores": SHIFT,
    "layers/softmax_right_score_subtracted": LARGEST,
    "layers/softmax_mean_score_subtracted": LARGEST,
    "layers/softmax_maximum_of_the_first_image": WHOSE,
    "layers/softmax_maximum_of_the_last_image": WHOSE,
    "layers/softmax_maximum_of_the_batch": WHOSE,
    "fc_net/weight_scale_ignored": SCALE,
    "fc_net/weight_scale_as_variance": SCALE,
    "fc_net/weight_scale_squared": SCALE,
    "fc_net/weight_scale_in_first_layer_only": SCALE,
    "fc_net/weights_scaled_by_inputs": SCALE,
    "fc_net/weights_uniform": SCALE,
    "fc_net/deep_he_without_root": "he, with 100 inputs",
    "fc_net/deep_he_that_is_xavier": "he, with 100 inputs",
    "fc_net/deep_he_half": "he, with 100 inputs",
    "fc_net/deep_xavier_of_both_sides": "xavier, with 100 inputs",
    "fc_net/deep_xavier_that_is_he": "xavier, with 100 inputs",
    "fc_net/deep_number_of_outputs": "Which number of inputs",
    "fc_net/deep_inputs_of_the_net": "with 400 inputs",
    "fc_net/deep_first_layer_scaled_only": "W2 has mean",
    "fc_net/deep_weight_scale_on_top": SCALE,
    "fc_net/deep_weight_scale_as_variance": SCALE,
}


@pytest.fixture(scope="module")
def known():
    """label -> (assignment, entry)."""
    loaded = map(assignments.load, assignments.names())
    return {entry.label: (assignment, entry) for assignment in loaded for entry in catalogue.mistakes(assignment)}


@pytest.mark.parametrize("label", SAID)
def test_a_visible_cell_catches_it_and_names_it(label, known):
    assignment, entry = known[label]
    assert SAID[label] in (sentence := visible.said(assignment, [entry])[label]), sentence
