"""The declaration of a system call, and the decoder compiled from it.

A handler is a plain function (or a coroutine function, if it can block) whose
first parameter is the calling thread and whose others are annotated with the
names of ``abi.types``.  ``@syscall`` only marks it; modules are collected into
a ``CallSet`` by whoever composes a system, so there is no registry to fill.

NT's order is kept: argument words are fetched, then parameters are captured or
probed from left to right, then the handler runs.  Where NT judges numbers (or a
handle) before it touches a pointer, ``first`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from types import CodeType, ModuleType, NoneType

from ring3k.abi import types as t_
from ring3k.abi.status import NtError
from ring3k.abi.types import (
    InBuffer,
    InMark,
    InOut,
    InOutWord,
    Out,
    OutBuffer,
    OutWord,
    Parameter,
    Scalar,
    Sized,
    misaligned,
)
from ring3k.compiled import code as code_of
from ring3k.compiled import made
from ring3k.compiled import values as values_of
from ring3k.typed import Any, Enum, TypeVar

Decoder = Callable[..., Any]
Refusal = Callable[[Any, NtError], int]
Judge = Callable[..., object]
F = TypeVar("F", bound=Callable[..., Any])
Codecs = dict[str, Any]  # of parameters behind pointers, by the names they have in the source
Form = tuple[CodeType, int, tuple[str, ...], CodeType]  # code, argument words, codecs used and what they are
Answer = int | Coroutine[Any, Any, int]  # of a plain handler: a status, or what has to wait for one


_CO_COROUTINE = 0x80  # a code flag of async functions


class Support(Enum):
    """How much of a call is there: what ``ring3k stat`` counts."""

    FULL = "implemented"
    PARTIAL = "partial"
    DECLARED = "declared"


FULL = Support.FULL
PARTIAL = Support.PARTIAL
DECLARED = Support.DECLARED


class Declaration:
    """One system call: its signature, its handler, and how far it goes."""

    __slots__ = (
        "_decoder",
        "_parameters",
        "_words",
        "first",
        "handler",
        "name",
        "native",
        "note",
        "refuses",
        "support",
    )

    def __init__(
        self,
        handler: Callable[..., Any],
        support: Support,
        note: str,
        first: Judge | None = None,
        native: int = 0,
        refuses: Refusal | None = None,
    ) -> None:
        self.name = handler.__name__
        self.handler = handler
        self.support = support
        self.note = note  # for PARTIAL: what is missing
        self.first = first  # what is judged before any pointer is touched
        self.native = native  # what the engine may do in the handler's place (engine.protocol.Native)
        self.refuses = refuses  # what a failure is answered with, if that is no status
        self._parameters: tuple[Parameter, ...] | None = None
        self._decoder: Decoder | None = None
        self._words: int | None = None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        if self._parameters is None:
            self._parameters = _parameters_of(self.handler)
        return self._parameters

    @property
    def words(self) -> int:
        """Argument words on the guest's stack."""
        if self._words is None:
            self._words = sum(p.words for p in self.parameters)
        return self._words

    @property
    def blocks(self) -> bool:
        flagged = self.handler.__code__.co_flags & _CO_COROUTINE
        return bool(flagged) or self.handler.__annotations__.get("return") == "Answer"

    @property
    def place(self) -> tuple[str, int]:
        """(file, line) of the declaration."""
        code = self.handler.__code__
        return code.co_filename, code.co_firstlineno

    @property
    def path(self) -> str:
        """Its name, and the module's in front."""
        return f"{self.handler.__module__}.{self.name}"

    @property
    def doc(self) -> str:
        from inspect import getdoc  # slow to import, and only people read this

        return getdoc(self.handler) or ""

    def decoder(self) -> Decoder:
        """``decode(thread)``: fetch, capture, probe, call; returns what the handler returns.

        ``decode(thread, words)`` takes argument words that a hook has replaced.
        """
        if self._decoder is None:
            form: Form | None = made(self.path)
            self._decoder = _compile(self) if form is None else _of_form(self, form)
        return self._decoder


def syscall(
    support: Support = FULL,
    note: str = "",
    first: Judge | None = None,
    native: int = 0,
    refuses: Refusal | None = None,
) -> Callable[[F], F]:
    """Declare a system call.  ``note`` tells what a PARTIAL one lacks.

    ``first`` is called before any pointer is touched, with those values (and ``t``) that its
    parameters name; it raises NtError where NT refuses a number although a pointer is bad, too.
    ``native`` (engine.protocol.Native): the engine may answer plain cases in the handler's place.
    ``refuses``: what answers in place of a status where one would be (USER and GDI return values and
    leave an error code with the thread).
    """

    def mark(handler: F) -> F:
        handler.__nt_call__ = Declaration(handler, support, note, first, native, refuses)  # type: ignore[attr-defined]
        return handler

    return mark


def declared(handler: F) -> F:
    """Declare a call that nobody has written yet: typed in the trace, STATUS_NOT_IMPLEMENTED."""
    return syscall(DECLARED)(handler)


class CallSet(dict[str, Declaration]):
    """Declarations by name."""

    def __init__(self, modules: Iterable[ModuleType] = ()) -> None:
        super().__init__()
        for module in modules:
            for value in vars(module).values():
                found = getattr(value, "__nt_call__", None)
                if found is not None and value.__module__ == module.__name__:
                    if found.name in self:
                        raise TypeError(
                            f"{found.name} is declared twice: {self[found.name].place} {found.place}"
                        )
                    self[found.name] = found


# -- reading a signature ---------------------------------------------------------
def _parameters_of(handler: Callable[..., Any]) -> tuple[Parameter, ...]:
    scope = {**vars(t_), **handler.__globals__}
    result: list[Parameter] = []
    position = 0
    code = handler.__code__
    names = code.co_varnames[1 : code.co_argcount]
    texts = [handler.__annotations__.get(name) for name in names]
    hints = values_of(texts, f"hints of {handler.__module__}.{handler.__name__}", scope)
    for name, hint in zip(names, hints, strict=True):
        one = _parameter(name, hint)
        one.index = position
        position += one.words
        result.append(one)
    for one in result:
        if one.sized is not None:
            one.measure = next((p for p in result if p.name == one.sized.parameter), None)
            if one.measure is None:
                raise TypeError(f"{handler.__name__}: no parameter {one.sized.parameter!r}")
    return tuple(result)


def _parameter(name: str, hint: Any) -> Parameter:
    optional = False
    choice = getattr(hint, "__args__", ())
    if NoneType in choice:
        optional = True
        (hint,) = [one for one in choice if one is not NoneType]
    marks: tuple[Any, ...] = ()
    if hasattr(hint, "__metadata__"):
        marks = hint.__metadata__
        hint = hint.__origin__
    sized = next((m for m in marks if isinstance(m, Sized)), None)
    if hint is InBuffer or hint is OutBuffer:
        if sized is None:
            raise TypeError(f"{name}: a buffer needs Sized(...)")
        return Parameter(name, "inbuffer" if hint is InBuffer else "outbuffer", None, optional, sized)
    origin = getattr(hint, "__origin__", None)
    if origin is Out or origin is InOut:
        return Parameter(name, "out" if origin is Out else "inout", _codec(hint.__args__[0]), optional)
    codec = next((m for m in marks if not isinstance(m, InMark)), None)
    if any(isinstance(m, InMark) for m in marks):
        return Parameter(name, "in", codec if codec is not None else hint, optional)
    if not isinstance(codec, Scalar):
        raise TypeError(f"{name}: not a system call parameter: {hint!r}")
    return Parameter(name, "value", codec, optional, words=2 if codec.size == 8 else 1)


def _codec(hint: Any) -> Any:
    return hint.__metadata__[0] if hasattr(hint, "__metadata__") else hint


# -- compiling a decoder -----------------------------------------------------------
_SMALL = {1: "& 0xff", 2: "& 0xffff"}


def _compile(declaration: Declaration) -> Decoder:
    """Write the decoder's source for this signature and compile it."""
    source, codecs = _source(declaration)
    code = code_of(source, f"decoder of {declaration.path}")
    return _decoder(declaration, code, codecs)


def _source(declaration: Declaration) -> tuple[str, Codecs]:
    """The source, and the codecs that it names."""
    codecs: Codecs = {}
    lines = ["def decode(t, w=None):"]
    words = declaration.words
    if words:
        names = ", ".join(f"w{i}" for i in range(words))
        lines.append(f"    {names}, = t.guest.args({words}) if w is None else w")
    if any(p.kind != "value" for p in declaration.parameters):
        lines.append("    m = t.memory")
    emitted: set[int] = set()
    if declaration.first is not None:
        lines += _judge(declaration.first, declaration, codecs, emitted)
    for number in range(len(declaration.parameters)):
        lines += _capture(number, declaration, codecs, emitted)
    arguments = ["t", *(f"a{number}" for number in range(len(declaration.parameters)))]
    lines.append(f"    return handler({', '.join(arguments)})")
    if declaration.refuses is not None:
        lines = _refusing(lines, declaration.blocks)
    return "\n".join(lines), codecs


def _decoder(declaration: Declaration, code: CodeType, codecs: Codecs) -> Decoder:
    scope: dict[str, Any] = {
        "handler": declaration.handler,
        "first": declaration.first,
        "refuses": declaration.refuses,
        "Out": Out,
        "OutWord": OutWord,
        "InOut": InOut,
        "InOutWord": InOutWord,
        "InBuffer": InBuffer,
        "OutBuffer": OutBuffer,
        "misaligned": misaligned,
        "guarded": _guarded,
        "NtError": NtError,
        **codecs,
    }
    exec(code, scope)  # noqa: S102
    decoder: Decoder = scope["decode"]
    decoder.words = declaration.words  # type: ignore[attr-defined]  # serve() passes so many along
    decoder.native = declaration.native  # type: ignore[attr-defined]
    return decoder


def form_of(declaration: Declaration) -> Form:
    """Of a decoder, what can be kept; it is right as long as no module has changed that it was made from."""
    source, codecs = _source(declaration)
    code = code_of(source, f"decoder of {declaration.path}")
    (inner,) = [one for one in code.co_consts if isinstance(one, CodeType)]
    used = tuple(name for name in codecs if name in inner.co_names)
    hints = [declaration.handler.__annotations__[declaration.parameters[int(name[1:])].name] for name in used]
    kinds = compile(f"({''.join(f'{hint}, ' for hint in hints)})", f"<codecs of {declaration.path}>", "eval")
    return code, declaration.words, used, kinds


def _of_form(declaration: Declaration, form: Form) -> Decoder:
    code, declaration._words, used, kinds = form
    codecs: Codecs = {}
    if used:
        hints = eval(kinds, {**vars(t_), **declaration.handler.__globals__})  # noqa: S307  # our own
        codecs = {name: _parameter(name, hint).codec for name, hint in zip(used, hints, strict=True)}
    return _decoder(declaration, code, codecs)


def _refusing(lines: list[str], blocks: bool) -> list[str]:
    """The same source, with failures answered by ``refuses``."""
    head, *body = lines
    if blocks:
        body[-1] = body[-1].replace("return", "r =")
        body.append("    return r if isinstance(r, int) else guarded(t, r, refuses)")
    return [
        head,
        "    try:",
        *("    " + line for line in body),
        "    except NtError as error: return refuses(t, error)",
    ]


async def _guarded(t: Any, coroutine: Coroutine[Any, Any, int], refuses: Refusal) -> int:
    try:
        return await coroutine
    except NtError as error:
        return refuses(t, error)


def _judge(first: Judge, declaration: Declaration, codecs: Codecs, emitted: set[int]) -> list[str]:
    """Source lines that call ``first`` with the values that it names."""
    lines: list[str] = []
    arguments: list[str] = []
    numbers = {p.name: number for number, p in enumerate(declaration.parameters) if p.kind == "value"}
    code = first.__code__
    for name in code.co_varnames[: code.co_argcount]:
        if name == "t":
            arguments.append(name)
            continue
        if name not in numbers:
            raise TypeError(f"{declaration.name}: no value {name!r} to judge first")
        lines += _capture(numbers[name], declaration, codecs, emitted)
        arguments.append(f"a{numbers[name]}")
    return [*lines, f"    first({', '.join(arguments)})"]


def _capture(number: int, declaration: Declaration, codecs: Codecs, emitted: set[int]) -> list[str]:
    """Source lines that turn argument words into the value of one parameter.

    A buffer whose size lies behind a pointer has that pointer captured first, so that
    the size is read once.
    """
    if number in emitted:
        return []
    emitted.add(number)
    p = declaration.parameters[number]
    word, name = f"w{p.index}", f"a{number}"
    if p.kind == "value":
        return [f"    {name} = {_value(p.codec, p.index)}"]
    codec = f"c{number}"
    codecs[codec] = p.codec
    body: list[str]
    before: list[str] = []
    if p.kind == "in":
        body = [f"{name} = {_load(p.codec, word, codec)}"]
    elif p.kind in ("out", "inout"):
        body = [f"m.probe_write({word}, {p.codec.width(4)})", *_pointer(p, name, word, codec)]
    else:
        if p.sized is None or p.measure is None:
            raise TypeError(f"{p.name}: a buffer needs Sized(...)")
        other = declaration.parameters.index(p.measure)
        before = _capture(other, declaration, codecs, emitted) if p.sized.indirect else []
        size = _size_source(p.sized, other, p.measure)
        kind = "InBuffer" if p.kind == "inbuffer" else "OutBuffer"
        body = [f"n = {size}"]
        if p.sized.align > 1:
            body.append(f"if n and {word} & {p.sized.align - 1}: misaligned(t)")
        if kind == "OutBuffer":
            body.append(f"if n: m.probe_write({word}, n)")
        body += [*_made(name, kind, word), f"{name}.size = n"]
    if p.optional:
        body = [f"if {word}:", *[f"    {line}" for line in body], f"else: {name} = None"]
    return before + [f"    {line}" for line in body]


def _load(kind: Any, word: str, codec: str) -> str:
    """An expression for what an input points to; numbers and texts are read without a call of the codec."""
    if isinstance(kind, Scalar) and kind.width(4) == 4 and not kind.signed:
        return f"m.read_u32({word})"
    if isinstance(kind, Scalar) and kind.width(4) == 8 and kind.signed:
        return f"(m.read_u64({word}) ^ 1 << 63) - (1 << 63)"
    direct = getattr(kind, "direct", "")
    return f"m.{direct}({word})" if direct else f"{codec}.load(m, {word})"


def _made(name: str, kind: str, word: str) -> list[str]:
    return [f"{name} = {kind}()", f"{name}.memory = m", f"{name}.address = {word}"]


def _pointer(p: Parameter, name: str, word: str, codec: str) -> list[str]:
    """Source lines for what an output becomes; words have classes of their own."""
    is_word = isinstance(p.codec, Scalar) and p.codec.width(4) == 4
    if p.kind == "out":
        return _made(name, "OutWord", word) if is_word else [f"{name} = Out(m, {word}, {codec})"]
    if is_word and not p.codec.signed:
        return [*_made(name, "InOutWord", word), f"{name}.value = m.read_u32({word})"]
    return [f"{name} = InOut(m, {word}, {codec})"]


def _value(codec: Scalar, index: int) -> str:
    word = f"w{index}"
    if codec.size == 8:
        value = f"({word} | w{index + 1} << 32)"
        return f"({value} ^ 1 << 63) - (1 << 63)" if codec.signed else value
    if codec.style == "bool":
        return f"{word} & 0xff != 0"
    if codec.size in _SMALL:
        return f"{word} {_SMALL[codec.size]}"
    return f"({word} ^ 0x80000000) - 0x80000000" if codec.signed else word


def _size_source(sized: Sized, number: int, other: Parameter) -> str:
    """An expression for a buffer's size in bytes."""
    if not sized.indirect:
        size = (
            f"w{other.index}" if other.codec.size not in _SMALL else f"({_value(other.codec, other.index)})"
        )
    else:
        size = f"a{number}.value" if other.kind == "inout" else f"a{number}"
        if other.optional:
            size = f"({size} if a{number} is not None else 0)"
    unit = sized.unit_size()
    return f"{size} * {unit}" if unit != 1 else size
