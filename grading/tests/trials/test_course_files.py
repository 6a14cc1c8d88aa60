"""Files as students of the public course hand them in: what they have functions for keeps its points, unchanged."""

from pathlib import Path

from grading.release import assignment as assignments
from grading.trials import trial

COURSE = Path(__file__).parent / "course"
ASSIGNMENT = assignments.load("assignment2")
FILES = {"layers.py": "layers.txt", "classifiers/fc_net.py": "fc_net.txt"}
OF_OUR_OWN = ("training-activation_", "training-maxout_", "optimizers-")       # in no file of the course, or in another


def test_files_of_the_public_course_keep_all_points_of_normalization_and_dropout_and_of_nets_without():
    changed = {module: (COURSE / name).read_text(encoding="utf-8") for module, name in FILES.items()}
    cells = [cell for cell in trial.test_cells(ASSIGNMENT) if not cell.name.startswith(OF_OUR_OWN)]
    lost = trial.run(ASSIGNMENT, changed, cells)[0]
    one_way_to_draw_weights = {"deep_nets-net_init-check", "deep_nets-net_init-scales"}
    assert {cell for cell, message in lost.items() if message} == one_way_to_draw_weights


def test_a_net_from_before_the_training_lab_keeps_its_points_of_deep_nets():
    before = {module: ASSIGNMENT.complete(module) for module in FILES}
    text = before["classifiers/fc_net.py"]
    for old, new in (("dropout_keep_ratio=1, normalization=None,\n                 ", ""),
                     ('if normalization not in (None, "batchnorm")', "if False"),
                     ("self.normalization = normalization", "self.normalization = None"),
                     ('if normalization == "batchnorm" else []', "if False else []"),
                     ("self.use_dropout = dropout_keep_ratio != 1", "self.use_dropout = False"),
                     ('"p": dropout_keep_ratio', '"p": 1'),
                     ("    batchnorm_backward,\n    batchnorm_forward,\n", ""),
                     ("    dropout_backward,\n    dropout_forward,\n", "")):
        assert old in text, old
        text = text.replace(old, new)
    layers = before["layers.py"].split("def batchnorm_forward")[0]
    cells = trial.test_cells(ASSIGNMENT)
    lost = trial.run(ASSIGNMENT, {"layers.py": layers, "classifiers/fc_net.py": text}, cells)[0]
    assert {cell.lesson for cell in cells if lost[cell.name]} == {"training"}
