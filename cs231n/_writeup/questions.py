"""What a write-up is about: the inline questions of an assignment's notebooks, as they were handed in."""

import hashlib
import json
import re
from typing import NamedTuple

from cs231n import _matching as matching
from cs231n import _reading as reading
from cs231n._writeup import formulas

MOST_BYTES = 50_000_000          # of a notebook
MOST_PLOTS = 6                   # before a question
MOST_OUTPUTS = 20_000_000        # bytes of a cell's outputs as JSON
MOST_BESIDE = 8                  # cells with code that stand beside an answer
_PICTURED = re.compile(r"\b(?:pictures?|plots?|panels?|curves?|figures?|templates?|histograms?|diagrams?|above|you see)"
                       r"\b", re.IGNORECASE)
_HEADING = re.compile(r"\s*#{1,6}[ \t]+([^\n]+)\n?")
_KINDS = ("image/png", "image/jpeg")


class Question(NamedTuple):
    """A question and what was answered.

    - notebook, cell: its name, and the grade_id of the answer
    - heading, text: of the question, Markdown
    - answer: Markdown; "" if none was given; attached: {name: {media type: base64}}
    - beside: the student's own code cells beside the answer, as (source, what it printed, pictures in base64)
    - plots: pictures in base64 that the notebook showed before a question about a picture; "" for one in another form
    - why: a clause on why nothing can be known of the answer
    """

    notebook: str
    cell: str
    heading: str
    text: str
    answer: str = ""
    attached: dict = {}              # noqa: RUF012  (never changed)
    beside: tuple = ()
    plots: tuple = ()
    why: str = ""


def read(asked, folder):
    """Return (questions, {notebook: the commands that its formulas define}, problems).

    - asked: the assignment as `assignment.json` in a release describes it
    - folder: pathlib.Path of what was handed in
    """
    found, defined, problems = [], {}, []
    for file in asked["notebooks"]:
        name = file.removesuffix(".ipynb")
        lesson = [matching.Known(**known) for known in asked["cells"].get(name, [])]
        cells, why = _cells(folder / file)
        if why and why != "was not handed in":
            problems.append(f"{file} {why}")
        defined[name] = formulas.definitions(cell.source for cell in cells if cell.kind == "markdown")
        found += _questions(name, lesson, cells, (folder / file).parent, f"{file} {why}" if why else "")
    return found, defined, problems


def with_earlier(marks, found):
    """The marks (see `document.Document`); those that were given for another answer than these have say so.

    A mark may have "answer" and "pictures", the text that it was given for and `digests` of what that showed.
    """
    said = {(one.notebook, one.cell): one for one in found}

    def told(notebook, cell, mark):
        one = said.get((notebook, cell))
        if one is None or "answer" not in mark:
            return mark
        shown = digests(one.attached)
        same = matching.answered(mark["answer"]).split() == one.answer.split() and all(
            shown.get(name, digest) == digest for name, digest in mark["pictures"].items())
        return mark if same else mark | {"shown": f"{mark['shown']}, for what was handed in before"}

    return {notebook: {cell: told(notebook, cell, mark) for cell, mark in cells.items()}
            for notebook, cells in marks.items()}


def digests(attached):
    """{name: digest} of the pictures that an answer shows."""
    return {name: hashlib.sha256(json.dumps(bundle, sort_keys=True).encode()).hexdigest()
            for name, bundle in attached.items()}


def _cells(path):
    if path.is_symlink() or path.exists() and not path.is_file():
        return [], "is no ordinary file"
    if not path.exists():
        return [], "was not handed in"
    if path.stat().st_size > MOST_BYTES:
        return [], f"is larger than {MOST_BYTES // 1_000_000} MB"
    try:
        return reading.read_within(path.read_bytes()), ""
    except reading.Damaged as damage:
        return [], str(damage)


def _questions(name, lesson, cells, folder, why):
    said = matching.read(cells, lesson)
    plots = _plots(said.behind.get("", []))
    for number, known in enumerate(lesson):
        if known.role != "answer":
            plots += _pictures(said.outputs.get(known.name, b""))
            if lesson[number + 1:number + 2] and lesson[number + 1].role != "answer":
                plots += _plots(said.behind.get(known.name, []))
            continue
        before = lesson[number - 1] if number else None
        asked = before.source if before and before.role == "locked" and before.kind == "markdown" else ""
        heading = _HEADING.match(asked)
        text = asked[heading.end():] if heading else asked
        answer, attached = reading.with_files(said.texts.get(known.name, ""), said.pictures.get(known.name, {}),
                                              lambda path: _file(folder, path))
        between, behind = said.behind.get(before.name, []) if before else [], said.behind.get(known.name, [])
        beside = behind[:_first_of(lesson, behind)]
        code = [cell for cell in between + beside if cell.kind == "code" and cell.source.strip()
                and cell.source.strip() not in answer][:MOST_BESIDE]
        yield Question(name, known.name, heading[1].strip() if heading else known.name, text.strip(), answer, attached,
                       tuple((cell.source, _printed(cell.outputs), tuple(_pictures(cell.outputs))) for cell in code),
                       tuple(plots[-MOST_PLOTS:]) if _PICTURED.search(asked) else (), why)
        plots = _plots(behind[len(beside):])


def _first_of(lesson, cells):
    """How many cells stand before the first that is the lesson's."""
    names, sources = {known.name for known in lesson}, {" ".join(known.source.split()) for known in lesson}
    return next((number for number, cell in enumerate(cells) if {cell.id, cell.grade_id} & names
                 or " ".join(cell.source.split()) in sources), len(cells))


def _file(folder, path):
    place = folder / path
    if place.is_symlink() or not place.is_file() or not place.resolve().is_relative_to(folder.resolve()):
        return None
    return place.read_bytes() if place.stat().st_size <= reading.MOST_BYTES else None


# Outputs as they were handed in

def _plots(cells):
    return [picture for cell in cells if cell.kind == "code" for picture in _pictures(cell.outputs)]


def _outputs(raw):
    try:
        found = json.loads(raw) if 0 < len(raw) <= MOST_OUTPUTS else []
    except (ValueError, RecursionError):
        found = []
    return [output for output in found if isinstance(output, dict)]


def _pictures(raw):
    for output in _outputs(raw) if b"image/" in raw else ():
        data = output.get("data")
        kinds = [kind for kind in data if kind.startswith("image/")] if isinstance(data, dict) else []
        if kinds:
            yield next((picture for kind in _KINDS if (picture := _text(data.get(kind)))), "")


def _printed(raw):
    """What a cell printed, or its value."""
    found = []
    for output in _outputs(raw):
        data = output.get("data")
        if output.get("output_type") == "stream":
            found.append(_text(output.get("text")))
        elif isinstance(data, dict) and not any(kind in data for kind in _KINDS):
            found.append(_text(data.get("text/plain")))
    return "\n".join(text.rstrip() for text in found if text.strip())


def _text(value):
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
