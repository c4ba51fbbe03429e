"""The type an operation takes as its body, or as a parameter -> how it looks, in one line for people."""

from __future__ import annotations

from types import NoneType
from typing import Any, Literal, get_args, get_origin

import msgspec
from litestar.typing import FieldDefinition
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
    if isinstance(told, inspect.UnionType):  # or nothing at all
        told = next(one for one in told.types if not isinstance(one, inspect.NoneType))
    if not isinstance(told, inspect.StructType):
        return "a JSON object"
    fields = [f'"{field.encode_name}"{"" if field.required else "?"}: {_holds(field.type)}' for field in told.fields]
    return "{" + ", ".join(fields) + "}"


def parameter(field: FieldDefinition) -> tuple[str, str]:
    """The name a parameter has in an address, and what it may be: `limit`, `a whole number from 1 to 500`."""
    told = field.kwarg_definition
    name = getattr(told, "name", None) or field.name
    plain: Any = next((one for one in get_args(field.annotation) if one is not NoneType), field.annotation)
    if get_origin(field.annotation) is Literal:
        return name, "one of " + ", ".join(map(str, get_args(field.annotation)))
    if plain is bool:
        return name, "true or false"
    if plain is int:
        least, most = getattr(told, "ge", None), getattr(told, "le", None)
        return name, "a whole number" + (f" from {least} to {most}" if most is not None else "")
    longest = getattr(told, "max_length", None)
    return name, f"text of at most {longest} characters" if longest else "text"


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
