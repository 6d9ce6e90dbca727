"""KUSER_SHARED_DATA: what every process reads at 0x7ffe0000 without asking the kernel.

One store, mapped read-only into each process.  Its clock is the system's: the
fields move at every tick, each in the order that lets a reader take 64 bits
without a lock (High2Time, LowPart, High1Time).

NT 5.0 and before have no SystemCall pointer; NT 5.2 moved the tick count to
0x320 and still keeps the low word at 0 up to date.
"""

from __future__ import annotations

import time

from ring3k.abi.pe import IMAGE_FILE_MACHINE_I386
from ring3k.abi.structs.ke import KSYSTEM_TIME
from ring3k.abi.structs.kuser import (
    KUSER_ADDRESS,
    KUSER_SHARED_DATA,
    KUSER_SHARED_DATA_NT60,
    NT_PRODUCT_TYPE,
    NX_SUPPORT_POLICY_OPTIN,
    PF_COMPARE_EXCHANGE128,
    PF_COMPARE_EXCHANGE_DOUBLE,
    PF_MMX_INSTRUCTIONS_AVAILABLE,
    PF_NX_ENABLED,
    PF_PAE_ENABLED,
    PF_RDTSC_INSTRUCTION_AVAILABLE,
    PF_SSE3_INSTRUCTIONS_AVAILABLE,
    PF_XMMI64_INSTRUCTIONS_AVAILABLE,
    PF_XMMI_INSTRUCTIONS_AVAILABLE,
    TICK_COUNT_MULTIPLIER,
)
from ring3k.abi.version import Version
from ring3k.engine.protocol import PAGE
from ring3k.ke.kernel import Kernel
from ring3k.mm.commit import CommitAccount

TICK = 156_250  # 100 ns units
MILLISECOND = 10_000
_INTERRUPT = b"\x8d\x54\x24\x08\xcd\x2e\xc3"  # lea edx, [esp+8]; int 2e; ret
_HIGH1, _HIGH2 = KSYSTEM_TIME.offset("High1Time"), KSYSTEM_TIME.offset("High2Time")


def time_zone_bias() -> int:
    """What to take from local time to get UTC, negated as NT keeps it: UTC = local + bias."""
    return -(time.localtime().tm_gmtoff or 0) * 10_000_000


class SharedUserData:
    """The page, and what keeps its clock going."""

    def __init__(self, kernel: Kernel, version: Version) -> None:
        self._clock = kernel.clock
        self.system_time = 0  # at the last tick: what every query of the time answers
        self._with_count = version.level >= 52
        self._unit = TICK  # of the tick count
        self._high: dict[int, int] = {}
        self.executable = False  # whether guests may run what stands here
        self.bias = time_zone_bias()
        self.store = kernel.engine.create_store(PAGE)
        self.store.write(0, self._image(version, kernel.part(CommitAccount).physical // PAGE).pack())
        self._move(KUSER_SHARED_DATA.offset("TimeZoneBias"), self.bias & 0xFFFF_FFFF_FFFF_FFFF)
        self._interrupt = KUSER_SHARED_DATA.offset("InterruptTime")
        self._system = KUSER_SHARED_DATA.offset("SystemTime")
        self._count = KUSER_SHARED_DATA.offset("TickCount")
        self.tick()
        kernel.engine.set_clock_page(self.store, kernel.clock.started_ns)
        kernel.on_tick(self.tick)

    def _image(self, version: Version, pages: int) -> KUSER_SHARED_DATA:
        features = [0] * 64
        for number in (
            PF_COMPARE_EXCHANGE_DOUBLE,
            PF_MMX_INSTRUCTIONS_AVAILABLE,
            PF_XMMI_INSTRUCTIONS_AVAILABLE,
            PF_RDTSC_INSTRUCTION_AVAILABLE,
            PF_PAE_ENABLED,
            PF_XMMI64_INSTRUCTIONS_AVAILABLE,
        ):
            features[number] = 1
        if version.level >= 60:  # a host is a 64-bit processor
            features[PF_NX_ENABLED] = 1
            features[PF_SSE3_INSTRUCTIONS_AVAILABLE] = features[PF_COMPARE_EXCHANGE128] = 1
        image = KUSER_SHARED_DATA_NT60(
            TickCountMultiplier=TICK_COUNT_MULTIPLIER,
            ImageNumberLow=IMAGE_FILE_MACHINE_I386,
            ImageNumberHigh=IMAGE_FILE_MACHINE_I386,
            NtSystemRoot=version.system_root.encode("utf-16-le"),
            NtProductType=NT_PRODUCT_TYPE.NtProductWinNt,
            ProductTypeIsValid=1,
            NtMajorVersion=version.major,
            NtMinorVersion=version.minor,
            ProcessorFeatures=features,
            NumberOfPhysicalPages=pages,
            SuiteMask=0x100 if version.build >= 2195 else 0,  # SingleUserTS
            NXSupportPolicy=NX_SUPPORT_POLICY_OPTIN if version.level >= 60 else 0,
        )
        if version.level >= 60:
            image.ActiveProcessorCount = version.processors
            image.ActiveGroupCount = image.ActiveConsoleId = 1
        if version.level >= 100:
            image.Reserved2[-1] = version.build
        return image

    def set_time_zone(self, bias: int, time_zone_id: int) -> None:
        """How far local time is from UTC, and which time it is: 1 standard, 2 daylight saving."""
        self.bias = bias
        self._move(KUSER_SHARED_DATA.offset("TimeZoneBias"), bias & 0xFFFF_FFFF_FFFF_FFFF)
        self.store.write(KUSER_SHARED_DATA.offset("TimeZoneId"), time_zone_id.to_bytes(4, "little"))

    def set_system_call(self, entry: int, back: int, as_code: bool = False) -> None:
        """Where XP's system call stubs go, and where the call comes back (KiFastSystemCallRet).

        ``as_code``: they call what stands at SystemCall, as before service pack 2.  Without an
        ``entry`` there is nothing but the interrupt, and it is made from here.
        """
        offset = KUSER_SHARED_DATA.offset("SystemCall")
        if as_code or not entry:
            self.executable = True
        if not entry:
            place = KUSER_SHARED_DATA.offset("SystemCallPad")
            self.store.write(place, _INTERRUPT)
            entry = KUSER_ADDRESS + place
        if as_code:
            distance = entry - (KUSER_ADDRESS + offset + 5)
            self.store.write(offset, b"\xe9" + (distance & 0xFFFFFFFF).to_bytes(4, "little"))
            return
        self.store.write(offset, entry.to_bytes(4, "little"))
        self.store.write(KUSER_SHARED_DATA.offset("SystemCallReturn"), back.to_bytes(4, "little"))

    def count_milliseconds(self) -> None:
        """Let the tick count be one of milliseconds, for DLLs that do not multiply."""
        self._unit = MILLISECOND
        offset = KUSER_SHARED_DATA.offset("TickCountMultiplier")
        self.store.write(offset, (1 << 24).to_bytes(4, "little"))
        self.tick()

    def tick(self) -> None:
        """Bring the clock up to date."""
        now = self._clock.interrupt_time()
        self._move(self._interrupt, now)
        self.system_time = self._clock.system_time()
        self._move(self._system, self.system_time)
        ticks = now // self._unit
        self.store.write(0, (ticks & 0xFFFFFFFF).to_bytes(4, "little"))
        if self._with_count:
            self._move(self._count, ticks)

    def _move(self, offset: int, value: int) -> None:
        """Store a KSYSTEM_TIME; its high words are written only when they change."""
        high = value >> 32
        if self._high.get(offset) == high:
            self.store.write(offset, (value & 0xFFFFFFFF).to_bytes(4, "little"))
            return
        self._high[offset] = high
        word = high.to_bytes(4, "little")
        self.store.write(offset + _HIGH2, word)
        self.store.write(offset, (value & 0xFFFFFFFF).to_bytes(4, "little"))
        self.store.write(offset + _HIGH1, word)

    def close(self) -> None:
        self.store.close()
