"""What a terminal sends for a key, as key events.

The keyboard is a US one: that is what tells which key and which modifiers belong to a
character.  A lone escape character and the begin of a sequence look the same; what is not
complete is kept, and ``flush`` is called when nothing has come for a while.
"""

from __future__ import annotations

import codecs
import re

from ring3k.io.condrv import protocol as p

_SEQUENCE = re.compile(r"\x1b(?:\[\[?([<=>?]?)([0-9;]*)([A-Za-z~^$@])|O([0-9;]*)([A-Za-z]))")
_BEGUN = re.compile(r"\x1b(?:\[\[?[<=>?]?[0-9;]*|O[0-9;]*)?\Z")
_LETTERS = {
    "A": p.VK_UP, "B": p.VK_DOWN, "C": p.VK_RIGHT, "D": p.VK_LEFT, "H": p.VK_HOME, "F": p.VK_END,
    "P": p.VK_F1, "Q": p.VK_F1 + 1, "R": p.VK_F1 + 2, "S": p.VK_F1 + 3,
}  # fmt: skip
_NUMBERS = {
    1: p.VK_HOME, 2: p.VK_INSERT, 3: p.VK_DELETE, 4: p.VK_END,
    5: p.VK_PRIOR, 6: p.VK_NEXT, 7: p.VK_HOME, 8: p.VK_END,
    11: 0x70, 12: 0x71, 13: 0x72, 14: 0x73, 15: 0x74, 17: 0x75,
    18: 0x76, 19: 0x77, 20: 0x78, 21: 0x79, 23: 0x7A, 24: 0x7B,
}  # fmt: skip
_ENHANCED = {
    p.VK_UP, p.VK_DOWN, p.VK_LEFT, p.VK_RIGHT, p.VK_HOME, p.VK_END,
    p.VK_PRIOR, p.VK_NEXT, p.VK_INSERT, p.VK_DELETE,
}  # fmt: skip
_PLAIN = "`-=[]\\;',./"
_SHIFTED = '~_+{}|:"<>?'
_PUNCTUATION = (0xC0, 0xBD, 0xBB, 0xDB, 0xDD, 0xDC, 0xBA, 0xDE, 0xBC, 0xBE, 0xBF)
_SCAN_ROWS = {0x02: "1234567890-=", 0x10: "QWERTYUIOP[]", 0x1E: "ASDFGHJKL;'`", 0x2B: "\\ZXCVBNM,./"}
_SCAN_KEYS = {
    p.VK_ESCAPE: 0x01, p.VK_BACK: 0x0E, p.VK_TAB: 0x0F, p.VK_RETURN: 0x1C, p.VK_CONTROL: 0x1D,
    p.VK_SHIFT: 0x2A, p.VK_MENU: 0x38, p.VK_SPACE: 0x39, p.VK_CANCEL: 0x46, p.VK_HOME: 0x47,
    p.VK_UP: 0x48, p.VK_PRIOR: 0x49, p.VK_LEFT: 0x4B, p.VK_RIGHT: 0x4D, p.VK_END: 0x4F, p.VK_DOWN: 0x50,
    p.VK_NEXT: 0x51, p.VK_INSERT: 0x52, p.VK_DELETE: 0x53, 0x7A: 0x57, 0x7B: 0x58,
}  # fmt: skip


def _characters() -> dict[str, tuple[int, int]]:
    """Virtual key and modifiers of what a US keyboard can type."""
    found = {" ": (p.VK_SPACE, 0)}
    for number in range(26):
        found[chr(97 + number)] = (65 + number, 0)
        found[chr(65 + number)] = (65 + number, p.SHIFT_PRESSED)
    for digit, shifted in zip("1234567890", "!@#$%^&*()", strict=True):
        found[digit] = (ord(digit), 0)
        found[shifted] = (ord(digit), p.SHIFT_PRESSED)
    for plain, shifted, key in zip(_PLAIN, _SHIFTED, _PUNCTUATION, strict=True):
        found[plain] = (key, 0)
        found[shifted] = (key, p.SHIFT_PRESSED)
    return found


def _scan_codes() -> dict[int, int]:
    found = dict(_SCAN_KEYS)
    punctuation = dict(zip(_PLAIN, _PUNCTUATION, strict=True))
    for first, row in _SCAN_ROWS.items():
        for number, one in enumerate(row):
            found[punctuation.get(one, ord(one))] = first + number
    for number in range(10):
        found[p.VK_F1 + number] = 0x3B + number
    return found


class KeyDecoder:
    """Bytes of a terminal to input records."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""
        self._keys = _characters()
        self._scan = _scan_codes()

    @property
    def pending(self) -> bool:
        """Whether there is something that may be the begin of a sequence."""
        return bool(self._pending)

    def feed(self, data: bytes) -> list[bytes]:
        """The records of what is complete."""
        return self._decode(self._pending + self._decoder.decode(data), False)

    def flush(self) -> list[bytes]:
        """Nothing more comes: the records of what is left."""
        return self._decode(self._pending, True)

    def _decode(self, text: str, final: bool) -> list[bytes]:
        self._pending = ""
        out: list[bytes] = []
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                self._character(out, text[at], 0)
                at += 1
                continue
            found = _SEQUENCE.match(text, at)
            if found is not None:
                self._sequence(out, *found.groups())
                at = found.end()
            elif not final and _BEGUN.match(text, at):
                self._pending = text[at:]
                break
            elif at + 1 < len(text) and text[at + 1] != "\x1b":
                self._character(out, text[at + 1], p.LEFT_ALT_PRESSED)
                at += 2
            else:
                self._press(out, p.VK_ESCAPE, "\x1b", 0)
                at += 1
        return out

    def _sequence(
        self, out: list[bytes], private: str | None, numbers: str | None, final: str | None,
        keypad_numbers: str | None, keypad: str | None,
    ) -> None:  # fmt: skip
        if private:
            return
        letter = final or keypad or ""
        parts = [int(one[:6] or 0) for one in (numbers or keypad_numbers or "").split(";")]
        bits = (parts[-1] - 1 if len(parts) > 1 else 0) & 7
        state = (
            p.SHIFT_PRESSED * (bits & 1)
            | p.LEFT_ALT_PRESSED * (bits >> 1 & 1)
            | p.LEFT_CTRL_PRESSED * (bits >> 2 & 1)
        )
        if letter == "Z":
            self._press(out, p.VK_TAB, "\t", state | p.SHIFT_PRESSED)
            return
        key = _NUMBERS.get(parts[0]) if letter == "~" else _LETTERS.get(letter)
        if key is not None:
            self._press(out, key, "", state)

    def _character(self, out: list[bytes], one: str, state: int) -> None:
        if one in ("\x7f", "\b"):
            # The backspace key sends one of them; with Ctrl the other, which few terminals tell apart
            self._press(out, p.VK_BACK, "\b", state)
        elif one == "\r":
            self._press(out, p.VK_RETURN, "\r", state)
        elif one == "\n":
            self._press(out, p.VK_RETURN, "\n", state | p.LEFT_CTRL_PRESSED)
        elif one == "\t":
            self._press(out, p.VK_TAB, "\t", state)
        elif one == "\x1c":  # there is no key for Ctrl-Break on a terminal
            self._press(out, p.VK_CANCEL, "", state | p.LEFT_CTRL_PRESSED)
        elif one == "\0":
            self._press(out, p.VK_SPACE, " ", state | p.LEFT_CTRL_PRESSED)
        elif one < "\x1b":
            self._press(out, ord(one) + 64, one, state | p.LEFT_CTRL_PRESSED)
        elif one < " ":
            key, _ = self._keys.get(chr(ord(one) + 64), (0, 0))
            self._press(out, key, one, state | p.LEFT_CTRL_PRESSED)
        elif one > "\uffff":
            pair = one.encode("utf-16-le")
            for half in (pair[:2], pair[2:]):
                self._press(out, 0, chr(int.from_bytes(half, "little")), state)
        else:
            key, shift = self._keys.get(one, (0, 0))
            self._press(out, key, one, state | shift)

    def _press(self, out: list[bytes], key: int, character: str, state: int) -> None:
        """The modifiers down, the key down and up, the modifiers up."""
        number = ord(character) if character else 0
        held, modifiers = 0, []
        for bit, one in (
            (p.SHIFT_PRESSED, p.VK_SHIFT),
            (p.LEFT_ALT_PRESSED, p.VK_MENU),
            (p.LEFT_CTRL_PRESSED, p.VK_CONTROL),
        ):
            if state & bit:
                held |= bit
                modifiers.append((bit, one))
                out.append(self._record(True, one, 0, held))
        mark = p.ENHANCED_KEY if key in _ENHANCED else 0
        out.append(self._record(True, key, number, held | mark))
        out.append(self._record(False, key, number, held | mark))
        for bit, one in reversed(modifiers):
            held &= ~bit
            out.append(self._record(False, one, 0, held))

    def _record(self, down: bool, key: int, character: int, state: int) -> bytes:
        return p.KEY_RECORD.pack(p.KEY_EVENT, down, 1, key, self._scan.get(key, 0), character, state)
