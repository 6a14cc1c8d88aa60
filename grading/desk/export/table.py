"""One table of several assignments: a column for each question, then score, late days, penalty, total and points.

UTF-8 with a mark, so that spreadsheets read names in any script. Whoever handed in nothing has empty cells.
"""

import csv
import io
import re

from grading.desk.export.book import Book, number

PEOPLE = "id", "last name", "first name", "email"
SUMS = "score", "late days", "penalty", "total", "points"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BEHIND_OTHERS = re.compile(rf"([;\t|][ \u00a0]*)(?=[{''.join(map(re.escape, _FORMULA))}])")    # separators elsewhere


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula, nor a part of it where lines are parted at other signs."""
    text = _BEHIND_OTHERS.sub(r"\1'", text)
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) or text.startswith(_FORMULA) else text


def table(book: Book) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow([*PEOPLE, *(f"{name}: {column}" for name, places in book.order.items()
                              for column in (*(cell for _, cell in places), *SUMS))])
    for student, named in book.people.items():
        row = [guarded(one or "") for one in (student, named.last, named.first, named.email)]
        for name, grades in book.grades.items():
            places, one = book.order[name], grades.of.get(student)
            if one is None:
                row += [""] * (len(places) + len(SUMS))
                continue
            scores = [one.scores.get(place) for place in places]
            row += ["" if score is None else number(score) for score in scores]
            row += map(number, (one.score, one.days, one.penalty, one.total, grades.most))
        rows.writerow(row)
    return text.getvalue().encode("utf-8-sig")
