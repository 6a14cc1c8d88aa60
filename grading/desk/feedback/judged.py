"""A submission's questions: points, a sentence on each, what is known of its mistakes, and what to read first."""

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from grading.books import rubric
from grading.books.grades import Graded, Mark
from grading.books.results import NO_MODULE, NO_NOTEBOOK, Result
from grading.desk.feedback import said
from grading.desk.feedback.lesson import Given, Lesson
from grading.desk.feedback.phrases import Open
from grading.desk.text import clean_message
from grading.engine.advice import NEVER_RUNS
from grading.engine.apart import MET
from grading.release.assignment import topic

UNTOLD = "cannot be told, since"  # of what raises, no difference can be said
FIRST = 3                        # things that are to be read first
HEADINGS = {"passed": "Passed.", "failed": "Failed.", "error": "Stopped with an error.", "timed_out": "Took too long.",
            "skipped": "Not run.", "grader_error": "Could not be judged; that counts against nobody."}
_OPENINGS = {"mistake": "This looks like a known mistake. ",
             "convention": "This looks like another year's convention. ",
             "raised": "What the error comes from: "}
NOT_MARKED, NO_ANSWER = "A person is to read your answer.", "No answer given."


@dataclass(frozen=True)
class Known:
    """What a function looks like, as students read it.

    - raised: whether it says why an exception was raised: which one, and where, the check says
    """

    says: str
    read: str
    raised: bool = False


@dataclass(frozen=True)
class Check:
    """- tested: the points that the outcome gives, None where it gives none
    - overruled: whether a person has given others
    """

    name: str
    says: str
    outcome: str
    score: float
    points: float
    message: str
    repeats: bool                # what the check before it that failed says
    tested: float | None = None
    overruled: bool = False

    @property
    def heading(self) -> str:
        if self.overruled:
            return _changed([self], "it")
        heading = HEADINGS.get(self.outcome, self.outcome)
        return f"{heading} {_extra([self])}".rstrip()

    @property
    def verdict(self) -> str:
        """The outcome, or what a person has made of it."""
        return self.outcome if not self.overruled else "failed" if self.lost else "passed"

    @property
    def lost(self) -> bool:
        return self.score < self.points if self.overruled else self.outcome not in ("passed", "grader_error")


@dataclass
class Question:
    """- slug: of its checks the first two parts, or the name of an answer's cell
    - heading: what the lesson calls it, in Markdown; function: that is judged, if it is one
    - score: None where nobody has marked it
    - given: rubric items (points, title); comment: a marker's words, in Markdown
    - stopped: what ended the cell that a check is about
    - follows: slugs of questions that this one builds on, and that are wrong themselves
    """

    slug: str
    notebook: str
    heading: str
    points: float
    score: float | None
    checks: list[Check] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)
    function: str = ""
    needs: tuple[str, ...] = ()
    unloaded: str = ""
    stopped: str = ""
    mark: Mark | None = None
    given: tuple[tuple[float, str], ...] = ()
    comment: str = ""
    follows: list[str] = field(default_factory=list)

    @property
    def lost(self) -> list[Check]:
        return [check for check in self.checks if check.lost]

    @property
    def unwritten(self) -> bool:
        return bool(self.lost) and not self.stopped and all(said.NOT_WRITTEN.search(check.message.partition("\n")[0])
                                       for check in self.lost)

    @property
    def _only_raised(self) -> bool:
        """Whether nothing is known but that an exception is raised: what that says tells more."""
        return all(check.outcome == "error" and check.message for check in self.lost) and \
            all(UNTOLD in known.says for known in self.known)

    @property
    def state(self) -> str:
        """right, partly, wrong or open: for the eye, beside the words."""
        if self.score is None:
            return "open"
        return "right" if self.score >= self.points else "partly" if self.score > 0 else "wrong"

    @property
    def sentence(self) -> str:
        if self.mark is not None:
            return self._marked()
        changed = self._by_a_person
        if not changed:
            return self.verdict
        if any(check.overruled for check in self.checks) and all(check.overruled for check in self.lost):
            return changed
        return f"{self.verdict}{'' if self.verdict.endswith(('.', '?', '!')) else '.'} {changed}"

    @property
    def verdict(self) -> str:
        """In a sentence, what the checks say."""
        if not self.lost:
            count = len(self.checks)
            return ("Passed." if count == 1 else "Both checks passed." if count == 2 else f"All {count} checks passed.")
        if self.unloaded:
            return self.unloaded
        if self.unwritten:
            return next((check.message for check in self.lost if NEVER_RUNS in check.message), "Not written yet.")
        if self.stopped and any(said.NOTHING_LEFT.search(check.message.partition("\n")[0]) for check in self.lost):
            return self.stopped
        if self.known and not self._only_raised:
            where = self.lost[0].message.partition("\n")[0] if self.known[0].raised else ""
            return f"{where.rstrip('.')}. {self.known[0].says}" if where else self.known[0].says
        says = self.lost[0].message.partition("\n")[0] or self.lost[0].heading
        if all(check.outcome == "skipped" for check in self.lost):
            return f"{says[:1].upper()}{says[1:]}"
        count = f"{len(self.lost)} of {len(self.checks)} checks failed. " if len(self.checks) > 1 else ""
        return f"{count}{says}{' ' * bool(self.stopped)}{self.stopped}"

    @property
    def _by_a_person(self) -> str:
        changed, count = [check for check in self.checks if check.overruled], len(self.checks)
        which = "it" if count == 1 else f"{'one' if len(changed) == 1 else len(changed)} of the {count} checks"
        return " ".join(filter(None, (_changed(changed, which) if changed else "", _extra(self.checks))))

    def _marked(self) -> str:
        if self.score is None:
            return NOT_MARKED
        if not self.mark.by_hand:
            return NO_ANSWER
        waits = " Your answer has changed since: it will be looked at again." if self.mark.waits else ""
        items = "; ".join(title for _, title in self.given)
        return f"Marked{': ' if items else ', with a comment' if self.comment else ''}{items}.{waits}"


def questions(lesson: Lesson, result: Result, graded: Graded, known: Open,
              stopped: Mapping[str, str] = types.MappingProxyType({})) -> list[Question]:
    """In the order in which students meet them.

    - known: the words that are in the open for this student
    - stopped: name of a check -> what ended the solution cell above it
    """
    found: dict[str, Question] = {}
    for notebook, cells in lesson.notebooks.items():
        judged, heading = result.notebooks.get(notebook, {}), lesson.headline(notebook)
        for cell in cells.values():
            heading = cell.heading or heading
            if cell.role == "answer":
                mark = graded.marks.get((notebook, cell.name), Mark(None))
                found[cell.name] = _answer(cell, notebook, heading, mark)
            elif cell.role == "check" and cell.name in judged:
                _check(found, lesson, cell, notebook, heading, judged[cell.name], graded, known)
                one = found[topic(cell.name)]
                if one.checks[-1].lost:
                    one.stopped = one.stopped or stopped.get(cell.name, "")
    for one in found.values():
        if one.lost:
            one.known = list(_known(one, result.named))
    wrong = {one.function: one.slug for one in found.values() if one.lost and one.function}
    for one in found.values():
        if one.lost:
            one.follows = [wrong[name] for name in one.needs if name in wrong and wrong[name] != one.slug]
    causes = {one.slug for one in found.values() if not one.follows}
    for one in found.values():
        one.follows = [slug for slug in one.follows if slug in causes] or one.follows
    return list(found.values())


def first(asked: list[Question]) -> list[Question]:
    """The questions from which most is to be won, and not those that only follow from others; then what is not written,
    in the order of the lessons.
    """
    def won(one: Question) -> float:
        return sum(other.points - other.score for other in asked
                   if other is one or one.slug in other.follows and other.score is not None)

    causes = [one for one in asked if one.lost and not one.follows]
    once = {one.unloaded or one.known and one.verdict or one.slug: one        # a broken module, a mistake: one cause
            for one in sorted(causes, key=won)}
    wrong = sorted((one for one in once.values() if not one.unwritten), key=won, reverse=True)
    return [*wrong, *(one for one in causes if one.unwritten)][:FIRST]


def unread(remarks: Iterable[str]) -> list[str]:
    """Of the remarks on a submission those on files of which nothing could be taken: that is to be known to whoever
    handed them in."""
    return [f"{clean_message(one)}." for one in remarks if one.endswith((NO_MODULE, NO_NOTEBOOK))]


def _answer(cell: Given, notebook: str, heading: str, mark: Mark) -> Question:
    comment = rubric.read_comment(mark.comment)
    return Question(cell.name, notebook, heading, cell.points, mark.score, mark=mark, given=comment.items,
                    comment=comment.words)


def _check(found: dict[str, Question], lesson: Lesson, cell: Given, notebook: str, heading: str, judged: dict,
           graded: Graded, known: Open) -> None:
    slug = topic(cell.name)
    if slug not in found:
        function, *needs = lesson.topics.get(slug, ("",))
        found[slug] = Question(slug, notebook, heading, 0.0, 0.0, function=function, needs=tuple(needs))
    mark = graded.marks.get((notebook, cell.name))
    tested = judged["score"]
    score = tested if mark is None or mark.score is None else mark.score
    message = said.verdict(judged["outcome"], judged.get("message", ""), cell.hidden or bool(judged.get(MET)),
                           cell.source, Open(cell.whole, beside=known) if cell.hidden else known)
    one = found[slug]
    one.checks.append(Check(cell.name, cell.says or cell.name, judged["outcome"], score or 0.0, judged["max_score"],
                            message, bool(message) and any(before.lost and before.message == message
                                                           for before in one.checks[-1:]),
                            tested, mark is not None and mark.overrules(tested)))
    one.points += judged["max_score"]
    one.score += score or 0.0
    if judged.get("unloaded"):
        one.unloaded = said.raised(judged["unloaded"], known)
    if mark and mark.comment:
        one.comment = "\n\n".join(filter(None, (one.comment, mark.comment)))


def _changed(checks: list[Check], which: str) -> str:
    """What a person has made of these."""
    given, of = sum(check.score for check in checks), sum(check.points for check in checks)
    before = [check.tested for check in checks if check.tested is not None]
    instead = f", in place of {round(sum(before), 2):g}" if before else ""
    return f"A person has looked at {which} and given {round(given, 2):g} of {_points(of)}{instead}."


def _extra(checks: list[Check]) -> str:
    """What a person has given on top of all points."""
    more = sum(check.score - check.points for check in checks if not check.overruled and check.score > check.points)
    return f"A person has given {_points(more)} more." if more else ""


def _points(number: float) -> str:
    number = round(number, 2)
    return f"{number:g} point{'s' * (number != 1)}"


def _known(question: Question, named: Iterable[dict[str, str]]) -> Iterable[Known]:
    for known in named:
        if known["function"] == question.function or question.slug in known.get("topics", "").split():
            yield Known(f"{_OPENINGS.get(known.get('kind', 'mistake'), '')}{clean_message(known['says'])}",
                        clean_message(known["read"]), known.get("kind") == "raised")
