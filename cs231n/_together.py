"""Many calls that do not hang on each other's results."""


def each(f, points):
    """[f(point) for point in points]; an engine that has f elsewhere may ask for many of them at once."""
    return [f(point) for point in points]
