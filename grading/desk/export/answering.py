"""Answers a submission on Gradescope with its grade, which is there already; looks at nothing that was handed in.

Runs there with Python alone, as `python3 answer.py /autograder`: who submitted stands in submission_metadata.json, the
grades in source/grades.json, and results.json gets the answer. Nothing is answered where who it is is not certain.
"""

import json
import re
import sys
import unicodedata
from pathlib import Path


def answer(metadata: dict, grades: dict) -> dict:
    """What goes into results.json; raises LookupError, with a sentence, for who is not known."""
    submitters = metadata.get("users") or []
    found = []
    for user in submitters:
        student = _student(user, grades["submitters"])
        if student is None:
            raise LookupError(f"{user.get('name')} <{user.get('email')}> is nobody in the grades of "
                              f"{grades['assignment']}: tell the course's staff.")
        if student not in grades["students"]:
            raise LookupError(f"{user.get('name')} <{user.get('email')}> has no grade in {grades['assignment']}: tell "
                              "the course's staff.")
        found.append(grades["students"][student])
    if not found:
        raise LookupError("the submission names nobody who handed it in.")
    if any(_whoever(one) != _whoever(found[0]) for one in found):
        raise LookupError("the members of this group were graded one by one, and differ: each has to submit alone.")
    return found[0]


def _student(user: dict, known: dict) -> "str | None":
    """Whose account it is: by its address; else, of those who have none here, by the number or name it gives itself."""
    if (address := str(user.get("email") or "").strip().casefold()) in known:
        return known[address]
    reached = {student for word, student in known.items() if "@" in word}
    given = [str(user.get("sid") or "").strip().casefold(), name(user.get("name"))]
    return next((known[word] for word in given if word in known and known[word] not in reached), None)


def _whoever(said: dict) -> dict:
    """An answer but for whose it is."""
    return said | {"extra_data": {what: value for what, value in said["extra_data"].items() if what != "student"}}


def name(said: object) -> str:
    """What stands for a name, however it is written: with or without accents, the last one first or last."""
    letters = unicodedata.normalize("NFKD", str(said or "")).casefold()
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return "name: " + " ".join(sorted(re.findall(r"\w+", bare)))


def main(root: Path) -> int:
    metadata = json.loads((root / "submission_metadata.json").read_text(encoding="utf-8"))
    grades = json.loads((root / "source" / "grades.json").read_text(encoding="utf-8"))
    try:
        said = answer(metadata, grades)
    except LookupError as error:
        print(error)
        return 1
    results = root / "results" / "results.json"
    results.parent.mkdir(exist_ok=True)
    results.write_text(json.dumps(said, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
