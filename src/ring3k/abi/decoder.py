"""The code of a system call's decoder, compiled from its signature.

NT's order is kept: argument words are fetched, then parameters are captured or
probed from left to right, then the handler runs.  Where NT judges numbers (or a
handle) before it touches a pointer, ``first`` does.
"""

from __future__ import annotations

from types import CodeType

from ring3k.abi.types import Parameter, Scalar, Sized
from ring3k.compiled import code as code_of
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.abi.call import Codecs, Declaration, Form, Judge

_SMALL = {1: "& 0xff", 2: "& 0xffff"}


def compiled(declaration: Declaration) -> tuple[CodeType, Codecs]:
    """The code, and the codecs that it names."""
    source, codecs = _source(declaration)
    return code_of(source, f"decoder of {declaration.path}"), codecs


def form_of(declaration: Declaration) -> Form:
    """Of a decoder, what can be kept; it is right as long as no module has changed that it was made from."""
    code, codecs = compiled(declaration)
    (inner,) = [one for one in code.co_consts if isinstance(one, CodeType)]
    used = tuple(name for name in codecs if name in inner.co_names)
    hints = [declaration.handler.__annotations__[declaration.parameters[int(name[1:])].name] for name in used]
    kinds = compile(f"({''.join(f'{hint}, ' for hint in hints)})", f"<codecs of {declaration.path}>", "eval")
    return code, declaration.words, used, kinds


def _source(declaration: Declaration) -> tuple[str, Codecs]:
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
