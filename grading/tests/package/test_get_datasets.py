"""get_datasets.sh, and what it calls, against a server of our own that breaks off, stalls, fails and lies."""

import hashlib
import http.server
import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time

import pytest

from cs231n import get_data
from cs231n.data_utils import REAL, SYNTHETIC, TEST_FILE, TRAINING_FILES, load_CIFAR10
from cs231n.synthetic import write_synthetic_cifar10
from grading import ROOT

PART = "cifar-10-python.tar.gz.part"
# Runs a program that does not ignore ctrl-C, as a job in the background would.
HEARS_CTRL_C = ("import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
                "os.execv(sys.argv[1], sys.argv[1:])")

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="get_datasets.sh needs bash")


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    """A small archive laid out like CIFAR-10's, as bytes."""
    folder = write_synthetic_cifar10(tmp_path_factory.mktemp("archive") / REAL, num_train=50, num_test=10)
    return packed(folder)


def packed(folder, *extra):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        tar.add(folder, arcname=REAL)
        for member in extra:
            tar.addfile(member)
    return file.getvalue()


class Server(http.server.ThreadingHTTPServer):
    """Serves `content`; `behaviors` says how to answer each request in turn, and then "well"."""

    daemon_threads = True

    def __init__(self, content):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.behaviors, self.ranges, self.released = content, [], [], threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/cifar.tar.gz"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        content, wanted = self.server.content, self.headers.get("Range")
        self.server.ranges.append(wanted)
        behavior = self.server.behaviors.pop(0) if self.server.behaviors else "well"
        if behavior.isdigit():
            self.send_error(int(behavior))
            return
        if behavior == "log-in page":
            content, wanted = b"<html>please log in</html>", None
        start = 0 if wanted is None or behavior == "ignores Range" else int(wanted.split("=")[1].rstrip("-"))
        if start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        body = content[start:]
        if behavior in ("breaks off", "stalls late"):
            body = body[: len(body) // 2]
        elif behavior == "stalls early":
            body = body[:500]
        self.wfile.write(body)
        if behavior.startswith("stalls"):
            self.server.released.wait(30)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(archive):
    server = Server(archive)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


class Kit:
    """A folder with get_datasets.sh in it, as a release is."""

    def __init__(self, folder, server):
        self.folder, self.server, self.data = folder, server, folder / "data"
        folder.mkdir()
        shutil.copy(ROOT / "get_datasets.sh", folder)
        (folder / "cs231n").mkdir()
        for module in ("__init__.py", "_download.py", "get_data.py"):
            shutil.copy(ROOT / "cs231n" / module, folder / "cs231n")

    def environment(self, **changes):
        inherited = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and k != "PYTHON"}
        ours = {
            "CIFAR10_URL": self.server.url,
            "CIFAR10_MD5": hashlib.md5(self.server.content).hexdigest(),
            "CIFAR10_BYTES": str(len(self.server.content)),
            "CIFAR10_STALL_SECONDS": "1",
        }
        return inherited | ours | changes

    def run(self, *arguments, code=0, **environment):
        """Run the script from elsewhere; returns its two outputs after checking the exit code."""
        done = subprocess.run(
            [self.folder / "get_datasets.sh", *arguments],
            cwd=self.folder.parent,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        assert done.returncode == code, done.stdout + done.stderr
        if code:
            sentence = done.stderr.splitlines()[-1]
            assert sentence.startswith("get_datasets.sh: ") and "expected" in sentence
            return done.stdout, sentence
        assert "Traceback" not in done.stderr
        return done.stdout, done.stderr

    def left(self):
        return sorted(path.name for path in self.data.iterdir())

    def part(self, content):
        self.data.mkdir(exist_ok=True)
        (self.data / PART).write_bytes(content)


@pytest.fixture
def kit(tmp_path, server):
    return Kit(tmp_path / "my assignment", server)


def test_the_data_set_arrives_whole_and_a_second_run_asks_nobody(kit, server):
    out, _ = kit.run()
    assert f"CIFAR-10 is in {kit.data / REAL}" in out
    assert kit.left() == [REAL]
    X, y, Xte, yte = load_CIFAR10(kit.data / REAL)
    assert X.shape == (50, 32, 32, 3) and Xte.shape == (10, 32, 32, 3)

    out, _ = kit.run()
    assert "already" in out
    assert server.ranges == [None]


def test_a_broken_transfer_is_resumed_where_it_broke_off(kit, server, archive):
    server.behaviors = ["breaks off"]
    out, _ = kit.run()
    assert server.ranges == [None, f"bytes={len(archive) // 2}-"]
    assert "Resuming" in out
    assert kit.left() == [REAL]


def test_the_next_run_resumes_what_the_last_one_left(kit, server, archive):
    server.behaviors = ["breaks off"]
    _, sentence = kit.run(code=1, CIFAR10_TRIES="1")
    assert kit.left() == [PART]
    assert f"resume at byte {len(archive) // 2}" in sentence

    kit.run()
    assert server.ranges[1:] == [f"bytes={len(archive) // 2}-"]
    assert kit.left() == [REAL]


def test_a_whole_download_that_was_never_unpacked_is_not_fetched_again(kit, server, archive):
    kit.part(archive)
    kit.run()
    assert server.ranges == [] and kit.left() == [REAL]


def test_a_stalled_transfer_is_given_up_and_resumed(kit, server):
    server.behaviors = ["stalls early"]
    out, _ = kit.run()
    assert "stood still for 1 s" in out
    assert server.ranges == [None, "bytes=500-"]


@pytest.mark.parametrize("interruption", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-C", "kill"])
def test_an_interrupted_run_leaves_only_what_the_next_one_resumes(kit, server, interruption):
    server.behaviors = ["stalls late"]
    process = subprocess.Popen(
        [sys.executable, "-c", HEARS_CTRL_C, kit.folder / "get_datasets.sh"],
        env=kit.environment(CIFAR10_STALL_SECONDS="20"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    part = kit.data / PART
    while process.poll() is None and not (part.exists() and part.stat().st_size > 0):
        time.sleep(0.02)
    os.killpg(process.pid, interruption)
    assert process.wait(20) == 128 + interruption
    assert kit.left() == [PART]

    kit.run()
    assert server.ranges[1].startswith("bytes=") and kit.left() == [REAL]


def test_two_runs_at_once_write_into_files_of_their_own_and_both_end_well(kit, server, archive):
    server.behaviors = ["stalls late"]
    first = subprocess.Popen([kit.folder / "get_datasets.sh"], env=kit.environment(CIFAR10_STALL_SECONDS="40"),
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    part = kit.data / PART
    while first.poll() is None and not (part.exists() and part.stat().st_size == len(archive) // 2):
        time.sleep(0.02)
    out, _ = kit.run()
    assert f"CIFAR-10 is in {kit.data / REAL}" in out and server.ranges == [None, None]
    assert kit.left() == [REAL, PART] and part.stat().st_size == len(archive) // 2
    server.released.set()
    out, _ = first.communicate(timeout=60)
    assert first.returncode == 0 and f"CIFAR-10 is in {kit.data / REAL}" in out, out
    assert kit.left() == [REAL] and server.ranges[2:] == [f"bytes={len(archive) // 2}-"]


def test_a_server_error_is_waited_out(kit, server):
    server.behaviors = ["500"]
    out, _ = kit.run()
    assert "HTTP 500" in out and kit.left() == [REAL]


def test_a_server_error_does_not_cost_what_is_already_here(kit, server, archive):
    kit.part(archive[:1000])
    server.behaviors = ["503"]
    kit.run()
    assert server.ranges == ["bytes=1000-", "bytes=1000-"]


def test_tries_are_limited_and_the_reason_is_said(kit, server):
    server.behaviors = ["500"] * 9
    _, sentence = kit.run(code=1, CIFAR10_TRIES="2")
    assert "HTTP 500 (transfer 2 of 2)" in sentence and "CIFAR10_URL" in sentence
    assert kit.left() == []


def test_a_missing_file_is_not_asked_for_twice(kit, server):
    server.behaviors = ["404"] * 9
    _, sentence = kit.run(code=1)
    assert "HTTP 404" in sentence
    assert len(server.ranges) == 1 and kit.left() == []


def test_a_server_that_cannot_resume_is_asked_from_the_start(kit, server, archive):
    kit.part(archive[:1000])
    server.behaviors = ["ignores Range"]
    kit.run()
    assert server.ranges == ["bytes=1000-", None]
    assert kit.left() == [REAL]


def test_a_wrong_checksum_removes_the_file(kit):
    _, sentence = kit.run(code=1, CIFAR10_MD5="0" * 32)
    assert "MD5" in sentence and "0" * 32 in sentence
    assert kit.left() == []


def test_a_log_in_page_is_not_taken_for_the_archive(kit, server):
    server.behaviors = ["log-in page"]
    out, _ = kit.run()
    assert "no .tar.gz" in out and kit.left() == [REAL]


def test_a_file_that_is_too_long_is_fetched_again(kit, server, archive):
    kit.part(archive + b"more")
    kit.run()
    assert server.ranges == [None] and kit.left() == [REAL]


def test_a_server_that_is_not_there_is_named(kit):
    _, sentence = kit.run(code=1, CIFAR10_URL="http://127.0.0.1:9/nothing.tar.gz", CIFAR10_TRIES="1")
    assert "http://127.0.0.1:9/nothing.tar.gz: the server does not answer" in sentence


def foreign(name, kind, target=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


@pytest.mark.parametrize(
    "member",
    [
        foreign("../escaped", tarfile.REGTYPE),
        foreign(f"{REAL}/../../escaped", tarfile.REGTYPE),
        foreign("/tmp/escaped", tarfile.REGTYPE),
        foreign(f"{REAL}/..", tarfile.DIRTYPE),
        foreign(f"{REAL}/link", tarfile.SYMTYPE, "/tmp"),
        foreign(f"{REAL}/link", tarfile.LNKTYPE, f"{REAL}/test_batch"),
        foreign("elsewhere/file", tarfile.REGTYPE),
    ],
    ids=lambda member: f"{member.name} {member.type.decode()}",
)
def test_an_archive_with_a_foreign_member_is_refused(kit, server, member):
    batches = write_synthetic_cifar10(kit.folder / "batches", num_train=5, num_test=1)
    kit.part(packed(batches, member))
    server.content = (kit.data / PART).read_bytes()
    before = sorted(kit.folder.parent.rglob("*"))
    _, sentence = kit.run(code=1)
    assert "the member" in sentence or "a link" in sentence
    assert kit.left() == []
    assert sorted(kit.folder.parent.rglob("*")) == [path for path in before if path.name != PART]


def test_an_archive_without_a_batch_is_refused(kit, server):
    batches = write_synthetic_cifar10(kit.folder / "batches", num_train=5, num_test=1)
    (batches / TEST_FILE).unlink()
    server.content = packed(batches)
    _, sentence = kit.run(code=1)
    assert "a batch is missing" in sentence and kit.left() == []


def test_an_incomplete_folder_is_neither_used_nor_overwritten(kit, server):
    (kit.data / REAL).mkdir(parents=True)
    (kit.data / REAL / "notes.txt").write_text("mine")
    _, sentence = kit.run(code=1)
    assert "incomplete" in sentence and server.ranges == []
    assert (kit.data / REAL / "notes.txt").read_text() == "mine"


def test_a_data_folder_that_cannot_be_made_is_named(kit):
    kit.data.write_text("a file in its place")
    _, sentence = kit.run(code=1)
    assert str(kit.data) in sentence


@pytest.mark.parametrize("arguments", [["--sintetic"], ["data"], ["--synthetic", "--force"]])
def test_a_wrong_argument_is_wrong_use(kit, arguments):
    _, sentence = kit.run(*arguments, code=2)
    assert arguments[-1] in sentence
    assert not kit.data.exists()


@pytest.mark.parametrize("name", ["CIFAR10_BYTES", "CIFAR10_STALL_SECONDS", "CIFAR10_TRIES"])
def test_a_number_that_is_none_is_wrong_use(kit, name):
    _, sentence = kit.run(code=2, **{name: "many"})
    assert f"{name}=many" in sentence


def test_help_is_offered(kit):
    out, _ = kit.run("--help")
    assert "--synthetic" in out and "CIFAR10_URL" in out


def with_package(kit):
    for module in ("_batches.py", "data_utils.py", "synthetic.py"):
        shutil.copy(ROOT / "cs231n" / module, kit.folder / "cs231n")
    return kit


def test_the_stand_in_is_made_once_and_called_one(kit, server):
    with_package(kit)
    out, _ = kit.run("--synthetic", PYTHON=sys.executable)
    assert "NOT CIFAR-10" in out
    assert kit.left() == [SYNTHETIC]
    sizes = {(kit.data / SYNTHETIC / name).stat().st_size // 3072 // 1000 for name in (*TRAINING_FILES, TEST_FILE)}
    assert sizes == {10}

    drawn = (kit.data / SYNTHETIC).stat().st_ctime_ns
    out, _ = kit.run("--synthetic", PYTHON=sys.executable)
    assert (kit.data / SYNTHETIC).stat().st_ctime_ns == drawn
    assert "already" in out and "NOT CIFAR-10" in out
    assert server.ranges == []


def test_a_python_without_numpy_is_named(kit, tmp_path):
    with_package(kit)
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\nexit 1\n")
    bare.chmod(0o755)
    _, sentence = kit.run("--synthetic", code=1, PYTHON=str(bare))
    assert str(bare) in sentence and "numpy" in sentence
    assert not kit.data.exists()


def test_without_any_python_with_numpy_the_sentence_says_what_to_install(kit, tmp_path):
    with_package(kit)
    bare = tmp_path / "bin"
    bare.mkdir()
    for name in ("python3", "python"):
        (bare / name).write_text("#!/bin/sh\nexit 1\n")
        (bare / name).chmod(0o755)
    _, sentence = kit.run("--synthetic", code=1, PATH=f"{bare}{os.pathsep}{os.environ['PATH']}")
    assert "pip install -r requirements.txt" in sentence


def test_a_folder_without_the_package_is_named(kit):
    _, sentence = kit.run("--synthetic", code=1, PYTHON=sys.executable)
    assert "cs231n/synthetic.py" in sentence


def run_module(kit, *arguments, code=0, options=(), **environment):
    """`python -m cs231n.get_data` in the kit's folder; returns its two outputs after checking the exit code."""
    done = subprocess.run([sys.executable, "-B", *options, "-m", "cs231n.get_data", *arguments], cwd=kit.folder,
                          env=kit.environment(**environment), capture_output=True, text=True, timeout=60)
    assert done.returncode == code and "Traceback" not in done.stderr, done.stdout + done.stderr
    return done.stdout, done.stderr


def test_the_module_needs_neither_a_shell_nor_a_library(kit, server, archive):
    server.behaviors = ["breaks off", "500"]
    out, _ = run_module(kit, options=["-S"], PATH="")
    assert server.ranges == [None] + [f"bytes={len(archive) // 2}-"] * 2
    assert kit.left() == [REAL] and "\r" not in out
    assert load_CIFAR10(kit.data / REAL)[0].shape == (50, 32, 32, 3)


def test_a_mirror_may_be_a_file_on_this_machine(kit, server, archive, tmp_path):
    mirror = tmp_path / "mirror.tar.gz"
    mirror.write_bytes(archive)
    kit.part(archive[:100])
    run_module(kit, CIFAR10_URL=mirror.as_uri())
    assert kit.left() == [REAL] and server.ranges == []


@pytest.mark.parametrize("url, says", [("nothing", "not a URL"), ("gopher://here/x", "unknown url type"),
                                       ("file:///no/such/file", "the file is not there")])
def test_a_mirror_that_is_none_is_asked_once_and_named(kit, url, says):
    out, err = run_module(kit, code=1, CIFAR10_URL=url)
    assert err.startswith(f"get_data: {url}: ") and says in err and "transfer 1 of 5" in err
    assert "python -m cs231n.get_data --synthetic" in err and kit.left() == []


def test_a_damaged_archive_is_refused_and_nothing_of_it_stays(kit, server, archive):
    server.content = archive[:-3000]
    _, err = run_module(kit, code=1)
    assert "cannot be read" in err and kit.left() == []


def test_without_numpy_the_module_says_what_the_stand_in_takes(kit):
    with_package(kit)
    _, err = run_module(kit, "--synthetic", code=1, options=["-S"])
    assert "numpy" in err and "pip install -r requirements.txt" in err and kit.left() == []


def test_the_module_and_the_loader_mean_the_same_folders_and_files():
    assert get_data.NAME == REAL and f"synthetic-{get_data.NAME}" == SYNTHETIC
    assert (*TRAINING_FILES, TEST_FILE) == get_data.BATCHES
