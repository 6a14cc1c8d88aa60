"""What a search's cell has left behind may be anything: each check says in words what is wrong with it."""

import nbformat
import pytest
from test_cells import environment  # noqa: F401  (a fixture)

from grading.release import assignment as assignments
from grading.trials import cells

PAIR, NET = "(0.3, 0.3)", "0.3"
TABLES = ["None", "[0.3, 0.4]", "0.3", "{'a': 1}", "{1: None, 2: 0.3}", "{3: {4: 5}}", "{1: [0.3, [0.4]]}"]
# notebook -> (assignment, solution cell, a table that looks right, its name, names of what is kept)
SEARCHES = {
    "knn": ("assignment1", "knn-cross_validation-solution", "{k: [0.3] * num_folds for k in k_choices}",
            "k_to_accuracies", ()),
    "svm": ("assignment1", "svm-search-solution", f"{{pair: {PAIR} for pair in candidates}}", "results",
            ("best_val", "best_svm")),
    "softmax": ("assignment1", "softmax-search-solution",
                f"{{(1e-3 * (1 + n % num_pairs), 1e-2 * (1 + n)): {PAIR} for n in range(2 * num_pairs)}}", "results",
                ("best_val", "best_softmax")),
    "two_layer_net": ("assignment1", "two_layer_net-best_model-solution",
                      f"{{(50, 1e-3 * n, 0.1): {NET} for n in range(1, 6)}}", "results", ("best_model",)),
    "features": ("assignment1", "features-best_net-solution",
                 f"{{(80, 0.1 * n, 1e-3): {NET} for n in range(1, 6)}}", "results", ("best_net",)),
    "deep_nets": ("assignment2", "deep_nets-search-solution",
                  f"{{float(rate): {NET} for rate in np.geomspace(low, high, num_rates)}}", "results", ("best_net",)),
}
KEPT = ["None", "object", "object()", "3", "'best'", "(1, 2)", "[np.zeros(3)]", "np.zeros((3, 3))", "{'W': 1}"]


def odd_cells(table, name, kept):
    """Cells that fill a table, and keep something, in many odd ways."""
    right = f"{name} = {table}\n" + "".join(f"{one} = 0.3\n" for one in kept if one == "best_val")
    spoilt = [f"{name} = {{{key}: {value} for one, two in {table}.items()}}" for key, value in (
        ("str(one)", "two"), ("one", "str(two)"), ("one", "None"), ("one", "[two, two]"), ("one", "(0.1, 0.2, 0.3)"),
        ("one", "two * 0"), ("one", "np.nan"), ("one", "np.array(two) * np.nan"), ("one", "np.array(two) * 100"),
        ("one", "0.3"), ("one", "object()"), ("one", "object"), ("None", "two"), ("(one, one)", "two"))]
    mixed = [f"{name} = {table}\n{name}[{key}] = {value}" for key, value in (
        ("'note'", "'late'"), ("None", "None"), (f"list({name})[1]", "[0.3]"), (f"list({name})[1]", "[0.3, None, 2]"),
        (f"list({name})[-1]", "[[0.3], [0.1, 0.2]]"), (f"list({name})[0]", "np.nan"), ("'0.1', '2'", "(0.3, 0.3)"))]
    found = [f"{name} = {one}" for one in TABLES] + spoilt + mixed
    for one in kept:
        found += [right + f"{one} = {value}" for value in KEPT]
    return found


@pytest.mark.parametrize("notebook", SEARCHES)
def test_odd_results_are_told_in_words_by_every_check(notebook, environment):  # noqa: F811
    name, cell, *about = SEARCHES[notebook]
    assignment = assignments.load(name)
    odd = odd_cells(*about)
    head = "from cs231n.classifiers.fc_net import TwoLayerNet\n" * (notebook == "two_layer_net")
    variants = [{cell: head + one} for one in odd]
    if notebook == "knn":                        # what is chosen, too
        variants += [{"knn-best_k-solution": f"best_k = {one}"} for one in [*KEPT, "'1'", "[1]", "np.array([1, 3])"]]
    own = {one.id for one in nbformat.read(assignment.notebook_path(notebook), as_version=4).cells
           if "accuracies_in(" in one.source}
    for variant, lost in zip(variants, cells.run(assignment, notebook, variants, environment), strict=True):
        raised = {one: message for one, message in lost.items() if message and not message.startswith("CheckFailed: ")}
        assert not raised, (variant, raised)
        assert any(lost[one] for one in own), variant
