"""Filters and files that are damaged at random: each is answered in time, none with a server's error, none leaves
memory behind. FUZZ_FILTERS (10000) and FUZZ_FILES (500) say how many: 100000 and 10000 for a release. The seed is
fixed."""

from __future__ import annotations

import os
import random
import resource
import time
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
FILTERS = int(os.environ.get("FUZZ_FILTERS", "10000"))
FILES = int(os.environ.get("FUZZ_FILES", "500"))
ITEMS = "/api/collections/blocks/items"
# Each answer comes within what the portal itself grants, and a little.
LONGEST_SECONDS = 40
SEEDS = [
    "status = 'offered' AND area_ha > 100",
    "name LIKE 'K%' OR NOT (state_code IN ('IN-OD', 'IN-AP'))",
    "S_INTERSECTS(geom, POLYGON((80 18, 84 18, 84 22, 80 22, 80 18)))",
    "area_ha BETWEEN 10 AND 5000 AND premium_percent IS NOT NULL",
    "A_OVERLAPS(minerals, ('graphite', 'vanadium'))",
    "CASEI(name) = casei('kurunja') AND status_since > DATE('2024-01-01')",
    "T_AFTER(updated_at, TIMESTAMP('2024-01-01T00:00:00Z')) OR area_ha * 2 + 1 < resource_mt / 3",
    "S_WITHIN(geom, BBOX(70, 10, 90, 30)) AND ACCENTI(district) LIKE '%a_a%'",
    '{"op":"and","args":[{"op":"=","args":[{"property":"status"},"offered"]},{"op":">","args":[{"property":"area_ha"},1e3]}]}',
    '{"op":"s_intersects","args":[{"property":"geom"},{"type":"Point","coordinates":[84.5,20.5]}]}',
]
PIECES = (
    "' \" ( ) [ ] { } , ; -- /* */ \\ % _ NULL TRUE FALSE AND OR NOT IN LIKE BETWEEN 1e999 -1e-999 9999999999999999999 "
    "NaN Infinity :param $1 ? POINT( POLYGON(( EMPTY \0 \ud83d é अ ' || ' ::text pg_sleep(9) ; DROP TABLE block name "
    "area_ha geom minerals [1,2] 0x41 ^ ** div % = <> <= >="
).split(" ")


def mutate(text: str, chance: random.Random) -> str:
    """The text with some pieces dropped, doubled, swapped or put in."""
    for _ in range(chance.randint(1, 3)):
        at, to = sorted((chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)))
        what = chance.randrange(6)
        if what == 0:
            text = text[:at] + text[min(to, at + 8) :]
        elif what == 1:
            text = text[:at] + chance.choice(PIECES) + text[at:]
        elif what == 2:
            text = text[:to] + text[at:]
        elif what == 3:
            text = text[:at] + chr(chance.randrange(1, 0x2FF)) + text[at + 1 :]
        elif what == 4:
            text = text[:at] + text[at:to] * chance.choice((2, 3, 40)) + text[to:]
        else:
            text = chance.choice(("NOT (", "(((((", "-", "{")) + text + chance.choice((")", "", "}"))
    return text[:6_000] or "1"


def memory_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def test_mutated_filters(portal):
    chance = random.Random(20261125)
    statuses: Counter[int] = Counter()
    slowest, settled = 0.0, 0.0
    for number in range(FILTERS):
        text = mutate(chance.choice(SEEDS), chance)
        asked = {"filter": text.encode("utf-8", "replace").decode(), "limit": "1"}
        if text.startswith("{"):
            asked["filter-lang"] = "cql2-json"
        began = time.monotonic()
        answer = portal.get(ITEMS, params=asked)
        slowest = max(slowest, time.monotonic() - began)
        statuses[answer.status_code] += 1
        assert answer.status_code in (200, 400, 414), (answer.status_code, text, answer.text)
        if number == FILTERS // 2:
            settled = memory_mb()
    after = memory_mb()
    print(f"\n{FILTERS} filters: {dict(statuses)}, slowest {slowest:.2f} s; memory {settled:.0f} -> {after:.0f} MB")
    assert statuses[200] and statuses[400]  # some are still filters
    assert slowest < LONGEST_SECONDS and after <= settled * 1.1 + 5


def files(folder: Path) -> list[tuple[str, bytes]]:
    """A sound file of each kind."""
    import pyogrio

    plain = (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"n":1},"geometry":'
        b'{"type":"Polygon","coordinates":[[[84,20],[84.2,20],[84.2,20.2],[84,20.2],[84,20]]]}}]}'
    )
    source = folder / "a.geojson"
    source.write_bytes(plain)
    _, _, geometry, _ = pyogrio.raw.read(source)
    made = [("a.geojson", plain)]
    for driver, name in (("GPKG", "a.gpkg"), ("FlatGeobuf", "a.fgb"), ("KML", "a.kml"), ("ESRI Shapefile", "a.shp")):
        pyogrio.raw.write(folder / name, geometry, [], [], geometry_type="Polygon", crs="EPSG:4326", driver=driver)
        if not name.endswith(".shp"):
            made.append((name, (folder / name).read_bytes()))
    for name, members in (("a.zip", sorted(folder.glob("a.[sdp][hbr]*"))), ("a.kmz", [folder / "a.kml"])):
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for member in members:
                archive.write(member, "doc.kml" if name == "a.kmz" else member.name)
        made.append((name, packed.getvalue()))
    gpx = b'<gpx version="1.1"><trk><trkseg><trkpt lat="20" lon="84"/><trkpt lat="21" lon="85"/></trkseg></trk></gpx>'
    return [*made, ("a.gpx", gpx)]


def damage(content: bytes, chance: random.Random) -> bytes:
    """The bytes with some flipped, cut out, doubled or set to extremes."""
    found = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        at = chance.randrange(len(found) or 1)
        what = chance.randrange(5)
        if what == 0 and found:
            found[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            del found[at : at + chance.randint(1, 64)]
        elif what == 2:
            found[at:at] = found[at : at + chance.randint(1, 256)] * chance.choice((1, 2, 50))
        elif what == 3:
            found[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0"))
        elif chance.random() < 0.2:
            del found[at:]
    return bytes(found)


def test_mutated_files(portal, tmp_path):
    chance = random.Random(20261125)
    sound = files(tmp_path)
    for name, content in sound:
        assert portal.post(f"/api/shapes?name={name}", content=content).status_code == 200, name
    statuses: Counter[int] = Counter()
    slowest, before = 0.0, memory_mb()
    for _ in range(FILES):
        name, content = chance.choice(sound)
        content = damage(content, chance)
        began = time.monotonic()
        answer = portal.post(f"/api/shapes?name={name}", content=content)
        slowest = max(slowest, time.monotonic() - began)
        statuses[answer.status_code] += 1
        assert answer.status_code in (200, 400, 413), (answer.status_code, name, content[:200], answer.text)
    after = memory_mb()
    print(f"\n{FILES} files: {dict(statuses)}, slowest {slowest:.2f} s; memory {before:.0f} -> {after:.0f} MB")
    assert slowest < LONGEST_SECONDS and after <= before * 1.1 + 5
