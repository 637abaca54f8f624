"""Names of minerals, states and countries → the words that the portal uses."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from app.ingest.reading.cells import CellError, parse_list
from app.ingest.reading.slugs import slug_of
from app.queries.vocabulary import Vocabulary

# Older and other spellings of states, and the codes that ISO 3166-2 has given up.
_STATES = {
    "orissa": "odisha",
    "in-or": "odisha",
    "or": "odisha",
    "od": "odisha",
    "in-ct": "chhattisgarh",
    "chattisgarh": "chhattisgarh",
    "chhatisgarh": "chhattisgarh",
    "in-tg": "telangana",
    "in-ut": "uttarakhand",
    "uttaranchal": "uttarakhand",
    "pondicherry": "puducherry",
    "andra pradesh": "andhra pradesh",
    "tamilnadu": "tamil nadu",
    "madras": "tamil nadu",
    "mysore": "karnataka",
    "andaman islands": "andaman and nicobar",
    "nicobar islands": "andaman and nicobar",
    "andaman and nicobar islands": "andaman and nicobar",
    "nct of delhi": "delhi",
    "new delhi": "delhi",
    "dadra and nagar haveli": "dadra and nagar haveli and daman and diu",
    "daman and diu": "dadra and nagar haveli and daman and diu",
    "ap": "andhra pradesh",
    "mh": "maharashtra",
    "gj": "gujarat",
}
# What may stand between two minerals where the whole is no name.
_BETWEEN = re.compile(r"\s*(?:,|;|/|\||&|\+/-|\+|\band\b)\s*", re.IGNORECASE)


class MineralNames(NamedTuple):
    """The slugs that names lead to, each once, and the names that lead nowhere."""

    slugs: list[str]
    unknown: list[str]


class Names:
    """Looks up names as files write them; `given` are a mapping's own: property → text in the file → value."""

    def __init__(self, vocabulary: Vocabulary, given: Mapping[str, Mapping[str, Any]]) -> None:
        self.vocabulary = vocabulary
        self.given = {name: {k.casefold(): v for k, v in words.items()} for name, words in given.items()}

    def minerals(self, value: Any) -> MineralNames:
        """All minerals of a cell."""
        own = self._own_minerals(value) if isinstance(value, str) else None
        if own is not None:
            return MineralNames(own, [])
        slugs: dict[str, None] = {}
        unknown = []
        for name in parse_list(value):
            found = self._mineral(str(name).strip()) if name is not None else []
            if found is None:
                unknown.append(str(name).strip())
            else:
                slugs.update(dict.fromkeys(found))
        return MineralNames(list(slugs), unknown)

    def _own_minerals(self, name: str) -> list[str] | None:
        found = self.given.get("minerals", {}).get(name.strip().casefold())
        return [] if found == "" else [found] if isinstance(found, str) else found

    def _mineral(self, name: str) -> list[str] | None:
        """The slugs of a name; None where it, or a part of it, is unknown."""
        own = self._own_minerals(name)
        if own is not None:
            return own
        bare = re.sub(r"\s*\(.*?\)", "", name)
        for form in (name, name.replace("-", " "), bare, slug_of(name) if name else ""):
            word = self.vocabulary.find_mineral(form)
            if word:
                return [word.slug]
        parts = [part for part in _BETWEEN.split(bare) if part]
        if len(parts) < 2:
            return None
        found = [self._mineral(part) for part in parts]
        return [slug for slugs in found for slug in slugs or ()] if all(f is not None for f in found) else None

    def mineral_error(self, unknown: list[str]) -> CellError:
        near = self.vocabulary.nearest_minerals(unknown[0])
        return CellError(
            "vocabulary",
            f"{', '.join(f'“{name[:40]}”' for name in unknown)} {'is' if len(unknown) == 1 else 'are'} not in the "
            f"vocabulary of minerals{'; did you mean ' + ' or '.join(near) + '?' if near else '.'}",
            "Use a name of the vocabulary, or map the name under [values.minerals] of the mapping.",
        )

    def state(self, text: str) -> tuple[str, str | None]:
        """The state's present name, and what stands behind a slash: “Orissa/ Puri” names the district too.

        Raises: CellError with the nearest names.
        """
        found = self._state(text)
        if found:
            return found, None
        head, _, rest = text.partition("/")
        found = self._state(re.sub(r"[\[(].*", "", head))
        if found:
            return found, rest.strip() or None
        near = self.vocabulary.nearest_states(text)
        raise CellError(
            "vocabulary",
            f"“{text[:40]}” is no state that is known{'; did you mean ' + ' or '.join(near) + '?' if near else '.'}",
            "Write the state's present name, such as Odisha.",
        )

    def _state(self, text: str) -> str | None:
        word = " ".join(text.replace("&", " and ").split()).casefold()
        own = self.given.get("state", {}).get(word)
        found = self.vocabulary.find_state(own or word) or self.vocabulary.find_state(_STATES.get(word, ""))
        return found.name if found else None

    def country(self, text: str) -> str:
        """ISO 3166-1 alpha-2. Raises: CellError with the nearest names."""
        own = self.given.get("country", {}).get(text.strip().casefold())
        if own:
            return str(own)
        names = countries()
        code = text.strip().upper()
        if code in names.values():
            return code
        found = names.get(_plain(text))
        if found:
            return found
        near = difflib.get_close_matches(_plain(text), names, n=2, cutoff=0.6)
        raise CellError(
            "vocabulary",
            f"“{text[:40]}” is no country that is known{'; did you mean ' + ' or '.join(near) + '?' if near else '.'}",
            "Write its ISO 3166-1 code of two letters, or map the name under [values.country] of the mapping.",
        )


def _plain(text: str) -> str:
    return slug_of(text).replace("-", " ")


@cache
def countries() -> dict[str, str]:
    """Names of countries, plainly written → ISO 3166-1 alpha-2."""
    document = tomllib.loads(files("app.ingest.reading").joinpath("countries.toml").read_text("utf-8"))
    return {_plain(name): code for code, names in document.items() for name in names}


@cache
def country_names() -> dict[str, str]:
    """Codes → the first name of each."""
    document = tomllib.loads(files("app.ingest.reading").joinpath("countries.toml").read_text("utf-8"))
    return {code: names[0] for code, names in document.items()}
