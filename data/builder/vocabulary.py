"""The mineral vocabulary: every name that files or searchers use, mapped to a slug."""

from __future__ import annotations

from pathlib import Path

from .records import CatalogueError, Json, Record, make_sources, read_json, sentence

OWN_SOURCE = {"title": "Project vocabulary", "publisher": "general knowledge", "date": None, "url": None}

# Symbols of the elements that the catalogue has no mineral record for.
SYMBOLS = {
    "aluminium": "Al", "cesium": "Cs", "chromium": "Cr", "gold": "Au", "iron": "Fe", "lead": "Pb", "magnesium": "Mg",
    "manganese": "Mn", "rubidium": "Rb", "scandium": "Sc", "silver": "Ag", "yttrium": "Y", "zinc": "Zn",
}  # fmt: skip

LANTHANIDES = [
    "lanthanum", "La", "cerium", "Ce", "praseodymium", "Pr", "neodymium", "Nd", "promethium", "Pm", "samarium", "Sm",
    "europium", "Eu", "gadolinium", "Gd", "terbium", "Tb", "dysprosium", "Dy", "holmium", "Ho", "erbium", "Er",
    "thulium", "Tm", "ytterbium", "Yb", "lutetium", "Lu",
]  # fmt: skip

# Words that searchers use and no file does. RE is left out: it is rhenium's symbol as well.
SEARCH_WORDS = {
    "aluminium": ["aluminum"],
    "aluminous-laterite": ["aluminous lateritic"],
    "base-metals": ["BM"],
    "beach-sand-minerals": ["black sand", "black sands", "beach sand", "BSM", "heavy mineral sand", "mineral sands"],
    "cesium": ["caesium"],
    "fluorspar": ["fluorite"],
    "halite": ["rock salt"],
    "phosphorite": ["phosphorites"],
    "phosphorus": ["Phosphorous"],
    "platinum-group-elements": [
        "PGM", "platinum group metals", "platinum", "Pt", "palladium", "Pd", "rhodium", "Rh",
        "ruthenium", "Ru", "iridium", "Ir", "osmium", "Os",
    ],
    "rare-earth-elements": [
        "REO", "rare earth", "rare earth element", "lanthanides", "LREE", "HREE", *LANTHANIDES,
    ],
    "rare-metals": ["RM", "rare metal"],
    "tungsten": ["wolfram"],
}  # fmt: skip

MEMBER_NOTES = {"rare-metals": "Lithium, beryllium, niobium, tantalum, caesium and rubidium (Li, Be, Nb, Ta, Cs, Rb)."}

# Terms that say more than their slug does: the rest is kept as a note of the record.
TERM_NOTES = {
    "Multiple": "The source says several minerals and does not name them all.",
    "Gallium (potential)": "Gallium is named as a potential only.",
}


class Vocabulary:
    """Slugs of mineral names, with one step up and whether each counts as critical."""

    def __init__(self, catalogue: Path) -> None:
        self.slugs: dict[str, str | None] = {}
        self.broader: dict[str, str | None] = {}
        self.critical: dict[str, bool] = {}
        for values in read_json(catalogue / "mineral_terms.json"):
            self._add(Record("mineral_terms", values))
        self.records = [self._make_record(Record(m["id"], m)) for m in read_json(catalogue / "minerals.json")]
        known = {record["id"] for record in self.records}
        others = (set(self.broader) | set(filter(None, self.broader.values()))) - known
        self.records += [self._make_other(mineral) for mineral in sorted(others)]
        self.ids = {record["id"] for record in self.records}

    def _add(self, row: Record) -> None:
        term, mineral, broader, critical = (row.take(key) for key in ("term", "slug", "broader", "critical"))
        row.close()
        self.slugs[term] = mineral
        if mineral is None:
            return
        if (self.broader.get(mineral, broader), self.critical.get(mineral, critical)) != (broader, critical):
            raise CatalogueError(f"mineral_terms: {mineral} is described in two ways")
        self.broader[mineral], self.critical[mineral] = broader, critical

    def _make_record(self, row: Record) -> Json:
        mineral, symbol, in_list = row.take("id"), row.take("symbol"), row.take("in_30_list")
        made = {
            "id": mineral, "name": row.take("name"), "symbol": symbol, "group": row.take("group"),
            "uses": row.take("uses"), "broader": self.broader.get(mineral),
            "critical": self.critical.get(mineral, in_list), "in_30_list": in_list, "part_d": row.take("part_d"),
            "part_d_name": row.take("part_d_name"),
        }  # fmt: skip
        made["aliases"] = self._list_aliases(mineral, made["name"], symbol, row.take("aliases") or [])
        made["note"] = join_note(row.take("note"))
        made["sources"], made["confidence"] = make_sources(row.take("sources")), row.take("confidence")
        row.close()
        return made

    def _make_other(self, mineral: str) -> Json:
        name, symbol = mineral.replace("-", " ").capitalize(), SYMBOLS.get(mineral)
        return {
            "id": mineral, "name": name, "symbol": symbol, "group": None, "uses": None,
            "broader": self.broader.get(mineral), "critical": self.critical.get(mineral, False), "in_30_list": False,
            "part_d": None, "part_d_name": None, "aliases": self._list_aliases(mineral, name, symbol, []),
            "note": MEMBER_NOTES.get(mineral), "sources": [OWN_SOURCE], "confidence": "medium",
        }  # fmt: skip

    def _list_aliases(self, mineral: str, name: str, symbol: str | None, given: list[str]) -> list[str]:
        """Other names of a mineral, without the name itself and without doubles that differ only in case."""
        words = [*given, *(term for term, target in self.slugs.items() if target == mineral)]
        # "C" of graphite is left out: coking coal is carbon as well.
        words += [symbol] if symbol and symbol.isalpha() and symbol != "C" else []
        words += SEARCH_WORDS.get(mineral, [])
        seen, aliases = {name.casefold()}, []
        for word in words:
            if word.casefold() not in seen:
                seen.add(word.casefold())
                aliases.append(word)
        return aliases

    def list_terms(self) -> list[Json]:
        """Every term of the catalogue as it is written there, then names and aliases that it lacks."""
        terms = dict(self.slugs)
        seen = {term.casefold(): mineral for term, mineral in terms.items()}
        for record in self.records:
            for word in (record["name"], record["id"].replace("-", " "), *record["aliases"]):
                if seen.setdefault(word.casefold(), record["id"]) != record["id"]:
                    raise CatalogueError(f"{word!r} means both {seen[word.casefold()]} and {record['id']}")
                if word.casefold() not in {term.casefold() for term in terms}:
                    terms[word] = record["id"]
        return [{"term": term, "mineral": terms[term]} for term in sorted(terms, key=lambda t: (t.casefold(), t))]

    def map_terms(self, terms: list[str]) -> tuple[list[str], list[str]]:
        """Slugs in the order of the terms, each once, and notes on what a slug cannot say.

        Raises CatalogueError for a term that the vocabulary lacks.
        """
        unknown = [term for term in terms if term not in self.slugs]
        if unknown:
            raise CatalogueError(f"minerals without a slug: {unknown}")
        slugs = [mineral for term in terms if (mineral := self.slugs[term])]
        return list(dict.fromkeys(slugs)), [TERM_NOTES[term] for term in terms if term in TERM_NOTES]


def join_note(note: str | None) -> str | None:
    return sentence(note) if note else None
