"""Which metrics does a Sparkplug B payload carry?

Sparkplug B, specification 3.0.0 (Eclipse Tahu), section 6.4: the protobuf message `org.eclipse.tahu.protobuf.Payload`,
declared here with the fields that a host reads; fields we do not name (data sets, templates, properties) are skipped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.message import Message

__all__ = ["Metric", "Payload", "decode_payload", "encode_payload"]

_VARINT, _FLOAT, _DOUBLE, _BOOL, _STRING, _BYTES, _MESSAGE = 4, 2, 1, 8, 9, 12, 11
_UINT32 = 13
_METRIC = (
    ("name", 1, _STRING), ("alias", 2, _VARINT), ("timestamp", 3, _VARINT), ("datatype", 4, _UINT32),
    ("is_historical", 5, _BOOL), ("is_transient", 6, _BOOL), ("is_null", 7, _BOOL),
    ("int_value", 10, _UINT32), ("long_value", 11, _VARINT), ("float_value", 12, _FLOAT), ("double_value", 13, _DOUBLE),
    ("boolean_value", 14, _BOOL), ("string_value", 15, _STRING), ("bytes_value", 16, _BYTES),
)  # fmt: skip
_VALUES = tuple(name for name, number, _ in _METRIC if number >= 10)
_SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}
_NAMES = (
    "Unknown", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float", "Double", "Boolean",
    "String", "DateTime", "Text", "UUID", "DataSet", "Bytes", "File", "Template",
)  # fmt: skip
_FIELD_OF = {
    **dict.fromkeys((1, 2, 3, 5, 6, 7), "int_value"), **dict.fromkeys((4, 8, 13), "long_value"), 9: "float_value",
    10: "double_value", 11: "boolean_value", **dict.fromkeys((12, 14, 15), "string_value"), 17: "bytes_value",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: name or alias (or both, in a birth), when, which type, and the value (None: said to be null)."""

    name: str = ""
    alias: int | None = None
    timestamp: int | None = None
    datatype: int = 0
    value: float | int | bool | str | bytes | None = None
    historical: bool = False

    @property
    def type_name(self) -> str:
        """The name of the type in the specification."""
        return _NAMES[self.datatype] if 0 <= self.datatype < len(_NAMES) else f"type {self.datatype}"


@dataclass(frozen=True, slots=True)
class Payload:
    """A payload: when it was sent, its number (0..255; None in deaths), its metrics."""

    timestamp: int | None = None
    seq: int | None = None
    metrics: tuple[Metric, ...] = ()


@cache
def _kind() -> type[Message]:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(
        name="smilecurve/sparkplug_b.proto", package="smilecurve", syntax="proto2"
    )
    payload = file.message_type.add(name="Payload")
    metric = payload.nested_type.add(name="Metric")
    metric.oneof_decl.add(name="value")
    for name, number, kind in _METRIC:
        field = metric.field.add(name=name, number=number, type=kind, label=1)
        if number >= 10:
            field.oneof_index = 0
    payload.field.add(name="timestamp", number=1, type=_VARINT, label=1)
    payload.field.add(name="metrics", number=2, type=_MESSAGE, label=3, type_name=".smilecurve.Payload.Metric")
    payload.field.add(name="seq", number=3, type=_VARINT, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    made: type[Message] = message_factory.GetMessageClass(pool.FindMessageTypeByName("smilecurve.Payload"))
    return made


def decode_payload(data: bytes) -> Payload:
    """The payload in these bytes; ValueError if they are none."""
    from google.protobuf.message import DecodeError

    try:
        told = _kind().FromString(data)
    except (DecodeError, RecursionError) as error:
        raise ValueError(f"is no Sparkplug B payload: {error}") from None
    return Payload(
        told.timestamp if told.HasField("timestamp") else None,
        told.seq if told.HasField("seq") else None,
        tuple(_metric(m) for m in told.metrics),
    )


def _metric(m: Message) -> Metric:
    which = m.WhichOneof("value")
    value = None if m.is_null or which is None else getattr(m, which)
    bits = _SIGNED.get(m.datatype)
    if bits and isinstance(value, int) and not isinstance(value, bool):
        value &= (1 << bits) - 1
        value -= (value >> (bits - 1)) << bits
    if which == "float_value" and isinstance(value, float) and math.isfinite(value):
        value = float(f"{value:.7g}")
    return Metric(
        m.name,
        m.alias if m.HasField("alias") else None,
        m.timestamp if m.HasField("timestamp") else None,
        m.datatype,
        value,
        m.is_historical,
    )


def encode_payload(payload: Payload) -> bytes:
    """The bytes of a payload.

    >>> decode_payload(encode_payload(Payload(5, 1, (Metric("Torque", 7, 4, 3, -2),)))).metrics[0].value
    -2
    """
    made = _kind()()
    if payload.timestamp is not None:
        made.timestamp = payload.timestamp
    if payload.seq is not None:
        made.seq = payload.seq
    for metric in payload.metrics:
        one = made.metrics.add()
        if metric.name:
            one.name = metric.name
        for word in ("alias", "timestamp"):
            if getattr(metric, word) is not None:
                setattr(one, word, getattr(metric, word))
        one.datatype = metric.datatype
        one.is_historical = metric.historical
        _set_value(one, metric)
    told: bytes = made.SerializeToString()
    return told


def _set_value(one: Message, metric: Metric) -> None:
    if metric.value is None:
        one.is_null = True
        return
    value, bits = metric.value, _SIGNED.get(metric.datatype)
    if bits and isinstance(value, int):
        value &= (1 << max(32, bits)) - 1
    setattr(one, _FIELD_OF[metric.datatype], value)
