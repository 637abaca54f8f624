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


def join_or(words: Sequence[str]) -> str:
    """A or B."""
    return _(" or ").join(words)


def ask_meant(names: Sequence[str]) -> str:
    """The question whether one of these names was meant, to stand behind a sentence; empty without names."""
    return _(" Did you mean %(names)s?", names=join_or(names)) if names else ""
