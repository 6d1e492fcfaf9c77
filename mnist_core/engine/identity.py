"""Who may use the engine of this home: whoever can read one file, which the home's user alone may.

Dask's scheduler, workers and clients carry out what they are sent. So each of them shows this certificate, which is its
own authority, and asks for it; an engine makes another one at each start.
"""

import contextlib
import datetime
import os
import shutil
import socket
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_core import environment
from mnist_core.errors import LabError, not_written
from mnist_core.files import atomic
from mnist_core.language import gettext

if TYPE_CHECKING:
    from distributed.security import Security

# Whatever the clock says, today or after it was set: another certificate is made long before.
FIRST_DAY, LAST_DAY = datetime.datetime(2000, 1, 1), datetime.datetime(9999, 12, 31)


def folder() -> Path:
    """Returns the folder of what an engine needs as long as it runs, which other users may not look into."""
    return environment.home() / "engine"


def certificate() -> Path:
    """Returns the file with the certificate and its key."""
    return folder() / "identity.pem"


def temporary_folder() -> Path:
    """Returns where the engine and its workers keep temporary files; a process that is killed leaves some behind."""
    return folder() / "temporary"


def make() -> None:
    """Clears the engine's folder and makes its certificate; raises LabError if that cannot be done.

    Whoever calls holds the home's claim.
    """
    remove()
    try:
        folder().mkdir(mode=0o700, exist_ok=True)
        _check_owner()
        folder().chmod(0o700)
        temporary_folder().mkdir(exist_ok=True)
        atomic.write_bytes(certificate(), _new_certificate(), mode=atomic.OWNER_ALONE)
    except OSError as error:
        raise not_written(gettext("The engine cannot make its folder"), error).at(folder()) from error


def _check_owner() -> None:
    """Raises LabError if the engine's folder, which could not be removed, is not this user's own."""
    if folder().is_symlink() or (hasattr(os, "geteuid") and folder().stat().st_uid != os.geteuid()):
        raise LabError(
            gettext("The engine's folder in the home belongs to another user, or is a link; move it away.")
        ).at(folder())


def remove() -> None:
    """Removes the engine's folder with all that processes left in it."""
    shutil.rmtree(folder(), ignore_errors=True)


@contextlib.contextmanager
def temporary_files() -> Iterator[None]:
    """Has this process, and those that it starts, keep temporary files in the engine's folder."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"], tempfile.tempdir = str(temporary_folder()), None
    try:
        yield
    finally:
        tempfile.tempdir = None
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


def _new_certificate() -> bytes:
    """Returns a key and the certificate that it signed itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "digit-lab-engine")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), FIRST_DAY, LAST_DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = serialization.PrivateFormat.PKCS8
    return key.private_bytes(
        serialization.Encoding.PEM, private, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)


def security() -> "Security":
    """Returns what Dask needs to show the certificate and to ask for it."""
    from distributed.security import Security  # takes a moment to load

    path = str(certificate())
    roles = {f"tls_{role}_{part}": path for role in ("client", "scheduler", "worker") for part in ("cert", "key")}
    return Security(require_encryption=True, tls_ca_file=path, **roles)


def greet(connection: socket.socket) -> None:
    """Shows the certificate at the other end of a connection; raises OSError if that is not this home's engine."""
    context = ssl.create_default_context(cafile=certificate())
    context.check_hostname = False  # the certificate names no host: it is the only one that is accepted
    context.load_cert_chain(certificate())
    with context.wrap_socket(connection):
        pass
