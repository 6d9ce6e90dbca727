"""The HARDWARE hive: what the machine is, told anew each time it starts."""

from __future__ import annotations

from ring3k.abi.structs.cm import REG_DWORD, REG_SZ
from ring3k.abi.version import Version
from ring3k.cm.names import string_data
from ring3k.cm.node import HIVE
from ring3k.cm.registry import Registry
from ring3k.typed import NamedTuple


class Processor(NamedTuple):
    """The first one, as the host describes it."""

    name: str
    identifier: str
    vendor: str
    megahertz: int


def describe_hardware(registry: Registry, version: Version) -> None:
    """Its keys are volatile: they live no longer than the kernel."""
    machine = registry.find(registry.root, "MACHINE")
    if machine is None or registry.child(machine, "HARDWARE") is not None:
        return
    hardware = registry.create(machine, "HARDWARE", volatile=True, flags=HIVE, security=machine.security)
    system = registry.ensure(hardware, "DESCRIPTION\\System")
    registry.set_value(system, "Identifier", REG_SZ, string_data("AT/AT COMPATIBLE"))
    processor = _processor()
    for number in range(version.processors):
        one = registry.ensure(system, f"CentralProcessor\\{number}")
        registry.set_value(one, "Identifier", REG_SZ, string_data(processor.identifier))
        registry.set_value(one, "ProcessorNameString", REG_SZ, string_data(processor.name))
        registry.set_value(one, "VendorIdentifier", REG_SZ, string_data(processor.vendor))
        registry.set_value(one, "~MHz", REG_DWORD, processor.megahertz.to_bytes(4, "little"))
    registry.ensure(hardware, "DEVICEMAP")
    registry.ensure(hardware, "RESOURCEMAP")


def _processor() -> Processor:
    cpu: dict[str, str] = {}
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if not line.strip():
                    break
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
