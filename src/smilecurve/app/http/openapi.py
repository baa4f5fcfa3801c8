"""How are desks and tables described to programs, each by its own contract?

The generic routes are described once for every table and desk, with the schema of their rows or options.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from smilecurve.loop.registry import desks
from smilecurve.terms.desk import Option
from smilecurve.terms.table import Field, Spec
from smilecurve.terms.tables import TABLES

__all__ = ["describe"]

Schema = dict[str, object]
TYPES: Mapping[str, Schema] = {
    "code": {"type": "string"},
    "text": {"type": "string"},
    "json": {"type": "string", "description": "a JSON document"},
    "market": {"type": "string", "pattern": "^[A-Z]{2}$"},
    "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    "whole": {"type": "integer"},
    "number": {"type": "number"},
    "flag": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
}


def describe(app: FastAPI) -> dict[str, object]:
    """The OpenAPI description, with one path a table and a desk."""
    found = get_openapi(
        title="Smilecurve",
        version=app.version,
        description="From the line to the field and back: tables, events, machines, desks and decisions.",
        routes=app.routes,
    )
    paths, schemas = found["paths"], found.setdefault("components", {}).setdefault("schemas", {})
    generic = paths["/api/v1/tables/{name}/rows"]["get"]
    for spec in TABLES.values():
        schemas[f"row_{spec.name}"] = _row(spec)
        paths[f"/api/v1/tables/{spec.name}/rows"] = {"get": _rows_of(spec, generic)}
    for name, d in desks().items():
        options = f"options_{name.replace('.', '_')}"
        schemas[options] = {"type": "object", "properties": {o.name: _option(o) for o in d.options}}
        paths[f"/api/v1/desks/{name}/runs"] = {
            "post": _run_of(name, d.contract.question, d.contract.decides.name, options)
        }
    return found


def _row(spec: Spec) -> Schema:
    return {
        "type": "object",
        "description": spec.meaning,
        "properties": {f.name: _cell(f) for f in spec.fields},
        "required": [f.name for f in spec.fields if not f.optional],
    }


def _cell(f: Field) -> Schema:
    cell = {**TYPES[f.type], "description": f.meaning}
    if f.among:
        cell["enum"] = list(f.among)
    if f.least is not None:
        cell["minimum"] = f.least
    if f.most is not None:
        cell["maximum"] = f.most
    if f.unit:
        cell["x-unit"] = f.unit
    return cell


def _rows_of(spec: Spec, generic: Mapping[str, object]) -> Schema:
    given = generic["parameters"]
    asked = [p for p in given if p["name"] != "name"] if isinstance(given, list) else []
    answer = {
        "type": "object",
        "properties": {
            "total": {"type": "integer"},
            "offset": {"type": "integer"},
            "rows": {"type": "array", "items": {"$ref": f"#/components/schemas/row_{spec.name}"}},
        },
    }
    return {
        "tags": [f"table: {spec.stage}"],
        "summary": spec.meaning,
        "operationId": f"rows_{spec.name}",
        "parameters": asked,
        "responses": {
            "200": {"description": "the rows", "content": {"application/json": {"schema": answer}}},
            "304": {"description": "unchanged"},
        },
    }


def _option(o: Option) -> Schema:
    plain = o.type.removesuffix(" | None")
    kind = {"int": "integer", "float": "number", "bool": "boolean"}.get(plain, "string")
    shown: Schema = {"type": kind, "description": o.type}
    if not o.required and isinstance(o.default, (int, float, str, bool)):
        shown["default"] = o.default
    return shown


def _run_of(name: str, question: str, decides: str, options: str) -> Schema:
    body = {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{options}"}}}}
    return {
        "tags": [f"desk: {name.partition('.')[0]}"],
        "summary": question,
        "description": f"Decides {decides}.",
        "operationId": f"run_{name.replace('.', '_')}",
        "requestBody": body,
        "responses": {"202": {"description": "a job has begun; Location says where"}},
    }
