"""CQL2 → SQL: the tree of CQL2 JSON becomes an expression of SQLAlchemy with bound parameters.

Nothing that a client sends becomes text of a statement: names of properties are looked up, operators are a closed list,
values are bound. Source: OGC 21-065r2, Common Query Language (CQL2).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Double,
    Numeric,
    Text,
    and_,
    cast,
    collate,
    func,
    literal,
    literal_column,
    not_,
    or_,
    true,
)

from app.catalogue import View
from app.crs import SYSTEMS, Crs
from app.errors import BadParameter
from app.filters.operands import (
    Instants,
    Operand,
    date_operand,
    geometry_operand,
    instant_operand,
    literal_operand,
    period_operand,
    property_operand,
    text_literal,
)
from app.filters.telling import KINDS, shown, told, wrong
from app.languages import gettext as _
from app.languages.phrases import ask_meant
from app.values import Cql
from app.words import nearest

Sql = ColumnElement[Any]

_EQUALITY = ("=", "<>")
_COMPARISONS: dict[str, Callable[[Sql, Sql], Sql]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
# Not exact or not defined: divisor 0 gives null, which no comparison finds.
_ARITHMETIC: dict[str, Callable[[Sql, Sql], Sql]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: cast(a, Double) / func.nullif(cast(b, Double), 0.0),
    "%": lambda a, b: func.mod(cast(a, Numeric), func.nullif(cast(b, Numeric), 0)),
    "div": lambda a, b: func.div(cast(a, Numeric), func.nullif(cast(b, Numeric), 0)),
    "^": lambda a, b: func.power(cast(a, Double), cast(b, Double)),
}
_SPATIAL = {
    "s_intersects": func.ST_Intersects,
    "s_disjoint": func.ST_Disjoint,
    "s_equals": func.ST_Equals,
    "s_touches": func.ST_Touches,
    "s_within": func.ST_Within,
    "s_overlaps": func.ST_Overlaps,
    "s_crosses": func.ST_Crosses,
    "s_contains": func.ST_Contains,
}
# Source: OGC 21-065r2, section on temporal functions; after Allen's intervals.
_TEMPORAL: dict[str, Callable[[Instants, Instants], Sql]] = {
    "t_after": lambda a, b: a.start > b.end,
    "t_before": lambda a, b: a.end < b.start,
    "t_contains": lambda a, b: and_(a.start < b.start, a.end > b.end),
    "t_disjoint": lambda a, b: or_(a.start > b.end, a.end < b.start),
    "t_during": lambda a, b: and_(a.start > b.start, a.end < b.end),
    "t_equals": lambda a, b: and_(a.start == b.start, a.end == b.end),
    "t_finishedby": lambda a, b: and_(a.start < b.start, a.end == b.end),
    "t_finishes": lambda a, b: and_(a.start > b.start, a.end == b.end),
    "t_intersects": lambda a, b: and_(a.start <= b.end, a.end >= b.start),
    "t_meets": lambda a, b: a.end == b.start,
    "t_metby": lambda a, b: a.start == b.end,
    "t_overlappedby": lambda a, b: and_(a.start > b.start, a.start < b.end, a.end > b.end),
    "t_overlaps": lambda a, b: and_(a.start < b.start, a.end > b.start, a.end < b.end),
    "t_startedby": lambda a, b: and_(a.start == b.start, a.end > b.end),
    "t_starts": lambda a, b: and_(a.start == b.start, a.end < b.end),
}
# Arrays are compared as sets.
_ARRAYS: dict[str, Callable[[Sql, Sql], Sql]] = {
    "a_equals": lambda a, b: and_(a.op("@>")(b), a.op("<@")(b)),
    "a_contains": lambda a, b: a.op("@>")(b),
    "a_containedby": lambda a, b: a.op("<@")(b),
    "a_overlaps": lambda a, b: a.op("&&")(b),
}
_PREDICATES = frozenset(
    {"and", "or", "not", "like", "between", "in", "isnull", *_COMPARISONS, *_SPATIAL, *_TEMPORAL, *_ARRAYS}
)
OPERATORS = _PREDICATES | {*_ARITHMETIC, "casei", "accenti"}


def compile_cql(view: View, asked: Cql | None) -> Sql:
    """True for the rows of `view` that the filter keeps; no filter keeps everything.

    Raises: BadParameter, naming `filter`, for what the collection has not or what cannot be compared.
    """
    if asked is None:
        return true()
    return _Compiler(view, SYSTEMS[asked.crs]).predicate(json.loads(asked.tree))


def check_cql(view: View, asked: Cql | None) -> None:
    """Raises: BadParameter where the filter cannot be asked of this collection."""
    compile_cql(view, asked)


class _Compiler:
    """Walks one tree; its depth was checked when it was read."""

    def __init__(self, view: View, crs: Crs) -> None:
        self.view, self.crs = view, crs

    def predicate(self, node: Any) -> Sql:
        """A node that is true, false or unknown."""
        if isinstance(node, bool):
            return literal(node)
        if isinstance(node, dict) and _op(node) in _PREDICATES:
            return self._operation(_op(node), _args(node))
        found = self.operand(node)
        if found.kind != "boolean":
            raise wrong(_("%(part)s is neither true nor false; compare it with something.", part=shown(node)))
        return found.sql

    def _operation(self, op: str, args: Sequence[Any]) -> Sql:
        if op in ("and", "or"):
            _count(op, args, 1, 10_000)
            return (and_ if op == "and" else or_)(*map(self.predicate, args))
        if op == "not":
            _count(op, args, 1, 1)
            return not_(self.predicate(args[0]))
        if op == "isnull":
            _count(op, args, 1, 1)
            return self.operand(args[0]).sql.is_(None)
        if op in _SPATIAL:
            return self._spatial(op, args)
        if op in _TEMPORAL:
            return self._temporal(op, args)
        if op in _ARRAYS:
            return self._array(op, args)
        return {"like": self._like, "between": self._between, "in": self._in}.get(op, self._compare)(op, args)

    # --- comparisons ---------------------------------------------------------------------------------------------

    def _compare(self, op: str, args: Sequence[Any]) -> Sql:
        _count(op, args, 2, 2)
        return _compared(op, *(self._comparable(node) for node in args))

    def _comparable(self, node: Any) -> Operand:
        found = self.operand(node)
        if found.kind in ("geometry", "array", "period"):
            functions = {"geometry": "S_EQUALS", "array": "A_EQUALS", "period": "T_EQUALS"}
            raise wrong(
                _(
                    "%(part)s cannot be compared like a number; use %(function)s and its like.",
                    part=shown(node),
                    function=functions[found.kind],
                )
            )
        return found

    def _like(self, op: str, args: Sequence[Any]) -> Sql:
        _count(op, args, 2, 2)
        value, pattern = (self.operand(node) for node in args)
        if value.kind != "text" or pattern.kind != "text":
            raise wrong(_("LIKE compares texts; %(part)s is %(kind)s.", **told(args[0], value.kind)))
        return value.sql.like(pattern.sql)

    def _between(self, op: str, args: Sequence[Any]) -> Sql:
        _count(op, args, 3, 3)
        value, least, most = (self._comparable(node) for node in args)
        return and_(_compared(">=", value, least), _compared("<=", value, most))

    def _in(self, op: str, args: Sequence[Any]) -> Sql:
        _count(op, args, 2, 2)
        if not isinstance(args[1], list) or not args[1]:
            raise wrong(_("IN wants a list of values, such as stage IN ('G3','G4')."))
        value = self._comparable(args[0])
        return or_(*(_compared("=", value, self._comparable(node)) for node in args[1]))

    # --- spatial, temporal, array --------------------------------------------------------------------------------

    def _spatial(self, op: str, args: Sequence[Any]) -> Sql:
        _count(op, args, 2, 2)
        shapes = [self.operand(node) for node in args]
        for node, found in zip(args, shapes, strict=True):
            if found.kind != "geometry":
                raise wrong(
                    _("%(op)s compares geometries; %(part)s is %(kind)s.", op=op.upper(), **told(node, found.kind))
                )
            if op not in ("s_intersects", "s_disjoint") and _is_collection(node):
                raise wrong(_("%(op)s takes no GEOMETRYCOLLECTION; S_INTERSECTS and S_DISJOINT do.", op=op.upper()))
        found_sql: Sql = _SPATIAL[op](*(found.sql for found in shapes))
        return found_sql

    def _temporal(self, op: str, args: Sequence[Any]) -> Sql:
        _count(op, args, 2, 2)
        times = []
        for node in args:
            found = self.operand(node)
            if found.times is None:
                raise wrong(
                    _("%(op)s compares dates and times; %(part)s is %(kind)s.", op=op.upper(), **told(node, found.kind))
                )
            times.append(found.times)
        return _TEMPORAL[op](*times)

    def _array(self, op: str, args: Sequence[Any]) -> Sql:
        _count(op, args, 2, 2)
        first, second = (self._as_array(op, node) for node in args)
        return _ARRAYS[op](first, second)

    def _as_array(self, op: str, node: Any) -> Sql:
        if not isinstance(node, list):
            found = self.operand(node)
            if found.kind != "array":
                raise wrong(_("%(op)s compares lists; %(part)s is %(kind)s.", op=op.upper(), **told(node, found.kind)))
            return found.sql
        if not all(isinstance(item, str) and "\0" not in item for item in node):
            raise wrong(_("%(op)s: the lists here hold texts; give texts in quotation marks.", op=op.upper()))
        return cast(node, ARRAY(Text))

    # --- operands ------------------------------------------------------------------------------------------------

    def operand(self, node: Any) -> Operand:
        """A property, a literal or what is calculated from them.

        Raises: BadParameter.
        """
        if not isinstance(node, dict):
            return literal_operand(node)
        if "op" in node:
            return self._calculated(node)
        if "property" in node:
            return property_operand(self.view, str(node["property"]))
        if "date" in node:
            return date_operand(node["date"])
        if "timestamp" in node:
            return instant_operand(node["timestamp"])
        if "interval" in node:
            return self._period(node["interval"])
        if "bbox" in node or ("type" in node and ("coordinates" in node or "geometries" in node)):
            return geometry_operand(node, self.crs)
        raise wrong(_("%(part)s is nothing that CQL2 knows.", part=shown(node)))

    def _calculated(self, node: Mapping[str, Any]) -> Operand:
        op, args = _op(node), _args(node)
        if op in _PREDICATES:
            return Operand(self._operation(op, args), "boolean")
        if op in ("casei", "accenti"):
            _count(op, args, 1, 1)
            found = self.operand(args[0])
            if found.kind != "text":
                raise wrong(_("%(op)s takes a text; %(part)s is %(kind)s.", op=op.upper(), **told(args[0], found.kind)))
            return Operand(_folded(op, found.sql), "text")
        if op in _ARITHMETIC:
            return self._arithmetic(op, args)
        close = nearest(op, sorted(OPERATORS))
        said = _("there is no function “%(op)s”.", op=op[:60])
        raise wrong(said + ask_meant([name.upper() for name in close]), close)

    def _arithmetic(self, op: str, args: Sequence[Any]) -> Operand:
        if op in ("-", "*") and len(args) == 1:  # a sign
            return self._arithmetic("*", [-1, args[0]])
        _count(op, args, 2, 2)
        numbers = [self.operand(node) for node in args]
        for node, found in zip(args, numbers, strict=True):
            if found.kind != "number":
                raise wrong(
                    _("“%(op)s” calculates with numbers; %(part)s is %(kind)s.", op=op, **told(node, found.kind))
                )
        # As numeric or double: whole numbers of four bytes would overflow.
        whole = all(found.is_integer for found in numbers)
        a, b = (cast(found.sql, Numeric if whole else Double) for found in numbers)
        return Operand(_ARITHMETIC[op](a, b), "number")

    def _period(self, ends: Any) -> Operand:
        if not isinstance(ends, list) or len(ends) != 2:
            raise wrong(_("INTERVAL wants two dates, times or '..'."))
        return period_operand([self._end(end) for end in ends])

    def _end(self, end: Any) -> Operand | None:
        if isinstance(end, str):
            if end in ("..", ""):
                return None
            return date_operand(end) if len(end) == 10 else instant_operand(end)
        return self.operand(end)


def _compared(op: str, a: Operand, b: Operand) -> Sql:
    """Two operands of kinds that go together.

    Raises: BadParameter where they do not.
    """
    if a.kind == b.kind == "text":
        # Which texts are equal is the same in all collations that a database can have; indexes are in its own.
        collation = "default" if op in _EQUALITY else "C"
        return _COMPARISONS[op](collate(a.sql, collation), collate(b.sql, collation))
    if a.kind == b.kind and a.kind in ("number", "boolean", "date"):
        return _COMPARISONS[op](a.sql, b.sql)
    if a.times and b.times:
        return _COMPARISONS[op](a.times.start, b.times.start)
    raise wrong(_("%(first)s cannot be compared with %(second)s.", first=KINDS[a.kind], second=KINDS[b.kind]))


def _folded(op: str, text: Sql) -> Sql:
    """Without regard to case, or without the accents of Latin letters."""
    if op == "casei":
        return collate(func.lower(collate(text, "und-x-icu")), "C")
    bare = func.regexp_replace(func.normalize(collate(text, "C"), _NFKD), _ACCENTS, "", "g")
    return collate(bare, "C")


_NFKD: Sql = literal_column("NFKD")  # the form is a keyword of SQL
_ACCENTS = text_literal("[\u0300-\u036f]")


def _op(node: Mapping[str, Any]) -> str:
    """The operator; `isNull` and `t_finishedBy` are written in several ways."""
    return str(node.get("op", "")).lower()


def _args(node: Mapping[str, Any]) -> list[Any]:
    args = node.get("args")
    if not isinstance(args, list):
        raise wrong(_("“%(op)s” has no list of arguments.", op=str(node.get("op"))[:60]))
    return args


def _count(op: str, args: Sequence[Any], least: int, most: int) -> None:
    if not least <= len(args) <= most:
        right = str(least) if least == most else _("%(number)s or more", number=least)
        raise wrong(
            _("%(op)s has %(number)s argument(s); it takes %(right)s.", op=op.upper(), number=len(args), right=right)
        )


def _is_collection(node: Any) -> bool:
    return isinstance(node, dict) and node.get("type") == "GeometryCollection"


__all__ = ["OPERATORS", "BadParameter", "check_cql", "compile_cql"]
