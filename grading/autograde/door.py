"""Who may speak to a cluster: whoever reaches its scheduler or one of its workers can run any program there.

So an address is `tls://`, where only those come in who hold the cluster's certificate, or it is this machine's own
loopback; any other wants a word from the instructor.
"""

import importlib.util
import ipaddress
import logging
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from grading.errors import KitError

PORT = 8786                # dask's own
# What dask logs of a connection that is lost are tracebacks; the kit says the same in a sentence.
_LOG = "DASK_LOGGING__DISTRIBUTED"
INSTALL = ".venv/bin/python -m pip install --requirement grading/requirements-cluster.lock"


@dataclass(frozen=True)
class Door:
    """An address that was looked at, and the `distributed.Security` to go there with."""

    address: str
    security: Any = None

    @property
    def scheme(self) -> str:
        return self.address.partition("://")[0]

    @property
    def host(self) -> str:
        return urlsplit(self.address).hostname or ""

    @property
    def port(self) -> int:
        found = urlsplit(self.address).port
        return PORT if found is None else found

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)

    def connect(self, seconds: float):
        """A `distributed.Client`, or a KitError if no scheduler has answered by then."""
        from distributed import Client

        logging.getLogger("distributed.client").setLevel(os.environ.get(_LOG, "critical").upper())     # has none
        until = time.monotonic() + seconds
        while True:
            try:
                return Client(self.address, security=self.security, set_as_default=False,
                              timeout=max(1.0, until - time.monotonic()))
            except (OSError, ValueError, RuntimeError) as error:
                if time.monotonic() > until:
                    said = (str(error).splitlines() or [type(error).__name__])[0]
                    raise KitError(f"no scheduler answers at {self.address} ({said}). Start one: kit scheduler; then, "
                                   f"on every machine: kit worker {self.address}") from None
            time.sleep(0.2)


def at(address: str, ca: Path | None = None, certificate: Path | None = None, key: Path | None = None,
         without_tls: bool = False) -> Door:
    """Raises a KitError for an address that others could use too.

    - ca, certificate, key: PEM files. One file may hold all: the key may stand in the certificate's, and a certificate
      that signed itself is its own authority. What is left out is taken from dask's configuration.
    """
    if "://" not in address:
        address = f"{'tls' if certificate or ca else 'tcp'}://{address}"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", PORT if parts.port is None else parts.port
    except ValueError as error:
        raise KitError(f"{address} is no address of a scheduler: {error}. Expected one like tls://desk:8786.") from None
    if parts.scheme not in ("tcp", "tls") or not host:
        raise KitError(f"{address} is no address of a scheduler. Expected one like tls://desk:8786, or "
                       "tcp://127.0.0.1:8786 on one machine.")
    address = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    require_library()
    if parts.scheme == "tls":
        return Door(address, _security(address, ca, certificate, key))
    if certificate or ca or key:
        raise KitError(f"{address} is plain TCP, and a certificate is given. Say tls://{address.partition('://')[2]}.")
    if not (without_tls or is_loopback(host)):
        raise KitError(f"{address} is plain TCP beyond this machine: whoever reaches that port can run programs on "
                       "every machine of the cluster. Use a tls:// address with --tls-cert, or say --without-tls for a "
                       "network that nobody else is in.")
    return Door(address)


def is_loopback(host: str) -> bool:
    """Whether this host is nobody but this machine, by every address that its name has."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(one.partition("%")[0]).is_loopback for one in found)


def require_library() -> None:
    if importlib.util.find_spec("distributed") is None:
        raise KitError("many machines need the library `distributed`, which is not installed. In the kit's folder, "
                       f"run: {INSTALL}")
    os.environ.setdefault(_LOG, "critical")              # read when it is imported, by workers too


def _security(address: str, ca: Path | None, certificate: Path | None, key: Path | None):
    from distributed.security import Security

    for path in filter(None, (ca, certificate, key)):
        if not path.is_file():
            raise KitError(f"there is no file {path}. --tls-ca, --tls-cert and --tls-key name PEM files.")
    given: dict[str, str] = {}
    if authority := ca or certificate:
        given["tls_ca_file"] = str(authority.resolve())
    for role in ("client", "scheduler", "worker"):
        if certificate:
            given[f"tls_{role}_cert"] = str(certificate.resolve())
        if key or certificate:
            given[f"tls_{role}_key"] = str((key or certificate).resolve())
    security = Security(require_encryption=True, **given)
    if not (security.tls_ca_file and security.tls_client_cert):
        raise KitError(f"{address} wants a certificate. Name it by --tls-cert FILE (and --tls-ca, --tls-key, where "
                       "these are other files), or in dask's configuration.")
    return security
