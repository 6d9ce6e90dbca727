"""Writes the fuzzer's table out of the declarations of the system calls.

    gen_fuzz.py OUT.c

What a declaration says of an argument becomes the way it is made up: enumerations from their values and some
beside them, flags from their bits, handles from those the program has, pointers good and bad.  What must not
be called is here, with the reason.
"""

from __future__ import annotations

import sys

from ring3k.abi import strings
from ring3k.abi.call import Declaration
from ring3k.abi.strings import OBJ_PERMANENT
from ring3k.abi.tables import table
from ring3k.abi.types import POINTER, Parameter, Scalar
from ring3k.calls import all_calls

VERSIONS = ("nt50", "nt51")

EXCLUDED = {
    "NtTerminateProcess": "ends the program",
    "NtSuspendProcess": "stops the program for good, with its own watchdog",
    "NtShutdownSystem": "ends the system",
    "NtSetSystemPowerState": "ends the system",
    "NtInitiatePowerAction": "ends the system",
    "NtMakePermanentObject": "what it keeps stays by design, and would count as lost",
    "NtSetDefaultHardErrorPort": "what it keeps stays by design, and would count as lost",
}
# Once where others come 256 times: they end the thread or take its memory away, and the program with it.
RARE = (
    "NtContinue",
    "NtCreateThread",
    "NtDebugActiveProcess",
    "NtDisplayString",
    "NtFreeVirtualMemory",
    "NtProtectVirtualMemory",
    "NtRaiseException",
    "NtSetContextThread",
    "NtSetLdtEntries",
    "NtSuspendThread",
    "NtTerminateJobObject",
    "NtTerminateThread",
    "NtUnmapViewOfSection",
    "NtWriteVirtualMemory",
)
# Once in sixteen: they wait for somebody who may never come, and their thread is ended then.
WAITING = (
    "NtConnectPort",
    "NtGetPlugPlayEvent",
    "NtListenPort",
    "NtNotifyChangeDirectoryFile",
    "NtNotifyChangeKey",
    "NtNotifyChangeMultipleKeys",
    "NtRaiseHardError",
    "NtRemoveIoCompletion",
    "NtReplyWaitReceivePort",
    "NtReplyWaitReceivePortEx",
    "NtReplyWaitReplyPort",
    "NtRequestWaitReplyPort",
    "NtSecureConnectPort",
    "NtSetHighWaitLowEventPair",
    "NtSetLowWaitHighEventPair",
    "NtWaitHighEventPair",
    "NtWaitLowEventPair",
)
# Values that an argument never has.
NEVER = {
    ("NtRaiseHardError", "valid_response_options"): (6,),  # shuts down
}
WEIGHT = 256
VALUES_MOST = 128
# What handles are of, as the arguments are called; longer names first where one is part of another.
KINDS = (
    "keyed_event",
    "event_pair",
    "event",
    "mutant",
    "semaphore",
    "timer",
    "section",
    "thread",
    "process",
    "file",
    "key",
    "token",
    "directory",
    "link",
    "profile",
    "io_completion",
    "job",
    "debug_object",
    "port",
)
LIKE = {"device": "file", "debug_port": "debug_object"}


def handle_kind(name: str) -> int:
    """Which handles an argument of this name wants: 0 any, or a number of ``KINDS`` from 1 on."""
    name = LIKE.get(name, name)
    return next((number for number, kind in enumerate(KINDS, 1) if kind in name), 0)


class Table:
    """The rows, as C source."""

    def __init__(self) -> None:
        self.values: list[int] = []
        self.parameters: list[str] = []
        self.calls: list[str] = []

    def add(self, declaration: Declaration, versions: int) -> None:
        name = declaration.name
        weight = WEIGHT // 16 if name in WAITING else WEIGHT
        weight = 0 if name in EXCLUDED else 1 if name in RARE else weight
        first = len(self.parameters)
        for parameter in declaration.parameters:
            self.parameters.append(self._parameter(declaration, parameter))
        count = len(declaration.parameters)
        self.calls.append(f'{{"{name}", {versions}, {count}, {weight}, {first}}}')

    def _parameter(self, declaration: Declaration, parameter: Parameter) -> str:
        kind, size, values = self._kind(declaration, parameter)
        never = NEVER.get((declaration.name, parameter.name), ())
        values = [one & 0xFFFFFFFF for one in values if one not in never][:VALUES_MOST]
        first = len(self.values)
        self.values += values
        return f"{{{kind}, {int(parameter.optional)}, {parameter.words}, {size}, {first}, {len(values)}}}"

    def _kind(self, declaration: Declaration, parameter: Parameter) -> tuple[str, int, list[int]]:
        codec = parameter.codec
        if parameter.kind == "value":
            return self._value(declaration, parameter, codec)
        if parameter.kind in ("inbuffer", "outbuffer"):
            return "BUFFER", 0, []
        if isinstance(codec, strings._ObjectAttributesCodec):
            return "ATTRIBUTES", 0, []
        if isinstance(codec, strings._UnicodeStringCodec) or codec is strings.UNICODE_STRING:
            return "STRING", 0, []
        if isinstance(codec, Scalar):
            if codec.style in ("timeout", "time"):
                return "TIME", 8, []
            if codec.style == "handle" and parameter.kind != "in":
                return "HANDLE_OUT", 4, [handle_kind(parameter.name)]
        return "DATA", min(codec.width(4), 0x400), []

    def _value(
        self, declaration: Declaration, parameter: Parameter, codec: Scalar
    ) -> tuple[str, int, list[int]]:
        if codec.style == "handle":
            return "HANDLE_OF", 0, [handle_kind(parameter.name)]
        if codec.style == "access":
            return "ACCESS", 0, []
        if codec.style in ("enum", "flags") and codec.values:
            values = [value for value, _ in codec.values if value != OBJ_PERMANENT or codec.group != "OBJ_*"]
            return "CHOICE" if codec.style == "enum" else "BITS", 0, values
        if codec.style == "bool":
            return "CHOICE", 0, [0, 1]
        if any(other.measure is parameter for other in declaration.parameters):
            return "LENGTH", 0, []
        if codec.size == POINTER and codec.name.startswith("P"):
            routine = "routine" in parameter.name
            needed = declaration.name == "NtQueueApcThread"  # a routine at 0 is called, too
            return ("ROUTINE", int(needed), []) if routine else ("ADDRESS", 0, [])
        return "NUMBER", 0, []


def source() -> str:
    """The C file."""
    found = all_calls()
    rows = Table()
    numbers = [table(version) for version in VERSIONS]
    for name in sorted({name for one in numbers for name in one} & found.keys()):
        rows.add(found[name], sum(1 << bit for bit, one in enumerate(numbers) if name in one))
    return "\n".join(
        [
            "/* Written by gen_fuzz.py from the declarations of the system calls. */",
            '#include "fuzz.h"',
            f"const ULONG values[] = {{{', '.join(f'{one:#x}' for one in [*rows.values, 0])}}};",
            "const char *const kinds[] = {",
            *(f'    "{one}",' for one in ("any", *KINDS)),
            "};",
            "const struct parameter parameters[] = {",
            *(f"    {one}," for one in rows.parameters),
            "};",
            "const struct call calls[] = {",
            *(f"    {one}," for one in rows.calls),
            "};",
            "const ULONG call_count = sizeof(calls) / sizeof(calls[0]);",
            "",
        ]
    )


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: gen_fuzz.py OUT.c", file=sys.stderr)
        return 2
    with open(arguments[0], "w", encoding="ascii") as file:
        file.write(source())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
