"""A Jupyter server started for real in a folder, as an instructor starts one."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path


@contextmanager
def jupyter(folder: Path) -> Iterator[str]:
    """The server's address; it answers, or has ended by itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    programs = Path(sys.executable).parent
    process = subprocess.Popen(
        [str(programs / "jupyter"), "lab", "--no-browser", "--allow-root", "--IdentityProvider.token=",
         "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"], cwd=folder, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env=os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"})
    address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 120
    try:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{address}/api", timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:                    # it may wait for a thread of its own, with all work done
            process.kill()
            process.wait()


def get(address: str) -> str:
    """The page or data at an address."""
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.read().decode()


class Browser:
    """What is asked of a server as its own pages ask it, the cookie against forged requests included."""

    def __init__(self, address: str):
        self._address, self._jar = address, CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar)).open
        self.ask("manage_assignments")

    def ask(self, path: str, method: str = "GET", body: object = None) -> tuple[int, str, dict[str, str]]:
        """(status, text, headers) of a page or of an address for data; body: bytes, or what becomes JSON."""
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        token = next((one.value for one in self._jar if one.name == "_xsrf"), "")
        asked = urllib.request.Request(f"{self._address}/formgrader/{path}", sent, {"X-XSRFToken": token},
                                       method=method)
        try:
            with self._open(asked, timeout=120) as answer:
                return answer.status, answer.read().decode("utf-8", "replace"), dict(answer.headers)
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode("utf-8", "replace"), dict(answer.headers)
