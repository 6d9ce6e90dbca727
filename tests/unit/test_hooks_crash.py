"""Crash reports against memory that says anything: a report comes, and soon."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.memory import Numbers
from ring3k.abi.status import GuestFault
from ring3k.abi.structs.ke import CONTEXT
from ring3k.hooks.crash.coff import FileSymbols, plain
from ring3k.hooks.crash.report import CrashReport
from ring3k.hooks.crash.stack import MOST_FRAMES, Stack, backtrace
from ring3k.hooks.crash.symbols import Exports, Symbols
from ring3k.hooks.crash.thrown import plain_name, thrown_types

BASE = 0x400000
CODE = BASE + 0x1000
STACK = 0x200000


class Memory(Numbers):
    """Some blocks of bytes."""

    def __init__(self, **blocks: bytes) -> None:
        self.blocks = {int(name[1:], 16): data for name, data in blocks.items()}

    def read(self, address: int, length: int) -> bytes:
        for start, data in self.blocks.items():
            if start <= address and address + length <= start + len(data):
                return data[address - start : address - start + length]
        raise GuestFault(address)

    def write(self, address: int, data: bytes) -> None:
        raise AssertionError("a report writes nothing")

    def probe_write(self, address: int, length: int) -> None:
        self.write(address, b"")


class Space:
    """One module, of which the second page is code."""

    def module_at(self, address: int) -> tuple[str, int, int] | None:
        return ("x.exe", BASE, BASE + 0x3000) if BASE <= address < BASE + 0x3000 else None

    def file_at(self, address: int) -> tuple[Callable[[int, int], bytes], int, int] | None:
        return None

    def is_code(self, address: int) -> bool:
        return CODE <= address < CODE + 0x1000

    def what_is(self, address: int) -> str:
        return "something"


def make(memory: Memory, code: int, parameters: tuple[int, ...], **registers: int) -> CrashReport:
    context = CONTEXT(**registers, FloatSave=CONTEXT().FloatSave, ExtendedRegisters=bytes(512))
    exception = code, registers["Eip"], parameters
    return CrashReport.make((8, 12, "x.exe"), exception, context, memory, Space(), 0x7000)


def headers(exports: int, size: int) -> bytes:
    return (pe_headers(0) + pack("<2I", exports, size)).ljust(0x1000, b"\0")


def pe_headers(sections: int) -> bytes:
    """As far as the directories."""
    dos = b"MZ".ljust(0x3C, b"\0") + pack("<I", 0x80)
    file = b"PE\0\0" + pack("<HH12xHH", 0x14C, sections, 104, 0x102)
    return dos.ljust(0x80, b"\0") + file + pack("<H94x", 0x10B)


def test_exports_are_found_below() -> None:
    directory = pack("<10I", 0, 0, 0, 0, 7, 3, 2, 0x2100, 0x2200, 0x2300)
    data = bytearray(0x1000)
    data[0 : len(directory)] = directory
    data[0x100:0x10C] = pack("<3I", 0x1000, 0x1100, 0x1080)
    data[0x200:0x208] = pack("<2I", 0x2400, 0x2410)
    data[0x300:0x304] = pack("<2H", 1, 0)
    data[0x400:0x40A] = b"second\0\0\0\0"
    data[0x410:0x416] = b"first\0"
    memory = Memory(x400000=headers(0x2000, 0x500), x402000=bytes(data))
    exports = Exports(memory, ("x.exe", BASE, BASE + 0x3000))
    assert exports.below(0xFFF) is None
    assert exports.below(0x1000) == ("first", 0)
    assert exports.below(0x1090) == ("#9", 0x10)
    assert exports.below(0x1FFF) == ("second", 0xEFF)
    place = Symbols(memory, Space()).place(CODE + 0x10)
    assert str(place) == "x.exe+0x1010 (first+0x10)"


@pytest.mark.parametrize("exports", [0, 0x2000, 0x3000, 0xFFFFFFFF])
@pytest.mark.parametrize("counts", [(0, 0), (0xFFFF, 0xFFFF), (0xFFFFFFFF, 1), (1, 0xFFFFFFFF)])
def test_bad_export_tables_are_no_names(exports: int, counts: tuple[int, int]) -> None:
    directory = pack("<10I", 0, 0, 0, 0, 0, *counts, 0xFFFFFFFF, 0x2000, 0x2FFF)
    memory = Memory(x400000=headers(exports, 0x100), x402000=directory.ljust(0x1000, b"\0"))
    assert Exports(memory, ("x.exe", BASE, BASE + 0x3000)).below(0x1000) is None


def calls(count: int) -> bytes:
    """The first page, and ``count`` calls of the beginning of the second, five bytes each."""
    return bytes(0x1000) + b"".join(b"\xe8" + pack("<i", -5 * (n + 1)) for n in range(count)).ljust(
        0x1000, b"\xcc"
    )


def frames(words: list[int], ebp: int, eip: int = CODE) -> list[tuple[int, bool]]:
    memory = Memory(x400000=calls(100), x200000=pack(f"<{len(words)}I", *words))
    return Stack(memory, Space(), Symbols(memory, Space()), STACK, STACK + 4 * len(words)).frames(eip, ebp)


def test_a_chain_of_frames() -> None:
    words = [STACK + 16, CODE + 5, 0, CODE + 20, 0, CODE + 10, CODE + 15, CODE + 14]
    assert frames(words, STACK) == [(CODE + 5, False), (CODE + 10, False), (CODE + 15, True)]


def test_a_chain_that_goes_back_ends() -> None:
    words = [STACK + 8, CODE + 5, STACK, CODE + 10, 0, 0]
    assert frames(words, STACK) == [(CODE + 5, False), (CODE + 10, False)]
    assert frames([STACK, CODE + 5], STACK) == [(CODE + 5, False)]


def test_a_bad_frame_pointer_leaves_guesses() -> None:
    words = [1, CODE + 5, 0xFFFFFFFF, CODE + 10]
    for ebp in (0, 0xFFFFFFFF, STACK + 1, STACK + 12, STACK - 4):
        assert frames(words, ebp) == [(CODE + 5, True), (CODE + 10, True)]


class Named(Space):
    """With functions at 0x1000, 0x1100 and 0x1200."""

    def file_at(self, address: int) -> tuple[Callable[[int, int], bytes], int, int] | None:
        data, at = image_file([(b"_a", 0, 1), (b"_b", 0x100, 1), (b"_c", 0x200, 1)])
        return lambda offset, length: data[offset : offset + length], at, 3


def test_functions_without_frames_are_found_by_what_is_called() -> None:
    code = bytearray(calls(0))
    for at, target in ((0x1110, 0x1000), (0x1130, 0x1200), (0x1210, 0x1100), (0x1220, 0x1000)):
        code[at : at + 5] = b"\xe8" + pack("<i", target - at - 5)
    words = [0, BASE + 0x1135, 1, BASE + 0x1115, 2, BASE + 0x1225, BASE + 0x1215, BASE + 0x1115]
    memory = Memory(x400000=bytes(code), x200000=pack("<8I", *words))
    space = Named()
    symbols = Symbols(memory, space)
    stack = Stack(memory, space, symbols, STACK, STACK + 32)
    names = [(one.place.symbol, one.place.offset, one.guess) for one in backtrace(stack, symbols, CODE, 0)]
    # a is called by b (not what is left of a call of c), b by c; then nothing fits, and any call will do
    assert names == [("a", 0x1000, False), ("b", 0x1115, True), ("c", 0x1215, True), ("b", 0x1115, True)]


def test_long_stacks_are_cut_and_folded() -> None:
    memory = Memory(x400000=calls(200), x200000=pack("<200I", *(CODE + 5 * n for n in range(1, 201))))
    stack = Stack(memory, Space(), Symbols(memory, Space()), STACK, STACK + 800)
    assert len(backtrace(stack, Symbols(memory, Space()), CODE, 0)) == MOST_FRAMES
    memory = Memory(x400000=calls(200), x200000=pack("<3000I", *[CODE + 5, CODE + 10, CODE + 15] * 1000))
    stack = Stack(memory, Space(), Symbols(memory, Space()), STACK, STACK + 12000)
    found = backtrace(stack, Symbols(memory, Space()), CODE, 0)
    assert [(one.round, one.times) for one in found] == [(0, 1), (3, 1000), (0, 1), (0, 1)]


def test_types_that_are_not_there() -> None:
    memory = Memory(
        x402000=pack("<4I", 0, 0, 0, 0x402010) + pack("<3I", 0xFFFFFFFF, 0x402010, 0x402010) + bytes(64)
    )
    assert thrown_types(memory, (0x19930520, 0, 0x402000)) == []
    assert thrown_types(memory, (0x19930520, 0, 0xFFFFFFF8)) == []
    assert thrown_types(memory, (1, 2, 0x402000)) == []
    assert thrown_types(memory, ()) == []


@pytest.mark.parametrize(
    ("decorated", "plain"),
    [
        (".?AVruntime_error@std@@", "std::runtime_error"),
        (".?AUx@@", "x"),
        (".H", "int"),
        (".PAVx@y@@", "y::x *"),
        (".?AV?$vector@H@std@@", ".?AV?$vector@H@std@@"),
        ("nonsense", "nonsense"),
    ],
)
def test_names_of_types(decorated: str, plain: str) -> None:
    assert plain_name(decorated) == plain


INTERESTING = (0, 0x19930520, BASE, STACK, STACK + 8, CODE, CODE + 10, 0xFFFFFFFF, 0x402000, 0x80, 0x1000)
CODES = (0xC0000005, 0xE06D7363, 0xC0000409, 0x80000100, 0xC0000006, 0xC00000FD, 0xC0000090)


@given(st.integers(0, 1 << 32))
def test_anything_makes_a_report(seed: int) -> None:
    chosen = Random(seed)

    def block(size: int) -> bytes:
        words = [
            chosen.getrandbits(32) if chosen.random() < 0.5 else chosen.choice(INTERESTING)
            for _ in range(size // 4)
        ]
        return pack(f"<{len(words)}I", *words)

    module = bytearray(block(0x3000))
    module[:0x100] = headers(0x2000, 0x1000)[:0x100]
    module[0x3C:0x40] = pack("<I", chosen.choice((0x80, 0x80, chosen.getrandbits(32))))
    memory = Memory(x400000=bytes(module), x200000=block(0x800), x7000=pack("<2I", 0, 0xFFFFFFFF))
    code = chosen.choice(CODES)
    parameters = tuple(chosen.choices(INTERESTING, k=chosen.randrange(16)))
    eip, ebp = chosen.choice(INTERESTING), chosen.choice(INTERESTING)
    report = make(memory, code, parameters, Eip=eip, Ebp=ebp, Esp=STACK)
    assert report.text.endswith("\n")
    assert report.as_dict()["code"] == code
    assert len(report.backtrace) <= MOST_FRAMES


def image_file(symbols: list[tuple[bytes, int, int]], strings: bytes = b"") -> tuple[bytes, int]:
    """A file with two sections at 0x1000 and 0x2000, and symbols (name, value, section)."""
    sections = [pack("<8sII24x", name, 0x800, at) for name, at in ((b".text", 0x1000), (b".data", 0x2000))]
    head = (pe_headers(2) + bytes(8) + b"".join(sections)).ljust(0x400, b"\0")
    table = b"".join(pack("<8sIhHBB", *one, 0x20, 2, 0) for one in symbols)
    return head + table + pack("<I", 4 + len(strings)) + strings, 0x400


def file_symbols(data: bytes, at: int, count: int) -> FileSymbols:
    return FileSymbols(lambda offset, length: data[offset : offset + length], at, count)


def test_symbols_of_a_file() -> None:
    long = pack("<II", 0, 4)
    data, at = image_file([(b"_main", 0x10, 1), (long, 0x100, 1), (b"_data", 0, 2)], b"__ZN3one3twoEv\0")
    found = file_symbols(data, at, 3)
    assert found.below(0x1000) is None
    assert found.below(0x1018) == ("main", 8)
    assert found.below(0x1180) == ("one::two", 0x80)
    assert found.below(0x1900) is None
    assert found.below(0x2008) == ("data", 8)


@pytest.mark.parametrize("at", [0, 1, 0x3FF, 0x400, 0x410, 0x7FFFFFFF])
@pytest.mark.parametrize("count", [0, 1, 2, 4, 1000, 0xFFFFFFFF])
def test_bad_symbol_tables(at: int, count: int) -> None:
    data, _ = image_file([(b"_main", 0xFFFFFFFF, 1), (pack("<II", 0, 0xFFFFFFFF), 0, 1)])
    file_symbols(data, at, count).below(0x1010)
    file_symbols(data[:100], at, count).below(0x1010)


@pytest.mark.parametrize(
    ("mangled", "name"),
    [
        ("_ZN3foo3barEv", "foo::bar"),
        ("_ZNK3foo3barEv", "foo::bar"),
        ("_Z4mainv", "main"),
        ("_ZN12_GLOBAL__N_14deepEi", "(anonymous)::deep"),
        ("_ZN3fooIiE3barEv", "_ZN3fooIiE3barEv"),
        ("_ZN9", "_ZN9"),
        ("WinMain@16", "WinMain"),
        ("@fast@12", "fast"),
        ("@", "@"),
    ],
)
def test_mangled_names(mangled: str, name: str) -> None:
    assert plain(mangled) == name
