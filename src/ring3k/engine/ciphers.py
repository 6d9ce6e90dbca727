"""Ciphers of the host's libcrypto, the library that Python's own hashes come from.

It is looked for when the first cipher is made, for few programs want one.  Where there
is none, or it does not know a cipher, there is no such cipher.
"""

from __future__ import annotations

from ring3k.typed import Any

_SET_NONCE_LENGTH, _GET_TAG = 0x9, 0x10  # of EVP_CIPHER_CTX_ctrl
_SECRET = bytes(32)  # the longest of them: the library reads as much as a cipher has
_NONCE = bytes(16)  # likewise
_FALLBACKS = ("libcrypto.so.3", "libcrypto.so.1.1")


class Ciphers:
    """The library; a part of the kernel."""

    def __init__(self) -> None:
        import ctypes

        self.buffer = ctypes.create_string_buffer
        self.number = ctypes.c_int
        self.reference = ctypes.byref
        self._library = _load(ctypes)

    def new(self, name: str, encrypts: bool, secret: bytes, nonce: bytes, tagged: bool) -> Cipher | None:
        """None: there is none of that name, or not for such a secret."""
        if self._library is None:
            return None
        kind = self._library.EVP_get_cipherbyname(name.encode())
        if not kind:
            return None
        cipher = Cipher(self, self._library)
        return cipher if cipher.start(kind, encrypts, secret, nonce, tagged) else None


def _load(ctypes: Any) -> Any:
    names = list(_FALLBACKS)
    try:
        import _hashlib

        names.insert(0, _hashlib.__file__)
    except (ImportError, AttributeError):
        pass
    for name in names:
        try:
            library = ctypes.CDLL(name)
            return _declare(ctypes, library)
        except (OSError, AttributeError):
            continue
    return None


def _declare(ctypes: Any, library: Any) -> Any:
    """AttributeError: it has not all of them."""
    word, text, number, pointer = ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(ctypes.c_int), ctypes.c_void_p
    for name, result, arguments in (
        ("EVP_get_cipherbyname", pointer, (text,)),
        ("EVP_CIPHER_CTX_new", pointer, ()),
        ("EVP_CIPHER_CTX_free", None, (pointer,)),
        ("EVP_CIPHER_CTX_set_padding", word, (pointer, word)),
        ("EVP_CIPHER_CTX_ctrl", word, (pointer, word, word, pointer)),
        ("EVP_CipherInit_ex", word, (pointer, pointer, pointer, text, text, word)),
        ("EVP_CipherUpdate", word, (pointer, text, number, text, word)),
        ("EVP_CipherFinal_ex", word, (pointer, text, number)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class Cipher:
    """One direction of one secret, from a nonce on."""

    def __init__(self, ciphers: Ciphers, library: Any) -> None:
        self._ciphers = ciphers
        self._library = library
        self._context = library.EVP_CIPHER_CTX_new()

    def start(self, kind: int, encrypts: bool, secret: bytes, nonce: bytes, tagged: bool) -> bool:
        library, context = self._library, self._context
        if not context:
            return False
        done = library.EVP_CipherInit_ex(context, kind, None, None, None, encrypts)
        if tagged:
            done &= library.EVP_CIPHER_CTX_ctrl(context, _SET_NONCE_LENGTH, len(nonce), None)
        done &= library.EVP_CipherInit_ex(context, None, None, secret + _SECRET, nonce + _NONCE, encrypts)
        return bool(done & library.EVP_CIPHER_CTX_set_padding(context, 0))

    def update(self, data: bytes) -> bytes | None:
        """The other side of whole blocks; None if it cannot be."""
        out, length = self._ciphers.buffer(len(data) + 16), self._ciphers.number()
        if not self._library.EVP_CipherUpdate(
            self._context, out, self._ciphers.reference(length), data, len(data)
        ):
            return None
        return out.raw[: length.value]

    def authenticate(self, data: bytes) -> bool:
        """What is not encrypted and has part in the tag; it comes first."""
        length = self._ciphers.number()
        return bool(
            self._library.EVP_CipherUpdate(
                self._context, None, self._ciphers.reference(length), data, len(data)
            )
        )

    def tag(self, size: int) -> bytes | None:
        """The end of it all."""
        out, length = self._ciphers.buffer(16), self._ciphers.number()
        if not self._library.EVP_CipherFinal_ex(self._context, out, self._ciphers.reference(length)):
            return None
        if not self._library.EVP_CIPHER_CTX_ctrl(self._context, _GET_TAG, size, out):
            return None
        return out.raw[:size]

    def __del__(self) -> None:
        if self._context:
            self._library.EVP_CIPHER_CTX_free(self._context)
