"""A table of the hostile class: attack, level, points gained, the kit's peak of memory, seconds, what the kit says.

    python -m grading.tests.hostile.table [--level full|cold|landlock] [--dear] [--jobs N] [WORD ...]

With words, only attacks whose aim or name has one of them in it; --dear: those that take long as well. With one job, a
peak is that attack's alone.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(description="A table of the hostile class.")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--level", default="")
    parser.add_argument("--dear", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    if asked.level:
        os.environ["KIT_SANDBOX"] = asked.level
    sys.path[:0] = [str(TESTS), str(TESTS / "engine")]
    import test_hostile

    import hostile
    from grading.engine import sandbox

    chosen = [attack for attack in hostile.attacks(asked.dear)
              if not asked.words or any(word in f"{attack.aim} {attack.name}" for word in asked.words)]
    level, folder = sandbox.probe().level, Path(tempfile.mkdtemp(prefix="hostile-"))
    try:
        run = test_hostile.grade(folder, chosen, jobs=asked.jobs)
        print(f"{'attack':45} {'level':9} gained  peak MB  seconds  what is said")
        for attack in sorted(chosen, key=lambda attack: attack.name):
            gained, said = _gained(run, attack), _said(test_hostile, run, attack)
            print(f"{attack.name:45} {level:9} {gained:6}  {run.peaks.get(attack.name, 0) // 10**6:7}"
                  f"  {run.seconds.get(attack.name, 0):7.1f}  {said}")
        lost = [student for student in test_hostile.make.HONEST if any(
            cell["outcome"] not in ("passed", "manual") for cell in (run.scores.get(student) or {"": {"outcome": ""}}
                                                                     ).values())]
        for name in test_hostile.TWINS[test_hostile.STRONGEST]:
            cells = run.scores.get(f"twin_{name}") or {}
            late = [cell for cell, found in cells.items() if found["outcome"] == "timed_out"]
            points = sum(cell["score"] or 0 for cell in cells.values())
            print(f"without an attack, {name}: {points:g} points; timed out: {late or 'nothing'}")
        print(f"exit status {run.returncode}; the kit's peak {run.parent_bytes // 10**6} MB; honest students who lost "
              f"a point: {lost or 'none'}")
        print(f"processes left: {run.left or 'none'}; files changed: {run.changed or 'none'}; reached: "
              f"{run.called or 'nobody'}; the machine (before, at most, after): {run.machine}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _gained(run, attack) -> str:
    cells, twin = run.scores.get(attack.name), run.scores.get(f"twin_{attack.base}")
    if not cells or not twin:
        return "-"
    return f"{sum(max(0, (cells[name]['score'] or 0) - (twin[name]['score'] or 0)) for name in attack.only or cells):g}"


def _said(test_hostile, run, attack) -> str:
    """The first thing that is said of it, in a line; what it found out stands before that."""
    if not run.scores.get(attack.name):
        found = re.search(rf"^{re.escape(attack.name)} .*not graded\n(( +.*\n)+)", run.stdout, re.MULTILINE)
        return f"NOT GRADED: {' '.join(found[1].split())[:120]}" if found else "NOT GRADED"
    leaked = re.findall(r"LEAKED[^\n]*", "\n".join(test_hostile.texts(run, attack.name)))
    folder = run.course.autograded(attack.name, test_hostile.make.ASSIGNMENT)
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    messages = [*leaked, *results["remarks"],
                *(cell["message"] for cells in results["notebooks"].values() for cell in cells.values())]
    return " ".join(next(filter(None, messages), "every test passed").split())[:120]


if __name__ == "__main__":
    sys.exit(main())
