"""A question's page for who marks it: every answer, grouped, beside the question, its mark scheme and model answer."""

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import dataclass
from html import escape
from pathlib import Path

from grading.books.course import Course
from grading.books.marking import Marking
from grading.desk import grouping, questions
from grading.desk.markdown import plain, render
from grading.desk.pages import rendered
from grading.desk.questions import Question
from grading.release.assignment import Assignment

_PARTS = Path(__file__).parent
_SEEN = re.compile(r"<(?:img|math|hr)\b|>[^<]*?[^\s<]")
STATIC_PLOTS = 30_000_000        # bytes of plots that a page takes with it


@dataclass(frozen=True)
class Desk:
    """What pages are made of. names: whether they say whose an answer is."""

    assignment: Assignment
    course: Course
    asked: list[Question]
    names: bool = False

    def marking(self, question: Question) -> Marking:
        return Marking(self.course, self.assignment.name, question.notebook, question.name)


def page(desk: Desk, question: Question, live: bool) -> str:
    """A whole page, which asks nobody for anything; a live one sends marks back to where it came from."""
    data = json.dumps(_data(desk, question, live), ensure_ascii=False).replace("<", "\\u003c")
    style, script = ((_PARTS / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return f"""<!doctype html>
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
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""


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


def _data(desk: Desk, question: Question, live: bool) -> dict:
    found = desk.marking(question).answers()
    answered = [one for one in found if one.text.strip() and one.automatic is None]
    blank = [one for one in found if one not in answered]
    grouped = [[answered[number] for number in group]
               for group in grouping.groups([one.text for one in answered])]
    html: dict[str, str] = {}
    scheme, room = question.rubric, STATIC_PLOTS
    answers = {}
    for number, one in enumerate(found, 1):
        if one.digest not in html:
            html[one.digest] = _shown(one.text, one.attachments)
        shown = [] if live else plots(desk, question, one.student)
        room -= sum(map(len, shown))
        answers[one.id] = {
            "label": one.student if desk.names else f"answer {number}", "digest": one.digest, "mark": list(one.mark),
            "auto": one.automatic, "plots": shown if room >= 0 else [],
            "before": None if one.marked_for is None else _shown(one.marked_for)}
    return {
        "live": live, "assignment": desk.assignment.title, "name": question.name, "title": question.title,
        "questions": [{"name": one.name, "title": f"{one.notebook}: {one.title}"} for one in desk.asked],
        "text": render(question.text, question.attachments), "model": render(question.model),
        "points": question.points, "notes": render(scheme.notes) if scheme else "",
        "items": [{"points": item.points, "title": item.title, "text": render(item.text), "instead": item.instead}
                  for item in (scheme.items if scheme else ())],
        "groups": [[one.id for one in group] for group in grouped],
        "blank": [one.id for one in blank], "answers": answers, "html": html}
