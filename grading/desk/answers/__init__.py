"""A question's page for who marks it: every answer, grouped, beside the question, its mark scheme and model answer."""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from grading.books.course import Course
from grading.books.marking import Answer, Marking
from grading.desk import grouping, questions
from grading.desk.markdown import plain, render
from grading.desk.pages import rendered
from grading.desk.questions import Question
from grading.release.assignment import Assignment

_PARTS = Path(__file__).parent
_SEEN = re.compile(r"<(?:img|math|hr)\b|>[^<]*?[^\s<]")
STATIC_PLOTS = 30_000_000        # bytes of plots that a page takes with it
ANSWERS = 20_000_000             # bytes of answers and pictures in them; where they are more, the longest give way
_WITHOUT = "<p><em>[without its pictures: with them this page would be too large; formgrader shows them]</em></p>"
_LEFT_OUT = "<p><em>[left out: with it this page would be too large; formgrader shows it]</em></p>"


@dataclass(frozen=True)
class Desk:
    """What pages are made of. names: whether they say whose an answer is."""

    assignment: Assignment
    course: Course
    asked: list[Question]
    names: bool = False

    def marking(self, question: Question) -> Marking:
        return Marking(self.course, self.assignment.name, question.notebook, question.name)


def page(desk: Desk, question: Question, live: bool) -> list[bytes]:
    """A whole page, in pieces, which asks nobody for anything; a live one sends marks back to where it came from."""
    style, script = ((_PARTS / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    before, behind = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(question.title)}</title>
<style>{style}</style>
</head>
<body>
<script type="application/json" id="data">\0</script>
<script>{script}</script>
</body>
</html>
""".encode().split(b"\0")
    return [before, *_written(_data(desk, question, live)), behind]


def _json(value: object) -> bytes:
    """Such that it may stand in a page."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").replace(b"<", b"\\u003c")


def _written(value: object) -> Iterator[bytes]:
    """JSON in pieces. Bytes are some already: what is large is written once, and never a part of something larger."""
    if isinstance(value, dict):
        for number, (name, one) in enumerate(value.items()):
            yield (b"," if number else b"{") + _json(name) + b":"
            yield from _written(one)
        yield b"}" if value else b"{}"
    else:
        yield value if isinstance(value, bytes) else _json(value)


def policy(style: str, script: str) -> str:
    """Only these two act on the page, pictures are in it, and it speaks with its own server alone."""
    def known(text: str) -> str:
        return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (f"default-src 'none'; script-src {known(script)}; style-src {known(style)}; "
            "style-src-attr 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'")


def plots(desk: Desk, question: Question, student: str) -> list[str]:
    """As addresses that hold the pictures themselves."""
    return [f"data:{kind};base64,{data}"
            for kind, data in questions.plots(desk.course, desk.assignment.name, question, student)]


def _shown(text: str, attachments: object = None) -> str:
    """As Markdown, or as it was typed where nothing of that is seen: a comment, a tag."""
    html = rendered(text, attachments)
    return html if _SEEN.search(html) else plain(text)


def _answers(marking: Marking, found: list[Answer]) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """(answers by digest, what marks were given for by id) as JSON of their HTML."""
    html: dict[str, bytes] = {}
    before: dict[str, bytes] = {}
    room = ANSWERS
    for one in sorted(found, key=lambda one: len(one.text) + one.pictures):
        if one.digest not in html:
            html[one.digest] = _fitting(one.text, marking.attachments(one), room)
            room -= len(html[one.digest])
        if one.marked_for is not None:
            before[one.id] = _fitting(one.marked_for, {}, room)
            room -= len(before[one.id])
    return html, before


def _fitting(text: str, attachments: dict, room: int) -> bytes:
    """With its pictures, without, or not at all."""
    made = _json(_shown(text, attachments))
    if len(made) > room and attachments:
        made = _json(_WITHOUT + _shown(text))
    return made if len(made) <= room else _json(_LEFT_OUT)


def _data(desk: Desk, question: Question, live: bool) -> dict:
    found = desk.marking(question).answers()
    answered = [one for one in found if one.text.strip() and one.automatic is None]
    blank = [one for one in found if one not in answered]
    grouped = [[answered[number] for number in group]
               for group in grouping.groups([one.text for one in answered])]
    html, before = _answers(desk.marking(question), found)
    scheme, room = question.rubric, STATIC_PLOTS
    answers = {}
    for number, one in enumerate(found, 1):
        shown = [] if live else plots(desk, question, one.student)
        room -= sum(map(len, shown))
        answers[one.id] = {
            "label": one.student if desk.names else f"answer {number}", "digest": one.digest, "mark": list(one.mark),
            "auto": one.automatic, "plots": _json(shown if room >= 0 else []), "before": before.get(one.id)}
    return {
        "live": live, "assignment": desk.assignment.title, "name": question.name, "title": question.title,
        "questions": [{"name": one.name, "title": f"{one.notebook}: {one.title}"} for one in desk.asked],
        "text": render(question.text, question.attachments), "model": render(question.model),
        "points": question.points, "notes": render(scheme.notes) if scheme else "",
        "items": [{"points": item.points, "title": item.title, "text": render(item.text), "instead": item.instead}
                  for item in (scheme.items if scheme else ())],
        "groups": [[one.id for one in group] for group in grouped],
        "blank": [one.id for one in blank], "answers": answers, "html": html}
