"""Questions and answers to a PDF: each question begins a page, and takes as many of them as it is told to.

With a number of pages for each question, one that needs fewer gets empty ones behind it, and one that needs more is set
smaller. What does not fit then either is cut, which its page says, and stands in a second PDF in full.
"""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

from cs231n._writeup import inlines, pictures, programs, strings
from cs231n._writeup.fonts import Fonts
from cs231n._writeup.strings import stacked, string
from cs231n._writeup.texts import Text, TooMuch

MAIN, TRIAL = "main.typ", "trial.typ"
TEMPLATE = Path(__file__).with_name("template.typ")
SCALES = (0.92, 0.84, 0.76, 0.68)        # in which a question is set that takes too many pages
LINES = 120                              # of a cell with code beside an answer, and of what it printed
NOTES = 8                                # that the cover has room for
LONG_COMMENT = 1_500                     # characters; a longer one may begin on one page and end on the next
PLOT_ROOM, PLOT_HIGH = 450, 250          # points: how wide plots in one row may be, and how high
IN_FULL = "all of it is in a PDF of its own, in full"
NOT_MARKED = {"shown": "not marked yet"}


class Made(NamedTuple):
    """A write-up: its bytes; of answers that were cut, in full, or b""; a sentence for what is not shown as written."""

    pdf: bytes
    in_full: bytes
    problems: list
    pages: int


class Document:
    """A write-up on its way.

    - head: {"title", "assignment", "student", "name"}, texts
    - marks: {notebook: {cell: {"shown": "1.5 / 2", "items": [[points, text], ...], "comment": Markdown}}}, or None
    - folder: typst's root, empty; as_typed: cells whose answer is shown as it was typed
    """

    def __init__(self, head, questions, defined, marks, folder, as_typed=()):
        import typst

        self._head, self._questions, self._defined, self._marks = head, questions, defined, marks
        self._folder, self._as_typed, self._careful = folder, as_typed, False
        self._fonts = Fonts(strings.clean("".join(part for one in questions for part in
                                                (head["name"], one.heading, one.text, one.answer))))
        shutil.copyfile(TEMPLATE, folder / TEMPLATE.name)
        self._refused = typst.TypstError
        self._main, self._trial = (typst.Compiler(self._written(name, ""), root=str(folder), package_path=str(folder),
                                                  package_cache_path=str(folder)) for name in (MAIN, TRIAL))

    def make(self, pages=None, also=()):
        """Return Made. pages: how many each question takes, or None for as many as it needs; also: further problems."""
        try:
            self._begin(also)
            self._compiled()
        except self._refused:
            self._careful = True                       # find what typst refuses, and set that as it was typed
            self._begin(also)
        cut = self._fit(pages) if pages else []
        in_full = self._compiled([{**self._part(number), "mark": "none"} for number in cut]) if cut else b""
        for number in cut:
            self._problems.append(f"{self._where(number)}: the answer is cut after {pages} page{'s' * (pages > 1)}; "
                                  f"{IN_FULL}")
        return Made(self._compiled(), in_full, list(dict.fromkeys(self._problems)), self._asked("<pages>")[0])

    def _begin(self, also):
        self._problems = [*also, *self._fonts.problems]
        self._parts = [self._part(number) for number in range(1, len(self._questions) + 1)]

    def _where(self, number):
        question = self._questions[number - 1]
        return f"{question.notebook}, {question.heading}"

    # Parts: the arguments of the template's `question`, as typst's code

    def _part(self, number, fine=False):
        question, where = self._questions[number - 1], self._where(number)
        pieces = self._answer(number, fine)
        why = f"No answer: {question.why}." if question.why else "No answer was given."
        return {"place": str(number), "of": str(len(self._questions)), "notebook": string(question.notebook),
                "title": stacked(self._text(number, question.heading)),
                "body": stacked(self._text(number, question.text)) if question.text else "none",
                "plots": _array(self._plots(question.plots, where)),
                "pieces": _array(pieces), "empty": string("" if pieces else why),
                "beside": self._beside(question, where), "mark": self._mark(number)}

    def _answer(self, number, fine):
        question = self._questions[number - 1]
        if question.answer and question.cell in self._as_typed:
            self._problems.append(f"{self._where(number)}: it could not be set, and is shown as it was typed")
            return strings.plain(self._fonts.shown(question.answer))
        if not question.answer:
            return []
        return self._text(number, question.answer, question.attached, fine) or strings.plain(question.answer)

    def _text(self, number, source, attached=None, fine=False):
        """Blocks of a text; what cannot be set of it is shown as it was typed."""
        source, defined = self._fonts.shown(source), self._defined.get(self._questions[number - 1].notebook, {})
        try:
            made = Text(source, attached or {}, self._folder, defined, fine)
            if self._careful and not self._is_set(made.blocks):
                bad = {place for place, code in made.equations.items() if not self._is_set([code])}
                made = Text(source, attached or {}, self._folder, defined, fine, bad)
                if not self._is_set(made.blocks):
                    raise programs.Failed("typst cannot set it")
        except (programs.Failed, TooMuch, RecursionError) as why:
            why = "it is nested too deeply" if isinstance(why, RecursionError) else why
            self._problems.append(f"{self._where(number)}: {why}; it is shown as it was typed")
            return strings.plain(source)
        self._problems += [f"{self._where(number)}: {problem}" for problem in made.problems]
        return made.blocks

    def _is_set(self, blocks):
        source = f'#import "{TEMPLATE.name}": *\n' + "\n".join(f"#{{\n{block}\n}}" for block in blocks)
        self._written(TRIAL, source)
        try:
            self._trial.compile(format="pdf")
        except self._refused:
            return False
        return True

    def _plots(self, plots, where):
        """(file, width) of each, as arguments of the template's `picture`."""
        found = []
        for plot in plots:
            try:
                found.append(pictures.write(pictures.decoded(plot), self._folder))
            except pictures.Unreadable as why:
                self._problems.append(f"{where}: a plot that the notebook showed is left out: {why}")
        found = list(dict.fromkeys(found))
        high = PLOT_HIGH if len(found) < 3 else PLOT_HIGH * 0.7
        widths = [min(PLOT_ROOM if len(found) == 1 or one.width > 2.2 * one.height else PLOT_ROOM * 0.48,
                      one.width * 0.7, high * one.width / one.height) for one in found]
        return [f"({string(one.name)}, {width / inlines.POINT:.2f}em, \"a plot\")" for one, width in zip(found, widths)]

    def _beside(self, question, where):
        code = []
        for source, printed, shown in question.beside:
            code.append(f'code({string(strings.breakable(_lines(strings.clean(source))))}, "python")')
            if printed:
                code.append(f"printed({string(strings.breakable(_lines(strings.clean(printed))))})")
            code += [f"align(center, picture(..{plot}))" for plot in self._plots(shown, where)]
        return stacked(["subheading(6, [Code beside the answer])", *code]) if code else "none"

    def _mark(self, number):
        if self._marks is None:
            return "none"
        question = self._questions[number - 1]
        mark = self._marks.get(question.notebook, {}).get(question.cell, NOT_MARKED)
        items = [f"({string(points)}, {stacked(self._text(number, text))})" for points, text in mark.get("items", [])]
        comment = stacked(self._text(number, mark["comment"])) if mark.get("comment") else "none"
        is_long = "true" if len(mark.get("comment", "")) > LONG_COMMENT else "false"
        return f"(shown: {string(mark['shown'])}, items: {_array(items)}, comment: {comment}, is-long: {is_long})"

    # Pages

    def _fit(self, pages):
        """Have each question take this many; returns the numbers of those whose answer had to be cut."""
        for scale in SCALES:
            for number in (large := self._larger(pages)):
                self._parts[number - 1]["scale"] = str(scale)
            if not large:
                break
        cut = self._larger(pages)
        for number in cut:
            self._cut(number, pages)
        for number, (first, last) in self._spans().items():
            self._parts[number - 1]["pad"] = str(pages - (last - first + 1))
        return cut

    def _larger(self, pages):
        return [number for number, (first, last) in self._spans().items() if last - first + 1 > pages]

    def _cut(self, number, pages):
        """Leave out the end of an answer, as little as can be."""
        blocks = self._answer(number, fine=True)
        part = self._parts[number - 1]
        part |= {"cut": string(IN_FULL), "beside": "none", "pieces": _array(blocks), "told": "true"}
        first, _ = self._spans()[number]
        told = [end for place, _, end in self._asked("<piece>") if place == number]
        part |= {"told": "false"}
        keep = sum(end - first < pages for end in told)
        while True:
            part["pieces"] = _array(blocks[:keep])
            first, last = self._spans()[number]
            if last - first < pages:
                return
            if not keep:
                raise programs.Failed(f"{self._where(number)} takes more than {pages} pages without any answer; "
                                      f"more --pages are needed")
            keep -= 1 + keep // 20

    # typst

    def _compiled(self, parts=None):
        """The PDF of some questions alone, or of all behind a cover."""
        calls = [self._cover()] if parts is None else []
        calls += [_call("question", part) for part in (self._parts if parts is None else parts)]
        head = {"title": string(self._head["title"]), "assignment": string(self._head["assignment"]),
                "who": string(self._who), "families": _array(map(string, self._fonts.families))}
        named = ", ".join(f"{key}: {value}" for key, value in head.items())
        self._written(MAIN, f'#import "{TEMPLATE.name}": *\n#show: writeup.with({named})\n' + "\n".join(calls))
        return self._main.compile(format="pdf")

    def _asked(self, label):
        return json.loads(self._main.query(label, field="value"))

    def _spans(self):
        """{number of a question: (its first page, its last)}."""
        self._compiled()
        return {place: (first, last) for place, first, last in self._asked("<ends>")}

    @property
    def _who(self):
        return " · ".join(filter(None, (self._head["student"], strings.clean(self._head["name"]))))

    def _cover(self):
        rows = []
        for question in self._questions:
            mark = (self._marks or {}).get(question.notebook, {}).get(question.cell, NOT_MARKED)
            rows.append(f"(notebook: {string(question.notebook)}, heading: {string(strings.clean(question.heading))}, "
                        f"state: {string('' if question.answer else 'no answer')}, "
                        f"mark: {string(mark['shown'] if mark is not NOT_MARKED else '–')})")
        notes = [told if len(told) <= 240 else told[:236] + " ..." for told in dict.fromkeys(self._problems)]
        if len(notes) > NOTES:
            notes = [*notes[:NOTES - 1], f"and {len(notes) - NOTES + 1} more"]
        return _call("cover", {"title": string(self._head["title"]), "who": string(self._who), "rows": _array(rows),
                               "marked": "false" if self._marks is None else "true",
                               "notes": _array(string(strings.breakable(note)) for note in notes)})

    def _written(self, name, source):
        path = self._folder / name
        path.write_text(source, encoding="utf-8")
        return str(path)


def _call(function, arguments):
    return f"#{function}(" + ",\n".join(f"{key}: {value}" for key, value in arguments.items()) + ")"


def _array(items):
    return "(" + "".join(f"{item},\n" for item in items) + ")"


def _lines(text):
    lines = text.strip("\n").split("\n")
    return "\n".join([*lines[:LINES], f"... {len(lines) - LINES} more lines"] if len(lines) > LINES else lines)
