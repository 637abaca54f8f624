"""The floor: a FastAPI route that sends the same bytes to everyone."""

import os
from pathlib import Path

from fastapi import FastAPI, Response

BODY = Path(os.environ["KHANIJ_BENCH_BODY"]).read_bytes()
app = FastAPI()


@app.get("/")
async def read() -> Response:
    return Response(BODY, media_type="application/geo+json")
