"""Probes of cs231n/features.py. Cells of a histogram of gradients may come row by row or column by column."""

from importlib import import_module

import numpy as np

from grading.trials.probes.common import changed, given


def _function(name):
    return getattr(import_module("cs231n.features"), name)


_rng = np.random.default_rng(91)
COLORS = {"A": _rng.uniform(0, 255, size=(4, 5, 3)), "B": _rng.uniform(0, 255, size=(6, 3, 3)),
          "square": _rng.uniform(0, 255, size=(3, 3, 3)), "two images": _rng.uniform(0, 255, size=(2, 3, 4, 3))}


def rgb2gray(seed):
    def call(which):
        return np.asarray(given(_function("rgb2gray")(COLORS[which].copy())), dtype=float)

    yield "gray", lambda: [call(which) for which in "AB"]
    yield "~square", lambda: call("square")
    yield "~two images", lambda: call("two images")

    def weights():
        """Of red, green and blue; ... where gray is no weighted sum."""
        found = np.asarray(_function("rgb2gray")(100.0 * np.eye(3)[np.newaxis]), dtype=float).ravel() / 100
        return found if np.allclose(COLORS["A"] @ found, call("A"), rtol=1e-4) else ...

    yield "~weights", weights


def _rising(side, seed):
    """Gray values, brighter from left to right, the last column the brightest."""
    rng = np.random.default_rng(seed)
    gray = 230 - np.cumsum(rng.uniform(1, 7, size=(side, side)), axis=1)[:, ::-1]
    gray[:, -1] = 240
    gray[: side // 2] /= 2                        # the cells differ
    return gray


def _plane(gx, gy, side=16):
    r, c = np.mgrid[:side, :side]
    return 100 + gx * c + gy * r


def _image(gray):
    return np.stack([gray, gray, gray], axis=2)


ANGLES = (-83.0, -62.0, -33.0, -24.0, 3.0, 24.0, 36.0, 64.0, 83.0)


def hog_feature(seed):
    def call(image):
        return np.asarray(given(_function("hog_feature")(image.copy())), dtype=float)

    def cells(image):
        """Shape (n, n, 9), whichever way the cells are told; what has another size, as it is."""
        hog, n = call(image), len(image) // 8
        if hog.shape != (n * n * 9,):
            return hog
        hog = hog.reshape(n, n, 9)
        return hog if hog[-1, 0].sum() > hog[0, -1].sum() else hog.transpose(1, 0, 2)

    def inside():
        """The first cell of planes, whose gradients have the length 2."""
        slopes = [(2 * np.cos(np.radians(angle)), 2 * np.sin(np.radians(angle))) for angle in ANGLES]
        return np.array([call(_image(_plane(*slope)))[:9] for slope in slopes])

    yield "planes", inside
    yield "first cell", lambda: call(_image(_rising(16, 1)))[:9]
    yield "all cells", lambda: [cells(_image(_rising(side, side))) for side in (16, 24)]
    yield "a steeper plane", lambda: call(_image(_plane(3.0, 1.7)))[:9]
    yield "shape", lambda: str(call(_image(_rising(32, 2))).shape)
    tint = np.random.default_rng(5).uniform(-20, 20, size=(16, 16))
    yield "~tinted", lambda: cells(_image(_rising(16, 1)) + np.stack([tint, -tint, 0 * tint], axis=2))


def _of_hues(hues, xmax=255.0):
    from matplotlib.colors import hsv_to_rgb

    rng = np.random.default_rng(len(hues))
    paints = rng.uniform(0.3, 0.95, size=(len(hues), 2))
    return xmax * hsv_to_rgb(np.column_stack([hues, paints])).reshape(2, -1, 3)


HUES = {"A": np.array([0.03, 0.06, 0.27, 0.34, 0.36, 0.38, 0.61, 0.62, 0.63, 0.77, 0.93, 0.96]),
        "B": np.array([0.16, 0.17, 0.24, 0.43, 0.44, 0.58, 0.59, 0.86])}


def color_histogram_hsv(seed):
    def told(which, **options):
        image = _of_hues(HUES[which], options.get("xmax", 255.0))
        return given(_function("color_histogram_hsv")(image, **options))

    def call(which, **options):
        return np.asarray(told(which, **options), dtype=float)

    def counted():
        """With normalized=False, shape (7,), in units of what one pixel counts, if that is 1 or the width of a bin."""
        found, width = call("A", nbin=7, normalized=False), 255 / 7
        return found / width if found.sum() > len(HUES["A"]) * width / 2 else found

    yield "shares", lambda: [call(which) for which in "AB"]
    yield "other numbers of bins", lambda: [call("A", nbin=nbin) for nbin in (4, 7, 13)]
    yield "from 0 to 1", lambda: call("A", xmax=1.0)
    yield "from xmin on", lambda: call("A", nbin=4, xmin=60)
    yield "numbers of pixels", counted
    yield "values returned", lambda: float(len(found) if isinstance(found := told("A"), tuple) else 1)


IMAGES = {"A": _rng.uniform(0, 255, size=(4, 3, 5, 3)), "B": _rng.uniform(0, 255, size=(3, 4, 2, 3)),
          "square": _rng.uniform(0, 255, size=(3, 3, 3, 3)), "one": _rng.uniform(0, 255, size=(1, 4, 3, 3))}


def extract_features(seed):
    def call(which, *names):
        functions = [getattr(import_module("cs231n.summaries"), name) for name in names]
        return np.asarray(given(_function("extract_features")(IMAGES[which].copy(), functions)), dtype=float)

    both = "mean_color", "brightest_of_rows"
    yield "features", lambda: [call(which, *both) for which in "AB"]
    yield "one function", lambda: call("A", "mean_color")
    yield "~one image", lambda: call("one", *both)
    yield "~square", lambda: call("square", *both)

    def inputs():
        images = IMAGES["A"].copy()
        _function("extract_features")(images, [import_module("cs231n.summaries").mean_color])
        return changed((IMAGES["A"],), [images])

    yield "inputs changed", inputs


PROBES = {"rgb2gray": rgb2gray, "hog_feature": hog_feature, "color_histogram_hsv": color_histogram_hsv,
          "extract_features": extract_features}
