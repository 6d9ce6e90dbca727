"""What Wine's bcrypt asks of its host: {process_attach, process_detach, and for keys of ciphers vector_reset,
set_auth_data, encrypt, decrypt, get_tag, destroy}, and as many for keys of two halves.

A key is a structure of the program's: algorithm, mode, vector and secret are read out of it
when it is first used after its vector was set; what has become of the vector by then is kept
here, and a word of the structure says that it is.  bcrypt itself pads, and gives most modes one
block at a time.  Keys of two halves (RSA, elliptic curves) are not there.
"""

from __future__ import annotations

from struct import Struct
from weakref import WeakKeyDictionary

from ring3k.abi.status import (
    STATUS_INTERNAL_ERROR,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_IMPLEMENTED,
    STATUS_NOT_SUPPORTED,
    NtError,
)
from ring3k.engine.ciphers import Cipher, Ciphers
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.pool import Pool
    from ring3k.ke.thread import KThread

KEY = Struct(
    "<4xI16s6I"
)  # algorithm, what is the host's, mode, block, vector, its length, secret, its length
OURS = 8  # where in it what is the host's is
DATA = Struct("<5I")  # key, input, its length, output, its length
TEXT = Struct("<3I")  # key, bytes, their length
PIECE = 0x10000
MOST_TEXT, MOST_TAG = 1 << 20, 16
KEY_COST = 4096  # bytes of the pool: with both directions it is that, about
TRIPLE_DES, AES = range(2)
CBC, ECB, CFB, CCM, GCM = range(5)
NAMES = {
    (TRIPLE_DES, 24, CBC): "des-ede3-cbc",
    (TRIPLE_DES, 24, ECB): "des-ede3",
    (TRIPLE_DES, 24, CFB): "des-ede3-cfb8",
    **{
        (AES, bits // 8, mode): f"{family}{bits}-{name}"
        for bits in (128, 192, 256)
        for mode, family, name in (
            (CBC, "aes-", "cbc"),
            (ECB, "aes-", "ecb"),
            (CFB, "aes-", "cfb8"),
            (GCM, "id-aes", "GCM"),
        )
    },
}


class Key:
    """How far it has come since its vector was set."""

    def __init__(
        self, pool: Pool, ciphers: Ciphers, name: str, secret: bytes, vector: bytes, tagged: bool
    ) -> None:
        self._pool = pool  # which was charged
        self._ciphers = ciphers
        self._name = name
        self._secret = secret
        self._vector = vector
        self._tagged = tagged
        self._text = bytearray()  # what is authenticated only
        self._encrypts: Cipher | None = None
        self._decrypts: Cipher | None = None

    def _cipher(self, encrypts: bool) -> Cipher:
        cipher = self._ciphers.new(self._name, encrypts, self._secret, self._vector, self._tagged)
        if cipher is None:
            raise NtError(STATUS_NOT_SUPPORTED)
        if self._text and not cipher.authenticate(bytes(self._text)):
            raise NtError(STATUS_INTERNAL_ERROR)
        return cipher

    def __del__(self) -> None:
        self._pool.release(KEY_COST + len(self._text))

    def authenticate(self, data: bytes) -> None:
        """More of what has part in the tag; it comes before all else.  STATUS_INSUFFICIENT_RESOURCES"""
        self._pool.charge(len(data))
        self._text += data

    def _encrypt(self, data: bytes) -> bytes | None:
        self._encrypts = self._encrypts or self._cipher(True)
        return self._encrypts.update(data)

    def change(self, data: bytes, encrypt: bool) -> bytes:
        """The other side of some data.  STATUS_INTERNAL_ERROR."""
        if encrypt:
            found = self._encrypt(data)
        else:
            self._decrypts = self._decrypts or self._cipher(False)
            found = self._decrypts.update(data)
            if found is not None and self._tagged:
                self._encrypt(found)  # tags are of what is encrypted, and whoever decrypts compares them
        if found is None or len(found) != len(data):
            raise NtError(STATUS_INTERNAL_ERROR)
        return found

    def tag(self, size: int) -> bytes:
        self._encrypts = self._encrypts or self._cipher(True)
        found = self._encrypts.tag(size) if self._tagged and 0 < size <= MOST_TAG else None
        if found is None:
            raise NtError(STATUS_INTERNAL_ERROR)
        return found


class Keys:
    """Those of all processes, by where their structures are."""

    def __init__(self) -> None:
        self._of: WeakKeyDictionary[object, dict[int, Key]] = WeakKeyDictionary()

    def of(self, process: object) -> dict[int, Key]:
        return self._of.setdefault(process, {})


def _key(t: KThread, address: int) -> Key:
    """STATUS_NOT_SUPPORTED, STATUS_INSUFFICIENT_RESOURCES."""
    keys = t.kernel.late_part(Keys).of(t.process)
    algorithm, ours, mode, block, vector, vector_length, secret, length = KEY.unpack(
        t.memory.read(address, KEY.size)
    )
    if any(ours) and address in keys:
        return keys[address]
    name = NAMES.get((algorithm, length, mode))
    if name is None:
        raise NtError(STATUS_NOT_SUPPORTED)
    first = (
        t.memory.read(vector, min(vector_length, 64)) if vector else bytes(0 if mode == GCM else block & 31)
    )
    ciphers = t.kernel.late_part(Ciphers)
    content = t.memory.read(secret, length)
    t.kernel.pool.charge(KEY_COST)
    key = Key(t.kernel.pool, ciphers, name, content, first, mode == GCM)
    t.memory.write(address + OURS, b"\1")
    keys[address] = key
    return key


def _forget(t: KThread, address: int) -> int:
    """A key that is destroyed, or begins anew."""
    if t.kernel.late_part(Keys).of(t.process).pop(address, None) is not None:
        t.memory.write(address + OURS, b"\0")
    return 0


def process_attach(t: KThread, parameters: int) -> int:
    return 0


def set_auth_data(t: KThread, parameters: int) -> int:
    address, text, length = TEXT.unpack(t.memory.read(parameters, TEXT.size))
    if not text:
        return 0
    if length > MOST_TEXT:
        return STATUS_INVALID_PARAMETER
    _key(t, address).authenticate(t.memory.read(text, length))
    return 0


def _change(t: KThread, parameters: int, encrypt: bool) -> int:
    address, data, length, out, room = DATA.unpack(t.memory.read(parameters, DATA.size))
    key = _key(t, address)
    if room < length:
        return STATUS_INTERNAL_ERROR
    for at in range(0, length, PIECE):
        piece = t.memory.read(data + at, min(PIECE, length - at))
        t.memory.write(out + at, key.change(piece, encrypt))
    return 0


def encrypt(t: KThread, parameters: int) -> int:
    return _change(t, parameters, True)


def decrypt(t: KThread, parameters: int) -> int:
    return _change(t, parameters, False)


def get_tag(t: KThread, parameters: int) -> int:
    address, tag, length = TEXT.unpack(t.memory.read(parameters, TEXT.size))
    t.memory.write(tag, _key(t, address).tag(length))
    return 0


def of_two_halves(t: KThread, parameters: int) -> int:
    return STATUS_NOT_IMPLEMENTED


FUNCTIONS = (
    process_attach,
    process_attach,
    _forget,
    set_auth_data,
    encrypt,
    decrypt,
    get_tag,
    _forget,
    *[of_two_halves] * 9,
)
