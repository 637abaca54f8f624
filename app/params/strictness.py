"""What a route does not declare is refused, never ignored."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fastapi import Request

from app.catalogue import COLLECTIONS, view_of
from app.errors import BadParameter
from app.filters import GEOMETRY, list_queryables
from app.languages import gettext as _
from app.languages.phrases import ask_meant
from app.params.asked import FILTER_NAMES
from app.queries.vocabulary import nearest


async def refuse_unknown(request: Request) -> None:
    """A dependency: any query parameter that the route does not declare is an error, never ignored.

    Raises: BadParameter. Source: OGC API Features 1.0, /req/core/query-param-unknown.
    """
    check_names(request, request.query_params)


def check_names(request: Request, names: Iterable[str]) -> None:
    """Whether the route takes parameters of these names.

    Raises: BadParameter.
    """
    known = declared_parameters(request) | _queryables(request)
    for name in names:
        if name not in known:
            close = nearest(name, sorted(known))
            takes = _(" This address takes %(names)s.", names=", ".join(sorted(known)))
            right = takes if known else _(" This address takes none.")
            raise BadParameter(
                _("Unknown parameter “%(name)s”.%(hint)s%(right)s", name=name, hint=ask_meant(close), right=right),
                parameter=name,
                suggestions=close,
            )


def _queryables(request: Request) -> frozenset[str]:
    """Properties of the collection in the address: where its filters are taken, each may be asked for by name.

    Source: OGC API Features Part 3, /req/queryables-query-parameters/parameters.
    """
    path = request.path_params
    collection = COLLECTIONS.get(path.get("collection_id") or path.get("file", "").partition(".")[0])
    if collection is None or not declared_parameters(request).issuperset(FILTER_NAMES):
        return frozenset()
    return frozenset(list_queryables(view_of(collection))) - {GEOMETRY}


async def refuse_doubled(request: Request) -> None:
    """A dependency: a parameter given twice is ambiguous.

    Raises: BadParameter.
    """
    check_single(request)


def check_single(request: Request) -> None:
    """The same, for a route that asks by itself. Raises: BadParameter."""
    names = [name for name, _text in request.query_params.multi_items()]
    for name in names:
        if names.count(name) > 1:
            raise BadParameter(_("%(name)s is given twice; several values go by comma.", name=name), parameter=name)


def declared_parameters(request: Request) -> frozenset[str]:
    """Names of the query parameters that the answering route declares in the OpenAPI document."""
    cache: dict[str, frozenset[str]] = request.app.state.declared_parameters
    path: str = request.scope["route"].path
    if path not in cache:
        operation: Callable[[], dict[str, object]] = request.app.openapi
        paths = operation()["paths"]
        assert isinstance(paths, dict)
        operations = paths.get(path, {})
        listed = (operations.get("get") or operations.get("post") or {}).get("parameters", [])
        cache[path] = frozenset(p["name"] for p in listed if p["in"] == "query")
    return cache[path]
