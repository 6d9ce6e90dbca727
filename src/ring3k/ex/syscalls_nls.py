"""NtInitializeNlsFiles and NtGetNlsSectionPtr, of Windows Vista and later."""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.types import LargeInteger, Opt, Out, Pointer, SizeT, Ulong
from ring3k.ex.locale import Locale
from ring3k.ex.nls import LOCALE, LanguageTables, file_name
from ring3k.ke.thread import KThread as Thread


@syscall()
def NtInitializeNlsFiles(
    t: Thread,
    base_address: Out[Pointer],
    default_locale_id: Out[Ulong],
    default_casing_table_size: Opt[Out[LargeInteger]],
) -> int:
    """Map the table of locales, and tell the system's own locale."""
    address, size = t.kernel.part(LanguageTables).map(t.process.vm, LOCALE)
    base_address.set(address)
    default_locale_id.set(t.kernel.part(Locale).get(user=False))
    if default_casing_table_size is not None:
        default_casing_table_size.set(size)
    return 0


@syscall()
def NtGetNlsSectionPtr(
    t: Thread,
    section_type: Ulong,
    section_data: Ulong,
    context_data: Pointer,
    section_pointer: Out[Pointer],
    section_size: Opt[Out[SizeT]],
) -> int:
    """Map a table: 9 sort keys, 10 casing, 11 a code page, 12 a normalisation form."""
    address, size = t.kernel.part(LanguageTables).map(t.process.vm, file_name(section_type, section_data))
    section_pointer.set(address)
    if section_size is not None:
        section_size.set(size)
    return 0
