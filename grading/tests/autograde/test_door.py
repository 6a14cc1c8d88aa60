"""Who may come in where many machines grade, and what a worker needs to be like."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import kit

from grading import ROOT
from grading.autograde import alike, door
from grading.errors import KitError

pytest.importorskip("distributed", reason="grading/requirements-cluster.txt is not installed; `kit test` does that")


@pytest.mark.parametrize("address, found", [
    ("tcp://127.0.0.1:8786", "tcp://127.0.0.1:8786"), ("127.0.0.1", "tcp://127.0.0.1:8786"),
    ("localhost:9000", "tcp://localhost:9000"), ("tcp://[::1]:8786", "tcp://[::1]:8786"),
    ("tcp://127.0.0.1:0", "tcp://127.0.0.1:0")])
def test_the_loopback_needs_no_certificate(address, found):
    assert door.at(address).address == found


@pytest.mark.parametrize("address", ["tcp://10.1.2.3:8786", "10.1.2.3", "tcp://0.0.0.0:8786", "tcp://[::]:8786",
                                     "tcp://no-such-host.invalid:8786"])
def test_plain_tcp_beyond_this_machine_is_refused_without_a_word(address):
    with pytest.raises(KitError, match="plain TCP beyond this machine: .*--without-tls"):
        door.at(address)
    assert door.at(address, without_tls=True).security is None


@pytest.mark.parametrize("address", ["", "tcp://", "ucx://127.0.0.1:8786", "ws://127.0.0.1", "inproc://1/2",
                                     "tcp://127.0.0.1:99999", "tcp://127.0.0.1:x"])
def test_what_is_no_address_is_one_sentence(address):
    with pytest.raises(KitError, match="is no address of a scheduler"):
        door.at(address)


def test_tls_takes_a_certificate_from_the_command_or_from_dasks_configuration(tmp_path, monkeypatch):
    import dask

    for variable in [name for name in os.environ if name.startswith("DASK_DISTRIBUTED__COMM")]:
        monkeypatch.delenv(variable)
    with pytest.raises(KitError, match="wants a certificate. Name it by --tls-cert FILE"):
        door.at("tls://desk:8786")
    with pytest.raises(KitError, match="there is no file .*gone.pem"):
        door.at("tls://desk:8786", certificate=tmp_path / "gone.pem")
    pem = tmp_path / "cluster.pem"
    pem.touch()
    alone = door.at("desk", certificate=pem)
    assert alone.address == "tls://desk:8786" and alone.security.require_encryption
    assert {alone.security.tls_ca_file, alone.security.tls_client_cert, alone.security.tls_worker_key} == {str(pem)}
    with dask.config.set({"distributed.comm.tls.ca-file": "ca.pem", "distributed.comm.tls.client.cert": "own.pem"}):
        assert door.at("tls://desk:8786").security.tls_ca_file == "ca.pem"
    with pytest.raises(KitError, match="Say tls://127.0.0.1:8786"):
        door.at("tcp://127.0.0.1:8786", certificate=pem)


def test_without_the_library_a_sentence_says_how_to_install_it():
    script = "import sys; sys.modules['distributed'] = None\nfrom grading.autograde import door; door.at('127.0.0.1')"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "KitError: many machines need the library `distributed`" in done.stderr
    assert door.INSTALL in done.stderr
    for part in door.INSTALL.split()[5::2]:
        assert (ROOT / part).exists()


def test_the_command_refuses_before_it_does_anything(course_folder):
    done = kit("autograde", "assignment1", "--stock", "--scheduler", "127.0.0.1", course=course_folder)
    assert done.returncode == 2 and "not allowed with argument" in done.stderr
    done = kit("worker", "tcp://10.1.2.3:8786")
    assert done.returncode == 1 and done.stderr.startswith("kit: tcp://10.1.2.3:8786 is plain TCP beyond this machine")


def test_certificates_without_a_scheduler_and_a_scheduler_without_a_name_are_told(course_folder):
    done = kit("autograde", "assignment1", "--tls-cert", "cluster.pem", course=course_folder)
    assert done.returncode == 1 and "add --scheduler ADDRESS" in done.stderr and not done.stdout
    done = kit("autograde", "assignment1", "--scheduler", "", course=course_folder)
    assert done.returncode == 1 and "is no address of a scheduler" in done.stderr and not done.stdout


def test_a_worker_without_a_scheduler_ends_with_a_sentence(monkeypatch):
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    done = kit("worker", "tcp://127.0.0.1:1", "--jobs", "1")
    assert done.returncode == 1 and "kit: no scheduler answers at tcp://127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_differs_on_a_worker_is_told_in_clauses():
    ours = alike.here()
    assert set(ours) >= {"Python", "kit", "source", "numpy"} and "none" not in ours.values()
    assert alike.differences(ours) == ""
    assert alike.differences(ours | {"numpy": "1.26.4"}) == f"numpy is 1.26.4 there and {ours['numpy']} here"
    assert alike.differences({}).count(" there") == len(ours)
    assert "the kit's source differs (abc there, " in alike.differences(ours | {"source": "abc"})


def test_the_hash_of_the_source_depends_on_what_is_graded_with(monkeypatch, tmp_path):
    for name, text in (("grading/engine/run.py", "1"), ("cs231n/layers.py", "2"), ("grading/tests/test_rooms.py", "3"),
                       ("grading/course/nbgrader_config.py", "4")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(alike, "ROOT", tmp_path)

    def changed(name: str) -> bool:
        before = alike._source()
        Path(tmp_path, name).write_text("changed")
        return alike._source() != before

    assert changed("grading/engine/run.py") and changed("cs231n/layers.py")
    assert not changed("grading/tests/test_rooms.py") and not changed("grading/course/nbgrader_config.py")
