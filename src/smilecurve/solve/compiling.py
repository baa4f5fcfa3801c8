"""Compile the kernels of a turn ahead of it, on a second core: `python -m smilecurve.solve.compiling`.

`kernels.txt` names each kernel that a turn calls and the types it is called with, in the order of a turn; it is written
by `scripts/kernels.py`. They are compiled from the last to the first, so that the turn, which comes from the front,
finds the later ones in the cache and no kernel is compiled twice but the one at which both meet.

A type is spelled by a letter and its dimensions: `i0` an int64, `f2` a C-contiguous matrix of float64, `ri1` one that
may only be read; `(a, b)` is a tuple and `module.Name(a, b)` a named one.
"""

from __future__ import annotations

import ast
import inspect
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KERNELS", "ahead", "kernel", "listed", "read", "spelled"]

KERNELS = "kernels.txt"
_PLACE = "smilecurve.solve."
_LETTERS = {"i": "int64", "j": "int32", "f": "float64", "b": "boolean"}


def spelled(dispatcher: Any, signature: tuple[Any, ...]) -> str:
    """Write the kernel and the types of its arguments as a line of the listing.

    Raises TypeError for a type that has no spelling (arrays of records).
    """
    name = f"{dispatcher.py_func.__module__.removeprefix(_PLACE)}.{dispatcher.py_func.__name__}"
    return f"{name}({', '.join(map(_spelled, signature))})"


def _spelled(kind: Any) -> str:
    from numba import types

    if isinstance(kind, types.BaseTuple):
        parts = ", ".join(map(_spelled, kind.types)) + ("," if len(kind.types) == 1 else "")
        if not isinstance(kind, types.BaseNamedTuple):
            return f"({parts})"
        of = kind.instance_class
        return f"{of.__module__.removeprefix(_PLACE)}.{of.__name__}({parts})"
    dims = kind.ndim if isinstance(kind, types.Array) else 0
    letter = {getattr(types, name): letter for letter, name in _LETTERS.items()}.get(kind.dtype if dims else kind)
    if letter is None or (dims and kind.layout != "C"):
        raise TypeError(f"no spelling for {kind}")
    return f"{'r' if dims and not kind.mutable else ''}{letter}{dims}"


def kernel(line: str) -> Any:
    """Find the kernel that a line of the listing names."""
    module, _, name = line.partition("(")[0].rpartition(".")
    return getattr(import_module(_PLACE + module), name)


def read(line: str) -> tuple[Any, ...]:
    """Read the types of a line of the listing.

    Raises ValueError where the kernel, or a named tuple of its arguments, is another than when the line was written.
    """
    call = ast.parse(line, mode="eval").body
    if not isinstance(call, ast.Call):
        raise ValueError(f"no kernel with types: {line}")
    signature = tuple(map(_read, call.args))
    if len(signature) != len(inspect.signature(kernel(line).py_func).parameters):
        raise ValueError(f"the arguments of a kernel have changed, run scripts/kernels.py: {line}")
    return signature


def _read(node: ast.expr) -> Any:
    from numba import types

    if isinstance(node, ast.Name):
        letter, dims = node.id[-2], int(node.id[-1])
        scalar = getattr(types, _LETTERS[letter])
        return types.Array(scalar, dims, "C", readonly=node.id.startswith("r")) if dims else scalar
    if isinstance(node, ast.Tuple):
        return types.BaseTuple.from_types(tuple(map(_read, node.elts)))
    if not isinstance(node, ast.Call):
        raise ValueError(f"no type: {ast.unparse(node)}")
    of = kernel(ast.unparse(node))
    parts = tuple(map(_read, node.args))
    if len(parts) != len(of._fields):
        raise ValueError(f"the fields of {of.__name__} have changed, run scripts/kernels.py")
    return types.BaseTuple.from_types(parts, of)


def listed() -> Iterator[str]:
    """The lines of the listing, in the order of a turn."""
    text = (files("smilecurve.solve") / KERNELS).read_text(encoding="utf-8")
    return (line for line in text.splitlines() if line)


def ahead() -> None:
    """Compile every kernel of the listing into numba's cache, or find it there."""
    for line in reversed(list(listed())):
        kernel(line).compile(read(line))


if __name__ == "__main__":
    ahead()
