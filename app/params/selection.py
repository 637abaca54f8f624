"""Filters as typed → a selection, checked against the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping

from app.catalogue import Collection
from app.errors import BadParameter
from app.filters import LIST_COLUMNS
from app.languages import find
from app.languages import gettext as _
from app.languages.phrases import ask_meant
from app.params.asked import FILTER_NAMES, Filters, Systems, given_filters
from app.params.boxes import parse_box
from app.params.cql import parse_cql
from app.params.places import parse_near, parse_number
from app.params.queryables import parse_equal
from app.params.shapes import parse_shape
from app.params.times import parse_datetime
from app.queries.vocabulary import Vocabulary, nearest
from app.values import UNKNOWN, Selection
from app.words import searchable

_RANGES = {
    "area_min_ha": "area_ha",
    "area_max_ha": "area_ha",
    "premium_min_percent": "premium_percent",
    "premium_max_percent": "premium_percent",
}


_MOST_WORDS = 12


def parse_selection(asked: Filters, collection: Collection, vocabulary: Vocabulary) -> Selection:
    """All filters together.

    Raises: BadParameter at the first that cannot be read.
    """
    given = given_filters(asked)
    if isinstance(asked, Systems) and asked.bbox_crs is not None:
        given["bbox-crs"] = asked.bbox_crs
    parts = [parse_filter(name, given, collection, vocabulary) for name in given]
    others = (asked.model_extra or {}).items()
    parts += [Selection(equals=(parse_equal(name, str(text), collection),)) for name, text in others]
    return selection_of(parts)


def parse_leniently(
    asked: Mapping[str, str], collection: Collection, vocabulary: Vocabulary
) -> tuple[Selection, dict[str, str], list[BadParameter]]:
    """For pages: what could be read, the texts of it, and what was wrong with the rest."""
    parts, kept, problems = [], {}, []
    given = {name: text for name, text in asked.items() if name in FILTER_NAMES and text.strip()}
    for name, text in given.items():
        try:
            parts.append(parse_filter(name, given, collection, vocabulary))
            kept[name] = text
        except BadParameter as problem:
            problems.append(problem)
    return selection_of(parts), kept, problems


def selection_of(parts: list[Selection]) -> Selection:
    """Several selections, each of one filter, as one."""
    return Selection(
        lists=tuple(item for p in parts for item in p.lists),
        ranges=tuple(item for p in parts for item in p.ranges),
        words=tuple(word for p in parts for word in p.words),
        bbox=next((p.bbox for p in parts if p.bbox), None),
        near=next((p.near for p in parts if p.near), None),
        period=next((p.period for p in parts if p.period), None),
        shapes=tuple(dict.fromkeys(shape for p in parts for shape in p.shapes)),
        equals=tuple(item for p in parts for item in p.equals),
        cql=next((p.cql for p in parts if p.cql), None),
    )


def parse_filter(name: str, given: Mapping[str, str], collection: Collection, vocabulary: Vocabulary) -> Selection:
    """The one filter `name`, as a selection of its own.

    Raises: BadParameter, naming the filter and what would be right.
    """
    text = given[name]
    if "\0" in text:
        raise BadParameter(_("%(name)s holds a NUL character; leave it out.", name=name), parameter=name)
    if name in LIST_COLUMNS:
        return Selection(lists=((name, parse_list(name, text, collection, vocabulary)),))
    if name in _RANGES:
        if collection.column(_RANGES[name]) is None:
            raise _lacks(name, collection)
        number = parse_number(name, text)
        return Selection(ranges=((_RANGES[name], number, None) if "_min_" in name else (_RANGES[name], None, number),))
    if name == "q":
        return Selection(words=parse_words(text))
    if name in ("bbox", "bbox-crs"):
        return parse_box(given)
    if name == "datetime":
        return Selection(period=parse_datetime(text))
    if name in ("intersects", "buffer_km"):
        return Selection(shapes=(parse_shape(given.get("intersects"), given.get("buffer_km")),))
    if name in ("filter", "filter-lang", "filter-crs"):
        return Selection(cql=parse_cql(given, collection))
    return Selection(near=parse_near(given.get("near"), given.get("within_km")))


def parse_list(name: str, text: str, collection: Collection, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Values by comma, each checked.

    Raises: BadParameter with the nearest names where a value is unknown.
    """
    if collection.column(LIST_COLUMNS[name]) is None:
        raise _lacks(name, collection)
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    if not wanted:
        raise BadParameter(_("%(name)s is empty; give a value or leave it out.", name=name), parameter=name)
    found: list[str] = []
    for value in wanted:
        found.extend((UNKNOWN,) if value == UNKNOWN else _read_value(name, value, collection, vocabulary))
    return tuple(dict.fromkeys(found))


def _read_value(name: str, value: str, collection: Collection, vocabulary: Vocabulary) -> tuple[str, ...]:
    if name == "mineral":
        mineral = vocabulary.find_mineral(value)
        if mineral is None:
            raise _unknown_value(name, value, vocabulary.nearest_minerals(value), _("a mineral of the vocabulary"))
        return mineral.finds
    if name == "state":
        state = vocabulary.find_state(value)
        if state is None:
            right = _("a state or union territory of India")
            raise _unknown_value(name, value, vocabulary.nearest_states(value), right)
        return (state.code,)
    if name in ("ids", "district"):
        return (value,)
    used = vocabulary.choices.get((collection.id, LIST_COLUMNS[name]), ())
    allowed = list(dict.fromkeys((*collection.closed_lists.get(name, ()), *used)))
    folded = {choice.casefold(): choice for choice in allowed}
    if value.casefold() not in folded:
        right = _("one of %(choices)s", choices=", ".join((*allowed, UNKNOWN)))
        raise _unknown_value(name, value, nearest(value, allowed) or allowed[:12], right)
    return (folded[value.casefold()],)


def _unknown_value(name: str, value: str, suggestions: list[str], right: str) -> BadParameter:
    return BadParameter(
        _(
            "%(name)s: “%(value)s” is not %(right)s.%(hint)s",
            name=name,
            value=value,
            right=right,
            hint=ask_meant(suggestions),
        ),
        parameter=name,
        suggestions=suggestions,
    )


def _lacks(name: str, collection: Collection) -> BadParameter:
    usable = [n for n, column in LIST_COLUMNS.items() if collection.column(column) is not None]
    return BadParameter(
        _(
            "%(title)s cannot be filtered by %(name)s; it has %(usable)s, q, bbox and near.",
            title=find(collection.title),
            name=name,
            usable=", ".join(usable),
        ),
        parameter=name,
    )


def parse_words(text: str) -> tuple[str, ...]:
    """The words of a search, folded; punctuation separates.

    Raises: BadParameter where there is none, or more than a dozen.
    """
    words = tuple(dict.fromkeys(searchable(text).split()))
    if not words:
        raise BadParameter(_("q holds no word; give a name, a mineral or a place."), parameter="q")
    if len(words) > _MOST_WORDS:
        raise BadParameter(
            _(
                "q holds %(words)s words; at most %(most_words)s are searched.",
                words=len(words),
                most_words=_MOST_WORDS,
            ),
            parameter="q",
        )
    return words
