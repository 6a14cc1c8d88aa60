"""The lessons' demonstrations as pages: each one self-contained HTML file, for lectures.

What comes in is the student's package, which draws them (`cs231n/demos`); what goes out is its drawing with the
reference in JavaScript in place of the student's functions. That reference says the solutions, and stays here.
"""

import html
import json
from importlib import import_module
from pathlib import Path
from string import Template

from cs231n.demos import _widget

# page -> module and class of `cs231n/demos`
DEMOS = {"plane": "Plane", "regions": "Regions", "gates": "Gates", "walk": "Walk"}
_HERE = Path(__file__).parent


def demo(name: str) -> type:
    """The class of a demonstration."""
    return getattr(import_module(f"cs231n.demos.{name}"), DEMOS[name])


def page(name: str) -> str:
    """A demonstration as HTML; it asks nobody for anything."""
    shown = demo(name)
    reference = (_HERE / "reference" / f"{name}.js").read_text(encoding="utf-8")
    return Template((_HERE / "page.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(shown.TITLE), about=html.escape(shown.ABOUT), style=_widget.style(),
        script=f"{_widget.script(shown)}\n{reference}", start=json.dumps(shown.START).replace("<", "\\u003c"))
