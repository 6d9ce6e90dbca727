"""\\SeRmCommandPort before anybody has come to it: most programs never do, and ports take time to load."""

from __future__ import annotations

from ring3k.ob.namespace import Namespace
from ring3k.ob.object import Object
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.lpc.command_port import CommandPort

NAME = "\\SeRmCommandPort"


class LatePort(Object):
    """Stands in the port's place until somebody connects."""

    type_name = "Port"

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.served: CommandPort | None = None
        kernel.part(Namespace).insert(NAME, self)

    def load(self) -> CommandPort:
        """Make the port, which takes this one's name."""
        from ring3k.lpc.command_port import CommandPort

        self.make_temporary()
        self.served = CommandPort(self.kernel)
        return self.served

    def close(self) -> None:
        """The machine ends."""
        if self.served is not None:
            self.served.close()
