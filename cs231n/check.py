"""Run the checks that you see, without Jupyter: `python -m cs231n.check [NOTEBOOK|TOPIC ...] [--watch]`.

What is saved is what counts: the notebooks, and your modules in `cs231n/`. Only cells that a check needs are run, on a
small data set that is made for it, as when your work is graded.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

try:
    from cs231n import _check as checks
    from cs231n import _console as console
    from cs231n import _reading as reading
    from cs231n._check import running
    from cs231n._check.running import FAILED, PASSED, UNWRITTEN
except ModuleNotFoundError:
    sys.exit("check: in the folder of the assignment, run: python -m cs231n.check")

LOOK = 0.5                       # seconds between two looks at the files


def main(arguments=None):
    """Run the checks; returns 0 when all pass, 1 while one does not, 2 for a name that nothing has."""
    parser = argparse.ArgumentParser(prog="python -m cs231n.check", description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", metavar="NOTEBOOK|TOPIC",
                        help="such as knn, or knn-two_loops (default: all)")
    parser.add_argument("--watch", action="store_true", help="go on: when a file is saved, run again what it concerns")
    parser.add_argument("--limit", type=_seconds, default=running.LIMIT, metavar="SECONDS",
                        help="of processor time that a cell may take (default: %(default)s)")
    options = parser.parse_args(arguments)
    console.print_any_letter()
    folder = Path(__file__).resolve().parent.parent
    try:
        asked = reading.assignment(folder)
    except reading.Damaged as error:
        print(f"check: {error}", file=sys.stderr)
        return 1
    if not asked["points"]:
        print("check: this assignment has no checks: people read its answers.")
        return 0
    try:
        topics = _chosen(asked, options.what)
    except ValueError as error:
        print(f"check: {error}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="cs231n-check-") as scratch:
        try:
            running.make_data(Path(scratch, "data"))
        except ImportError as error:
            print(f"check: {sys.executable} cannot run checks ({error}): use the Python that your notebooks use, or "
                  "run pip install -r requirements.txt with this one first.", file=sys.stderr)
            return 1
        desk = _Desk(folder, asked, topics, Path(scratch, "data"), options.limit)
        desk.run()
        while options.watch:
            try:
                desk.wait()
                desk.run()
            except KeyboardInterrupt:
                print()
                break
    return 0 if desk.complete else 1


def _seconds(text):
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return number


def _chosen(asked, words):
    """Topics that words name, in order; all where there is no word. Raises ValueError."""
    topics = {notebook: list(dict.fromkeys(checks.topic(known["name"]) for known in cells if known["name"]
                                           in asked["points"])) for notebook, cells in asked["cells"].items()}
    every = [one for those in topics.values() for one in those]
    found = set() if words else set(every)
    for word in words:
        plain = Path(word).name.removesuffix(".ipynb")
        named = topics.get(plain) or [one for one in every if plain in (one, one.partition("-")[2])]
        if not named:
            raise ValueError(f"nothing is called {word!r} here. Name notebooks ({', '.join(topics)}) or questions, "
                             f"such as {every[0]}.")
        found |= set(named)
    return [one for one in every if one in found]


class _Desk:
    """Runs what has changed, and shows it."""

    def __init__(self, folder, asked, topics, data, limit):
        self._folder, self._asked, self._topics, self._data, self._limit = folder, asked, topics, data, limit
        self._notebooks = [notebook for notebook in asked["cells"]
                           if any(topic.startswith(f"{notebook}-") for topic in topics)]
        self._outcomes, self._problems, self._stamp = {}, {}, None

    @property
    def complete(self):
        return not self._problems and all(one.outcome == PASSED for one in self._outcomes.values())

    def wait(self):
        """Return when something that is saved may concern a check."""
        while self._saved() == self._stamp:
            time.sleep(LOOK)

    def run(self):
        self._stamp = self._saved()
        due, known = [], {}
        former, self._problems = self._problems, {}
        for notebook in self._notebooks:
            try:
                found = [one for one in checks.read(self._folder, self._asked, notebook) if one.topic in self._topics]
            except OSError as error:
                self._problems[notebook] = f"{self._called(error, notebook)}: {error.strerror}"
            except reading.Damaged as error:
                self._problems[notebook] = f"{notebook}.ipynb {error}"
            else:
                for one in found:
                    known[one.name] = self._outcomes.get(one.name)
                    if known[one.name] is None or known[one.name].check.basis != one.basis:
                        due.append(one)
        if not due and former == self._problems and self._outcomes:
            return
        self._outcomes = known | {one.check.name: one for one in running.run(
            due, self._folder, self._asked["modules"], self._data, self._limit)}
        self._show({one.topic for one in due})

    def _called(self, error, notebook):
        """The file that could not be read: the notebook, or a module that it needs."""
        path = Path(error.filename or f"{notebook}.ipynb")
        return path.relative_to(self._folder).as_posix() if path.is_relative_to(self._folder) else path

    def _saved(self):
        paths = [self._folder / f"{notebook}.ipynb" for notebook in self._notebooks]
        stamps = []
        for path in (*paths, *sorted((self._folder / "cs231n").rglob("*.py"))):
            try:
                stamps.append((path, path.stat().st_mtime_ns, path.stat().st_size))
            except OSError:                      # an editor is putting it in place
                stamps.append((path, 0, 0))
        return stamps

    def _show(self, ran):
        """A row for each question that has run, what is wrong with it below; then how far it is in all."""
        width = max([len("question"), *map(len, self._topics)])
        lines = [f"{'question':<{width}}  {'open':>9}  outcome", "-" * (width + 28)]
        for topic in self._topics:
            those = [one for one in self._outcomes.values() if one.check.topic == topic]
            if topic not in ran or not those:
                continue
            open_, won = sum(one.check.points for one in those), _won(those)
            worst = next(outcome for outcome in (FAILED, UNWRITTEN, PASSED) if any(
                one.outcome == outcome for one in those))
            lines.append(f"{topic:<{width}}  {f'{won:g}/{open_:g}':>9}  {worst}")
            first = next((one for one in those if one.outcome == worst), None)
            lines += [f"    {line}" for line in first.message.splitlines()]
        lines += list(self._problems.values())
        every = list(self._outcomes.values())
        points = self._asked["points"]
        hidden = sum(points[name] for name in points.keys() - self._outcomes.keys()
                     if checks.topic(name) in self._topics)
        lines.append(f"{_won(every):g} of {sum(one.check.points for one in every):g} points that are decided in the "
                     f"open; {hidden:g} more are by checks that you do not see.")
        print("\n".join(map(reading.printable, lines)), flush=True)


def _won(outcomes):
    return sum(one.check.points for one in outcomes if one.outcome == PASSED)


if __name__ == "__main__":
    console.run_as_program(main, "check")
