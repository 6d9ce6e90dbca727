"""Registrar scripts: what DLLs carry to describe their classes, and other data of theirs.

    HKCR
    {
        NoRemove CLSID
        {
            ForceRemove '{...}' = s 'A class'
            {
                InprocServer32 = s '%MODULE%' { val ThreadingModel = s 'Both' }
            }
        }
    }

``NoRemove`` is about taking away what a script has made and means nothing here;
``ForceRemove`` wants a key to be new, ``Delete`` wants it gone.  ``%NAME%`` in
strings stands for what the caller says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ring3k.abi.structs.cm import REG_BINARY, REG_DWORD, REG_EXPAND_SZ, REG_SZ
from ring3k.cm.regfile import Change, SyntaxFault, nt_path

_TOKEN = re.compile(r"\s*(?:(\{[0-9A-Fa-f-]{36}\}|[^\s{}='][^\s{}=]*)|([{}=])|'((?:[^']|'')*)')")
_WORD, _QUOTED, _SIGN = "word", "quoted", "sign"
MOST_LEVELS = 64

Token = tuple[str, str]


def parse_rgs(text: str, names: Mapping[str, str]) -> Iterator[Change]:
    """The changes that a script asks for, in their order; SyntaxFault."""
    tokens = _Tokens(text)
    while not tokens.ended:
        kind, root = tokens.take("the name of a root key")
        if kind == _SIGN:
            raise tokens.fault(f"{root!r} where a root key should be")
        tokens.expect("{")
        yield from _keys(tokens, nt_path(_named(root, names)), names, 0)


def _keys(tokens: _Tokens, path: str, names: Mapping[str, str], level: int) -> Iterator[Change]:
    """What stands in braces: keys and values of ``path``."""
    if level > MOST_LEVELS:
        raise tokens.fault("keys are nested too deep")
    while True:
        kind, word = tokens.take("}")
        if kind == _SIGN:
            if word == "}":
                return
            raise tokens.fault(f"{word!r} where a name should be")
        before = word.upper() if kind == _WORD else ""
        if before == "VAL":
            name = _named(tokens.take("the name of a value")[1], names)
            tokens.expect("=")
            yield Change(path, name, *_data(tokens, names))
            continue
        if before in ("NOREMOVE", "FORCEREMOVE", "DELETE"):
            word = tokens.take("the name of a key")[1]
        below = f"{path}\\{_named(word, names)}"
        if before in ("FORCEREMOVE", "DELETE"):
            yield Change(below, None, None)
        if before == "DELETE":
            continue
        yield Change(below, None, 0)
        if tokens.skip("="):
            yield Change(below, "", *_data(tokens, names))
        if tokens.skip("{"):
            yield from _keys(tokens, below, names, level + 1)


def _data(tokens: _Tokens, names: Mapping[str, str]) -> tuple[int, bytes]:
    """``s 'text'``, ``d 1``, ``b 00ff``, ``e '%expanded%'``."""
    form = tokens.take("a type")[1].lower()
    text = tokens.take("data")[1]
    try:
        if form in ("s", "e"):
            data = (_named(text, names) + "\0").encode("utf-16-le", "surrogatepass")
            return REG_SZ if form == "s" else REG_EXPAND_SZ, data
        if form == "d":
            return REG_DWORD, (int(text, 0) & 0xFFFFFFFF).to_bytes(4, "little")
        if form == "b":
            return REG_BINARY, bytes.fromhex(text)
    except ValueError:
        raise tokens.fault(f"{text[:40]!r} is no data of type {form}") from None
    raise tokens.fault(f"{form!r} is no type: there are s, e, d and b")


def _named(text: str, names: Mapping[str, str]) -> str:
    if "%" not in text:
        return text

    def value(found: re.Match[str]) -> str:
        return names.get(found[1].upper(), found[0]) if found[1] else "%"

    return re.sub("%([^%]*)%", value, text)


class _Tokens:
    """The words of a script, one at a time."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip("\0 \t\r\n")
        self._at = 0
        self._next = self._read()

    @property
    def ended(self) -> bool:
        return self._next is None

    def _read(self) -> Token | None:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            if self._text[self._at :].strip():
                raise self.fault("a quotation mark is missing")
            return None
        self._at = found.end()
        word, sign, quoted = found.groups()
        if sign is not None:
            return _SIGN, sign
        return (_QUOTED, quoted.replace("''", "'")) if quoted is not None else (_WORD, word)

    def take(self, wanted: str) -> Token:
        found = self._next
        if found is None:
            raise self.fault(f"it ends where {wanted} should be")
        self._next = self._read()
        return found

    def skip(self, sign: str) -> bool:
        """Whether this sign is next; then it is taken."""
        if self._next != (_SIGN, sign):
            return False
        self._next = self._read()
        return True

    def expect(self, sign: str) -> None:
        if not self.skip(sign):
            raise self.fault(f"no {sign}")

    def fault(self, text: str) -> SyntaxFault:
        return SyntaxFault(f"line {self._text.count(chr(10), 0, self._at) + 1}: {text}")
