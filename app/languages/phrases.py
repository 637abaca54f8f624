"""Phrases that many messages share, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence

from app.languages import N_
from app.languages import gettext as _

# Translators: what is wrong with a shape, in the words of GEOS, which finds it; messages ask for them by the English.
FAULTS_OF_SHAPES = (
    N_("Self-intersection"),
    N_("Ring Self-intersection"),
    N_("Hole lies outside shell"),
    N_("Holes are nested"),
    N_("Nested shells"),
    N_("Interior is disconnected"),
    N_("Duplicate Rings"),
    N_("Too few points in geometry component"),
    N_("Invalid Coordinate"),
)

# Translators: titles of the data files, as the files have them.
DATA_FILES = (
    N_("Mineral blocks"),
    N_("Centres of excellence"),
    N_("Named coal mines closed or to be closed"),
    N_("Named exploration projects: a sample, no register"),
    N_("Mines, projects, deposits and refineries abroad"),
    N_("Known deposits, exploration targets and beach-sand deposits"),
    N_("Ports"),
    N_("Processing units and parks"),
    N_("States and union territories of India"),
)

# Translators: what figures of the Mission, of exploration and of coal-mine closure count; and a term of the glossary.
UNITS = (
    N_("agencies"),
    N_("approval"),
    N_("approvals"),
    N_("areas"),
    N_("assets"),
    N_("blocks"),
    N_("centres"),
    N_("coal mines"),
    N_("companies"),
    N_("critical mineral assessment programmes"),
    N_("critical mineral projects"),
    N_("crore rupees (about)"),
    N_("crore rupees over 6-7 years (about)"),
    N_("districts"),
    N_("documents"),
    N_("exploration activities"),
    N_("financial years"),
    N_("GSI exploration projects, all minerals"),
    N_("GSI projects"),
    N_("locations"),
    N_("million tonnes of ore"),
    N_("mineral exploration projects in the year"),
    N_("minerals"),
    N_("mines"),
    N_("mines (Coal India)"),
    N_("parks"),
    N_("people"),
    N_("programmes"),
    N_("programmes planned"),
    N_("projects"),
    N_("projects and blocks"),
    N_("projects, all minerals"),
    N_("REE ore and exploration projects"),
    N_("reports"),
    N_("reports since the start"),
    N_("square kilometres"),
    N_("states"),
    N_("underground mines"),
    N_("years"),
)
TERMS = (N_("Indicative area"),)
# Translators: of the National Mineral Inventory: minerals as it names them, what is measured, grades, units.
INVENTORY = (
    N_("Cobalt ore"),
    N_("Manganese ore"),
    N_("Nickel ore"),
    N_("Platinum group of metals"),
    N_("Titanium minerals"),
    N_("as printed (REE)"),
    N_("contained MoS2"),
    N_("contained V2O5"),
    N_("contained WO3"),
    N_("metal"),
    N_("mineral"),
    N_("ore"),
    N_("anatase"),
    N_("glauconite"),
    N_("ilmenite"),
    N_("leucoxene"),
    N_("not known"),
    N_("polyhalite"),
    N_("rutile"),
    N_("sylvite"),
    N_("titaniferous magnetite"),
    N_("unclassified"),
    N_("million tonnes"),
    N_("thousand tonnes"),
    N_("tonnes"),
    N_("tonnes of metal content"),
)
# Translators: on what a plant's capacity rests.
BASES = (N_("nameplate"), N_("planned"), N_("target"), N_("addition"), N_("design"))


def join_or(words: Sequence[str]) -> str:
    """A or B."""
    return _(" or ").join(words)


def ask_meant(names: Sequence[str]) -> str:
    """The question whether one of these names was meant, to stand behind a sentence; empty without names."""
    return _(" Did you mean %(names)s?", names=join_or(names)) if names else ""
