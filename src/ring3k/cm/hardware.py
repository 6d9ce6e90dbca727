"""The HARDWARE hive: what the machine is, told anew each time it starts."""

from __future__ import annotations

import os

from ring3k.abi.structs.cm import REG_DWORD, REG_SZ
from ring3k.abi.version import Version
from ring3k.cm.names import string_data
from ring3k.cm.node import HIVE, KeyNode
from ring3k.cm.view import View
from ring3k.typed import NamedTuple


class Processor(NamedTuple):
    """The first one, as the host describes it."""

    name: str
    identifier: str
    vendor: str
    megahertz: int


def describe_hardware(view: View, version: Version) -> None:
    """Its keys are volatile: they live no longer than the kernel."""
    machine = view.find(view.root, "MACHINE")
    if machine is None or view.child(machine, "HARDWARE") is not None:
        return

    def lay(parent: KeyNode, name: str) -> KeyNode:
        return view.lay(parent, name, security=parent.security)

    hardware = view.lay(machine, "HARDWARE", flags=HIVE, security=machine.security)
    system = lay(lay(hardware, "DESCRIPTION"), "System")
    view.lend(system, "Identifier", REG_SZ, string_data("AT/AT COMPATIBLE"))
    processor = _processor()
    processors = lay(system, "CentralProcessor")
    for number in range(version.processors):
        one = lay(processors, str(number))
        view.lend(one, "Identifier", REG_SZ, string_data(processor.identifier))
        view.lend(one, "ProcessorNameString", REG_SZ, string_data(processor.name))
        view.lend(one, "VendorIdentifier", REG_SZ, string_data(processor.vendor))
        view.lend(one, "~MHz", REG_DWORD, processor.megahertz.to_bytes(4, "little"))
    lay(hardware, "DEVICEMAP")
    lay(hardware, "RESOURCEMAP")


def _processor() -> Processor:
    cpu: dict[str, str] = {}
    try:
        file = os.open("/proc/cpuinfo", os.O_RDONLY | os.O_CLOEXEC)
        try:
            text = os.read(file, 1 << 12).decode("utf-8", "replace")
        finally:
            os.close(file)
        for line in text.partition("\n\n")[0].split("\n"):
            key, _, value = line.partition(":")
            cpu[key.strip()] = value.strip()
    except OSError:
        pass
    numbers = (cpu.get("cpu family", "6"), cpu.get("model", "8"), cpu.get("stepping", "0"))
    try:
        speed = int(float(cpu.get("cpu MHz", "0")))
    except ValueError:
        speed = 0
    return Processor(
        name=cpu.get("model name", "unknown")[:47],
        identifier="x86 Family {} Model {} Stepping {}".format(*numbers),
        vendor=cpu.get("vendor_id", "GenuineIntel"),
        megahertz=speed,
    )
