"""One submission's pages, from its graded notebooks: nothing but templates, words that are escaped, and clean HTML."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from grading import ROOT
from grading.books import answers, results
from grading.books.course import Course
from grading.books.grades import Graded
from grading.desk.feedback import judged, lesson, shown
from grading.desk.feedback.judged import Question
from grading.desk.feedback.lesson import Given, Lesson
from grading.desk.feedback.phrases import Open
from grading.desk.feedback.rendering import Rendering, Text
from grading.desk.html import with_code
from grading.engine import handling
from grading.engine.glovebox import Refused
from grading.errors import KitError
from grading.release.assignment import Assignment, topic

TEMPLATES = ROOT / "grading" / "desk" / "templates" / "feedback"
INDEX = "index.html"
MODULE = 400_000                 # bytes of a module that are looked at
_FUNCTIONS = msgspec.msgpack.Decoder(list[tuple[str, str, int, str]])
_PICTURE = re.compile(r"<img((?: [a-z]+=\"[^\"]*\")*)>")
_SOURCE, _ALT = re.compile(r' src="([^"]*)"'), re.compile(r' alt="([^"]*)"')
_FORMULA = re.compile(r'<math (?P<block>[^>]*display="block")?[^>]*>.*?</math>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
SHORT = 600                      # characters of a comment that stand in the index too
OUTPUT_BYTES = 10_000_000        # of a page's outputs, as HTML writes them
WIDE = 16                        # letters of a formula that may be wider than a telephone


@dataclass
class Part:
    """Of a page. kind: text (of the lesson), note (of the student's own), code, question or answer"""

    kind: str
    name: str = ""
    html: Text | None = None
    said: list[Text] = field(default_factory=list)
    own: bool = False
    of_lesson: bool = True
    outputs: list[shown.Output] = field(default_factory=list)
    question: Question | None = None
    asked: Text | None = None
    code: list[tuple[str, Text]] = field(default_factory=list)
    comment: Text | None = None
    places: dict[str, tuple[shown.Place, ...]] = field(default_factory=dict)

    @property
    def texts(self) -> list[Text]:
        return [*self.said, *filter(None, (self.html, self.asked, self.comment)),
                *(code for _, code in self.code), *(output.html for output in self.outputs if output.html)]


@dataclass
class Section:
    """What stands below one of the lesson's headings."""

    heading: str
    parts: list[Part] = field(default_factory=list)

    @property
    def worth(self) -> bool:
        """Whether anything of the student's is in it."""
        return any(part.kind != "text" for part in self.parts)


class Pages:
    """Writes pages of one assignment, for one student after the other."""

    def __init__(self, assignment: Assignment, course: Course):
        self._course, self.lesson = course, lesson.read(assignment, course)
        self._rendering = Rendering()
        self._rendering.learn(list(_of_lesson(self.lesson)))
        environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                                  trim_blocks=True, lstrip_blocks=True)
        environment.filters["points"] = lambda points: f"{round(points, 2):g}"
        environment.filters["coded"] = with_code
        environment.filters["plain"] = lambda text: text.replace("$", "")
        environment.globals["style"] = Markup((TEMPLATES / "page.css").read_text(encoding="utf-8"))
        self._index, self._notebook = (environment.get_template(f"{name}.html.j2") for name in ("index", "notebook"))

    def of(self, student: str, graded: Graded) -> Iterator[tuple[str, bytes]]:
        """(file name, page), one made after the other: of a submission's notebooks, no more than one is held at a time.

        Raises KitError, before the first, where there is nothing to make them from.
        """
        result = results.read(self._course, student, self.lesson.name)
        if result is None or result.fault:
            raise KitError(f"{student} has no result: {result.fault if result else 'results.json cannot be read'}. "
                           f"Run: kit autograde {self.lesson.name} --student {student}")
        self._rendering.begin()
        files, folder = self._files(student), self._course.autograded(student, self.lesson.name)
        known = lesson.with_handed_in(self.lesson.known, files.values(), chain.from_iterable(
            answers.read(folder, name) for name in self.lesson.notebooks))
        places, stopped = {}, {}
        for name in self.lesson.notebooks:
            cells = answers.read(folder, name)
            places[name] = self._places(name, cells, files, known)
            stopped |= dict(self._stopped(name, cells, places[name]))
            del cells
        asked = judged.questions(self.lesson, result, graded, known, stopped)
        passages = self._passages(files, {one.function for one in asked if one.checks})
        common = {"lesson": self.lesson, "student": student, "questions": asked, "graded": graded,
                  "first": judged.first(asked), "unread": judged.unread(result.remarks),
                  "places": {one.slug: one.notebook for one in asked},
                  "score": sum(one.score or 0.0 for one in asked),
                  "points": sum(one.points for one in asked), "open": [one for one in asked if one.score is None],
                  "remarked": list(graded.comments)}
        short = {name: Text("markdown", words) for name, words in
                 [*((one.slug, one.comment) for one in asked if one.comment),
                  *((name, words) for (_, name), words in graded.comments.items())] if len(words) <= SHORT}
        yield INDEX, self._drawn(self._index, common | {"comments": short},
                                 [Part("note", name, text) for name, text in short.items()],
                                 [one.heading for one in asked])
        for notebook in self.lesson.notebooks:
            comments = {name: words for (where, name), words in graded.comments.items() if where == notebook}
            sections = self._sections(notebook, answers.read(folder, notebook), places[notebook],
                                      {one.slug: one for one in asked}, passages, comments)
            page = self._drawn(self._notebook, common | {"notebook": notebook, "sections": sections},
                               [part for section in sections for part in section.parts],
                               [*(section.heading for section in sections), *(one.heading for one in asked)])
            del sections
            yield f"{notebook}.html", page
            del page

    def _drawn(self, template, values: dict, parts: list[Part], headings: list[str]) -> bytes:
        """Piece by piece: in a text as a whole, one letter beyond the usual takes four bytes for each of the others."""
        headings = [*headings, *map(self.lesson.headline, self.lesson.notebooks)]
        texts = list(dict.fromkeys(map(_inline, headings)))
        asked = [text for part in parts for text in part.texts]
        made = self._rendering.page([*texts, *asked])
        inline = {text.source: _without_paragraph(html) for text, html in zip(texts, made)}
        blocks = {id(text): _self_contained(html) for text, html in zip(asked, made[len(texts):])}
        del made
        pieces = template.generate(values | {"inline": inline, "block": lambda text: blocks[id(text)]})
        return b"".join(piece.encode("utf-8", "replace") for piece in pieces)

    def _files(self, student: str) -> dict[str, str]:
        """The student's modules as handed in."""
        folder, found = self._course.autograded(student, self.lesson.name), {}
        for module in self.lesson.modules:
            path = folder / "cs231n" / module
            if path.is_file() and not path.is_symlink():
                with path.open("rb") as file:
                    found[f"cs231n/{module}"] = file.read(MODULE).decode("utf-8", "replace")
        return found

    def _passages(self, files: dict[str, str], functions: set[str]) -> dict[str, tuple[str, Text]]:
        """Function -> (where it is, its text), of those that are in a module."""
        asked = {module: sorted(filter(None, functions)) for module in files}
        try:
            answer = handling.box().do("grading.desk.handling.functions", json.dumps(asked).encode(),
                                       [msgspec.msgpack.encode(files)], seconds=3.0, most=8 * 2**20)
            found = _FUNCTIONS.decode(answer)
        except (Refused, msgspec.MsgspecError):
            return {}
        return {name: (f"{module} line {line}", Text("code", text)) for module, name, line, text in found}

    def _stopped(self, notebook: str, cells: list[dict], places: shown.Places) -> Iterator[tuple[str, str]]:
        """(a check, what ended the solution cell above it), where something did."""
        released, reason = self.lesson.notebooks[notebook], ""
        for cell in cells:
            given = released.get(cell.get("id"))
            if given and given.role == "solution":
                error = shown.stopped_by(cell, places)
                reason = f"The cell {given.name} stopped: {error}" if error else ""
            elif given and given.role == "check" and reason:
                yield given.name, reason

    def _places(self, notebook: str, cells: list[dict], files: dict[str, str], known: Open) -> shown.Places:
        released = self.lesson.notebooks[notebook]
        return shown.Places(files, cells, {cell.get("id") for cell in cells
                                           if _is_own(cell, released.get(cell.get("id")))}, known)

    def _sections(self, notebook: str, cells: list[dict], places: shown.Places, asked: dict[str, Question],
                  passages: dict[str, tuple[str, Text]], comments: dict[str, str]) -> list[Section]:
        released, own = self.lesson.notebooks[notebook], places.own
        sections, blocks = [Section(self.lesson.headline(notebook))], {}
        for cell in cells:
            given, source = released.get(cell.get("id")), answers.source(cell)
            name = cell.get("id", "")
            if given and given.role == "text" and name not in own:
                if given.heading and given.depth == 2:
                    sections.append(Section(given.heading))
                if given.body:
                    _say(sections[-1].parts, Text("markdown", given.body, given.attachments))
            elif given and given.role == "check":
                slug = topic(name)
                if slug in asked and slug not in blocks:
                    blocks[slug] = _block(asked[slug], passages)
                    sections[-1].parts.append(blocks[slug])
                if slug in blocks:
                    blocks[slug].places[name] = places.of_check(cell)
            elif given and given.role == "answer" and name in asked:
                parts = sections[-1].parts
                parts.append(_answer(asked[name], source, cell, _taken(parts), places))
            elif cell["cell_type"] == "code":
                made = shown.outputs(cell, places)
                words = comments.get(name, "") if given else ""
                if made or name in own or words:
                    sections[-1].parts.append(Part("code", name, Text("code", source), own=name in own,
                                                   of_lesson=given is not None, outputs=made,
                                                   comment=Text("markdown", words) if words else None))
            elif source.strip():
                kind = "markdown" if cell["cell_type"] == "markdown" else "code"
                sections[-1].parts.append(Part("note", name, Text(kind, source, cell.get("attachments"))))
        _bound([part for section in sections for part in section.parts])
        return sections


def _block(question: Question, passages: dict[str, tuple[str, Text]]) -> Part:
    return Part("question", question.slug, question=question,
                code=[passages[question.function]] if question.function in passages else [],
                comment=Text("markdown", question.comment) if question.comment else None)


def _answer(question: Question, source: str, cell: dict, asked: Text | None, places: shown.Places) -> Part:
    said = (Text("markdown", source, cell.get("attachments")) if cell["cell_type"] == "markdown" else
            Text("code", source))
    return Part("answer", question.slug, said, question=question, asked=asked, outputs=shown.outputs(cell, places),
                comment=Text("markdown", question.comment) if question.comment else None)


def _bound(parts: list[Part]) -> None:
    """Words in place of the outputs that there is no room for on a page: a sign may be five letters there."""
    room, left_out = OUTPUT_BYTES, shown.Output("note", "left out: with it this page would be too large")
    for part in parts:
        outputs, part.outputs = part.outputs, []
        for one in outputs:
            size = len(escape(one.text)) + len(escape(one.words))
            if size <= room:
                room -= size
                part.outputs.append(one)
            elif part.outputs[-1:] != [left_out]:
                part.outputs.append(left_out)


def _say(parts: list[Part], text: Text) -> None:
    """What the lesson says stands together."""
    if not parts or parts[-1].kind != "text":
        parts.append(Part("text"))
    parts[-1].said.append(text)


def _taken(parts: list[Part]) -> Text | None:
    """The last that the lesson said: it stands at its answer instead."""
    if not parts or parts[-1].kind != "text":
        return None
    asked = parts[-1].said.pop()
    if not parts[-1].said:
        parts.pop()
    return asked


def _is_own(cell: dict, given: Given | None) -> bool:
    """Whether the student wrote or changed it."""
    if given is None:
        return bool(answers.source(cell).strip())
    return given.role in ("text", "code", "solution") and not answers.same(answers.source(cell), given.source) \
        and not cell.get("metadata", {}).get("nbgrader", {}).get("locked")


def _of_lesson(known: Lesson):
    for name, cells in known.notebooks.items():
        yield _inline(known.headline(name))
        for cell in cells.values():
            if cell.heading:
                yield _inline(cell.heading)
            if cell.role == "text" and cell.body and not cell.attachments:
                yield Text("markdown", cell.body)
            elif cell.role in ("code", "solution"):
                yield Text("code", cell.source)


def _inline(heading: str) -> Text:
    return Text("markdown", heading)


def _without_paragraph(html: Markup) -> Markup:
    return Markup(html.strip().removeprefix("<p>").removesuffix("</p>"))


def _self_contained(html: Markup) -> Markup:
    """Pictures that are in the page, with words in their place, and no others; wide formulas can be reached."""
    def picture(tag: re.Match) -> str:
        source, words = _SOURCE.search(tag[1]), _ALT.search(tag[1])
        if source is None or not source[1].startswith("data:image/"):
            return f"[picture: {words[1] if words else source[1] if source else 'none'}]"
        return tag[0] if words else f'{tag[0][:-1]} alt="a picture of yours">'

    def formula(found: re.Match) -> str:
        if not found["block"] and len("".join(_TAG.sub("", found[0]).split())) <= WIDE:
            return found[0]
        kind = "formula" if found["block"] else "formula inline"
        return f'<span class="{kind}" tabindex="0" role="group" aria-label="formula">{found[0]}</span>'

    return Markup(_FORMULA.sub(formula, _PICTURE.sub(picture, html)))
