"""How a handed in notebook or module is read: by `cs231n.submit` before it is handed in, and by the grader after.

A notebook may have lost its metadata; its cells may be copied, split, merged, moved or of another type. Each cell of
the lesson is known again by its names, else by what stands in it, else by its place; and whatever was written between
a question and the next cell of the lesson is part of the answer.
"""

import base64
import io
import json
import re
import tokenize
from collections import Counter
from typing import NamedTuple
from urllib.parse import unquote

PLACEHOLDER = "YOUR ANSWER HERE"
UNWRITTEN = "this cell is not written yet"
LONG = 20                        # letters of a cell that is known by its text alone
ALIKE = 0.6                      # share of a lesson's lines by which a changed cell is known again
MOST_LETTERS = 200_000           # of a cell that is compared line by line
MOST_BYTES = 5_000_000           # of a picture in a file
MOST_PICTURES = 20               # of an answer
_PICTURES = {".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff"}
_TITLE = r"""(?:\s+(?:"[^"\n]*"|'[^'\n]*'))?"""
_SHOWN = re.compile(rf"!\[[^\]\n]{{0,300}}\]\(\s*(?:<([^<>\n]{{1,300}})>|([^\s()<>]{{1,300}})){_TITLE}\s*\)"
                    r"""|<img\b[^<>]{0,300}?\bsrc\s*=\s*["']([^"'<>\n]{1,300})["']""", re.I)
_CODING = re.compile(r"((?:^|[\r\n])[ \t\f]*#[^\r\n]*?coding)[:=]")
_KINDS = {"code": "code", "markdown": "markdown", "raw": "raw", "heading": "markdown", "html": "markdown"}


class Damaged(ValueError):
    """A file is no notebook; the message is a clause that says why."""


class Cell(NamedTuple):
    """A cell as it was handed in. kind: code, markdown or raw; pictures: {name: {media type: data}}."""

    kind: str
    source: str
    id: str = ""
    grade_id: str = ""
    pictures: dict = {}          # noqa: RUF012  (never changed)


class Known(NamedTuple):
    """A cell of the lesson as it is handed out.

    - role: "code" and "answer" are the student's to write; "locked" is put back; "own" is the student's to change
    """

    name: str
    kind: str
    role: str
    source: str


class Reading(NamedTuple):
    """What a notebook says, cell of the lesson by cell of the lesson.

    - texts, pictures: of code and answer cells, by name; an answer that was not given is an empty text
    - behind: the student's own cells by the name of the graded or locked cell that they stand behind; "" before all
    - missing, repeated: names of cells that are not there; that were there again, and left out
    - changed: names of locked cells that were changed, each with the lines that were added and are nobody's answer
    """

    texts: dict
    pictures: dict
    behind: dict
    missing: list
    repeated: list
    changed: dict


# Files

def read_notebook(content):
    """Return the cells of a notebook file, as bytes, of format 3 or later. Raises Damaged."""
    try:
        try:
            found = json.loads(content)
        except UnicodeDecodeError:
            found = json.loads(content.decode("latin-1"))
    except (ValueError, RecursionError):
        if re.search(rb"^(<{7}|>{7}) ", content, re.M):
            raise Damaged("is corrupt (a merge of git's left both versions in it)") from None
        raise Damaged("is corrupt (no valid notebook JSON)") from None
    if isinstance(found, dict) and isinstance(found.get("worksheets"), list):
        sheets = [sheet for sheet in found["worksheets"] if isinstance(sheet, dict)]
        found = {"cells": [cell for sheet in sheets for cell in _list(sheet.get("cells"))]} if sheets else found
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        raise Damaged("is corrupt (JSON, but no notebook: it has no list of cells)")
    return [cell for cell in map(read_cell, found["cells"]) if cell]


def read_cell(found):
    """Return the Cell that a decoded JSON object is, as far as it is one, or None."""
    if not isinstance(found, dict) or not isinstance(found.get("cell_type"), str):
        return None
    kind = _KINDS.get(found["cell_type"])
    source = found.get("source", found.get("input") if kind == "code" else None)
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if kind is None or not isinstance(source, str):
        return None
    if found["cell_type"] == "heading" and type(found.get("level")) is int:
        source = "#" * max(1, min(6, found["level"])) + " " + source
    metadata = found.get("metadata")
    described = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = described.get("grade_id") if isinstance(described, dict) else None
    pictures = found.get("attachments")
    sound = isinstance(pictures, dict) and all(
        isinstance(bundle, dict) and all(isinstance(data, str) for data in bundle.values())
        for bundle in pictures.values())
    return Cell(kind, whole(source), _text(found.get("id")), _text(grade_id), pictures if sound else {})


def whole(text):
    """The text without half a surrogate pair, which no file can hold."""
    return text.encode("utf-8", "replace").decode()


def module_text(content):
    """A module's text, decoded as Python would, if it is in an encoding that people use: some others take minutes.

    No line of it would have Python read it as anything but UTF-8; every line stays where it is.
    """
    return without_coding_line(_decoded(content))


def without_coding_line(text):
    """The text without the encoding that its first two lines may name."""
    place = text.find("\n", text.find("\n") + 1) + 1 or len(text)
    head = text[:place]
    while (plain := _CODING.sub(r"\1 ", head)) != head:        # a line may name several
        head = plain
    return head + text[place:]


def _decoded(content):
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(content).readline)[0].lower()
        if encoding.startswith(("utf-8", "ascii", "us-ascii", "iso-8859", "latin", "cp125", "windows-125")):
            return content.decode(encoding)
    except (SyntaxError, ValueError, LookupError):
        pass
    return content.decode("utf-8", "replace")


# Notebooks

def read(cells, lesson):
    """Return the Reading of a notebook's cells beside the lesson's.

    Inputs:
    - cells: list of Cell, as handed in
    - lesson: list of Known, in order
    """
    return _Matching(cells, lesson).reading()


def shown_files(text):
    """Return the paths of pictures beside the notebook that a text shows, in order; none that leaves its folder."""
    return list(dict.fromkeys(path for match in _SHOWN.finditer(text) if (path := _beside(match))))


def with_files(text, pictures, file):
    """Return (text, pictures) with the pictures in files that the text shows attached to it.

    - file: file(path) returns a file's content, or None where there is none
    """
    pictures = dict(pictures)

    def attached(match):
        path = _beside(match)
        content = file(path) if path and len(pictures) < MOST_PICTURES else None
        if content is None or not is_picture(path, content):
            return match[0]
        name = f"file-{len(pictures)}-{re.sub(r'[^A-Za-z0-9.]+', '-', path)}"
        pictures[name] = {"image/png" if path.lower().endswith(".png") else "image/jpeg":
                          base64.b64encode(content).decode()}
        place = next(number for number in (1, 2, 3) if match[number] is not None)
        start, end = (at - match.start() for at in match.span(place))
        if place == 1:                                             # <in angle brackets>
            start, end = start - 1, end + 1
        return f"{match[0][:start]}attachment:{name}{match[0][end:]}"

    return _SHOWN.sub(attached, text), pictures


def is_picture(name, content):
    """Whether a file is a PNG or JPEG, as its name says, of at most MOST_BYTES."""
    starts = next((starts for ending, starts in _PICTURES.items() if name.lower().endswith(ending)), None)
    return starts is not None and content.startswith(starts) and len(content) <= MOST_BYTES


def _beside(match):
    """The path below the notebook's folder that a shown picture has, or an empty text."""
    path = unquote(match[1] or match[2] or match[3])
    parts = [part for part in path.split("/") if part not in ("", ".")]
    outside = path.startswith("/") or ".." in parts or "\\" in path or ":" in path or "\0" in path
    return "" if outside or not path.lower().endswith(tuple(_PICTURES)) else "/".join(parts)


def is_written(known, text):
    """Whether a text is more than what was handed out in its place."""
    return bool(text.strip()) and _plain(text) != _plain(known.source) and UNWRITTEN not in text


class _Matching:
    def __init__(self, cells, lesson):
        self._cells, self._lesson = cells, lesson
        self._names = {known.name: number for number, known in enumerate(lesson)}
        self._whose = [self._named(cell) for cell in cells]        # for each cell: a number in the lesson, or None
        self._by_text()
        self._by_lines()
        self._by_place()

    def _named(self, cell):
        return next((self._names[name] for name in (cell.grade_id, cell.id) if name in self._names), None)

    def _unmet(self):
        met = set(self._whose)
        return [(number, known) for number, known in enumerate(self._lesson) if number not in met]

    def _window(self, number):
        """Places of cells that nobody has claimed, between the nearest cells of the lesson on both sides."""
        before = [place for place, whose in enumerate(self._whose) if whose is not None and whose < number]
        after = [place for place, whose in enumerate(self._whose) if whose is not None and whose > number]
        start = max(before, default=-1) + 1
        end = min((place for place in after if place >= start), default=len(self._cells))
        return [place for place in range(start, end) if self._whose[place] is None]

    def _by_text(self):
        texts = {}
        for place, cell in enumerate(self._cells):
            if self._whose[place] is None and len(text := _plain(cell.source)) >= LONG:
                texts.setdefault(text, []).append(place)
        for number, known in self._unmet():
            if places := texts.get(_plain(known.source)):
                self._whose[places.pop(0)] = number

    def _by_lines(self):
        """A cell that was changed, or merged with another, still has most of the lesson's lines."""
        loose = {place: Counter(_lines(cell.source)) for place, cell in enumerate(self._cells)
                 if self._whose[place] is None and len(cell.source) <= MOST_LETTERS}
        for number, known in self._unmet() if loose else ():
            wanted = [line for line in _lines(known.source) if UNWRITTEN not in line]
            if sum(map(len, wanted)) < LONG or known.role == "answer":
                continue
            shares = {place: sum((Counter(wanted) & loose[place]).values()) / len(wanted)
                      for place in self._window(number) if place in loose}
            best = max(shares, key=shares.get, default=None)
            if best is not None and shares[best] >= ALIKE:
                self._whose[best] = number

    def _by_place(self):
        """Code and answers whose cell has nothing left of the lesson stand where the lesson has them."""
        for number, known in self._unmet():
            kinds = {"code": ("code",), "answer": ("markdown", "raw")}.get(known.role, ())
            places = [place for place in self._window(number) if self._cells[place].kind in kinds]
            if len(places) == 1 or places and known.role == "answer":
                self._whose[places[0]] = number

    def reading(self):
        lesson, texts, pictures, behind = self._lesson, {}, {}, {"": []}
        repeated, changed, extra, absorbed = [], {}, {}, set()
        first = {}                                                   # the cell that counts, by number
        for place, number in enumerate(self._whose):
            if number is not None:
                first.setdefault(number, []).append(place)
        for number, places in first.items():
            known = lesson[number]
            if known.role == "code":
                written = [place for place in places if is_written(known, self._cells[place].source)]
                places.sort(key=lambda place: (place not in written[:1], place))
                texts[known.name] = self._without_merged(number, self._cells[places[0]].source)
            elif known.role == "locked":
                added = self._added(known, self._cells[places[0]].source)
                if added is not None:
                    changed[known.name] = added
                    extra[number] = "\n".join(added).strip()
        handed_over = self._hand_over(extra, texts)
        for number, known in enumerate(lesson):
            if known.role == "answer":
                parts, taken = self._answer(number, extra)
                texts[known.name], pictures[known.name] = _joined(parts)
                absorbed |= taken
                handed_over.add(lesson[number - 1].name)
        anchor = ""
        for place, (cell, number) in enumerate(zip(self._cells, self._whose, strict=True)):
            known = None if number is None else lesson[number]
            if place in absorbed:
                continue
            if known is None or known.role == "own":
                behind[anchor].append(cell)
            elif place == first[number][0]:
                anchor = known.name
                behind.setdefault(anchor, [])
            elif known.role == "code" and is_written(known, cell.source):
                behind.setdefault(anchor, []).append(cell)
            elif known.role != "answer":
                repeated.append(known.name)
        missing = [known.name for number, known in enumerate(lesson) if number not in first and known.role != "own"
                   and not texts.get(known.name, "")]
        changed = {name: added for name, added in changed.items() if not (added and name in handed_over)}
        return Reading(texts, pictures, behind, missing, sorted(set(repeated)), changed)

    def _added(self, known, source):
        """Lines of a locked cell that the lesson does not have; None if it is as it was."""
        if _plain(source) == _plain(known.source):
            return None
        left, added, blank = Counter(_lines(known.source)), [], False
        for line in source.splitlines():
            if left[line.strip()] > 0:
                left[line.strip()] -= 1
            elif line.strip():
                added += [""] * (blank and bool(added)) + [line]
            blank = not line.strip()
        return added

    def _without_merged(self, number, source):
        """A code cell's text without that of the lesson's next cells, where they were merged into it."""
        met = set(self._whose)
        for follower in range(number + 1, len(self._lesson)):
            known = self._lesson[follower]
            if follower in met or known.role == "code" or known.source.strip() not in source:
                break
            source = source.replace(known.source.strip(), "").rstrip() + "\n"
        return source

    def _hand_over(self, extra, texts):
        """What stands in a locked cell, where the cell behind it is gone, was merged with it. Returns the former."""
        met, given = set(self._whose), set()
        for number, added in extra.items():
            follower = number + 1
            while follower < len(self._lesson) and follower not in met and self._lesson[follower].role == "own":
                follower += 1
            if follower < len(self._lesson) and follower not in met:
                known = self._lesson[follower]
                if known.role == "code" and is_written(known, added):
                    texts[known.name] = added
                    given.add(self._lesson[number].name)
        return given

    def _answer(self, number, extra):
        """(parts, places): what belongs to an answer, as (text, pictures), and the cells that went into it."""
        question = number - 1 if number and self._lesson[number - 1].role == "locked" else None
        parts, taken = [], set()
        if question is not None and extra.get(question):
            place = self._whose.index(question)
            parts.append((extra[question], self._cells[place].pictures))
        code = []
        starts = [place for place, whose in enumerate(self._whose)
                  if whose is not None and whose in (number, question)]
        for start in starts:
            place = start
            while place < len(self._cells) and (place == start or self._whose[place] in (None, number)):
                cell = self._cells[place]
                if place in taken or self._whose[place] == question:
                    pass
                elif self._whose[place] == number or cell.kind != "code":
                    taken.add(place)
                    parts.append((cell.source, cell.pictures))
                else:
                    code.append(cell)
                place += 1
        parts = [(text, pictures) for source, pictures in parts if (text := _answered(source))]
        if not parts:
            parts = [(f"```python\n{cell.source.strip()}\n```", {}) for cell in code if cell.source.strip()]
        return parts, {place for place in taken if self._whose[place] is None}


def _answered(text):
    """An answer's text without the line that asks for one."""
    lines = [line for line in text.splitlines() if line.strip(" \t*_#>`.:").casefold() != PLACEHOLDER.casefold()]
    return "\n".join(lines).strip()


def _joined(parts):
    """(text, pictures) of several texts; one that was copied counts once, and no picture hides another."""
    texts, pictures = [], {}
    for text, shown in parts:
        for name, bundle in shown.items():
            fresh, number = name, 1
            while pictures.get(fresh, bundle) != bundle:
                number += 1
                fresh = f"{number}-{name}"
            if fresh != name:
                text = text.replace(f"attachment:{name}", f"attachment:{fresh}")
            pictures[fresh] = bundle
        if not any(_plain(text) == _plain(other) for other in texts):
            texts.append(text)
    return "\n\n".join(texts), pictures


def _plain(text):
    return " ".join(text.split())


def _lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def _list(value):
    return value if isinstance(value, list) else []


def _text(value):
    return value if isinstance(value, str) else ""
