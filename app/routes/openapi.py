"""The OpenAPI document as OGC wants it, where FastAPI writes it otherwise."""

from __future__ import annotations

from typing import Any

from app.values import DEFAULT_LIMIT, MAXIMUM_LIMIT

# Source: OGC API Features 1.0, /req/core/fc-limit-definition, fc-bbox-definition, fc-time-definition.
_CORE_SCHEMAS: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MAXIMUM_LIMIT, "default": DEFAULT_LIMIT},
    "bbox": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
    "datetime": {"type": "string"},
}


def amend(document: dict[str, Any]) -> None:
    """Change the document in place: the core parameters as OGC defines them, and no 422, which is never answered."""
    for address, path in document["paths"].items():
        core = _CORE_SCHEMAS if address.startswith("/api/") else {}
        for operation in path.values():
            operation["responses"].pop("422", None)
            for parameter in operation.get("parameters", ()):
                _amend_parameter(parameter, core)
    for name in ("HTTPValidationError", "ValidationError"):
        document.get("components", {}).get("schemas", {}).pop(name, None)


def _amend_parameter(parameter: dict[str, Any], core: dict[str, dict[str, Any]]) -> None:
    if parameter["in"] != "query":
        return
    if parameter["name"] in core:
        parameter.update(schema=core[parameter["name"]], style="form", explode=False)
        return
    # A parameter may be left out, but it is never null.
    schema = parameter["schema"]
    kinds = [kind for kind in schema.pop("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        schema.update(kinds[0])
    for idle in ("title", "description"):
        schema.pop(idle, None)
