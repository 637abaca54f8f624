"""The OpenAPI document as OGC wants it: version 3.0, the core parameters as the standard words them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from app.catalogue import COLLECTIONS
from app.downloads import FORMATS
from app.tiling import TILE_MATRIX_SETS
from app.values import DEFAULT_LIMIT, MAXIMUM_LIMIT

Schema = dict[str, Any]

VERSION = "3.0.3"
# The very spelling by which conformance suites and GDAL know the document, without a blank.
MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.0"
ROOT = "/api"

# Source: OGC API Features 1.0, /req/core/fc-limit-definition, fc-bbox-definition, fc-time-definition; Part 2,
# /req/crs/fc-crs-definition, fc-bbox-crs-definition; Part 8 (draft), /req/sorting/sortby-definition.
_CORE_SCHEMAS: dict[str, Schema] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MAXIMUM_LIMIT, "default": DEFAULT_LIMIT},
    "bbox": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
    "datetime": {"type": "string"},
    "crs": {"type": "string", "format": "uri"},
    "bbox-crs": {"type": "string", "format": "uri"},
    "sortby": {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": r"^[+-]?[^+\-\s].*$"}},
}
# Parts of addresses of which there are only so many.
_CLOSED: dict[str, Iterable[str]] = {
    "collection_id": COLLECTIONS,
    "tileMatrixSetId": TILE_MATRIX_SETS,
    "file": [f"{name}.{ending}" for name in COLLECTIONS for ending in FORMATS],
}
# Addresses whose answers carry an ETag, by how they end; and those of feeds.
_CONDITIONAL = ("/items", "/{item_id}", "/tiles/{tileMatrixSetId}", "/{tileCol}", "/download/{file}")
# Words of JSON Schema 2020-12 that OpenAPI 3.0 lacks, and that are not said otherwise below.
_UNKNOWN_TO_30 = frozenset(
    "$schema $id $defs $comment $anchor if then else dependentRequired dependentSchemas unevaluatedProperties "
    "unevaluatedItems contains minContains maxContains patternProperties propertyNames contentEncoding".split()
)


def amend(document: dict[str, Any]) -> None:
    """Change FastAPI's document of version 3.1 in place: version 3.0, OGC's parameters, and no 422, never answered."""
    document["openapi"] = VERSION
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for name in schemas:
        schemas[name] = as_30(schemas[name])
    for path, operation in _operations(document):
        _amend_responses(path, operation)
        for parameter in operation.get("parameters", ()):
            _amend_parameter(parameter, is_ogc=path.startswith(f"{ROOT}/"))
    _convert(document["paths"], schemas)
    # Some clients (QGIS, GDAL) look here for the length of their pages.
    items = document["paths"][f"{ROOT}/collections/{{collection_id}}/items"]["get"]["parameters"]
    document["components"]["parameters"] = {p["name"]: p for p in items if p["name"] in _CORE_SCHEMAS}


def rooted(document: dict[str, Any], server: str) -> dict[str, Any]:
    """The OGC part of the document, its paths seen from the landing page.

    Conformance suites look for `/conformance` and `/collections` below a server's address, and nowhere else.
    Source: OGC API Features 1.0, Annex A.3.1, Identify Test Points.
    """
    paths = {path.removeprefix(ROOT) or "/": item for path, item in document["paths"].items() if _is_below_root(path)}
    return {**document, "servers": [{"url": server + ROOT}], "paths": paths}


def _is_below_root(path: str) -> bool:
    return path == ROOT or path.startswith(f"{ROOT}/")


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for operation in item.values():
            yield path, operation


def _amend_responses(path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    if path.endswith(_CONDITIONAL) or path.startswith("/feeds/"):
        responses["304"] = {"description": "The reader's copy (If-None-Match) still holds"}
    if path.endswith("/items/{item_id}"):
        responses["308"] = {"description": "The item has another id now; Location says which"}
    operation["responses"] = dict(sorted(responses.items()))


def _amend_parameter(parameter: dict[str, Any], *, is_ogc: bool) -> None:
    if parameter["in"] == "path" and parameter["name"] in _CLOSED:
        parameter["schema"] = {"type": "string", "enum": list(_CLOSED[parameter["name"]])}
    if parameter["in"] != "query":
        return
    if is_ogc and parameter["name"] in _CORE_SCHEMAS:
        parameter.update(schema=_CORE_SCHEMAS[parameter["name"]], style="form", explode=False)
        return
    # A parameter may be left out, but it is never null.
    schema = _without_null(parameter["schema"])
    parameter["schema"] = {key: value for key, value in schema.items() if key not in ("title", "description")}


def _convert(node: Any, schemas: dict[str, Schema]) -> None:
    """Every schema below `node` in the words of 3.0; the problem document, which is everywhere, is kept once."""
    if isinstance(node, list):
        for part in node:
            _convert(part, schemas)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key == "schema":
            node[key] = as_30(value)
            if node[key].get("title") == "Problem":
                schemas["Problem"] = node[key]
                node[key] = {"$ref": "#/components/schemas/Problem"}
        elif key not in ("example", "examples"):
            _convert(value, schemas)


def as_30(schema: Any, definitions: dict[str, Schema] | None = None) -> Schema:
    """A schema of JSON Schema 2020-12 in the words of OpenAPI 3.0.

    Source: OpenAPI 3.0.3, Schema Object. A member that is no part of `required` and may be null is one that is left
    out: no answer of the portal has it as null.
    """
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    definitions = schema.get("$defs", definitions or {})
    reference = schema.get("$ref", "")
    if reference.startswith("#/$defs/"):
        schema = {**definitions[reference.removeprefix("#/$defs/")], **{k: v for k, v in schema.items() if k != "$ref"}}
    elif reference:
        return {"$ref": reference}
    found = {key: value for key, value in schema.items() if key not in _UNKNOWN_TO_30}
    _reword(found)
    for key in ("items", "not", "additionalProperties"):
        if isinstance(found.get(key), dict):
            found[key] = as_30(found[key], definitions)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in found:
            found[key] = [as_30(part, definitions) for part in found[key]]
    if "properties" in found:
        needed = found.get("required", ())
        found["properties"] = {
            name: as_30(part if name in needed or part is True else _without_null(part), definitions)
            for name, part in found["properties"].items()
        }
    return found


def _without_null(schema: Schema) -> Schema:
    """The schema without null among its kinds, and without null as its default."""
    found = {key: value for key, value in schema.items() if (key, value) != ("default", None)}
    kinds = [kind for kind in found.get("anyOf", ()) if kind != {"type": "null"}]
    if "anyOf" in found:
        del found["anyOf"]
        found = {**found, **kinds[0]} if len(kinds) == 1 else {**found, "anyOf": kinds}
    return found


def _reword(schema: Schema) -> None:
    """What 3.0 says in other words."""
    _reword_null(schema)
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if examples := schema.pop("examples", None):
        schema.setdefault("example", examples[0])
    if schema.pop("contentMediaType", None):
        schema["format"] = "binary"
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if not isinstance(schema.get(exclusive, True), bool):
            schema[limit], schema[exclusive] = schema[exclusive], True
    if parts := schema.pop("prefixItems", None):
        schema.update(items={"anyOf": parts}, minItems=len(parts), maxItems=len(parts))


def _reword_null(schema: Schema) -> None:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        known = [kind for kind in kinds if kind != "null"]
        if len(known) == 1:
            schema["type"] = known[0]
        else:
            del schema["type"]
            schema["anyOf"] = [{"type": kind} for kind in known]
        if "null" in kinds:
            schema["nullable"] = True
    for key in ("anyOf", "oneOf"):
        if {"type": "null"} in schema.get(key, ()):
            named = _without_null({"anyOf": schema.pop(key)})
            # Beside a reference no other word counts, so it goes into a list of its own.
            schema.update({"allOf": [named]} if "$ref" in named else named)
            schema["nullable"] = True
