"""Headers of every answer: a policy that names each inline script's nonce, and no cookie anywhere."""

import re

import pytest

from app.guards.headers import TILE_HOSTS
from app.settings import PROJECT_ROOT

PAGES = tuple("/ /states/odisha /insights /data /data/quality /about /compare /offers /screening /api/docs /no".split())
OTHERS = tuple(
    "/api /api/collections/blocks/items?limit=1 /api/nowhere /api?nonsense=1 /download/ports.geojson "
    "/feeds/changes.atom /static/js/frame.js /healthz".split()
)


def policy_of(response):
    (policy,) = [value for name, value in response.headers.multi_items() if name == "content-security-policy"]
    return dict(part.strip().split(" ", 1) for part in policy.split(";"))


def block_address(portal):
    return "/blocks/" + portal.get("/api/collections/blocks/items?limit=1").json()["features"][0]["id"]


@pytest.mark.parametrize("address", [*PAGES, "block", "map"])
def test_each_inline_script_and_style_of_a_page_has_the_nonce_of_its_policy(portal, address):
    if address in ("block", "map"):
        address = block_address(portal) + (".map.html" if address == "map" else "")
    response = portal.get(address)
    policy = policy_of(response)
    (nonce,) = re.findall(r"'nonce-([\w-]{22,})'", policy["script-src"])
    # The scripts' own text apart: only the tags of the page are looked at.
    bare = re.sub(r"(<(script|style)\b[^>]*>).*?(</\2>)", r"\1\3", response.text, flags=re.DOTALL)
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style[^>]*>", bare)
    assert all(f'nonce="{nonce}"' in tag for tag in inline), inline
    assert not re.search(r"<[^>]*\s(style|on[a-z]+)=\"", bare)
    assert "unsafe" not in str(policy) and policy["default-src"] == "'none'"


@pytest.mark.parametrize("address", [*PAGES, *OTHERS])
def test_every_answer_is_guarded(portal, address):
    headers = portal.get(address).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert "geolocation=()" in headers["permissions-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "set-cookie" not in headers and "strict-transport-security" not in headers


def test_no_third_party_but_the_base_maps(portal):
    """The hosts of the policy are those of the scripts' base maps."""
    hosts = set(re.findall(r"https?://\S+", str(policy_of(portal.get("/"))["img-src"])))
    script = (PROJECT_ROOT / "frontend/static/js/basemaps.js").read_text(encoding="utf-8")
    assert hosts == set(TILE_HOSTS) == set(re.findall(r'url: "(https://[^/]+)/', script))


def test_a_page_has_a_new_nonce_and_the_same_tag_each_time(portal):
    first, second = portal.get("/about"), portal.get("/about")
    assert first.headers["etag"] == second.headers["etag"]
    assert policy_of(first)["script-src"] != policy_of(second)["script-src"]


def test_304_leaves_the_policy_of_the_stored_page(portal):
    """Its headers would replace those stored, and the stored page has its own nonce. Source: RFC 9111, section 3.2."""
    for address in ("/about", "/api/collections/blocks/items?limit=1"):
        etag = portal.get(address).headers["etag"]
        unchanged = portal.get(address, headers={"If-None-Match": etag})
        assert unchanged.status_code == 304
        assert "content-security-policy" not in unchanged.headers


def test_hsts_behind_tls_only(portal):
    assert "strict-transport-security" in portal.get("https://testserver/about").headers
    assert "strict-transport-security" not in portal.get("/about", headers={"X-Forwarded-Proto": "https"}).headers


def test_a_map_in_one_file_is_the_same_each_time_and_asks_for_nothing(portal):
    address = block_address(portal) + ".map.html"
    first, second = portal.get(address), portal.get(address)
    assert first.content == second.content
    assert policy_of(first)["default-src"] == "'none'" and "https:" not in first.headers["content-security-policy"]
    assert f'content="{first.headers["content-security-policy"]}"' in first.text
