"""The HARDWARE hive: what the machine is, told anew each time it starts."""

from __future__ import annotations

import os

from ring3k.abi.structs.cm import REG_DWORD, REG_SZ
from ring3k.abi.version import Version
from ring3k.cm.names import string_data
from ring3k.cm.node import HIVE, KeyNode
from ring3k.cm.view import View


def describe_hardware(view: View, version: Version) -> None:
    """Its keys are volatile: they live no longer than the kernel."""
    machine = view.find(view.root, "MACHINE")
    if machine is None or view.child(machine, "HARDWARE") is not None:
        return

    def lay(parent: KeyNode, name: str, *values: tuple[str, int, bytes]) -> KeyNode:
        return view.lay(parent, name, security=parent.security, values=values)

    hardware = view.lay(machine, "HARDWARE", flags=HIVE, security=machine.security)
    identifier = "Identifier", REG_SZ, string_data("AT/AT COMPATIBLE")
    system = lay(lay(hardware, "DESCRIPTION"), "System", identifier)
    processors = lay(system, "CentralProcessor")
    values = _processor()
    for number in range(version.processors):
        lay(processors, str(number), *values)
    lay(hardware, "DEVICEMAP")
    lay(hardware, "RESOURCEMAP")


def _processor() -> tuple[tuple[str, int, bytes], ...]:
    """The first one, as the host describes it: values of its key."""
    text = ""
    try:
        file = os.open("/proc/cpuinfo", os.O_RDONLY | os.O_CLOEXEC)
        try:
            text = os.read(file, 1 << 12).decode("utf-8", "replace")
        finally:
            os.close(file)
    except OSError:
        pass

    def told(key: str, otherwise: str) -> str:
        found = text.find(f"\n{key}\t")
        line = text[found + 1 : text.find("\n", found + 1)] if found >= 0 else ""
        return line.partition(":")[2].strip() or otherwise

    numbers = told("cpu family", "6"), told("model", "8"), told("stepping", "0")
    identifier = "x86 Family {} Model {} Stepping {}".format(*numbers)
    try:
        megahertz = int(float(told("cpu MHz", "0")))
    except ValueError:
        megahertz = 0
    return (
        ("Identifier", REG_SZ, string_data(identifier)),
        ("ProcessorNameString", REG_SZ, string_data(told("model name", "unknown")[:47])),
        ("VendorIdentifier", REG_SZ, string_data(told("vendor_id", "GenuineIntel"))),
        ("~MHz", REG_DWORD, megahertz.to_bytes(4, "little")),
    )
