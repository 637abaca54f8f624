"""What changed when: versions of records, and the fields in which one differs from the one before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from app.catalogue import Collection, View
from app.errors import NotFound
from app.filters import where
from app.languages import find
from app.languages import gettext as _
from app.models import PAST, Renaming, Revision
from app.queries.vocabulary import nearest
from app.values import Selection

# Columns that are no fact of the record, or follow from others that are shown.
_IDLE = frozenset("digest revision updated_at search standings offers status_period geom".split())
GEOMETRY = "geometry"

# A change's place in a feed: revision and id.
Key = tuple[int, str]


class Version(NamedTuple):
    """A record as it was from `revision` on; `until` is the revision that superseded it, None for today's."""

    revision: int
    until: int | None
    values: Mapping[str, Any]  # facts by column, without the geometry
    geometry: str  # a hash: equal where the shapes are
    shape: Mapping[str, float]  # lon, lat of a point in degrees; corners and area_ha of an area

    @property
    def id(self) -> str:
        return str(self.values["id"])


class FieldChange(NamedTuple):
    """One field, before and after; `geometry` is told by what `Version.shape` holds."""

    field: str
    before: Any
    after: Any


class Made(NamedTuple):
    """A revision: what made a change."""

    number: int
    at: datetime
    note: str
    who: str


class Change(NamedTuple):
    """What a revision did to a record: it is new where there is no `before`, gone where there is no `after`."""

    made: Made
    before: Version | None
    after: Version | None
    renamed_to: str | None = None  # of one that is gone, as it got another id

    @property
    def shown(self) -> Version:
        """The version that the change made, or the last one of a record that went."""
        version = self.after or self.before
        assert version is not None
        return version

    @property
    def id(self) -> str:
        return self.shown.id

    @property
    def name(self) -> str:
        return str(self.shown.values["name"])

    @property
    def kind(self) -> str:
        """new, changed, gone."""
        return "gone" if self.after is None else "new" if self.before is None else "changed"

    @property
    def fields(self) -> tuple[FieldChange, ...]:
        """The fields that differ; none of a record that is new or gone."""
        return differences(self.before, self.after) if self.before and self.after else ()


def differences(before: Version, after: Version) -> tuple[FieldChange, ...]:
    """The fields in which `after` differs from `before`, in the order of the columns."""
    changed = [
        FieldChange(name, before.values[name], value)
        for name, value in after.values.items()
        if before.values[name] != value
    ]
    if before.geometry != after.geometry:
        changed.append(FieldChange(GEOMETRY, before.shape, after.shape))
    return tuple(changed)


def get_history(session: Session, collection: Collection, record_id: str) -> list[Change]:
    """Every change of one record, the newest first, under whatever id it had.

    Raises: NotFound, with the ids spelled most like it, where there never was one.
    """
    chain = [record_id]
    versions: list[Version] = []
    if "\0" not in record_id:
        earlier = select(Renaming.old_id).where(Renaming.collection == collection.id, Renaming.new_id == record_id)
        chain += session.scalars(earlier)
        versions = _list_versions(session, collection, lambda rows, _: rows.c.id.in_(chain))
    if not versions:
        shown = record_id.replace("\0", "␀")
        ids = union(select(collection.table.c.id), select(PAST[collection.model].c.id))
        close = nearest(shown, list(session.scalars(ids)))
        raise NotFound(
            _("%(title)s: there never was one with the id “%(shown)s”.", title=find(collection.title), shown=shown),
            suggestions=close,
        )
    began = {version.revision: version for version in versions}
    ended = {version.until: version for version in versions if version.until is not None}
    made = _list_made(session, {*began, *ended})
    return [Change(made[number], ended.get(number), began.get(number)) for number in sorted(made, reverse=True)]


def list_changes(
    session: Session, collection: Collection, selection: Selection, *, before: Key | None, limit: int
) -> list[Change]:
    """Changes of a collection's records, the newest first: one for each record and revision.

    A change belongs to the selection where the record was in it before or after: who follows it learns what came in,
    what changed and what left. `before`: only what comes after that key in this order (revision, then id, both
    descending). What is listed once is so for ever: nothing that is published later changes it.
    """
    keys = [(row.revision, row.id) for row in session.execute(select_keys(collection, selection, before, limit))]
    if not keys:
        return []
    versions = _list_versions(session, collection, lambda rows, until: _touches(rows, until, keys))
    began = {(version.revision, version.id): version for version in versions}
    ended = {(version.until, version.id): version for version in versions if version.until is not None}
    numbers = {number for number, _ in keys}
    made = _list_made(session, numbers)
    renamings = _list_renamings(session, collection, numbers)
    changes = []
    for key in keys:
        change = Change(made[key[0]], ended.get(key), began.get(key))
        if key[0] in renamings:
            change = _as_renaming(change, *renamings[key[0]])
        changes.append(change)
    return changes


def select_keys(collection: Collection, selection: Selection, before: Key | None, limit: int) -> Select[int, str]:
    """Revisions and ids of changes; each branch is cut by itself, so that it reads no more of its index."""
    today, past = View(collection, collection.table), View(collection, PAST[collection.model])
    branches = ((today, today.c.revision), (past, past.c.revision), (past, past.c.until_revision))
    parts = []
    for view, number in branches:
        key = tuple_(number, view.c.id)
        further = true() if before is None else key < tuple_(literal(before[0]), literal(before[1]))
        part = select(number.label("revision"), view.c.id).where(where(view, selection), further)
        cut = part.order_by(number.desc(), view.c.id.desc()).limit(limit).subquery()
        parts.append(select(cut.c.revision, cut.c.id))
    keys = union(*parts).subquery("change")
    return select(keys.c.revision, keys.c.id).order_by(keys.c.revision.desc(), keys.c.id.desc()).limit(limit)


def _touches(rows: FromClause, until: ColumnElement[int] | None, keys: Sequence[Key]) -> ColumnElement[bool]:
    """True for versions that the changes began or ended, and for a few more of the same records."""
    numbers = {number for number, _ in keys}
    began = rows.c.revision.in_(numbers)
    return rows.c.id.in_({i for _, i in keys}) & (began if until is None else or_(began, until.in_(numbers)))


def _list_versions(session: Session, collection: Collection, condition: Any) -> list[Version]:
    """Versions, today's and superseded ones, for which `condition(rows, until)` is true."""
    today, past = collection.table, PAST[collection.model]
    names = [c.name for c in today.columns if c.name not in _IDLE]

    def part(rows: FromClause, until: ColumnElement[int] | None) -> Select[Any]:
        ended = cast(null(), Integer) if until is None else until
        return select(
            *(rows.c[n] for n in names), rows.c.revision, ended.label("until"), *_shape_of(collection, rows)
        ).where(condition(rows, until))

    found = session.execute(union_all(part(today, None), part(past, past.c.until_revision))).mappings()
    return [_version(collection, names, row) for row in found]


def _shape_of(collection: Collection, rows: FromClause) -> list[ColumnElement[Any]]:
    """The geometry as a hash and as two numbers that tell people of it."""
    geom = rows.c.geom
    figures: tuple[ColumnElement[Any], ColumnElement[Any]] = (func.ST_X(geom), func.ST_Y(geom))
    if collection.geometry_type != "Point":
        # A ring names its first corner twice.
        figures = func.ST_NPoints(geom) - func.ST_NRings(geom), func.ST_Area(func.geography(geom)) / 10_000.0
    return [func.md5(func.ST_AsBinary(geom)).label("hash"), figures[0].label("first"), figures[1].label("second")]


def _version(collection: Collection, names: Iterable[str], row: Mapping[Any, Any]) -> Version:
    point = collection.geometry_type == "Point"
    shape = {"lon" if point else "corners": row["first"], "lat" if point else "area_ha": row["second"]}
    return Version(row["revision"], row["until"], {name: row[name] for name in names}, row["hash"], shape)


def _list_made(session: Session, numbers: Iterable[int]) -> dict[int, Made]:
    found = session.execute(
        select(Revision.number, Revision.at, Revision.note, Revision.who).where(Revision.number.in_(numbers))
    )
    return {row.number: Made(*row) for row in found}


def _list_renamings(
    session: Session, collection: Collection, numbers: Iterable[int]
) -> dict[int, tuple[Version, Version]]:
    """Revisions that gave a record another id: its version under the old one and under the new one."""
    there = Renaming.collection == collection.id, Renaming.revision.in_(numbers)
    old = {
        row.revision: row.old_id for row in session.execute(select(Renaming.revision, Renaming.old_id).where(*there))
    }
    if not old:
        return {}
    # A renaming is all that its revision does.
    versions = _list_versions(
        session,
        collection,
        lambda rows, until: or_(rows.c.revision.in_(old), false() if until is None else until.in_(old)),
    )
    last = {version.until: version for version in versions}
    first = {version.revision: version for version in versions}
    return {number: (last[number], first[number]) for number in old}


def _as_renaming(change: Change, before: Version, after: Version) -> Change:
    if change.after is None:
        return change._replace(renamed_to=after.id)
    return change._replace(before=before)
