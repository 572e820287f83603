"""The OpenAPI document of the JSON pages, made of the operations that the pages declare. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from metrics.web.problems import Problem

OPENAPI_VERSION = "3.1.0"
TEXT: Mapping[str, Any] = {"type": "string"}
JSON = "application/json"
REFUSALS: Mapping[str, str] = {
    "401": "no token, or a wrong one",
    "403": "the roles of the token do not show this",
    "429": "too many wrong tokens from this address; Retry-After says when to try again",
}
"""Refusals of pages that are not for everybody, by status."""
TOKEN = "token"


class Parameter(NamedTuple):
    """One parameter of a query.

    Attributes:
        schema: of one value.
        repeated: true where it may come more than once.
    """

    name: str
    what: str
    schema: Mapping[str, Any] = TEXT
    repeated: bool = False
    required: bool = False


class Operation(NamedTuple):
    """One address that answers GET.

    Attributes:
        answer: the struct of its JSON, or the content type of a text or a schema.
        unavailable: when it answers 503; empty where it never does.
        open_to_any_name: true where a request under an unknown host name is answered too.
    """

    path: str
    summary: str
    answer: type[Struct] | str
    parameters: tuple[Parameter, ...] = ()
    unavailable: str = ""
    open_to_any_name: bool = False


def one_of(values: Collection[str]) -> dict[str, Any]:
    """The schema of a text with these values."""
    return {"type": "string", "enum": [*values]}


def openapi_document(title: str, about: str, operations: Iterable[Operation]) -> dict[str, Any]:
    """The OpenAPI document of ``operations``, with the schemas of all their answers."""
    operations = tuple(operations)
    structs: list[type[Struct]] = [operation.answer for operation in operations if isinstance(operation.answer, type)]
    structs.append(Problem)
    references, schemas = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    reference_of = dict(zip(structs, references, strict=True))
    return {
        "openapi": OPENAPI_VERSION,
        "info": {"title": title, "version": "1", "description": about},
        "paths": {operation.path: {"get": _operation(operation, reference_of)} for operation in operations},
        "components": {"schemas": schemas, "securitySchemes": {TOKEN: {"type": "http", "scheme": "bearer"}}},
        "security": [{TOKEN: []}, {}],
    }


def _operation(operation: Operation, reference_of: Mapping[type[Struct], Any]) -> dict[str, Any]:
    answer = operation.answer
    problem = {JSON: {"schema": reference_of[Problem]}}
    content = {JSON: {"schema": reference_of[answer]}} if isinstance(answer, type) else {answer: {}}
    responses: dict[str, Any] = {"200": {"description": "the answer", "content": content}}
    if operation.parameters or isinstance(answer, type):
        responses["400"] = {"description": "a parameter is wrong; error says which", "content": problem}
    if not operation.open_to_any_name:
        responses |= {status: {"description": what, "content": problem} for status, what in REFUSALS.items()}
        responses["421"] = {"description": "the host name is unknown (allowed_hosts)", "content": problem}
    if not operation.open_to_any_name:
        when = " or ".join(filter(None, (operation.unavailable, "too many requests of one address are open")))
        responses["503"] = {"description": when, "content": problem}
    elif operation.unavailable:
        responses["503"] = {"description": operation.unavailable, "content": {"text/plain": {}}}
    shown: dict[str, Any] = {"summary": operation.summary, "responses": responses}
    if operation.parameters:
        shown["parameters"] = [_parameter(parameter) for parameter in operation.parameters]
    return shown


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = {"type": "array", "items": parameter.schema} if parameter.repeated else parameter.schema
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.what,
        "required": parameter.required,
        "schema": schema,
    }
