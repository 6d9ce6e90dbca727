"""The two images of the floating-point unit: FXSAVE (512 bytes) and FNSAVE (FLOATING_SAVE_AREA).

Engines speak FXSAVE; programs that look at ``CONTEXT.FloatSave`` expect FNSAVE.
Both list the registers from the top of the stack; the full tag word lists
physical registers and says what is in each, the abridged one only whether
something is.  Control, status and tag words are zero-extended, as NT leaves them
on processors with FXSR.

A guest's MXCSR is masked: a reserved bit would fault when the state is loaded.
"""

from __future__ import annotations

from struct import Struct

MXCSR_VALID = 0xFFFF
_HEAD = Struct("<HHBxHIHxxIHxxI")  # up to MXCSR
_USED = 288  # XMM0-7 end here; what follows is not a 32-bit program's
_EMPTY = 3

# FNSAVE's seven words, the registers, Cr0NpxState
FloatSave = tuple[int, int, int, int, int, int, int, bytes, int]

# The x87 part of an FXSAVE image, the same as FNSAVE, and the whole as a program was shown it
FloatSeen = tuple[bytes, FloatSave, bytes]

# Selectors of the host's flat segments, and what Windows calls them.
_TO_NT = {0x23: 0x1B, 0x2B: 0x23}
_FROM_NT = {value: key for key, value in _TO_NT.items()}


def tag_word(abridged: int, top: int, registers: bytes) -> int:
    """The full tag word; ``registers`` are 80 bytes from the top of the stack."""
    if not abridged:
        return 0xFFFF
    result = 0
    for physical in range(8):
        tag = _EMPTY
        if abridged >> physical & 1:
            at = 10 * ((physical - top) & 7)
            mantissa = int.from_bytes(registers[at : at + 8], "little")
            exponent = int.from_bytes(registers[at + 8 : at + 10], "little") & 0x7FFF
            if exponent == 0 and mantissa == 0:
                tag = 1
            elif exponent in (0, 0x7FFF) or not mantissa >> 63:
                tag = 2  # denormal, infinity, NaN, unnormal
            else:
                tag = 0
        result |= tag << 2 * physical
    return result


def abridged_tag(tag: int) -> int:
    """One bit for each register that is not empty."""
    return sum(1 << i for i in range(8) if tag >> 2 * i & 3 != _EMPTY)


def x87_of(image: bytes) -> bytes:
    """What of an FXSAVE image FNSAVE would store."""
    return image[:24] + image[32:160]


def to_fnsave(image: bytes) -> FloatSave:
    """What FNSAVE would have stored, Cr0NpxState last."""
    control, status, abridged, opcode, ip, cs, dp, ds, _ = _HEAD.unpack_from(image)
    registers = b"".join([image[at : at + 10] for at in range(32, 160, 16)])
    tag = tag_word(abridged, status >> 11 & 7, registers)
    return (control, status, tag, ip, _TO_NT.get(cs, cs) | opcode << 16, dp, _TO_NT.get(ds, ds), registers, 0)


def with_fnsave(image: bytes, save: FloatSave) -> bytes:
    """An FXSAVE image whose x87 part comes from a FLOATING_SAVE_AREA."""
    control, status, tag, ip, selector, dp, data_selector, registers, _ = save
    mxcsr = int.from_bytes(image[24:28], "little")
    cs, ds = selector & 0xFFFF, data_selector & 0xFFFF
    head = _HEAD.pack(
        control & 0xFFFF,
        status & 0xFFFF,
        abridged_tag(tag),
        selector >> 16 & 0x7FF,
        ip,
        _FROM_NT.get(cs, cs),
        dp,
        _FROM_NT.get(ds, ds),
        mxcsr,
    )
    slots = b"".join([registers[at : at + 10] + bytes(6) for at in range(0, 80, 10)])
    return head + image[28:32] + slots + image[160:]


def shown_fxsave(image: bytes) -> bytes:
    """The part of an FXSAVE image that belongs to a 32-bit program."""
    return image[:_USED] + bytes(512 - _USED)


def safe_fxsave(image: bytes) -> bytes:
    """A guest's FXSAVE image made fit to load."""
    mxcsr = int.from_bytes(image[24:28], "little") & MXCSR_VALID
    return image[:24] + mxcsr.to_bytes(4, "little") + b"\xff\xff\0\0" + image[32:_USED] + bytes(512 - _USED)
