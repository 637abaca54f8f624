"""Packed answers: what comes out is what went in, whole or in pieces, and other answers are left alone."""

import gzip
import random

import pytest
from fastapi import FastAPI
from fastapi.responses import Response, StreamingResponse
from fastapi.testclient import TestClient

from app.packing import Packed

CHANCE = random.Random(1)
WORDS = [CHANCE.randbytes(6).hex() for _ in range(200)]
TEXT = " ".join(CHANCE.choice(WORDS) for _ in range(60_000)).encode()


@pytest.fixture(scope="module")
def client():
    app = FastAPI()
    app.add_middleware(Packed, minimum_size=500)

    @app.get("/whole/{size}")
    async def whole(size: int):
        return Response(TEXT[:size], media_type="text/plain", headers={"ETag": "1"})

    @app.get("/pieces/{size}")
    def pieces(size: int):
        return StreamingResponse((TEXT[at : at + size] for at in range(0, len(TEXT), size)), media_type="text/plain")

    with TestClient(app) as client:
        yield client


def raw(client, path, encoding):
    with client.stream("GET", path, headers={"Accept-Encoding": encoding}) as answer:
        return b"".join(answer.iter_raw()), answer.headers


@pytest.mark.parametrize("size", [500, 501, 20_000, 200_000, len(TEXT)])
def test_whole_answers(client, size):
    packed, headers = raw(client, f"/whole/{size}", "gzip, br")
    assert headers["content-encoding"] == "gzip" and headers["content-length"] == str(len(packed))
    assert "Accept-Encoding" in headers["vary"] and headers["etag"] == "1"
    assert gzip.decompress(packed) == TEXT[:size]
    assert len(packed) < size


@pytest.mark.parametrize("size", [100, 7_000, 300_000])
def test_answers_in_pieces(client, size):
    packed, headers = raw(client, f"/pieces/{size}", "gzip")
    assert headers["content-encoding"] == "gzip" and "content-length" not in headers
    assert gzip.decompress(packed) == TEXT


def test_what_is_small_or_not_to_be_packed(client):
    assert raw(client, "/whole/499", "gzip")[0] == TEXT[:499]
    plain, headers = raw(client, "/whole/9000", "identity")
    assert plain == TEXT[:9_000] and "content-encoding" not in headers and headers["vary"] == "Accept-Encoding"
