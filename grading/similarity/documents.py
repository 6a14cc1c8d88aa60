"""Submissions as they are compared: read in a glovebox, file by file, so that a hostile one costs itself alone.

What everybody was given, stubs, given modules and the lessons' cells, is left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from grading.books.course import Course
from grading.engine import handling
from grading.engine.glovebox import Refused
from grading.intake import passages
from grading.intake.passages import Passage, Text
from grading.intake.reader import Reader
from grading.release.assignment import Assignment
from grading.release.lesson import read_known

SECONDS = 5.0                    # of processor time for one file
MOST = 30_000                    # runs of one submission; a complete one has some 4,000
_ANSWER = 16_000_000             # bytes
_passages = msgspec.msgpack.Decoder(Annotated[list[Passage], Meta(max_length=passages.MOST)])


@dataclass
class Document:
    """One submission.

    - student: the id; source: the folder of another year that it is from, or "" for this class
    - unread: one clause for each file that cannot be read
    """

    student: str
    source: str = ""
    passages: list[Passage] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        return f"{self.source}/{self.student}" if self.source else self.student


class Documents:
    """Reads submissions of one assignment."""

    def __init__(self, assignment: Assignment):
        self._assignment, self._box = assignment, handling.box()
        self._reader = Reader(self._box)
        self._lessons = {name: read_known(assignment.notebook_path(name)) for name in assignment.notebooks}
        self._given = self._runs_given(assignment)

    def _runs_given(self, assignment: Assignment) -> set[int]:
        texts = [Text(module, True, assignment.stub(module)) for module in assignment.student_modules]
        texts += [Text(module, True, assignment.complete(module)) for module in assignment.given_modules]
        texts += [Text(name, known.kind == "code", known.source)
                  for name, lesson in self._lessons.items() for known in lesson]
        return {run for text in texts for passage in passages.read([text]) for run, _, _ in passage.runs}

    def read(self, course: Course, source: str = "") -> Iterator[Document]:
        """Every submission that is collected in this course."""
        for student in course.students(self._assignment.name):
            yield self._document(Document(student, source), course.submitted(student, self._assignment.name))

    def _document(self, found: Document, folder: Path) -> Document:
        self._reader.begin(anew=True)
        for name in self._assignment.student_files:
            _, text, problem = self._reader.module(folder / name)
            self._add(found, name, [Text(name, True, text)], problem)
        for name, lesson in self._lessons.items():
            read = self._reader.notebook(folder / f"{name}.ipynb", lesson, {})
            code = {known.name for known in lesson if known.kind == "code"}
            texts = [Text(cell, cell in code, text) for cell, text in read.texts.items()]
            texts += [Text(f"{name}, behind {cell}" if cell else name, own.kind == "code", own.source)
                      for cell, cells in read.behind.items() for own in cells]
            self._add(found, f"{name}.ipynb", texts, read.problem)
        return found

    def _add(self, found: Document, name: str, texts: list[Text], problem: str) -> None:
        room = MOST - sum(len(passage.runs) for passage in found.passages)
        if not problem and room <= 0:
            problem = "is not compared: there is too much of this submission"
        if not problem and any(text.source.strip() for text in texts):
            try:
                told = _passages.decode(self._box.do("grading.intake.passages.passages", b"",
                                                     [msgspec.msgpack.encode(texts)], seconds=SECONDS, most=_ANSWER))
            except (Refused, ValueError) as error:
                told, problem = [], f"cannot be compared: {error}"
            for passage in told:
                passage.runs = [run for run in passage.runs if run[0] not in self._given][:max(0, room)]
                room -= len(passage.runs)
            found.passages += [passage for passage in told if passage.runs]
        if problem:
            found.unread.append(f"{name} {problem}")
