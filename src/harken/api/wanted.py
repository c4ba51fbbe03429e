"""The type an operation takes as its body -> how such a body looks, in one line for people."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import inspect


def looks(type_: Any) -> str:
    """Fields with what they hold; `?` behind those that may be left out.

    >>> class Wanted(msgspec.Struct):
    ...     version: int
    ...     reason: str = ""
    >>> looks(Wanted), looks(dict[str, int])
    ('{"version": whole number, "reason"?: text}', 'a JSON object')
    """
    told = inspect.type_info(type_)
    if not isinstance(told, inspect.StructType):
        return "a JSON object"
    fields = [f'"{field.encode_name}"{"" if field.required else "?"}: {_holds(field.type)}' for field in told.fields]
    return "{" + ", ".join(fields) + "}"


_PLAIN = {inspect.StrType: "text", inspect.IntType: "whole number", inspect.FloatType: "number"}


def _holds(type_: inspect.Type) -> str:
    if isinstance(type_, inspect.Metadata):
        return _holds(type_.type)
    if isinstance(type_, inspect.BoolType):
        return "true or false"
    if isinstance(type_, inspect.LiteralType):
        return " or ".join(msgspec.json.encode(one).decode() for one in type_.values)
    if isinstance(type_, inspect.UnionType):
        return " or ".join(_holds(one) for one in type_.types if not isinstance(one, inspect.NoneType))
    if isinstance(type_, inspect.ListType | inspect.VarTupleType):
        return f"[{_holds(type_.item_type)}, …]"
    return _PLAIN.get(type(type_), "object")
