"""Devices whose driver is loaded when somebody first opens them: most programs never do."""

from __future__ import annotations

from ring3k.compiled import load
from ring3k.io.device import Device
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread


class LateDevice(Device):
    """Stands in a device's place until then."""

    def __init__(self, kernel: Kernel, driver: str, *arguments: Any) -> None:
        """``driver``: module and class (``ring3k.io.ksec.SecurityDevice``); ``arguments``: its own."""
        super().__init__(kernel)
        self._driver = driver
        self._arguments = arguments

    def parse(self, t: KThread | None, rest: str, attributes: int, context: Any) -> Any:
        return self.load().parse(t, rest, attributes, context)

    def load(self) -> Device:
        """Make the device, and let it take this one's place."""
        module, _, name = self._driver.rpartition(".")
        device: Device = getattr(load(module), name)(self.kernel, *self._arguments)
        place = self.directory
        if place is not None:
            own, security = self.name, self.query_security()
            device.make_permanent()
            self.make_temporary()
            place.add(own, device)
            if security is not None:
                device.set_security(security)
        return device
