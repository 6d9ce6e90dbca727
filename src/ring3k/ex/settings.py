"""What NtSetSystemInformation sets, and NtQuerySystemInformation shows again."""

from __future__ import annotations

from ring3k.typed import Any

FLG_MAINTAIN_OBJECT_TYPELIST = 0x4000  # can be set when the system starts only


class SystemSettings:
    """Of one system."""

    def __init__(self) -> None:
        self.global_flag = 0
        self.dpc_behavior = b"".join(one.to_bytes(4, "little") for one in (0, 4, 3, 20, 20))
        self.cache_working_set = (0x180 << 12, 0x200 << 12)
        self.time_adjustment = 156_250
        self.synchronized = True  # nobody adjusts the clock
        self.time_slip: Any = None  # the event that is set when the time is
        self.priority_separation = 2
        self.registry_quota = 0
        self.com_plus_package = 0xFFFFFFFF

    def time_was_set(self) -> None:
        """Tell whoever wants to know that the clock has jumped."""
        if self.time_slip is not None:
            self.time_slip.set()

    def set_time_slip(self, event: Any) -> None:
        """Which event that is; None for none."""
        if event is not None:
            event.reference()
        if self.time_slip is not None:
            self.time_slip.dereference()
        self.time_slip = event
