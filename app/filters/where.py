"""The filters of the contract, each a named expression, and all of them together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, Float, and_, any_, bindparam, cast, func, literal, or_, true
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, Range
from sqlalchemy.types import ARRAY as GenericArray
from sqlalchemy.types import Text

from app.catalogue import View
from app.filters.cql import compile_cql
from app.filters.operands import equals, stored_geometry
from app.values import UNKNOWN, WGS84, BBox, Near, Period, Selection, Shape

# Filter → column, where the names differ.
LIST_COLUMNS: Mapping[str, str] = {
    "mineral": "minerals",
    "state": "state_code",
    "district": "district",
    "stage": "stage",
    "status": "status",
    "concession": "concession",
    "asset_class": "asset_class",
    "tranche": "tranches",
    "position_accuracy": "position_accuracy",
    "ids": "id",
}
# Below this length a word has too few trigrams to be misspelled recognisably.
_SHORTEST_FUZZY_WORD = 5
_LONGEST_EXACT_WORD = 3


def where(view: View, selection: Selection) -> ColumnElement[bool]:
    """True for the rows of `view` that `selection` asks for; an empty selection keeps everything."""
    return and_(
        true(),
        *(in_list(view, name, wanted) for name, wanted in selection.lists),
        *(in_range(view.c[name], least, most) for name, least, most in selection.ranges),
        *(has_word(view.c.search, word) for word in selection.words),
        in_bbox(view.c.geom, selection.bbox),
        near(view.c.geom, selection.near),
        in_period(view, selection.period),
        *(meets(view.c.geom, shape) for shape in selection.shapes),
        *(equals(view, name, value) for name, value in selection.equals),
        compile_cql(view, selection.cql),
    )


def in_list(view: View, name: str, wanted: Iterable[str]) -> ColumnElement[bool]:
    """True where the filter's column has any of `wanted`; the word `unknown` stands for null."""
    column = view.c[LIST_COLUMNS[name]]
    known = [value for value in wanted if value != UNKNOWN]
    is_array = column.type._type_affinity is GenericArray
    parts: list[ColumnElement[bool]] = []
    if known and is_array:
        parts.append(column.op("&&")(cast(known, ARRAY(Text))))
    elif known and name == "district":
        # "Sri Sathya Sai (erstwhile Anantapur)" is found by its present name too.
        bare = func.lower(func.split_part(column, " (", 1))
        lowered = [value.lower() for value in known]
        parts.append(or_(func.lower(column).in_(lowered), bare.in_(lowered)))
    elif known:
        parts.append(column.in_(known))
    if UNKNOWN in wanted:
        parts.append(func.cardinality(column) == 0 if is_array else column.is_(None))
    return or_(*parts)


def in_range(column: ColumnElement[float], least: float | None, most: float | None) -> ColumnElement[bool]:
    """True where the number is known and lies between the two, both included."""
    return and_(
        column >= least if least is not None else true(),
        column <= most if most is not None else true(),
    )


def has_word(search: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """True where the text has the word, a longer one that begins with it, or one spelled much like it.

    A word of up to three letters (REE, G3, tin) must stand there as it is, and one with a digit (PSB01, 27316) at least
    begin so: another number is no slip. Searched texts begin and end with a space.
    Source: PostgreSQL's pg_trgm; strict_word_similarity keeps to whole words: `graffite` and `graphite` have 0.38,
    `lithium` and `thulium` 0.14.
    """
    begins = has_beginning(search, word)
    if not may_be_misspelled(word):
        return begins
    # The operator, whose least likeness `db.make_engine` sets: unlike the function it can use the trigram index.
    is_like = literal(word, Text).op("<<%", is_comparison=True)(search)
    return or_(begins, and_(_shares_letters(search, word), is_like))


def _shares_letters(search: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """True wherever the operator may be; told in a tenth of its time, but not by the index.

    What is at all like the word has a third of its trigrams, and so one of these.
    """
    if not (word.isascii() and word.isalpha()):
        return true()
    spaced = f" {word} "
    trigrams = [f"%{spaced[at : at + 3]}%" for at in range(len(spaced) - 2)]
    return func.coalesce(search, "").like(any_(cast(trigrams, ARRAY(Text))))


def has_beginning(search: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """The same but for what is misspelled."""
    whole = len(word) <= _LONGEST_EXACT_WORD
    return search.contains(f" {word} " if whole else f" {word}", autoescape=True)


def may_be_misspelled(word: str) -> bool:
    """Whether one that is spelled much like the word is taken for it."""
    return len(word) >= _SHORTEST_FUZZY_WORD and not any(letter.isdigit() for letter in word)


def in_bbox(geom: ColumnElement[object], box: BBox | None) -> ColumnElement[bool]:
    """True where `geom` meets `box`, its edge included; no box keeps everything.

    CRS: EPSG:4326, degrees. west > east crosses the antimeridian.
    Source: OGC API Features 1.0, /req/core/fc-bbox-response.
    """
    if box is None:
        return true()
    west, south, east, north = box
    if west > east:
        return or_(in_bbox(geom, box._replace(east=180.0)), in_bbox(geom, box._replace(west=-180.0)))
    # The envelope of a diagonal is a point or a line where the box has no width or height, and still meets things.
    diagonal = func.ST_MakeLine(_point(west, south), _point(east, north))
    return func.ST_Intersects(geom, func.ST_Envelope(diagonal))


def _point(lon: float, lat: float) -> ColumnElement[object]:
    return func.ST_SetSRID(func.ST_MakePoint(cast(lon, Float), cast(lat, Float)), WGS84)


def near(geom: ColumnElement[object], place: Near | None) -> ColumnElement[bool]:
    """True where `geom` comes within `place.within_km` of the point, along the WGS 84 spheroid."""
    if place is None:
        return true()
    point = func.geography(_point(place.lon, place.lat))
    return func.ST_DWithin(func.geography(geom), point, bindparam(None, place.within_km * 1000.0, type_=Float))


def meets(geom: ColumnElement[object], shape: Shape) -> ColumnElement[bool]:
    """True where `geom` meets the shape, or comes within its distance along the WGS 84 spheroid."""
    drawn = stored_geometry(bytes.fromhex(shape.wkb))
    if not shape.buffer_km:
        return func.ST_Intersects(geom, drawn)
    distance_m = bindparam(None, shape.buffer_km * 1000.0, type_=Float)
    return func.ST_DWithin(func.geography(geom), func.geography(drawn), distance_m)


def in_period(view: View, period: Period | None) -> ColumnElement[bool]:
    """True where the record's time meets `period`; a collection without a time has no part in it.

    Source: OGC API Features 1.0, /req/core/fc-time-response.
    """
    column = view.c.get("status_period")
    if period is None or column is None:
        return true()
    return column.op("&&")(cast(Range(period.start, period.end, bounds="[]"), DATERANGE))
