"""The page: one file that asks nobody for anything, and in which nothing runs."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grading.desk.html import with_code
from grading.report import pictures
from grading.report.tests import FEWEST

_TEMPLATES = Path(__file__).parent / "templates"


def page(found: dict) -> str:
    """Of what `report.data` tells. All texts are escaped; of what is not, the kit has made every letter."""
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"percent": _percent, "coded": with_code,
                            "number": lambda value: "–" if value is None else f"{value:g}"}
    style = Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8"))
    return environment.get_template("report.html.j2").render(
        found=found, style=style, drawn=_drawn(found), fewest=FEWEST, together=_together(found["unwritten"]))


def _together(unwritten: list[dict]) -> list[dict]:
    """Functions that the same students have not written, as one entry; those of most students first, as they come."""
    found: dict[tuple, list[str]] = {}
    for one in unwritten:
        found.setdefault(tuple(one["students"]), []).append(one["function"])
    return [{"functions": functions, "students": list(students)} for students, functions in found.items()]


def _percent(share: float | None) -> str:
    if share is None:
        return "–"
    shown = f"{share:.0%}"
    return "<1%" if share and shown == "0%" else shown


def _drawn(found: dict) -> dict[str, Markup]:
    work, cells = found["course of work"], found["cells"]
    both = [(cell["difficulty"], cell["discrimination"]) for cell in cells if cell["discrimination"] is not None]
    drawn = {"scores": pictures.histogram(list(found["scores"]["shares"].values()), "share of the points", 20, (0, 1),
                                          percent=True)}
    if both:
        drawn["cells"] = pictures.scatter(both, ("share of its points that the class has", "discrimination"),
                                          f"{len(both)} graded cells by the share of their points that the class has, "
                                          "and by discrimination; the table below has the numbers.")
    drawn["attempts"] = pictures.bars(work["attempts"], "attempts")
    drawn["late"] = pictures.bars(work["late days"], "days late")
    if work["seconds"]:
        drawn["seconds"] = pictures.histogram(work["seconds"], "seconds of processor time")
        drawn["megabytes"] = pictures.histogram(work["megabytes"], "MB of memory")
    return {name: Markup(svg) for name, svg in drawn.items()}
