"""Locale and language."""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.types import Boolean, Out, Scalar
from ring3k.ex.locale import Locale
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import Annotated

Lcid = Annotated[int, Scalar("LCID", 4)]
Langid = Annotated[int, Scalar("LANGID", 2)]


@syscall()
def NtQueryDefaultLocale(t: Thread, user_profile: Boolean, default_locale_id: Out[Lcid]) -> int:
    """The system's or the user's locale."""
    default_locale_id.set(t.kernel.part(Locale).get(user_profile))
    return 0


@syscall()
def NtSetDefaultLocale(t: Thread, user_profile: Boolean, default_locale_id: Lcid) -> int:
    """Set the system's or the user's locale."""
    t.kernel.part(Locale).set(user_profile, default_locale_id)
    return 0


@syscall()
def NtQueryDefaultUILanguage(t: Thread, default_ui_language_id: Out[Langid]) -> int:
    """The language of menus and messages."""
    default_ui_language_id.set(t.kernel.part(Locale).language)
    return 0


@syscall()
def NtSetDefaultUILanguage(t: Thread, default_ui_language_id: Langid) -> int:
    """Choose the user's interface language for the next logon; 0: this is that logon."""
    t.kernel.part(Locale).set_language(default_ui_language_id)
    return 0


@syscall()
def NtQueryInstallUILanguage(t: Thread, install_ui_language_id: Out[Langid]) -> int:
    """The language the system was installed in."""
    install_ui_language_id.set(t.kernel.part(Locale).installed)
    return 0
