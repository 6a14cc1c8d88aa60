"""nbgrader's formgrader in a Jupyter server, held to its course: the gradebook as it stands, marks that can be marks,
and pages on which nothing acts but formgrader itself.

Stock formgrader opens the gradebook once and keeps it. After one request that SQLite refuses, as for a word in place of
a number, every later one fails until the server is started anew. Here each request opens what is there, and a refusal
is a sentence.
"""

import json
import math
import os
import sys
from collections.abc import Callable
from functools import wraps
from html import escape
from pathlib import Path
from typing import Any

from cs231n._reading import whole
from grading.books import marking
from grading.books.course import Course

MOST_EXTRA = 1_000_000           # points beyond a cell's own
LONGEST = 1_000_000              # characters of a comment
_ROOM = "nbgrader.server_extensions.formgrader"
_SEALED = "default-src 'none'; sandbox; frame-ancestors 'self'"


def hold(root: Path, templates: str) -> None:
    """In a Jupyter server, which alone has these modules, and once: nbgrader reads its configuration often."""
    base, handlers, api = (sys.modules.get(f"{_ROOM}.{name}") for name in ("base", "handlers", "apihandlers"))
    if base is None or handlers is None or api is None or hasattr(base.BaseHandler, "kept_to"):
        return
    base.BaseHandler.kept_to = root.resolve()
    _open_for_each_request(base, Course(root))
    _tell_in_sentences(base)
    _check_what_comes(base, api, Course(root))
    _keep_pages_inert(base, handlers)
    _keep_to_the_course(handlers, templates)


def _refused(status: int, sentence: str) -> Exception:
    from tornado.web import HTTPError

    refusal = HTTPError(status, "%s", sentence)
    refusal.told = sentence
    return refusal


# The gradebook

def _open_for_each_request(base: Any, course: Course) -> None:
    from nbgrader.api import Gradebook

    asked, had = base.BaseHandler.api, [course.gradebook.exists()]

    def require() -> None:
        """nbgrader makes an empty gradebook where there is none, which is right for a new course alone."""
        there = course.gradebook.exists()
        if had[0] and not there:
            raise _refused(503, f"{course.gradebook} is gone. Nothing was entered. Put it back, or start kit formgrade "
                                "anew where the course is now.")
        had[0] = had[0] or there

    def gradebook(self):
        if not hasattr(self, "opened"):
            require()
            self.opened = Gradebook(self.db_url, self.coursedir.course_id)
        return self.opened

    def own_api(self):
        require()
        return asked.fget(self)

    def on_finish(self):
        if hasattr(self, "opened"):
            self.opened.close()

    base.BaseHandler.gradebook, base.BaseHandler.api = property(gradebook), property(own_api)
    base.BaseHandler.on_finish = on_finish


def _tell_in_sentences(base: Any) -> None:
    from sqlalchemy.exc import DatabaseError

    write_error, log_exception = base.BaseHandler.write_error, base.BaseHandler.log_exception

    def sentence(self, error: BaseException | None) -> str:
        if not isinstance(error, DatabaseError):
            return getattr(error, "told", "")
        place = Course(self.kept_to).gradebook
        if "locked" in str(error.orig):
            return f"{place} is locked: another program is writing to it. Nothing was entered; try again."
        return f"{place} cannot be used: {error.orig}. Nothing was entered."

    def own_write_error(self, status_code, **found):
        error = (found.get("exc_info") or (None, None))[1]
        if not (told := sentence(self, error)):
            write_error(self, status_code, **found)
            return
        self.set_status(getattr(error, "status_code", 503))
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(whole(told))

    def own_log_exception(self, kind, error, trace):
        if told := sentence(self, error):
            self.log.warning("%s", told)
        else:
            log_exception(self, kind, error, trace)

    base.BaseHandler.write_error, base.BaseHandler.log_exception = own_write_error, own_log_exception


# What comes in

def _check_what_comes(base: Any, api: Any, course: Course) -> None:
    base.BaseApiHandler.get_json_body = _body
    enter, say = api.GradeHandler.put, api.CommentHandler.put

    @wraps(enter)
    def put_grade(self, grade_id):
        given = self.get_json_body()
        grade = _found(self.gradebook.find_grade_by_id, grade_id)
        if "manual_score" not in given:
            raise _refused(400, "this names no mark: nothing was entered")
        given["manual_score"] = _points(given["manual_score"], grade.max_score, "a mark")
        given["extra_credit"] = _points(given.get("extra_credit", grade.extra_credit), MOST_EXTRA, "extra credit")
        self.get_json_body = lambda: given
        enter(self, grade_id)
        if self.get_status() == 200:
            marker = getattr(self.current_user, "username", "") if "JUPYTERHUB_API_TOKEN" in os.environ else ""
            marking.sign(course, grade.notebook.assignment.assignment.name,
                         [(grade.notebook.student.id, grade.name, grade.manual_score)], marker)

    @wraps(say)
    def put_comment(self, comment_id):
        words = self.get_json_body().get("manual_comment", 0)
        if words is not None and not isinstance(words, str):
            raise _refused(400, "a comment is words: nothing was entered")
        if words and len(words) > LONGEST:
            raise _refused(400, f"a comment has at most {LONGEST:,} characters: nothing was entered")
        say(self, comment_id)

    api.GradeHandler.put, api.CommentHandler.put = put_grade, put_comment
    for handler in (api.StudentHandler, api.AssignmentHandler):
        handler.put = _described(handler.put)


def _body(self) -> dict:
    """In place of nbgrader's, whose callers take for granted that it is a JSON object."""
    try:
        found = json.loads(self.request.body.decode())
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _refused(400, "this is no JSON object: nothing was entered")
    return {name: whole(value) if isinstance(value, str) else value for name, value in found.items()}


def _found(find: Callable[[str], Any], id: str) -> Any:
    from nbgrader.api import MissingEntry

    try:
        return find(id)
    except MissingEntry:
        raise _refused(404, "the gradebook has no such cell any more: nothing was entered; load the page again"
                       ) from None


def _points(given: object, most: float, what: str) -> float | None:
    """The page sends a number as it was typed."""
    if given is None or given == "":
        return None
    try:
        number = math.nan if isinstance(given, bool) else float(given)
    except (ValueError, TypeError, OverflowError):
        number = math.nan
    if not 0 <= number <= most:
        raise _refused(400, f"{what} is a number between 0 and {most:,g}: nothing was entered")
    return number


def _described(put: Callable) -> Callable:
    @wraps(put)
    def checked(self, name):
        if any(letter in "/\\" or not letter.isprintable() for letter in name) or name.strip(" .") == "":
            raise _refused(400, "this can be no name of a folder: nothing was entered")
        for field, words in self.get_json_body().items():
            if field in ("first_name", "last_name", "email", "duedate_notimezone", "duedate_timezone") \
                    and not isinstance(words, str | None):
                raise _refused(400, f"{field} is words: nothing was entered")
        try:
            put(self, name)
        except (ValueError, OverflowError) as error:                # a date that is none
            raise _refused(400, f"{error}: nothing was entered") from None

    return checked


# What goes out

def _keep_pages_inert(base: Any, handlers: Any) -> None:
    """An address is a text that a student can write, as a link in an answer: pages that quote a part of it quote it as
    text, data are no pages, and a submission's files are those of that submission."""
    render, files = base.BaseHandler.render, handlers.SubmissionFilesHandler.parse_url_path

    def own_render(self, name, **values):
        self.settings["nbgrader_jinja2_env"].autoescape = True
        return render(self, name, **values)

    def parse_url_path(self, url_path):
        found = files(self, url_path)
        student, assignment = _whose(self, url_path)
        folder = os.path.realpath(Course(self.kept_to).autograded(student, assignment))
        if not os.path.realpath(os.path.join(self.root, found)).startswith(folder + os.sep):
            raise handlers.web.HTTPError(403, "this is no file of the submission")
        return found

    base.BaseHandler.render, handlers.SubmissionFilesHandler.parse_url_path = own_render, parse_url_path
    for handler in (base.BaseApiHandler, handlers.SubmissionFilesHandler):
        handler.content_security_policy = property(lambda self: _SEALED)


def _whose(self, url_path: str) -> tuple[str, str]:
    submission = self.gradebook.find_submission_notebook_by_id(url_path.lstrip("/").partition("/")[0])
    return submission.student.id, submission.assignment.assignment.name


class _Quoting:
    """formgrader's exporter, for pages that tell a student's name: it is text, whatever the course's system sent."""

    def __init__(self, exporter: Any):
        self._exporter = exporter

    def from_filename(self, filename: str, resources: dict) -> tuple[str, dict]:
        names = {name: escape(resources[name]) for name in ("first_name", "last_name") if resources[name]}
        return self._exporter.from_filename(filename, resources=resources | names)


def _keep_to_the_course(handlers: Any, templates: str) -> None:
    """At `/formgrader?path=FOLDER` nbgrader goes over to another course and runs the `nbgrader_config.py` in that
    folder. A picture with that address in an answer is enough, once the instructor opens the notebook in JupyterLab;
    and the folder may be one that a student handed in.
    """
    open_formgrader = handlers.FormgraderHandler.get

    @wraps(open_formgrader)
    def get(self):
        asked = self.get_argument("path", "")
        if asked and Path(asked).resolve() != self.kept_to:
            raise handlers.web.HTTPError(403, f"formgrader serves {self.kept_to}; start it anew for another course")
        return open_formgrader(self)

    def exporter(self):
        found = self.settings["nbgrader_exporter"]
        if templates not in found.extra_template_basedirs:         # formgrader sets its own, whatever is set
            found.extra_template_basedirs = [templates, *found.extra_template_basedirs]
        return _Quoting(found)

    handlers.FormgraderHandler.get = get
    handlers.SubmissionHandler.exporter = property(exporter)
