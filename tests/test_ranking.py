"""The reader's own order of blocks, and the comparison as files."""

import csv
import io
import re
from html import unescape

import pypdfium2
import pytest
from conftest import get_json

from app.comparison import reporting_code, say_resources
from app.errors import BadParameter
from app.ranking import WEIGHTINGS, criteria, parse_weights, rank

IDS = "akharkata-graphite,biarpalli-graphite-manganese,babja-graphite-manganese"


def block(name, **facts):
    base = {
        "id": name, "name": name, "stage": None, "area_ha": None, "boundary_kind": "published", "attempts": 1,
        "premium_percent": None, "confidence": "high", "resource_mt": None, "resource_category": None,
        "minerals": ["graphite"], "nearest_unit": None, "nearest_port": None,
    }  # fmt: skip
    return base | facts


SMALL, LARGE, BLANK = (
    block("small", area_ha=100.0, stage="G2"),
    block("large", area_ha=300.0, stage="G4"),
    block("blank"),
)
MIDDLE = block("middle", area_ha=150.0, stage="G3")


def order(weights, *blocks):
    return [one.block["id"] for one in rank(blocks, weights, criteria(blocks))]


def test_without_weights_there_is_no_order():
    assert rank([SMALL, LARGE], {}, criteria([SMALL, LARGE])) == []


def test_the_order_follows_the_weights():
    assert order({"area_ha": 1}, SMALL, LARGE, MIDDLE) == ["large", "middle", "small"]
    assert order({"area_ha": -1}, SMALL, LARGE, MIDDLE) == ["small", "middle", "large"]
    assert order({"stage": 1}, SMALL, LARGE, MIDDLE) == ["small", "middle", "large"]


def test_scores_are_what_they_are_said_to_be():
    found = {o.block["id"]: o for o in rank([SMALL, LARGE, MIDDLE], {"area_ha": 3, "stage": 1}, criteria([SMALL]))}
    assert found["middle"].parts == {"area_ha": 0.25, "stage": 0.5}
    assert found["middle"].score == pytest.approx((3 * 0.25 + 1 * 0.5) / 4)
    assert found["large"].score == pytest.approx(3 / 4) and found["large"].rank == 1


def test_what_is_not_published_counts_neither_way():
    found = {o.block["id"]: o for o in rank([SMALL, LARGE, BLANK], {"area_ha": 1}, criteria([SMALL]))}
    assert found["blank"].parts == {"area_ha": None}
    assert (found["blank"].rank, found["blank"].score, found["blank"].known) == (None, None, 0)
    assert sum(found["blank"].shares) == 0
    few = block("few", attempts=0)
    both = {o.block["id"]: o for o in rank([SMALL, LARGE, few], {"area_ha": 9, "attempts": 1}, criteria([SMALL]))}
    assert both["few"].score == 1.0 and both["few"].known == 1  # of one criterion alone, which the page says


def test_alike_blocks_share_a_rank():
    found = rank([SMALL, LARGE, block("twin", area_ha=300.0)], {"area_ha": 1}, criteria([SMALL]))
    assert [(one.rank, one.score) for one in found] == [(1, 1.0), (1, 1.0), (3, 0.0)]


@pytest.mark.parametrize("weight", [1, -1])
def test_a_value_that_stands_alone_is_no_best_one(weight):
    """Published of one block only, or alike of all, it tells none apart: else it would count for those that have it."""
    blocks = [block("dear", area_ha=100.0, premium_percent=835.0), LARGE]
    alone = rank(blocks, {"premium_percent": weight}, criteria(blocks))
    assert [(one.rank, one.score, one.idle) for one in alone] == [(None, None, {"premium_percent"})] * 2
    found = rank(blocks, {"premium_percent": 9 * weight, "attempts": 1, "area_ha": 1}, criteria(blocks))
    assert [(one.block["id"], one.score, one.known) for one in found] == [("large", 1.0, 2), ("dear", 0.0, 3)]
    assert found[0].idle == {"premium_percent", "attempts"}


def test_the_stability_is_counted_and_repeats_itself():
    weights = {"area_ha": 2, "stage": 1}
    first, again = (rank([SMALL, LARGE, MIDDLE], weights, criteria([SMALL])) for _ in range(2))
    assert first == again
    turned = rank([MIDDLE, LARGE, SMALL], {"stage": 1, "area_ha": 2}, criteria([SMALL]))
    assert {o.block["id"]: o.shares for o in turned} == {o.block["id"]: o.shares for o in first}
    for place in range(3):
        assert sum(one.shares[place] for one in first) == WEIGHTINGS
    # Of one criterion no weight changes the order.
    sure = rank([SMALL, LARGE], {"area_ha": 1}, criteria([SMALL]))
    assert [one.shares for one in sure] == [(WEIGHTINGS, 0), (0, WEIGHTINGS)]


def test_tonnages_are_a_criterion_only_where_they_compare():
    def keys(*blocks):
        return {c.key for c in criteria(blocks)}

    first = block("a", resource_mt=1.0, resource_category="inferred (333)")
    assert "resource_mt" in keys(first, block("b", resource_mt=2.0, resource_category="inferred (333)"))
    assert "resource_mt" not in keys(first, block("b", resource_mt=2.0, resource_category="indicated (332)"))
    assert "resource_mt" not in keys(first, block("b"))


def test_one_code_is_never_read_as_the_other():
    assert reporting_code("indicated (332)") == "UNFC 1997"
    assert reporting_code("E2F2G2") == reporting_code("E2, F2, G1") == "UNFC 2019"
    assert reporting_code("inferred") is None and reporting_code(None) is None
    two = [
        block("a", resource_mt=1.0, resource_category="332"),
        block("b", resource_mt=1.0, resource_category="E2F2G2"),
    ]
    assert "different reporting codes" in say_resources(two)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("area:3", "Did you mean area_ha?"),
        ("area_ha", "no weight"),
        ("area_ha:much", "no weight"),
        ("area_ha:11", "-10 to 10"),
        ("area_ha:nan", "-10 to 10"),
        ("area_ha:inf", "-10 to 10"),
        ("\0:1", "none of"),
        ("resource_mt:1", "not comparable"),
        ("area_ha:1,area_ha:2", "more than once"),
    ],
)
def test_wrong_weights_are_said(text, said):
    with pytest.raises(BadParameter, match=re.escape(said)):
        parse_weights(text, criteria([SMALL]))


# On the page


def plain(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_the_page_shows_each_step(portal):
    html = portal.get(f"/compare?ids={IDS}&weights=area_ha:3,unit_km:1").text
    table = plain(html.partition('<table class="ranking">')[2].partition("</table>")[0])
    assert "2 of 2 criteria published" in table and "rank 1:" in table and "× 3" in table
    assert "counts neither for nor against" in plain(html)
    assert "weights=area_ha:3,unit_km:1" in unescape(html)
    bare = portal.get(f"/compare?ids={IDS}").text
    assert '<table class="ranking">' not in bare and "Nothing is weighed unless you say so" in bare


def test_the_form_without_scripts_says_the_same(portal):
    form = portal.get(f"/compare?ids={IDS}&weight_area_ha=3&weight_stage=&weight_unit_km=1").text
    link = portal.get(f"/compare?ids={IDS}&weights=area_ha:3,unit_km:1").text
    part = lambda html: html.partition('<table class="ranking">')[2].partition("</table>")[0]  # noqa: E731
    assert part(form) and part(form) == part(link)


def test_wrong_weights_are_a_notice_and_the_rest_is_applied(portal):
    html = portal.get(f"/compare?ids={IDS}&weights=area_ha:3,beauty:1").text
    assert "“beauty” is none of" in unescape(html) and '<table class="ranking">' in html
    assert "the first is used" in portal.get(f"/compare?ids={IDS}&weights=area_ha:3,area_ha:1").text
    assert "want that many" in portal.get("/compare?ids=akharkata-graphite&weights=area_ha:3").text


def test_the_page_names_a_criterion_that_tells_none_apart(portal):
    html = plain(portal.get(f"/compare?ids={IDS}&weights=area_ha:3,attempts:1").text)
    assert "Left out for all, as no two published values of it differ: Offers known, fewer." in html


def test_distances_are_those_of_the_dossier(portal):
    document = get_json(portal, "/blocks/akharkata-graphite.json")
    units = next(layer for layer in document["surroundings"] if layer["layer"] == "processing-units")
    html = portal.get(f"/compare?ids={IDS}").text
    cell = plain(re.search(r'data-fact="unit_km".*?<td>(.*?)</td>', html, re.DOTALL)[1])
    assert units["records"][0]["name"] in cell


# As files


def rows(response):
    assert response.status_code == 200 and response.headers["content-type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(response.text)))


def test_csv_holds_the_values_of_the_api(portal):
    found = rows(portal.get(f"/compare.csv?ids={IDS}&weights=area_ha:1"))
    table = {row[1]: row[5:8] for row in found if row[0] not in ("weights", "sources", "this file")}
    ranks = next(row[5:] for row in found if row[:2] == ["weights", "rank"])
    items = {f["id"]: f["properties"] for f in get_json(portal, f"/api/collections/blocks/items?ids={IDS}")["features"]}
    ids = IDS.split(",")
    assert table["fact"] == ids and table["name"] == [items[i]["name"] for i in ids]
    for name in ("area_ha", "computed_area_ha", "premium_percent"):
        assert table[name] == ["" if items[i][name] is None else str(items[i][name]) for i in ids]
    areas = [items[i]["area_ha"] for i in ids]
    assert ranks == [str(sorted(areas, reverse=True).index(area) + 1) for area in areas]
    shares = [[int(cell) for cell in row[5:]] for row in found if row[1].startswith("times at rank")]
    assert len(shares) == len(ids) and all(sum(row) == WEIGHTINGS for row in shares)


def test_csv_names_the_sources_of_each_figure(portal):
    found = rows(portal.get(f"/compare.csv?ids={IDS},nothing-such&revision=1"))
    head, ids = found[0], IDS.split(",")
    assert head[5:] == [*ids, *(f"{i} sources" for i in ids), *(f"{i} confidence" for i in ids)]
    table = {row[1]: dict(zip(head, row, strict=True)) for row in found if len(row) == len(head)}
    numbers = {row[1] for row in found if row[0] == "sources"}
    area = table["area_ha"]
    assert area[f"{ids[0]} sources"] == "1–3" and {"1", "2", "3"} <= numbers
    assert area[f"{ids[1]} confidence"] == "medium"
    assert table["resource_mt"][f"{ids[0]} sources"] == "" == table["resource_mt"][ids[0]]
    about = {row[1]: row[4] for row in found if row[0] == "this file"}
    assert "nothing-such" in about["notice"] and "revision 1" in about["revision"]
    assert about["page"].endswith(f"/compare?ids={IDS}&revision=1")


def test_the_pdf_says_what_the_page_says(portal):
    response = portal.get(f"/compare.pdf?ids={IDS}&weights=area_ha:3,unit_km:1")
    assert response.status_code == 200 and response.headers["content-type"] == "application/pdf"
    document = pypdfium2.PdfDocument(response.content)
    text = " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())
    assert document[0].get_width() > document[0].get_height()
    for said in ("Akharkata Graphite Block", "752.77 ha", "Rank", "Sources", "Kundan Gold Mines", "&weights=area_ha:3"):
        assert said in text, said
    assert response.content == portal.get(f"/compare.pdf?ids={IDS}&weights=area_ha:3,unit_km:1").content
    again = portal.get(f"/compare.pdf?ids={IDS}", headers={"If-None-Match": response.headers["etag"]})
    assert again.status_code == 200  # another question


@pytest.mark.parametrize("ending", ["csv", "pdf"])
def test_bad_input_of_a_file(portal, ending):
    def get(query):
        return portal.get(f"/compare.{ending}?{query}")

    assert get("").status_code == get("ids=akharkata-graphite").status_code == 400
    assert "alone cannot be compared" in get("ids=akharkata-graphite,nothing-such").text
    assert get(f"ids={IDS}&weights=beauty:1").status_code == 400
    assert get(f"ids={IDS}&foo=1").status_code == 400
    assert get(f"ids={IDS}&ids=a").status_code == 400
    assert get(f"ids={IDS},{IDS},nothing-such").status_code == 200
    assert get(f"ids={IDS}&revision=99").status_code == 400
    seven = ",".join(f["id"] for f in get_json(portal, "/api/collections/blocks/items?limit=7")["features"])
    assert get(f"ids={seven}").status_code == 200
