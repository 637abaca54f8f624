"""The values in use, told from the columns as they were copied."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.catalogue import Collection
from app.queries.columns.copying import SEPARATOR, as_text, lists_of, names_of, texts_of
from app.queries.values_in_use import CHOICES, ROLES, ValuesInUse
from app.words import searchable


def values_of_table(table: pa.Table, collection: Collection) -> ValuesInUse:
    """What `read_values` reads again."""
    filters = {column: name for name, column in lists_of(collection).items()}
    choices = {column: _texts(table, filters[column]) for column in CHOICES if column in filters}
    has_places = "district" in filters and "state" in texts_of(collection)
    districts = sorted(_count_pairs(table, "district", as_text("state"))) if has_places else []
    companies = [
        (name, role, records)
        for column, role in ROLES.items()
        if column in texts_of(collection)
        for name, records in _count_values(table, as_text(column)).items()
    ]
    return ValuesInUse(choices, districts, companies, _words(table, collection))


def _texts(table: pa.Table, name: str) -> list[str]:
    joined = _count_values(table, name)
    return sorted({part for text in joined for part in text.split(SEPARATOR) if part})


def _words(table: pa.Table, collection: Collection) -> list[str]:
    """The words of names, aliases and localities that may be misspelled: those without digits."""
    columns = [table["name"], *(table[as_text(name)] for name in names_of(collection))]
    texts = [pa.concat_arrays(column.unify_dictionaries().chunks) for column in columns]
    each = [text.dictionary if pa.types.is_dictionary(text.type) else text for text in texts]
    spaced = pa.concat_arrays([pc.list_flatten(pc.split_pattern(text.drop_null(), " ")) for text in each])
    # Numbers are most of them: they go before Python sees any.
    worded = pc.unique(spaced.filter(pc.invert(pc.match_substring_regex(spaced, r"^[0-9]*$"))))
    found = {word for text in worded.to_pylist() for word in searchable(text).split()}
    return sorted(word for word in found if not any(letter.isdigit() for letter in word))


def _count_values(table: pa.Table, name: str) -> dict[str, int]:
    """How many records have each text of a coded column; a list's texts are joined by `SEPARATOR`."""
    array = pa.concat_arrays(table[name].unify_dictionaries().chunks)
    counts = np.bincount(array.indices.drop_null().to_numpy(), minlength=len(array.dictionary))
    return dict(zip(array.dictionary.to_pylist(), counts.tolist(), strict=True))


def _count_pairs(table: pa.Table, one: str, other: str) -> dict[tuple[str, str], int]:
    """The same of two coded columns together, where both are known."""
    first, second = (pa.concat_arrays(table[name].unify_dictionaries().chunks) for name in (one, other))
    width = max(len(second.dictionary), 1)
    known = np.logical_and(*(part.is_valid().to_numpy(zero_copy_only=False) for part in (first, second)))
    codes = [
        part.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)[known] for part in (first, second)
    ]
    pairs, counts = np.unique(codes[0] * width + codes[1], return_counts=True)
    texts = [part.dictionary.to_pylist() for part in (first, second)]
    each = zip(pairs.tolist(), counts.tolist(), strict=True)
    return {(texts[0][pair // width], texts[1][pair % width]): count for pair, count in each}
