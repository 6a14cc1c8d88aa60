"""Demonstrations in a browser: as pages for lectures, and in JupyterLab, where the student's functions compute."""

import os
import re
import shutil

import nbformat
import numpy as np
import pytest
import served
from browsing import assert_accessible, assert_fits, browser, say_what_was_not_looked_at, set_screen, until

from cs231n import optim
from cs231n.classifiers.k_nearest_neighbor import KNearestNeighbor
from cs231n.classifiers.linear_svm import svm_loss_vectorized
from cs231n.classifiers.softmax import softmax_loss_vectorized
from cs231n.demos.gates import EXPRESSIONS, Gates
from cs231n.demos.plane import Plane
from cs231n.demos.regions import Regions
from cs231n.demos.walk import PLACES, Walk
from cs231n.slopes import Value
from grading import ROOT, commands, demos

pytestmark = pytest.mark.skipif(not (shutil.which("chromium") and shutil.which("chromedriver")),
                                reason="needs the programs chromium and chromedriver")


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile"), "browser", height=1000) as driver:
        yield driver


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The folder that `kit demos` has filled."""
    folder = tmp_path_factory.mktemp("demos") / "pages"
    known = commands.every()
    assert known["demos"].run(commands.parser(known).parse_args(["demos", "--into", str(folder)])) == 0
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.html" for name in demos.DEMOS)
    return folder


def loss_in_table(driver):
    """What a plane shows: (points (9, 2), losses (9,), the line of the whole loss)."""
    rows = driver.execute_script("return [...document.querySelectorAll('.cs231n-demo tbody tr')].map("
                                 "row => [...row.cells].slice(1).map(cell => Number(cell.textContent)))")
    found = np.array(rows)
    return found[:, :2], found[:, 2], driver.find_element("css selector", ".cs231n-demo .numbers").text


def whole_loss(driver):
    return float(loss_in_table(driver)[2].split()[1])


def hinges(points):
    """Hinge loss of each of the nine points at these places, with the weights at the beginning."""
    labels = np.array(Plane.START["points"])[:, 2].astype(int)
    scores = np.column_stack([points, np.ones(9)]) @ np.array(Plane.START["W"])
    margins = np.maximum(0, scores - scores[np.arange(9), labels][:, None] + 1)
    margins[np.arange(9), labels] = 0
    return margins.sum(axis=1)


def assert_shows_the_hinge_loss(driver):
    points, losses, line = loss_in_table(driver)
    expected = hinges(points)
    np.testing.assert_allclose(losses, expected, atol=1e-4)
    loss, data = re.match(r"loss ([\d.]+) = ([\d.]+) \+", line).groups()
    np.testing.assert_allclose([float(data), float(loss)],
                               expected.mean() + np.array([0, 0.1 * np.sum(np.square(Plane.START["W"]))]), atol=1e-4)


ASKED = {
    "plane": [{"kind": kind, "reg": reg, "W": W}
              for kind in ("hinge", "one-against-all", "softmax") for reg in (0.0, 0.3)
              for W in (Plane.START["W"], [[40.0, -31.0, 0.5], [3.0, 800.0, -2.0], [0.5, 1.5, -700.0]])],
    "regions": [{"k": k, "distance": distance} for k in (1, 4, 27) for distance in ("L1", "L2")],
    "gates": [{"expression": name, "inputs": {one: value * factor for one, value in inputs.items()}}
              for name, (inputs, _) in EXPRESSIONS.items() for factor in (1, -0.7)],
    "walk": [{"landscape": name, "start": start, "schedule": schedule, "scale": scale, "steps": 120}
             for name, (start, _) in PLACES.items()
             for schedule, scale in (("constant", 0.5), ("step", 1.0), ("exponential", 1.0), ("1/t", 2.0))],
}
MADE = {"plane": lambda: Plane(svm_loss_vectorized, softmax_loss_vectorized),
        "regions": lambda: Regions(KNearestNeighbor), "gates": lambda: Gates(Value), "walk": lambda: Walk(optim)}


def assert_same(found, expected, where):
    """Two answers alike, to nine digits."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for key in expected:
            assert_same(found[key], expected[key], f"{where}, {key}")
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9, err_msg=where)


@pytest.mark.parametrize("name", demos.DEMOS)
def test_the_reference_in_javascript_gives_the_numbers_of_numpy(driver, pages, name):
    driver.get((pages / f"{name}.html").as_uri())
    demo = MADE[name]()
    for asked in ASKED[name]:
        asked = {**demo.START, **asked}
        assert_same(driver.execute_script("return respond(arguments[0])", asked), demo.compute(asked), str(asked)[:200])


@pytest.mark.parametrize("name", demos.DEMOS)
def test_a_page_is_accessible_fits_every_width_in_light_and_dark_and_asks_nobody_for_anything(driver, pages, name):
    for width, scheme in ((320, "dark"), (1280, "light")):
        set_screen(driver, width, scheme, 1000)
        driver.get((pages / f"{name}.html").as_uri())
        assert_fits(driver, width)
        assert driver.execute_script("return performance.getEntriesByType('resource').length") == 0
        assert_accessible(driver)
    assert [message for message in driver.get_log("browser") if message["level"] == "SEVERE"] == []
    say_what_was_not_looked_at()


def test_on_a_page_keys_fingers_and_buttons_move_things(driver, pages):
    from selenium.webdriver.common.keys import Keys

    set_screen(driver, 1280, "light", 1000)
    driver.get((pages / "plane.html").as_uri())
    point = driver.find_elements("css selector", ".movable")[-9]
    point.send_keys(Keys.ARROW_LEFT, Keys.SHIFT, Keys.ARROW_UP)
    until(driver, lambda _: loss_in_table(driver)[0][0].tolist() == [0.48, 0.6])
    assert "at 0.480, 0.600, loss" in point.get_attribute("aria-label")
    assert_shows_the_hinge_loss(driver)

    box = driver.execute_script("const box = arguments[0].getBoundingClientRect(); return [box.x + box.width / 2, "
                                "box.y + box.height / 2]", point)
    for kind, moved in (("touchStart", 0), ("touchMove", 60), ("touchMove", 120), ("touchEnd", None)):
        driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [] if moved is None else [
            {"x": box[0] - moved, "y": box[1] + moved}]})
    until(driver, lambda _: loss_in_table(driver)[0][0, 0] < 0)
    until(driver, lambda _: abs(loss_in_table(driver)[1] - hinges(loss_in_table(driver)[0])).max() < 1e-4)
    assert_shows_the_hinge_loss(driver)

    step, run, again = driver.find_elements("css selector", ".buttons button")
    before = whole_loss(driver)
    step.click()
    until(driver, lambda _: whole_loss(driver) < before)
    run.click()
    until(driver, lambda _: whole_loss(driver) < before - 0.03)
    run.click()
    until(driver, lambda _: run.text == "run")
    again.click()
    until(driver, lambda _: loss_in_table(driver)[2].startswith("loss 0.6977 = 0.2867"))

    driver.get((pages / "gates.html").as_uri())
    field = driver.find_element("css selector", "input[name=z]")
    field.clear()
    field.send_keys("7")
    numbers = driver.find_element("css selector", ".numbers")
    until(driver, lambda _: numbers.text == "L = 21; slope with x: 7; slope with y: 7; slope with z: 3")


CELL = """
import numpy as np
from cs231n.classifiers.linear_svm import svm_loss_vectorized
from cs231n.demos.plane import Plane
from cs231n.testing import assert_close                # after which pictures come with words

def softmax_loss(W, X, y, reg):
    raise NotImplementedError("softmax_loss is not implemented yet")

Plane(svm_loss_vectorized, softmax_loss)
"""

KERNEL = "return window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status"


def test_in_jupyterlab_a_point_is_dragged_and_the_students_function_gives_its_new_loss(driver, tmp_path, monkeypatch):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.select import Select

    cell = nbformat.v4.new_code_cell(CELL.strip(), metadata={"alt": "A picture in words is no widget."})
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, tmp_path / "touch.ipynb")
    for name in ("JUPYTER_CONFIG_DIR", "IPYTHONDIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    config = tmp_path / "jupyter_config_dir" / "jupyter_lab_config.json"
    config.parent.mkdir()
    config.write_text('{"LabApp": {"expose_app_in_browser": true}}')
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    set_screen(driver, 1280, "light", 1000)
    with served.jupyter(tmp_path) as jupyter:
        driver.get(f"{jupyter}/lab/tree/touch.ipynb")

        def one(selector):
            return until(driver, lambda _: driver.find_elements("css selector", selector))[0]

        until(driver, lambda _: driver.execute_script(KERNEL) == "idle")
        driver.execute_script("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        one(".cs231n-demo .movable")
        assert_shows_the_hinge_loss(driver)                                        # before anything is moved
        beginning = loss_in_table(driver)[0]
        point = driver.find_elements("css selector", ".cs231n-demo .movable")[-9]
        ActionChains(driver, duration=20).drag_and_drop_by_offset(point, -150, 60).perform()
        until(driver, lambda _: loss_in_table(driver)[0][0, 0] < 0
              and abs(loss_in_table(driver)[1] - hinges(loss_in_table(driver)[0])).max() < 1e-4)
        assert_shows_the_hinge_loss(driver)
        moved = loss_in_table(driver)[0]
        assert np.array_equal(moved[1:], beginning[1:]) and moved[0, 1] < beginning[0, 1]

        point.send_keys(Keys.ARROW_RIGHT)                                          # of the point, not of the notebook
        until(driver, lambda _: np.isclose(loss_in_table(driver)[0][0, 0], moved[0, 0] + 0.02))
        Select(one(".cs231n-demo select")).select_by_value("softmax")
        until(driver, lambda _: one(".cs231n-demo .sentence").text == "softmax_loss is not implemented yet.")
        Select(one(".cs231n-demo select")).select_by_value("hinge")
        until(driver, lambda _: one(".cs231n-demo .sentence").text == "" and "loss" in loss_in_table(driver)[2])
        assert_shows_the_hinge_loss(driver)
        driver.get("about:blank")
