"""Arguments as text and as JSON values: readable, and never an exception."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi import enums
from ring3k.abi.access import EventAccess, access_names, map_generic
from ring3k.abi.call import Declaration, syscall
from ring3k.abi.format import decode_parameter, format_parameter, quoted, show_time, show_timeout
from ring3k.abi.strings import ObjectAttributesArg, UnicodeString
from ring3k.abi.structs.lpc import PORT_MESSAGE
from ring3k.abi.structs.mm import MEM_COMMIT, MEM_RESERVE
from ring3k.abi.structs.ps import CLIENT_ID
from ring3k.abi.types import (
    Boolean,
    Handle,
    In,
    InBuffer,
    InOut,
    Long,
    NtStatus,
    Opt,
    Out,
    OutBuffer,
    Pointer,
    Sized,
    Time,
    Timeout,
    Ulong,
    pointer,
)
from ring3k.calls import all_calls
from tests.unit.hook_guest import STRINGS, Memory, Thread


@syscall()
def NtEverything(
    t: Thread,
    handle: Handle,
    result: Out[Handle],
    desired_access: EventAccess,
    attributes: Opt[In[ObjectAttributesArg]],
    event_type: enums.EventType,
    allocation_type: enums.AllocationType,
    initial_state: Boolean,
    status: NtStatus,
    timeout: Opt[In[Timeout]],
    name: In[UnicodeString],
    client: In[CLIENT_ID],
    given: Annotated[InBuffer, Sized("length")],
    length: Ulong,
    count: InOut[Long],
    address: Pointer,
    message: Annotated[int, pointer(PORT_MESSAGE)],
    filled: Annotated[OutBuffer, Sized("size", indirect=True)],
    size: InOut[Ulong],
    when: Opt[Out[Time]],
) -> None:
    """One of each."""


DECLARATION: Declaration = NtEverything.__nt_call__  # type: ignore[attr-defined]
NAMES = [p.name for p in DECLARATION.parameters]


def show(memory: Memory, moment: str = "enter", **words: int) -> dict[str, str]:
    values = [words.get(name, 0) for name in NAMES]
    return {p.name: format_parameter(p, values, memory, moment) for p in DECLARATION.parameters}


def plain(memory: Memory, moment: str = "enter", **words: int) -> dict[str, Any]:
    values = [words.get(name, 0) for name in NAMES]
    return {p.name: decode_parameter(p, values, memory, moment) for p in DECLARATION.parameters}


def test_values() -> None:
    shown = show(
        Memory(),
        handle=0x18,
        desired_access=0x1F0003,
        event_type=1,
        allocation_type=MEM_COMMIT | MEM_RESERVE | 1,
        initial_state=1,
        status=0xC0000005,
        length=0x1234,
        address=0x401000,
    )
    assert shown["handle"] == "0x18"
    assert shown["desired_access"] == "EVENT_ALL_ACCESS"
    assert shown["event_type"] == "SynchronizationEvent"
    assert shown["allocation_type"] == "MEM_COMMIT|MEM_RESERVE|0x1"
    assert shown["initial_state"] == "TRUE"
    assert shown["status"] == "STATUS_ACCESS_VIOLATION"
    assert shown["length"] == "0x1234"
    assert shown["address"] == "0x401000"
    assert show(Memory(), status=42)["status"] == "42"
    assert show(Memory(), status=0xE0000001)["status"] == "0xe0000001"
    assert show(Memory(), handle=0xFFFFFFFF)["handle"] == "NtCurrentProcess()"
    assert show(Memory(), event_type=77, desired_access=0x100002) == {
        **show(Memory()),
        "event_type": "0x4d",
        "desired_access": "EVENT_MODIFY_STATE|SYNCHRONIZE",
    }


def test_pointers() -> None:
    memory = Memory()
    memory.write(STRINGS, CLIENT_ID(UniqueProcess=8, UniqueThread=12).pack())
    memory.write_u64(STRINGS + 8, (1 << 64) - 100_000)
    memory.write_u32(STRINGS + 0x10, 0xFFFFFFFF)
    memory.write(STRINGS + 0x20, b"\6\0\6\0" + (STRINGS + 0x30).to_bytes(4, "little"))
    memory.write(STRINGS + 0x30, 'a"\n'.encode("utf-16-le"))
    shown = show(
        memory, client=STRINGS, timeout=STRINGS + 8, count=STRINGS + 0x10, name=STRINGS + 0x20, result=STRINGS
    )
    assert shown["client"] == "{UniqueProcess=0x8, UniqueThread=0xc}"
    assert shown["timeout"] == "-10 ms"
    assert shown["count"] == "-1"
    assert shown["name"] == '"a\\"\\n"'
    assert shown["result"] == f"{STRINGS:#x}"
    assert show(memory, "exit", result=STRINGS)["result"] == "out 0x8"
    assert show(memory, "failed", result=STRINGS)["result"] == f"{STRINGS:#x}"
    assert show(memory)["timeout"] == "infinite"
    assert show(memory)["attributes"] == "NULL"
    assert show(memory)["when"] == "NULL"


def test_object_attributes() -> None:
    memory = Memory()
    header = [24, 0x10, STRINGS + 0x20, 0x42, 0, 0]
    memory.write(STRINGS, b"".join(w.to_bytes(4, "little") for w in header))
    memory.write(STRINGS + 0x20, b"\4\0\4\0" + (STRINGS + 0x28).to_bytes(4, "little"))
    memory.write(STRINGS + 0x28, "\\x".encode("utf-16-le"))
    assert (
        show(memory, attributes=STRINGS)["attributes"] == '{0x10, "\\\\x", OBJ_INHERIT|OBJ_CASE_INSENSITIVE}'
    )
    decoded = plain(memory, attributes=STRINGS)["attributes"]
    assert (decoded["name"], decoded["attributes"]) == ("\\x", ["OBJ_INHERIT", "OBJ_CASE_INSENSITIVE"])
    memory.write_u32(STRINGS, 23)
    assert show(memory, attributes=STRINGS)["attributes"] == f"{STRINGS:#x} <STATUS_INVALID_PARAMETER>"


def test_buffers() -> None:
    memory = Memory()
    memory.write_u32(STRINGS, 0x40)
    shown = show(memory, given=0x5000, length=16, filled=0x6000, size=STRINGS)
    assert (shown["given"], shown["filled"]) == ("0x5000[16]", "0x6000[64]")
    assert show(memory, filled=0x6000, size=0xDEAD0000)["filled"] == "0x6000 <bad>"
    assert plain(memory, given=0x5000, length=16)["given"] == {"address": 0x5000, "length": 16}


def test_bad_pointers_never_raise() -> None:
    everything: dict[str, Any] = dict.fromkeys(NAMES, 0xDEADBEE0)
    for moment in ("enter", "exit", "failed"):
        shown = show(Memory(), moment, **everything)
        assert shown["name"] == shown["client"] == shown["attributes"] == "0xdeadbee0 <bad>"
        assert shown["message"] == "0xdeadbee0 <bad>"
        json.dumps(plain(Memory(), moment, **everything))
    assert plain(Memory(), **everything)["name"] == {"address": 0xDEADBEE0, "bad": True}
    assert format_parameter(DECLARATION.parameters[3], (), Memory()) == "?"


def test_long_strings_are_shortened_and_read_in_part() -> None:
    memory = Memory()
    memory.write(STRINGS, b"\xfe\xff\xfe\xff" + (STRINGS + 8).to_bytes(4, "little"))
    memory.write(STRINGS + 8, "x".encode("utf-16-le") * 100)
    assert show(memory, name=STRINGS)["name"] == '"' + "x" * 80 + '"...'  # far fewer than it claims are there


@given(st.text(st.characters(), max_size=60))
def test_quoting_leaves_nothing_dangerous(text: str) -> None:
    shown = quoted(text)
    assert shown.startswith('"')
    assert shown.isprintable()


def test_times() -> None:
    assert show_timeout(0) == "0"
    assert show_timeout(-15_000_000) == "-1.5 s"
    assert show_timeout(-1) == "-0.0001 ms"
    assert show_time(116444736000000000) == "1970-01-01 00:00:00.0000000"
    assert show_timeout(116444736000000001) == "until 1970-01-01 00:00:00.0000001"
    for value in (-1, 1 << 63, -(1 << 63), (1 << 63) - 1):
        assert show_time(value) == str(value)


def test_access_masks() -> None:
    assert access_names(0x80100080, "File") == "FILE_READ_ATTRIBUTES|SYNCHRONIZE|GENERIC_READ"
    assert access_names(0, "Event") == "0"
    assert access_names(0x400000) == "0x400000"
    assert access_names(0x1F0FFF, "Process") == "PROCESS_ALL_ACCESS"
    assert map_generic(0x80000000, "Event") == 0x20001
    assert map_generic(0x10000000, "Section") == 0xF001F
    assert map_generic(0x40000002, "Directory") == 0x2000E


def test_every_parameter_of_every_call_formats() -> None:
    for declaration in all_calls().values():
        for p in declaration.parameters:
            for word in (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
                values = [word] * declaration.words
                for moment in ("enter", "exit"):
                    assert isinstance(format_parameter(p, values, Memory(), moment), str)
                    json.dumps(decode_parameter(p, values, Memory(), moment))


@given(st.binary(min_size=0x100, max_size=0x100), st.sampled_from(["enter", "exit", "failed"]))
def test_hostile_memory(data: bytes, moment: str) -> None:
    memory = Memory()
    memory.write(STRINGS, data)
    calls = all_calls()
    for name in ("NtCreateFile", "NtCreateKey", "NtCreateToken", "NtConnectPort"):
        declaration = calls[name]
        values = [STRINGS] * declaration.words
        for p in declaration.parameters:
            assert format_parameter(p, values, memory, moment).isprintable()
            json.dumps(decode_parameter(p, values, memory, moment))


@pytest.mark.parametrize("kind", ["File", "Key", "Process", "Thread", "Token", "Section", "Job"])
def test_every_bit_has_one_name(kind: str) -> None:
    for bit in range(32):
        names = access_names(1 << bit, kind).split("|")
        assert len(names) == 1
