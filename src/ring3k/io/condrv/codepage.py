"""Code pages of consoles: bytes to text and back."""

from __future__ import annotations

import codecs

DEFAULT_CODE_PAGE = 437
UTF8 = 65001
_NAMES = {
    0: "cp437",
    1: "cp437",
    20127: "ascii",
    20866: "koi8-r",
    21866: "koi8-u",
    51932: "euc-jp",
    51949: "euc-kr",
    65000: "utf-7",
    UTF8: "utf-8",
}


def codec_name(code_page: int) -> str | None:
    """Python's name of a code page."""
    name = _NAMES.get(code_page)
    if name is None:
        name = f"iso8859-{code_page - 28590}" if 28591 <= code_page <= 28606 else f"cp{code_page}"
    try:
        codecs.lookup(name)
    except LookupError:
        return None
    return name


class CodePage:
    """One direction of a console: bytes may come in parts of a character."""

    def __init__(self, number: int = DEFAULT_CODE_PAGE) -> None:
        self.number = number
        self._name = codec_name(number) or "latin-1"
        self._decoder = codecs.getincrementaldecoder(self._name)("replace")

    def decode(self, data: bytes) -> str:
        """Text in UTF-16 units."""
        text = self._decoder.decode(data)
        if text.isascii() or max(text) <= "\uffff":
            return text
        return units(text)

    def encode(self, text: str) -> bytes:
        """What cannot be said is a question mark."""
        if "\ud800" <= max(text, default="") <= "\udfff":
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return text.encode(self._name, "replace")


def units(text: str) -> str:
    """A string with one character for each UTF-16 unit."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return "".join(map(chr, memoryview(raw).cast("H")))


def from_utf16(data: bytes) -> str:
    """UTF-16 of a guest, one character for each unit."""
    try:
        text = data.decode("utf-16-le")
        if len(text) * 2 == len(data):
            return text
    except UnicodeDecodeError:
        pass
    return "".join(map(chr, memoryview(data).cast("H")))


def to_utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")
