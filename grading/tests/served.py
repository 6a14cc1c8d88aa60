"""A Jupyter server started for real in a folder, as an instructor starts one."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
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
