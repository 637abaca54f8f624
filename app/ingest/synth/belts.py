"""Where synthetic blocks lie: ellipses laid roughly over India's mineral regions, and what is found in each.

Rough on purpose: they give made-up blocks a likely distribution and are no geological map.
"""

from __future__ import annotations

from typing import NamedTuple


class Belt(NamedTuple):
    """An ore belt as an ellipse; its minerals are vocabulary slugs, the commonest first."""

    name: str
    lon: float  # centre, degrees
    lat: float
    long_km: float  # semi-axes
    short_km: float
    azimuth: float  # of the long axis, degrees clockwise from north
    weight: float  # how dense with blocks
    minerals: tuple[str, str, str]


BELTS = (
    Belt("Aravalli", 74.4, 25.8, 330, 90, 35, 1.6, ("copper", "zinc", "tungsten")),
    Belt("Thar", 72.3, 27.2, 230, 110, 20, 1.0, ("limestone", "potash", "rare-earth-elements")),
    Belt("Kachchh and Saurashtra", 70.8, 22.6, 170, 110, 100, 0.5, ("bauxite", "limestone", "titanium")),
    Belt("Bundelkhand", 79.2, 24.8, 150, 90, 70, 0.7, ("phosphorite", "iron", "diamond")),
    Belt("Mahakoshal", 82.0, 24.2, 200, 70, 75, 0.8, ("glauconite", "graphite", "gold")),
    Belt("Jhabua", 74.7, 22.8, 110, 70, 150, 0.5, ("phosphorite", "manganese", "graphite")),
    Belt("Balaghat", 80.1, 21.9, 140, 70, 75, 1.0, ("manganese", "copper", "molybdenum")),
    Belt("Gadchiroli", 80.1, 20.0, 130, 80, 170, 0.7, ("iron", "limestone", "vanadium")),
    Belt("Bastar", 81.5, 19.0, 170, 80, 10, 1.2, ("iron", "tin", "niobium")),
    Belt("Chhattisgarh basin", 82.0, 21.2, 150, 100, 60, 1.0, ("limestone", "gold", "iron")),
    Belt("Surguja", 82.9, 22.9, 150, 90, 80, 0.8, ("bauxite", "coal", "graphite")),
    Belt("Koderma", 85.3, 24.3, 190, 70, 85, 0.7, ("nickel", "potash", "lithium")),
    Belt("Singhbhum", 85.8, 22.5, 170, 60, 105, 1.4, ("copper", "iron", "vanadium")),
    Belt("Keonjhar", 85.3, 21.6, 110, 80, 20, 1.5, ("iron", "manganese", "gold")),
    Belt("Sukinda", 85.8, 20.9, 90, 45, 60, 1.1, ("chromite", "nickel", "cobalt")),
    Belt("Eastern Ghats, Odisha", 83.3, 20.0, 250, 90, 35, 1.5, ("graphite", "bauxite", "manganese")),
    Belt("Eastern Ghats, Andhra Pradesh", 82.0, 17.9, 170, 60, 45, 1.0, ("graphite", "bauxite", "titanium")),
    Belt("Godavari valley", 79.8, 18.5, 190, 80, 140, 1.0, ("coal", "limestone", "iron")),
    Belt("Khammam", 79.9, 17.2, 140, 80, 30, 0.8, ("limestone", "copper", "graphite")),
    Belt("Cuddapah", 78.8, 15.3, 220, 90, 10, 1.1, ("limestone", "zinc", "diamond")),
    Belt("Nellore", 79.4, 14.5, 130, 50, 5, 0.7, ("lithium", "beryllium", "rare-metals")),
    Belt("Dharwar", 76.3, 15.0, 270, 110, 165, 1.3, ("gold", "iron", "manganese")),
    Belt("Mandya and Kolar", 77.3, 12.9, 150, 70, 30, 0.7, ("lithium", "gold", "chromite")),
    Belt("Konkan", 74.1, 16.4, 150, 50, 165, 0.7, ("bauxite", "iron", "silicon")),
    Belt("Salem", 78.4, 11.4, 160, 80, 60, 0.7, ("magnetite", "molybdenum", "platinum-group-elements")),
    Belt("Madurai", 78.0, 9.8, 120, 60, 40, 0.4, ("graphite", "garnet", "limestone")),
    Belt("Shillong plateau", 91.4, 25.6, 140, 50, 90, 0.3, ("limestone", "sillimanite", "rare-earth-elements")),
    Belt("Papum Pare", 94.0, 27.9, 190, 50, 60, 0.3, ("graphite", "vanadium", "tungsten")),
    Belt("Kumaon and Garhwal", 79.4, 30.0, 140, 60, 120, 0.3, ("tungsten", "magnesium", "graphite")),
    Belt("Reasi", 75.0, 33.1, 100, 40, 130, 0.2, ("lithium", "bauxite", "sapphire")),
)
