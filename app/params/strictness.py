"""What a route does not declare is refused, never ignored."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request

from app.errors import BadParameter
from app.queries.vocabulary import nearest


def refuse_unknown(request: Request) -> None:
    """A dependency: any query parameter that the route does not declare is an error, never ignored.

    Raises: BadParameter. Source: OGC API Features 1.0, /req/core/query-param-unknown.
    """
    known = declared_parameters(request)
    for name in request.query_params:
        if name not in known:
            close = nearest(name, sorted(known))
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            right = f" This address takes {', '.join(sorted(known))}." if known else " This address takes none."
            raise BadParameter(f"Unknown parameter “{name}”.{hint}{right}", parameter=name, suggestions=close)


def refuse_doubled(request: Request) -> None:
    """A dependency: a parameter given twice is ambiguous.

    Raises: BadParameter.
    """
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if names.count(name) > 1:
            raise BadParameter(f"{name} is given twice; several values go by comma.", parameter=name)


def declared_parameters(request: Request) -> frozenset[str]:
    """Names of the query parameters that the answering route declares in the OpenAPI document."""
    cache: dict[str, frozenset[str]] = request.app.state.declared_parameters
    path: str = request.scope["route"].path
    if path not in cache:
        operation: Callable[[], dict[str, object]] = request.app.openapi
        paths = operation()["paths"]
        assert isinstance(paths, dict)
        listed = paths.get(path, {}).get("get", {}).get("parameters", [])
        cache[path] = frozenset(p["name"] for p in listed if p["in"] == "query")
    return cache[path]
