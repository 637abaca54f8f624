"""The composed map: only the portal's own files, the same bytes each time, a visitor's text never taken for code."""

import json
import re
from pathlib import Path

import pytest

from app import maps, wording
from app.catalogue import COLLECTIONS
from app.maps import MapLayer

STATIC = Path(__file__).parent.parent / "frontend" / "static"
ODISHA = (81.3, 17.8, 87.5, 22.6)
LAYERS = (
    MapLayer("blocks", "Mineral blocks", "/api/collections/blocks/items?state=odisha&limit=10000", kind="blocks"),
    MapLayer("ports", "Ports", "/api/collections/ports/items?state=odisha", shown=False),
)


@pytest.fixture(scope="module")
def parts():
    return maps.draw_map(bounds=ODISHA, layers=LAYERS, title="Mineral blocks of Odisha", focus="odisha")


def layer_options(script):
    return [json.loads(found) for found in re.findall(r"portal\.layer\(map_main, (\{.*\})\);", script)]


def test_asks_no_other_host(parts):
    page = "".join(parts)
    assert re.findall(r'(?:src|href)="((?!/static/|#)[^"]*)"', page) == []
    assert "http" not in page
    for library in ("jquery", "bootstrap", "awesome", "cdn", "googleapis"):
        assert library not in page.lower()


def test_every_file_that_the_portal_owns_is_there(parts):
    own = [path for path in re.findall(r'"/static/([^"]+)"', "".join(parts)) if not path.startswith("vendor/")]
    assert "built/portal.js" in own
    assert [path for path in own if not (STATIC / path).is_file()] == []


def test_zooming_on_phones_stays_possible(parts):
    assert "viewport" not in parts.header
    base = (STATIC.parent / "templates" / "base.html").read_text(encoding="utf-8")
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in base


def test_libraries_are_deferred_so_that_they_run_before_the_module(parts):
    scripts = re.findall(r"<script[^>]*>", parts.header)
    assert len(scripts) == 2
    assert all(" defer " in script for script in scripts)
    assert parts.script.startswith('import * as portal from "/static/built/portal.js";')


def test_same_arguments_same_bytes(parts):
    again = maps.draw_map(bounds=ODISHA, layers=LAYERS, title="Mineral blocks of Odisha", focus="odisha")
    assert again == parts
    assert re.search(r"[0-9a-f]{32}", "".join(parts)) is None


def test_two_maps_of_one_page_have_names_of_their_own(parts):
    other = maps.draw_map(layers=LAYERS, title="Neighbours", name="near")
    assert 'id="map_near"' in other.html
    assert 'id="map_main"' in parts.html
    assert "map_main" not in other.script


def test_layers_carry_what_the_script_needs(parts):
    blocks, ports = layer_options(parts.script)
    assert blocks["url"] == "/api/collections/blocks/items?state=odisha&limit=10000"
    assert (blocks["kind"], blocks["page"]) == ("blocks", "/blocks/{id}")
    assert (ports["icon"], ports["page"], ports["one"]) == ("anchor", None, "port")


def test_only_layers_that_are_on_at_the_start_are_added(parts):
    assert "layer_0.addTo(map_main);" in parts.script
    assert "layer_1.addTo(map_main);" not in parts.script
    assert '"Ports" : layer_1' in parts.script  # but it can be switched on


def test_no_tiles_until_a_reader_picks_them(parts):
    assert "layer_base_states.addTo(map_main);" in parts.script
    assert "layer_base_osm.addTo" not in parts.script
    assert "layer_base_imagery.addTo" not in parts.script
    for label in maps.BASE_MAPS.values():
        assert f'"{label}" : layer_base_' in parts.script


def test_scale_full_screen_legend_and_words_are_there(parts):
    for call in ("L.control.scale(", "new L.Control.FullScreen(", "L.control.layers(", "portal.legend(map_main)"):
        assert call in parts.script
    for word in (*wording.STATUS_WORDS.values(), *wording.STAGE_WORDS.values()):
        assert word in parts.script


def test_what_a_visitor_typed_stays_text():
    hostile = '{{ 7 * 7 }}</script><b a="'
    layers = [MapLayer("ports", hostile, f"/api/collections/ports/items?q={hostile}")]
    parts = maps.draw_map(layers=layers, title=hostile)
    page = "".join(parts)
    assert "49" not in page
    assert "<b" not in page
    assert page.count("</script>") == 2  # two libraries; the module is put into its element by the page
    assert layer_options(parts.script)[0]["url"].endswith(hostile)


def test_every_point_collection_has_a_symbol():
    points = {c.id for c in COLLECTIONS.values() if c.geometry_type == "Point"}
    assert points == set(maps.SYMBOLS)
    drawn = (STATIC / "js" / "symbols.js").read_text(encoding="utf-8")
    assert [s.icon for s in maps.SYMBOLS.values() if f"  {s.icon}:" not in drawn] == []


def test_every_status_of_a_block_has_a_fill_of_its_own():
    shapes = (STATIC / "css" / "shapes.css").read_text(encoding="utf-8")
    assert [status for status in wording.STATUS_NOTES if f".status-{status} " not in shapes] == []
    assert [stage for stage in wording.STAGE_WORDS if f".stage-{stage} " not in shapes] == []


def test_fills_named_by_the_tables_are_drawn():
    css = (STATIC / "css" / "map.css").read_text(encoding="utf-8")
    assert [fill for fill in set(maps.FILL_OF_STATUS.values()) - {"filled"} if f".fill-{fill}" not in css] == []


def test_dark_colours_are_the_same_for_the_system_and_for_the_choice():
    tokens = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
    by_system = re.search(r':root:not\(\[data-theme="light"\]\) \{(.*?)\}', tokens, re.S)
    by_choice = re.search(r':root\[data-theme="dark"\] \{(.*?)\}', tokens, re.S)
    assert by_system and by_choice
    assert by_system[1].split() == by_choice[1].split()


def test_no_other_style_or_script_names_a_colour():
    own = [*(STATIC / "css").glob("*.css"), *(STATIC / "js").glob("*.js")]
    named = {path.name: re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(", path.read_text(encoding="utf-8")) for path in own}
    assert [name for name, colours in named.items() if colours and name != "tokens.css"] == []


def test_only_the_base_maps_name_another_host_to_fetch_from():
    calls = {
        path.name: re.findall(r'(?:url: |fetch\(|import\(|from )"(https?:[^"]+)', path.read_text(encoding="utf-8"))
        for path in (STATIC / "js").glob("*.js")
    }
    assert [name for name, hosts in calls.items() if hosts] == ["basemaps.js"]
    assert all("<link" not in line or "http" not in line for line in _lines_of_templates())


def _lines_of_templates():
    for path in (STATIC.parent / "templates").glob("*.html"):
        yield from path.read_text(encoding="utf-8").splitlines()


def test_contrast_of_text_and_shapes():
    tokens = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
    light = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", tokens.split("@media", 1)[0]))
    dark = light | dict(
        re.findall(r"--([\w-]+): (#[0-9a-f]{6});", tokens.split('[data-theme="dark"] {', 1)[1].split("}")[0])
    )
    for theme in (light, dark):
        for text in ("ink", "quiet", "accent", "warning", "error"):
            for ground in ("paper", "raised", "sunken"):
                assert contrast(theme[text], theme[ground]) >= 4.5, (text, ground)
        for ground in ("land", "sea", "land-focus"):
            assert contrast(theme["edge"], theme[ground]) >= 3
        assert contrast(theme["line-strong"], theme["raised"]) >= 3
        assert contrast(theme["on-accent"], theme["accent"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """Ratio of two colours. Source: WCAG 2.2, definitions of contrast ratio and relative luminance."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
