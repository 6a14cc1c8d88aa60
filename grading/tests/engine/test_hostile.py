"""The hostile class: nobody gains a point, nothing outside a job changes, nothing stays behind, and the run ends.

One run of the kit grades every attack of `hostile/`, with honest students among them; then each attack is looked at by
itself. Its twin is the same submission without the attack: what that deserves is the most that the attack may get.

That run is at the strongest level that this machine offers. At the others, of the attacks on the machine one in EVERY
takes part, and with KIT_HOSTILE=all the whole class, and at each those that are dear.
"""

import ctypes
import hashlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from hostile import Attack, archives, attacks, make, page
from nbgrader.api import Gradebook

from grading import ROOT
from grading.books.course import TIMESTAMP, Course
from grading.engine import sandbox
from grading.intake import collect as collecting
from grading.release import assignment as assignments

ALL = os.environ.get("KIT_HOSTILE") == "all"
CELL_SECONDS, SUBMISSION_SECONDS, STILL_SECONDS = 3, 300, 600
JOBS = 2
OUTCOMES = {"passed", "failed", "error", "timed_out", "skipped", "manual"}       # a `grader_error` would be a gain
PARENT_BYTES = 300_000_000
PAGE_BYTES = 32_000_000                  # texts, outputs and what the lesson says
COLLECTING_BYTES = 300_000_000           # for one inbox; a tar may unpack to 200 million bytes
COLLECTING_SECONDS = 60                  # of processor time
CLASS = attacks(dear=ALL)
EVERY = 8
STRONGEST = ""                                         # the level of the first run
SECRET = "HOSTILE_SECRET"                              # a variable of the kit's own environment


def taking_part(level: str) -> list[Attack]:
    if level == STRONGEST or ALL:
        return CLASS
    first = EVERY // 2 if level == "landlock" else 0                             # others than at level cold
    on_the_machine = [attack for attack in CLASS if attack.aim == "machine"]
    counted = [attack for attack in on_the_machine if level == "landlock" and attack.name.startswith("disk_")]
    return sorted({attack.name: attack for attack in [*on_the_machine[first::EVERY], *counted]}.values(),
                  key=lambda attack: attack.name)


TAKING_PART = {level: taking_part(level) for level in (STRONGEST, "cold", "landlock")}
HONEST = {level: make.HONEST if level == STRONGEST else make.HONEST[:1] for level in TAKING_PART}
TWINS = {level: ("untouched", "wrong", "looped", "unsearched", "perfect") if chosen == CLASS else
         sorted({attack.base for attack in chosen}) for level, chosen in TAKING_PART.items()}


@dataclass
class Run:
    """What one run of the kit over the class left: scores, pages, the folder, and what the machine saw."""

    level: str
    course: Course
    scores: dict[str, dict[str, dict]]                # {student: {cell: {"score", "max_score", "outcome"}}}
    stdout: str
    stderr: str
    returncode: int | None
    left: list[str]                                   # processes that outlived the run
    changed: list[str]                                # files that changed outside a job
    called: list[str]                                 # who reached a listener
    parent_bytes: int
    seconds: dict[str, float]                         # {student: how long its submission took}
    peaks: dict[str, int] = field(default_factory=dict)        # {student: the kit's own memory meanwhile, in bytes}
    machine: dict[str, tuple[int, int, int]] = field(default_factory=dict)     # {counter: before, at most, after}
    pages: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def graded_once(tmp_path_factory):
    """The class at a level of the sandbox: handed in, graded and given feedback by the kit's own commands."""
    made: dict[str, Run | str] = {}

    def graded_once(level: str) -> Run:
        if level not in made:
            made[level] = "the run failed, and the first test of this level said how"
            with pytest.MonkeyPatch.context() as patch:
                if level != STRONGEST:
                    patch.setenv(sandbox.FORCED, level)
                found = sandbox.probe()
            made[level] = (f"no sandbox here, so nothing hostile is run: {found.why}" if found.level == "none" else
                           grade(tmp_path_factory.mktemp("hostile"), TAKING_PART[level], level))
        if isinstance(made[level], str):
            pytest.skip(made[level])
        return made[level]

    return graded_once


@pytest.fixture
def graded(request, graded_once):
    return graded_once(request.param)


def grade(folder: Path, chosen: list[Attack], level: str = STRONGEST, jobs: int = JOBS) -> Run:
    """Lay out a copy of the kit and a course below `folder`, hand in, collect, grade, give feedback."""
    outside, inbox, twins = folder / "outside", folder / "inbox", TWINS[level]
    outside.mkdir()
    inbox.mkdir()
    (outside / "secret.txt").write_text("OUTSIDE SECRET\n")
    kit, course = make.copy_of_the_kit(folder / "kit"), Course(folder / "course")
    run(kit, "generate", make.ASSIGNMENT, "--course", course.root, check=True)

    with listeners(outside) as (places, called):
        places |= {"COURSE": str(course.root), "OUTSIDE": str(outside), "REPO": str(kit), "VENV": sys.prefix}
        bases = make.Bases(kit, course, folder / "bases")
        for attack in chosen:
            make.hand_in(attack, bases, inbox / attack.name, places)
        for name in twins:
            bases.hand_in(name, inbox / f"twin_{name}")
        for name in HONEST[level]:
            make.hand_in_honestly(bases, inbox / name)
        run(kit, "collect", make.ASSIGNMENT, inbox, "--course", course.root, check=True)

        told = folder / "scores.json"
        watched = [kit, outside, inbox, course.source(make.ASSIGNMENT), course.grading_data,
                   *(course.root / name for name in ("submitted", "release"))]
        before = {path: contents(path) for path in watched}
        with every_descendant() as left:
            done, seconds, peaks, machine = run_and_watch(
                kit, folder, jobs, "autograde", make.ASSIGNMENT, "--course", course.root, "--jobs", jobs,
                "--timeout", CELL_SECONDS, "--json", told, level=level)
        changed = [name for path in watched for name in differences(before[path], contents(path))]
        changed += traces(folder, outside, course.root)
    scores = json.loads(told.read_text(encoding="utf-8")) if told.exists() else {}
    stdout, stderr = ((folder / name).read_text(encoding="utf-8", errors="surrogateescape")
                      for name in ("stdout", "stderr"))
    found = Run(level, course, {student: notebooks.get(make.NOTEBOOK, {}) for student, notebooks in scores.items()},
                stdout, stderr, done, left, changed, called, max(peaks.values()), seconds, peaks, machine)
    if scores:
        shown = [*(attack.name for attack in chosen if attack.aim == "desk" and scores.get(attack.name)),
                 *(f"twin_{name}" for name in twins)]
        given = run(kit, "feedback", make.ASSIGNMENT, "--course", course.root,
                    *(word for student in shown for word in ("--student", student)))
        found.stdout, found.stderr = found.stdout + given.stdout, found.stderr + given.stderr
        for student in shown:
            written = course.feedback(student, make.ASSIGNMENT) / f"{make.NOTEBOOK}.html"
            found.pages[student] = written.read_text(encoding="utf-8") if written.exists() else ""
    return found


# The run

at_every_level = pytest.mark.parametrize("graded", TAKING_PART, indirect=True, ids=lambda level: level or "strongest")


@at_every_level
def test_the_run_ends_and_grades_everybody(graded):
    assert graded.returncode is not None, f"the run had nothing done in {STILL_SECONDS} s and was ended"
    assert graded.returncode == 0, graded.stdout[-3000:] + graded.stderr[-3000:]
    assert "Traceback" not in graded.stderr
    assert set(graded.scores) >= {attack.name for attack in TAKING_PART[graded.level]} | set(HONEST[graded.level])


@at_every_level
def test_no_process_is_left(graded):
    assert graded.left == []


@at_every_level
def test_nothing_outside_a_job_is_changed(graded):
    assert graded.changed == []


@at_every_level
def test_nobody_reached_a_listener_outside(graded):
    assert graded.called == []


@at_every_level
def test_the_memory_of_the_kit_itself_stays_small(graded):
    assert graded.parent_bytes < PARENT_BYTES


@at_every_level
def test_the_stores_of_the_machine_are_left_alone(graded):
    """What attacks would take of them is far beyond what other programs do in the meantime."""
    allowed = {"aio": 500, "files": 5000, "terminals": 20, "ipc": 20, "huge pages": 0, "mounts": 50}
    assert not {name: (before, most) for name, (before, most, _) in graded.machine.items()
                if most > before + allowed[name]}


@at_every_level
def test_no_submission_takes_for_ever(graded):
    assert not {student: took for student, took in graded.seconds.items() if took > SUBMISSION_SECONDS}


@pytest.mark.parametrize(("graded", "student"), [(STRONGEST, "twin_perfect"), *(
    (level, student) for level, honest in HONEST.items() for student in honest)], indirect=["graded"])
def test_an_honest_student_keeps_every_point(graded, student):
    lost = {name: cell for name, cell in graded.scores[student].items() if cell["outcome"] not in ("passed", "manual")}
    assert not lost and len(graded.scores[student]) > 10


@pytest.mark.parametrize("graded", [STRONGEST], indirect=True)
def test_the_twins_deserve_less_than_everything(graded):
    """An attack on a submission that deserves all points shows nothing."""
    points = {name: sum(cell["score"] or 0 for cell in graded.scores[f"twin_{name}"].values())
              for name in ("untouched", "wrong", "looped", "unsearched", "perfect")}
    assert points["untouched"] == points["wrong"] == 0 < min(points["looped"], points["unsearched"])
    assert max(points["looped"], points["unsearched"]) < points["perfect"]


@at_every_level
def test_the_gradebook_says_what_the_results_say(graded):
    with Gradebook(f"sqlite:///{graded.course.gradebook}") as gradebook:
        for student, cells in graded.scores.items():
            for name, cell in cells.items():
                grade = gradebook.find_grade(name, make.NOTEBOOK, make.ASSIGNMENT, student)
                assert (grade.auto_score, grade.max_score, grade.manual_score, grade.extra_credit) == (
                    cell["score"], cell["max_score"], None, None), (student, name)


@at_every_level
def test_what_the_terminal_shows_is_text(graded):
    assert not unprintable(graded.stdout + graded.stderr)
    assert max(map(len, (graded.stdout + graded.stderr).splitlines())) < 10_000


# Each attack

def by_name(aims: tuple[str, ...] = ()):
    return pytest.mark.parametrize(("graded", "attack"), [
        pytest.param(level, attack, id="-".join(filter(None, (level, attack.aim, attack.name))))
        for level, chosen in TAKING_PART.items() for attack in chosen if not aims or attack.aim in aims
    ], indirect=["graded"])


@by_name()
def test_whatever_is_handed_in_is_graded(graded, attack):
    """A fault of the kit's counts against nobody: a submission that could bring one about would gain by it."""
    said = re.search(rf"^{re.escape(attack.name)} .*not graded\n(( +.*\n)+)", graded.stdout, re.MULTILINE)
    assert graded.scores[attack.name], " ".join(said[1].split()) if said else attack.says


@by_name()
def test_nobody_gains_a_point(graded, attack):
    deserved, found = graded.scores[f"twin_{attack.base}"], whole(graded, attack)
    assert {name: cell["max_score"] for name, cell in found.items()} == {
        name: cell["max_score"] for name, cell in deserved.items()}, "other cells or other points than the source has"
    assert {cell["outcome"] for cell in found.values()} <= OUTCOMES
    judged = attack.only or found
    gained = {name: found[name] for name in judged
              if (found[name]["outcome"] == "passed") > (deserved[name]["outcome"] == "passed")
              or (found[name]["outcome"] != "manual" and found[name]["score"] > deserved[name]["score"])
              or (found[name]["outcome"] == "manual") != (deserved[name]["outcome"] == "manual")}
    assert not gained, attack.says


@by_name()
def test_nothing_is_found_out(graded, attack):
    if attack.weaker and attack.weaker == (graded.level or sandbox.probe().level):
        pytest.skip("this level does not promise it")
    whole(graded, attack)
    text = "\n".join(texts(graded, attack.name))
    assert "LEAKED" not in text, re.findall(r"LEAKED[^\n]*", text)[:5]
    for secret in (SECRET, "OUTSIDE SECRET", "HONEST WORK"):
        assert secret not in text


@by_name()
def test_what_is_kept_of_a_submission_is_small_and_of_the_listed_files_only(graded, attack):
    whole(graded, attack)
    folder = graded.course.autograded(attack.name, make.ASSIGNMENT)
    honest = graded.course.autograded(HONEST[graded.level][0], make.ASSIGNMENT)
    assert listed(folder) == listed(honest)
    submitted = graded.course.submitted(attack.name, make.ASSIGNMENT)
    assert size(folder) < size(submitted) + 60_000_000
    notebook = nbformat.read(folder / f"{make.NOTEBOOK}.ipynb", as_version=4)
    nbformat.validate(notebook)


@by_name(("desk",))
def test_nothing_active_reaches_the_feedback_page(graded, attack):
    whole(graded, attack)
    assert graded.pages[attack.name], "no page"
    known = page.active(graded.pages["twin_perfect"]) | page.active(graded.pages["twin_untouched"])
    assert not sorted(page.active(graded.pages[attack.name]) - known)


@by_name(("desk",))
def test_a_feedback_page_is_no_larger_than_what_it_may_show(graded, attack):
    whole(graded, attack)
    assert len(graded.pages[attack.name].encode()) < PAGE_BYTES


@by_name(("desk",))
def test_nothing_active_is_kept_in_the_outputs(graded, attack):
    """The graded notebook is opened in JupyterLab and the formgrader too."""
    whole(graded, attack)
    path = graded.course.autograded(attack.name, make.ASSIGNMENT) / f"{make.NOTEBOOK}.ipynb"
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            assert not {kind for kind in data if re.search("javascript|widget|markdown", kind)}, output
            for kind in ("text/html", "image/svg+xml"):
                assert not page.active(str(data.get(kind, ""))), output


def whole(graded: Run, attack: Attack) -> dict[str, dict]:
    """The cells of a submission that was graded; that one was not is told once, by the test of that."""
    if not graded.scores[attack.name]:
        pytest.skip("the kit failed on this submission")
    return graded.scores[attack.name]


def texts(graded: Run, student: str):
    """What the student's code printed, displayed and raised, wherever it is kept."""
    folder = graded.course.autograded(student, make.ASSIGNMENT)
    for cell in nbformat.read(folder / f"{make.NOTEBOOK}.ipynb", as_version=4).cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                yield output.text
            elif output.output_type == "error":
                yield f"{output.ename} {output.evalue}"
            else:
                yield json.dumps(output.data)
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    yield from (cell["message"] for cells in results["notebooks"].values() for cell in cells.values())
    yield from results["remarks"]


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def listed(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


# Archives

@pytest.fixture
def inbox(tmp_path):
    """A folder for submissions; collecting them takes ten minutes at most, and then they are gone for good."""
    made = tmp_path / "inbox"
    made.mkdir()

    def too_long(*_):
        pytest.fail("collecting waits for something")            # no OSError, which collecting would take for a refusal

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(600)
    yield made
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    subprocess.run(["rm", "-rf", str(made)], check=True)         # deeper than Python can delete


@pytest.mark.parametrize("attack", archives.ATTACKS, ids=lambda attack: attack.__name__)
def test_a_hostile_archive_is_refused_or_harmless(attack, inbox, tmp_path):
    outside, course, assignment = tmp_path / "outside", Course(tmp_path / "course"), assignments.load(make.ASSIGNMENT)
    outside.mkdir()
    (outside / "secret.txt").write_text("OUTSIDE SECRET\n")
    attack(inbox, outside)
    for student in ("aaa", "zzz"):
        (inbox / student / "cs231n" / "classifiers").mkdir(parents=True)
        (inbox / student / archives.NOTEBOOK).write_text("{}")
    before = contents(outside)
    course.prepare()
    peak_since(os.getpid())
    had, began = memory(), time.process_time()
    taken = {one.student: one for one in collecting.collect(assignment, course, [inbox])}
    assert peak_since(os.getpid()) < had + COLLECTING_BYTES
    assert time.process_time() - began < COLLECTING_SECONDS
    assert taken["aaa"].state == taken["zzz"].state == "new"
    for one in taken.values():
        assert one.sentence.isprintable() and len(one.sentence) < 2000, repr(one.sentence[:300])
        assert one.student.isprintable() or one.state == "refused"
    assert contents(outside) == before
    submitted = course.root / "submitted"
    assert not traces(tmp_path, outside, submitted)
    for path in submitted.rglob("*"):
        if not path.is_dir():
            about = path.lstat()
            assert stat.S_ISREG(about.st_mode) and about.st_nlink == 1 and not about.st_mode & 0o6000
            name = "/".join(path.relative_to(submitted).parts[2:])
            assert name in (*assignment.submitted_files, TIMESTAMP) and about.st_size <= 50_000_000


def test_what_the_terminal_shows_of_hostile_archives_is_text(inbox, tmp_path):
    for attack in (archives.names_of_terminals, archives.names_of_students):
        attack(inbox, tmp_path)
    done = run(ROOT, "collect", make.ASSIGNMENT, inbox, "--course", tmp_path / "course")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert not unprintable(done.stdout + done.stderr)


# What is watched

def run(kit: Path, *arguments, check: bool = False) -> subprocess.CompletedProcess:
    done = subprocess.run([sys.executable, "-m", "grading", *map(str, arguments)], cwd=kit, capture_output=True,
                          text=True, errors="surrogateescape", timeout=1800, env=os.environ | {"PYTHONPATH": str(kit)})
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def run_and_watch(kit: Path, folder: Path, jobs: int, *arguments, level: str
                  ) -> tuple[int | None, dict[str, float], dict[str, int], dict[str, tuple[int, int, int]]]:
    """(exit status, None when it did not go on; seconds by student; peaks of memory; counters of the machine)."""
    began = went_on = time.monotonic()
    students = sorted(path.name for path in (folder / "inbox").iterdir())
    done: dict[str, float] = {}
    peaks: dict[str, int] = {"": 0}
    first = most = counters()
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        running = subprocess.Popen([sys.executable, "-m", "grading", *map(str, arguments)], cwd=kit,
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   env=os.environ | {"PYTHONPATH": str(kit), SECRET: "not for students"} | (
                                       {sandbox.FORCED: level} if level else {}))
        while (status := running.poll()) is None and time.monotonic() < went_on + STILL_SECONDS:
            now = peak_since(running.pid)
            for student in [student for student in students if student not in done][:jobs] or [""]:
                peaks[student] = max(peaks.get(student, 0), now)
            most = {name: max(most[name], value) for name, value in counters().items()}
            for student in re.findall(r"(?m)^\[\d+/\d+\] (\S+): ", (folder / "stdout").read_text(errors="replace")):
                if student not in done:
                    went_on = time.monotonic()
                    done[student] = went_on - began
            time.sleep(0.3)
        if status is None:
            running.terminate()
            time.sleep(10)
            running.kill()
            running.wait()
    last = counters()
    return status, took(done, jobs), peaks, {name: (first[name], most[name], last[name]) for name in first}


def took(done: dict[str, float], jobs: int) -> dict[str, float]:
    """Seconds for each student; the next in order is begun whenever one is done."""
    freed = [0.0] * jobs + sorted(done.values())
    return {student: done[student] - freed[place] for place, student in enumerate(sorted(done))}


def peak_since(process: int) -> int:
    """The most memory that a process has had since this was asked last, in bytes."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
        Path(f"/proc/{process}/clear_refs").write_text("5")
    except OSError:
        return 0                                     # it has ended
    return int(found[1]) * 1024 if found else 0


def memory() -> int:
    """Bytes that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def counters() -> dict[str, int]:
    """What the whole machine has once: contexts, open files, terminals, IPC, huge pages in use, what is mounted."""
    pages = dict(re.findall(r"HugePages_(\w+):\s+(\d+)", Path("/proc/meminfo").read_text()))
    return {
        "aio": int(Path("/proc/sys/fs/aio-nr").read_text()),
        "files": int(Path("/proc/sys/fs/file-nr").read_text().split()[0]),
        "terminals": int(Path("/proc/sys/kernel/pty/nr").read_text()),
        "ipc": sum(len(path.read_text().splitlines()) for path in Path("/proc/sysvipc").glob("*")),
        "huge pages": int(pages.get("Total", 0)) - int(pages.get("Free", 0)),
        "mounts": len(Path("/proc/self/mountinfo").read_text().splitlines()),
    }


@contextmanager
def every_descendant():
    """Orphans of this block come to this process, wherever they hide; a list that gets those left at its end."""
    left: list[str] = []
    before, subreaper, libc = descendants(), ctypes.c_int(), ctypes.CDLL(None)
    libc.prctl(37, ctypes.byref(subreaper))                                      # PR_GET_CHILD_SUBREAPER
    libc.prctl(36, 1)                                                            # PR_SET_CHILD_SUBREAPER
    try:
        yield left
        deadline = time.monotonic() + 60
        while (found := descendants().keys() - before.keys()) and time.monotonic() < deadline:
            time.sleep(0.1)
        now = descendants()
        for process in found & now.keys():
            left.append(now[process])
            os.kill(process, 9)
    finally:
        libc.prctl(36, subreaper.value)


def descendants() -> dict[int, str]:
    """Command lines of all processes below this one, by number; those that only wait to be reaped are not counted."""
    parents, shown = {}, {}
    for about in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (about / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (about / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        parents[int(about.name)] = int(parent)
        if state != "Z":
            shown[int(about.name)] = f"{about.name} {command}"
    found, waiting = {}, [os.getpid()]
    while waiting:
        one = waiting.pop()
        below = [process for process, parent in parents.items() if parent == one]
        waiting += below
        found |= {process: shown[process] for process in below if process in shown}
    return found


def contents(folder: Path) -> dict[str, str]:
    """Kind, rights and a digest of every file below `folder`, byte code aside."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if "__pycache__" not in path.parts:
            about = path.lstat()
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else ""
            found[str(path)] = f"{about.st_mode:o} {digest}"
    return found


def unprintable(text: str) -> set[str]:
    """Characters that could mean something to a terminal."""
    return {character for character in text if not character.isprintable() and character != "\n"}


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def traces(folder: Path, *inside: Path) -> list[str]:
    """Files that have HOSTILE in their names: in places where anybody may write, and anywhere `inside` others."""
    places = map(Path, ("/", "/tmp", "/var/tmp", "/dev/shm", "/run", Path.home(), ROOT, folder))
    found = [path for place in places if place.is_dir() for path in place.glob("*HOSTILE*")]
    return sorted({str(path) for path in [*found, *(path for place in inside for path in place.rglob("*HOSTILE*"))]})


@contextmanager
def listeners(outside: Path):
    """Places that nobody may reach; `called` gets a line for each that was."""
    called: list[str] = []
    name = f"hostile-{os.getpid()}"
    with closing(socket.create_server(("127.0.0.1", 0))) as port, closing(socket.socket(socket.AF_UNIX)) as abstract:
        abstract.bind("\0" + name)
        abstract.listen()

        def wait(listener: socket.socket, what: str) -> None:
            while True:
                try:
                    listener.accept()[0].close()
                except OSError:
                    return
                called.append(what)

        for listener, what in ((port, "TCP"), (abstract, "an abstract socket")):
            threading.Thread(target=wait, args=(listener, what), daemon=True).start()
        yield {"PORT": str(port.getsockname()[1]), "SOCKET": name}, called
        for listener in (port, abstract):
            listener.shutdown(socket.SHUT_RDWR)
