"""Blocks side by side: the values are the API's, the unknown is said so, and what cannot be compared is told."""

import re
from datetime import UTC, datetime
from html import unescape
from urllib.parse import quote

import pytest
from conftest import get_ids, get_json
from factories import make_block
from fastapi.testclient import TestClient

from app.downloads import FORMATS
from app.models import Renaming
from app.queries import compare as queries
from app.routes import compare
from app.wording import (
    ASSET_CLASS_WORDS,
    CONCESSION_WORDS,
    NOT_PUBLISHED,
    format_area,
    format_date,
    format_number,
    format_stage,
    format_status,
    format_time,
    format_tranches,
)

INFERRED = {"resource_category": "inferred"}
TWO = ("akharkata-graphite", "biarpalli-graphite-manganese")
LEAKS = re.compile(r"\bNone\b|\bnull\b|\bnan\b|\bTrue\b|\bFalse\b|\[\]|\{\{|\['|&amp;amp;|Undefined|frozenset|\(\)")


def text_of(html):
    plain = re.sub(r"<script.*?</script>|<svg.*?</svg>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", plain)).split())


def get_page(client, address):
    response = client.get(address)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8"), address
    assert not LEAKS.search(text_of(response.text)), LEAKS.search(text_of(response.text))
    return response.text


def rows_of(html):
    """Key of a fact → (mark, texts of its cells)."""
    found = {}
    for key, mark, row in re.findall(r'<tr data-fact="(\w+)"(?: class="is-(\w+)")?>(.*?)</tr>', html, re.DOTALL):
        row = re.sub(r'<sup class="foot">.*?</sup>', "", row)
        found[key] = mark, [text_of(cell) for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)]
    return found


def notices_of(html):
    return [text_of(n) for n in re.findall(r'<div class="notice notice-warning">(.*?)</div>', html, re.DOTALL)]


def heads_of(html):
    return re.findall(r'<th scope="col"><a href="/blocks/([^"?]+)', html)


def links_of(html):
    return {unescape(href).split("#")[0] for href in re.findall(r'<a\b[^>]*href="([^"]+)"', html)} - {""}


# What each cell says of a value of the API; None is none of its business.
SAID = {
    "state": lambda p: p["state"],
    "district": lambda p: p["district"],
    "stage": lambda p: p["stage"] and format_stage(p["stage"]),
    "status": lambda p: p["status"] and format_status(p["status"]),
    "status_since": lambda p: p["status_since"] and format_date(p["status_since"]),
    "concession": lambda p: CONCESSION_WORDS.get(p["concession"]),
    "asset_class": lambda p: ASSET_CLASS_WORDS[p["asset_class"]],
    "tranches": lambda p: format_tranches(p["tranches"]) if p["tranches"] else None,
    "attempts": lambda p: p["attempts"] and str(p["attempts"]),
    "area_ha": lambda p: format_area(p["area_ha"]) if p["area_ha"] is not None else None,
    "computed_area_ha": lambda p: format_area(p["computed_area_ha"], 2) if p["computed_area_ha"] is not None else None,
    "grade": lambda p: p["grade"],
    "confidence": lambda p: p["confidence"],
}


@pytest.fixture(scope="module")
def properties(portal):
    body = get_json(portal, "/api/collections/blocks/items?limit=10000")
    return {feature["id"]: feature["properties"] for feature in body["features"]}


def test_every_value_is_the_apis_and_the_unknown_is_said_so(portal, properties):
    ids = sorted(properties)
    for start in range(0, len(ids), compare.MOST):
        some = ids[start : start + compare.MOST]
        html = get_page(portal, f"/compare?ids={','.join(some)}")
        assert heads_of(html) == some
        rows = rows_of(html)
        for key, say in SAID.items():
            for block_id, cell in zip(some, rows[key][1], strict=True):
                said = say(properties[block_id])
                if said is None and key == "district" and properties[block_id]["offshore"]:
                    said = "offshore"
                assert cell == said if said is not None else cell.startswith(NOT_PUBLISHED), (block_id, key, cell)


def test_resource_bidder_and_premium_are_those_of_the_api(portal, properties):
    ids = sorted(properties)
    checked = 0
    for start in range(0, len(ids), compare.MOST):
        some = ids[start : start + compare.MOST]
        rows = rows_of(get_page(portal, f"/compare?ids={','.join(some)}"))
        for place, block_id in enumerate(some):
            block = properties[block_id]
            resource, bidder, premium = (
                rows[k][1][place] for k in ("resource_mt", "preferred_bidder", "premium_percent")
            )
            if block["resource_mt"] is not None:
                assert resource.startswith(f"{format_number(block['resource_mt'])} million tonnes , ")
                assert ("category not published" in resource) == (block["resource_category"] is None)
                checked += 1
            assert bidder == block["preferred_bidder"] or bidder.startswith((NOT_PUBLISHED, "none"))
            assert (block["preferred_bidder"] is None) == (bidder != block["preferred_bidder"])
            known = block["premium_percent"]
            assert premium == f"{format_number(known)}%" if known is not None else premium[:4] in ("not ", "none")
    assert checked == sum(p["resource_mt"] is not None for p in properties.values()) > 20


def test_sources_boundary_position_and_time_stand_there(portal):
    rows = rows_of(get_page(portal, f"/compare?ids={','.join(TWO)}"))
    items = [get_json(portal, f"/api/collections/blocks/items/{one}") for one in TWO]
    assert [p.startswith("≈") for p in rows["position_accuracy"][1]] == [
        i["properties"]["boundary_kind"] == "indicative" for i in items
    ]
    assert rows["boundary_kind"][1] == ["Published boundary", "Indicative area: the block lies somewhere within it"]
    assert rows["sources"][1] == [f"{len(i['sources'])} sources" for i in items]
    assert "± 5 km" in rows["position_accuracy"][1][1]
    for item, cell in zip(items, rows["updated_at"][1], strict=True):
        assert cell == format_time(datetime.fromisoformat(item["properties"]["updated_at"]).astimezone(UTC))


def test_rows_are_marked_by_word_and_sign(portal):
    html = get_page(portal, f"/compare?ids={','.join(TWO)}")
    rows = rows_of(html)
    for key, (mark, cells) in rows.items():
        known = {cell for cell in cells if not cell.startswith((NOT_PUBLISHED, "none"))}
        wanted = "same" if known == set(cells) else "partly"
        wanted = "unknown" if not known else "differs" if len(known) > 1 else wanted
        assert mark == wanted, (key, cells)
    assert rows["state"][0] == "same" and rows["area_ha"][0] == "differs"
    row = re.search(r'<tr data-fact="area_ha".*?</th>', html).group()
    assert text_of(row) == "Declared area ≠ differs"
    assert text_of(re.search(r'<tr data-fact="state".*?</th>', html).group()) == "State = same"


def test_differences_only_is_an_address(portal):
    address = f"/compare?ids={','.join(TWO)}"
    every, only = rows_of(get_page(portal, address)), rows_of(get_page(portal, f"{address}&differences=only"))
    assert set(only) == {key for key, (mark, _) in every.items() if mark in ("differs", "partly")}
    html = get_page(portal, address)
    assert f'href="{address}&amp;differences=only"' in html
    assert text_of(re.search(r"Differences only \(\d+\)", html).group()) == f"Differences only ({len(only)})"


@pytest.mark.parametrize(
    ("facts", "note"),
    [
        ([INFERRED, {"resource_category": "indicated (332)"}], "different categories"),
        ([INFERRED, {}], "the category is not published for each"),
        ([INFERRED, INFERRED], ""),
        ([{"minerals": ["gold"]} | INFERRED, {"minerals": ["tin"]} | INFERRED], "different minerals"),
    ],
)
def test_resources_that_do_not_compare_say_so_and_are_never_added(client, session, facts, note):
    one, two = (make_block(session, resource_mt=mt, **f) for mt, f in zip((1.25, 2.5), facts, strict=True))
    html = get_page(client, f"/compare?ids={one.id},{two.id}")
    head = text_of(re.search(r'<tr data-fact="resource_mt".*?</th>', html).group())
    assert head == "Resource ≠ differs" + (f" not comparable: {note}" if note else "")
    assert "3.75" not in text_of(html)
    assert [cell.split(" million")[0] for cell in rows_of(html)["resource_mt"][1]] == ["1.25", "2.5"]


def test_a_small_tonnage_is_in_the_same_unit_as_a_large_one(client, session):
    one, two = make_block(session, resource_mt=0.035658), make_block(session, resource_mt=105.0)
    cells = rows_of(get_page(client, f"/compare?ids={one.id},{two.id}"))["resource_mt"][1]
    assert [cell.split(",")[0].strip() for cell in cells] == ["0.035658 million tonnes", "105 million tonnes"]


def test_nothing_known_of_any_is_said(client, session):
    one, two = make_block(session), make_block(session)
    html = get_page(client, f"/compare?ids={one.id},{two.id}")
    rows = rows_of(html)
    assert rows["grade"] == ("unknown", [NOT_PUBLISHED] * 2)
    assert rows["minerals"] == ("unknown", [NOT_PUBLISHED] * 2)
    assert "differ in none of the rows" in get_page(client, f"/compare?ids={one.id},{two.id}&differences=only")


@pytest.mark.parametrize("query", ["", "?ids=", "?ids=,%20,", "?ids=%00"])
def test_without_ids_the_page_tells_how_to_choose(portal, query):
    html = get_page(portal, f"/compare{query}")
    assert "How to choose" in html and "<table" not in html and html.count("<h1") == 1


def test_one_block_is_shown_with_a_word_on_how_to_go_on(portal):
    html = get_page(portal, f"/compare?ids={TWO[0]}")
    assert heads_of(html) == [TWO[0]] and 'class="mark"' not in html
    assert "One block alone cannot be compared: add 1 to 5 more below." in text_of(html)
    assert notices_of(html) == []  # it is where the link of a block's page leads


def test_of_seven_the_first_six_are_shown_and_the_seventh_is_named(portal, properties):
    seven = list(properties)[:7]
    html = get_page(portal, f"/compare?ids={','.join(seven)}")
    assert heads_of(html) == seven[:6]
    left_out = properties[seven[6]]["name"]
    assert notices_of(html) == [f"At most 6 blocks fit side by side; the first 6 are shown. Left out: {left_out}."]
    assert "Add a block" not in html


def test_more_than_one_can_read_are_counted(portal, properties):
    html = get_page(portal, f"/compare?ids={','.join(properties)}")
    (notice,) = notices_of(html)
    assert notice.endswith(f" and {len(properties) - 6 - compare.MOST_NAMED} more.")


def test_unknown_ids_are_named_with_the_nearest(portal):
    html = get_page(portal, f"/compare?ids={TWO[0]},akharkata-grafite,{TWO[1]},qqqq")
    assert heads_of(html) == list(TWO)
    near, far = notices_of(html)
    assert near.startswith("There is no block “akharkata-grafite” here; it was left out. Did you mean akharkata-graph")
    assert far == "There is no block “qqqq” here; it was left out."


def test_very_many_unknown_ids_are_refused_shortly(portal):
    html = get_page(portal, "/compare?ids=" + ",".join(f"x{n}" for n in range(5000)))
    assert len(notices_of(html)) == compare.MOST_GUESSED + 1 and "and 4987 more" in notices_of(html)[-1]


def test_doubled_ids_stand_once(portal):
    html = get_page(portal, f"/compare?ids={TWO[0]},{TWO[1]},{TWO[0]}")
    assert heads_of(html) == list(TWO)
    assert notices_of(html) == ["Given more than once, shown once: Akharkata Graphite Block."]


@pytest.mark.parametrize(
    "bad", ["<script>alert(1)</script>", "\0", "a\0b", "'; drop table block --", "%", "😀", "{% 7*7 %}", "x" * 500]
)
def test_nonsense_is_shown_as_text_and_left_out(portal, bad):
    html = get_page(portal, f"/compare?ids={TWO[0]},{TWO[1]},{quote(bad)}&differences={quote(bad)}&add={quote(bad)}")
    assert heads_of(html) == list(TWO)
    assert "<script>alert" not in html and len(notices_of(html)) >= 2


def rename(session, old, new):
    session.add(Renaming(collection="blocks", old_id=old, new_id=new, revision=1))
    session.flush()


def test_a_renamed_id_stands_for_the_new_one(client, session):
    one, two = make_block(session, id="one"), make_block(session, id="two")
    rename(session, "uno", "one")
    html = get_page(client, "/compare?ids=uno,two")
    assert heads_of(html) == [one.id, two.id]
    assert notices_of(html) == ["“uno” is now “one”; it is shown under its new id."]
    assert heads_of(get_page(client, "/compare?ids=two,uno,one")) == ["two", "one"]


def test_a_chain_of_renamings_is_followed_and_a_ring_of_them_ends(client, session):
    make_block(session, id="one"), make_block(session, id="two")
    for old, new in (("a", "b"), ("b", "c"), ("c", "one"), ("x", "y"), ("y", "x")):
        rename(session, old, new)
    html = get_page(client, "/compare?ids=a,two,x")
    assert heads_of(html) == ["one", "two"]
    assert any("no block “x”" in notice for notice in notices_of(html))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("nonsense=1", "“nonsense” is no parameter of this page"),
        ("differences=yes", "differences: “yes” is not only"),
        ("revision=999", "revision: there is no revision 999"),
        ("as_of=soon", "as_of: “soon” is no day"),
        ("ids=qqqq", "“ids” is given twice"),
        ("add=%2C", "add: give one to twelve words"),
    ],
)
def test_what_is_not_understood_is_said_and_the_rest_applied(portal, query, words):
    html = get_page(
        portal, f"/compare?ids=qqq&{query}&x=1" if "ids=" in query else f"/compare?ids={','.join(TWO)}&{query}"
    )
    assert any(words in notice for notice in notices_of(html))
    if "ids=" not in query:
        assert heads_of(html) == list(TWO)


def test_another_moment_is_shown_and_kept_in_every_link(portal):
    address = f"/compare?ids={','.join(TWO)}&as_of=2023-11-30&revision=1"
    html = get_page(portal, address)
    assert any("as at 30 November 2023" in notice for notice in notices_of(html))
    items = get_json(portal, f"/api/collections/blocks/items?ids={','.join(TWO)}&as_of=2023-11-30")["features"]
    status = {i["id"]: i["properties"]["status"] for i in items}
    assert rows_of(html)["status"][1] == [format_status(s) if s else NOT_PUBLISHED for s in map(status.get, TWO)]
    kept = [link for link in links_of(html) if link.startswith(("/compare?", "/download", "/?ids", "/api/collections"))]
    assert len(kept) > 10 and all("revision=1" in link for link in kept)
    assert all("as_of=2023-11-30" in link for link in kept)


def test_every_link_answers(portal):
    html = get_page(portal, f"/compare?ids={','.join(TWO)}")
    links = {link for link in links_of(html) if link.startswith("/")}
    assert {f"/download/blocks.{ending}?ids={','.join(TWO)}" for ending in FORMATS} < links
    assert {f"/?ids={','.join(TWO)}", f"/feeds/changes.atom?ids={','.join(TWO)}"} < links
    for link in sorted(links):
        response = portal.get(link)
        assert response.status_code == 200, link
    assert get_ids(portal, ids=",".join(TWO)) == sorted(TWO)


def test_the_link_to_copy_is_this_page(portal):
    html = get_page(portal, f"/compare?ids=qqqq,{TWO[0]},{TWO[1]}&differences=only&add=tin")
    link = unescape(re.search(r'id="c-link"[^>]* value="([^"]+)"', html).group(1))
    assert link.endswith(f"/compare?ids={','.join(TWO)}&differences=only")
    assert heads_of(get_page(portal, link.removeprefix("http://testserver"))) == list(TWO)


def test_a_block_is_found_and_added_without_scripts(portal, properties):
    html = get_page(portal, f"/compare?ids={TWO[0]}&add=graphite+odisha")
    added = [link for link in links_of(html) if link.startswith(f"/compare?ids={TWO[0]},")]
    assert len(added) == compare.MOST_OFFERED
    assert "10 blocks found, the first 8 by name" in text_of(html)
    assert len(heads_of(get_page(portal, added[0]))) == 2
    assert "No other block matches" in get_page(portal, f"/compare?ids={TWO[0]}&add=xyzzyq")


def test_the_map_asks_for_the_blocks_compared_alone(portal):
    html = get_page(portal, f"/compare?ids={','.join(TWO)}&as_of=2024-06-30")
    url = re.search(r'"url":"(/api/collections/blocks/items[^"]+)"', html).group(1)
    found = get_json(portal, unescape(url).replace("\\u0026", "&"))
    assert {feature["id"] for feature in found["features"]} == set(TWO)


def test_nothing_is_asked_of_the_database_once_for_each_block(portal, catalogue, properties, monkeypatch):
    asked = []
    read = queries.list_records
    monkeypatch.setattr(compare.compare, "list_records", lambda *given: asked.append(1) or read(*given))
    get_page(portal, f"/compare?ids={','.join(list(properties)[:6])}")
    assert len(asked) == 2


def test_no_handler_and_no_style_stands_in_the_markup(portal):
    html = get_page(portal, f"/compare?ids={','.join(TWO)}")
    body = html[html.index("<main") : html.index('<a class="skip-map"')]
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", body)


def test_the_page_is_an_ordinary_one(portal: TestClient):
    response = portal.get(f"/compare?ids={','.join(TWO)}")
    again = portal.get(f"/compare?ids={','.join(TWO)}", headers={"If-None-Match": response.headers["etag"]})
    assert again.status_code == 304
    assert portal.head("/compare").status_code == 200
