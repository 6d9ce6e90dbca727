"""What Wine's crypt32 asks of its host: {process_attach, process_detach, open_cert_store, import_store_key,
import_store_cert, close_cert_store, enum_root_certs}.

The host's trusted root certificates are told one at a time; crypt32 keeps them in
the registry.  Files with keys (PKCS #12), which Wine has a library for, are refused.
"""

from __future__ import annotations

from binascii import Error, a2b_base64
from weakref import WeakKeyDictionary

from ring3k.abi.status import STATUS_DLL_NOT_FOUND, STATUS_NO_MORE_ENTRIES
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


class RootCertificates:
    """The host's, and which of them each process has not been told yet."""

    def __init__(self) -> None:
        self._known: list[bytes] | None = None
        self._rest: WeakKeyDictionary[object, list[bytes]] = WeakKeyDictionary()

    def of(self, process: object) -> list[bytes]:
        """Those that a process is still to be told, the next one last."""
        if self._known is None:
            self._known = _read()
        return self._rest.setdefault(process, self._known[::-1])


def _read() -> list[bytes]:
    for path in BUNDLES:
        try:
            with open(path, encoding="ascii", errors="replace") as file:
                pieces = file.read().split(BEGIN)[1:]
        except OSError:
            continue
        found = []
        for piece in pieces:
            try:
                found.append(a2b_base64(piece.partition(END)[0]))
            except Error:
                continue
        return found
    return []


def process_attach(t: KThread, parameters: int) -> int:
    return 0


def process_detach(t: KThread, parameters: int) -> int:
    return 0


def no_store(t: KThread, parameters: int) -> int:
    """Files with keys."""
    return STATUS_DLL_NOT_FOUND


def enum_root_certs(t: KThread, parameters: int) -> int:
    """{buffer, its size, where the size needed goes}: the next one, which comes again if it does not fit."""
    memory = t.memory
    buffer, size, needed = (memory.read_u32(parameters + 4 * i) for i in range(3))
    rest = t.kernel.late_part(RootCertificates).of(t.process)
    if not rest:
        return STATUS_NO_MORE_ENTRIES
    memory.write_u32(needed, len(rest[-1]))
    if len(rest[-1]) <= size:
        memory.write(buffer, rest[-1])
        rest.pop()
    return 0


FUNCTIONS = (process_attach, process_detach, no_store, no_store, no_store, no_store, enum_root_certs)
