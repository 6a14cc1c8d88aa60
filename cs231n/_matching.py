"""Which cell of a handed in notebook is which of the lesson's, and what the student wrote in it.

A notebook may have lost its metadata; its cells may be copied, split, merged, moved or of another type. Each cell of
the lesson is known again by its names, else by what stands in it, else by its place; and whatever was written between
a question and the next cell of the lesson is part of the answer.
"""

from collections import Counter
from typing import NamedTuple

PLACEHOLDER = "YOUR ANSWER HERE"
UNWRITTEN = "this cell is not written yet"
LONG = 20                        # letters of a cell that is known by its text alone
ALIKE = 0.6                      # share of a lesson's lines by which a changed cell is known again
MOST_LETTERS = 200_000           # of a cell that is compared line by line


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
    - outputs: of code cells that are not the student's own, by name, as JSON
    - behind: the student's own cells by the name of the graded or locked cell that they stand behind; "" before all
    - missing, repeated: names of cells that are not there; that were there again, and left out
    - changed: names of locked cells that were changed, each with the lines that were added and are nobody's answer
    """

    texts: dict
    pictures: dict
    outputs: dict
    behind: dict
    missing: list
    repeated: list
    changed: dict


def read(cells, lesson):
    """Return the Reading of a notebook's cells beside the lesson's.

    Inputs:
    - cells: list of Cell, as handed in
    - lesson: list of Known, in order
    """
    return _Matching(cells, lesson).reading()


def is_written(known, text):
    """Whether a text is more than what was handed out in its place."""
    return bool(text.strip()) and _plain(text) != _plain(known.source) and UNWRITTEN not in text


class _Matching:
    def __init__(self, cells, lesson):
        self._cells, self._lesson = cells, lesson
        self._names = {known.name: number for number, known in enumerate(lesson)}
        self._whose = [self._named(cell) for cell in cells]        # for each cell: a number in the lesson, or None
        self._by_text()
        self._by_short_text()
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

    def _by_short_text(self):
        """A line of comment is known between neighbours that are."""
        for number, known in self._unmet() if set(self._whose) - {None} else ():
            text = _plain(known.source)
            places = [place for place in self._window(number) if text and _plain(self._cells[place].source) == text]
            if len(places) == 1:
                self._whose[places[0]] = number

    def _by_lines(self):
        """A cell that was changed, or merged with another, still has most of the lesson's lines."""
        loose = {place: Counter(_lines(cell.source)) for place, cell in enumerate(self._cells)
                 if self._whose[place] is None and len(cell.source) <= MOST_LETTERS}
        for number, known in self._unmet() if loose else ():
            wanted = [line for line in _lines(known.source) if UNWRITTEN not in line]
            if sum(map(len, wanted)) < LONG or known.role == "answer":
                continue
            counts = Counter(wanted)
            shares = {place: sum(min(count, loose[place][line]) for line, count in counts.items()) / len(wanted)
                      for place in self._window(number) if place in loose}
            best = max(shares, key=shares.get, default=None)
            if best is not None and shares[best] >= ALIKE:
                self._whose[best] = number

    def _by_place(self):
        """Code and answers whose cell has nothing left of the lesson stand beside the lesson's own neighbours."""
        for number, known in self._unmet():
            if not {number - 1, number + 1} & set(self._whose):
                continue
            kinds = {"code": ("code",), "answer": ("markdown", "raw")}.get(known.role, ())
            places = [place for place in self._window(number) if self._cells[place].kind in kinds]
            if places:                   # of several the first: all stay in their order
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
                if not parts:
                    parts, taken = self._above(number, absorbed)
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
        outputs = {lesson[number].name: self._cells[places[0]].outputs for number, places in first.items()
                   if lesson[number].role != "own"}
        return Reading(texts, pictures, outputs, behind, missing, sorted(set(repeated)), changed)

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
            while follower < len(self._lesson) and self._lesson[follower].role == "own":
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
        parts = [(text, pictures) for source, pictures in parts if (text := answered(source))]
        if not parts:
            parts = [(f"```python\n{cell.source.strip()}\n```", {}) for cell in code if cell.source.strip()]
        return parts, {place for place in taken if self._whose[place] is None}

    def _above(self, number, absorbed):
        """The same of what stands right above a question that nothing was written below."""
        place = min((place for place, whose in enumerate(self._whose) if whose in (number - 1, number)), default=0) - 1
        taken = []
        while (place >= 0 and self._whose[place] is None and place not in absorbed
               and self._cells[place].kind != "code"):
            taken.insert(0, place)
            place -= 1
        parts = [(text, self._cells[one].pictures) for one in taken if (text := answered(self._cells[one].source))]
        return parts, set(taken) if parts else set()


def answered(text):
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
