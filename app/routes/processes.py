"""What the portal computes on demand, described in the manner of OGC API Processes.

A description alone, and no conformance class of that standard is claimed: the process is asked for at its own address,
as plainly as any other question.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel

from app import __version__
from app.errors import NotFound
from app.languages import gettext as _
from app.links import Link
from app.params import Format
from app.params.outlines import MOST_AREA_HA, MOST_VERTICES
from app.queries.vocabulary import nearest
from app.routes.common import PROBLEMS, STRICT, base_url, json_response
from app.schemas import ScreeningShape

router = APIRouter(prefix="/api/processes", tags=["Screening"], dependencies=STRICT, responses={400: PROBLEMS[400]})

_EXECUTE = "http://www.opengis.net/def/rel/ogc/1.0/execute"
SCREENING = "screening"
_SUMMARY: dict[str, Any] = {
    "id": SCREENING,
    "title": "Screening of a shape",
    "description": "What a block, or any shape, meets and what lies near it, layer by layer: overlap in hectares and "
    "per cent, nearest distance in kilometres with its bearing. A layer without data says so; that is no statement "
    "about the ground.",
    "keywords": ["overlap", "distance", "mineral block", "protected area"],
    "version": __version__,
    "jobControlOptions": ["sync-execute"],
    "outputTransmission": ["value"],
}
_GEOJSON = {"type": "object", "format": "geojson-geometry", "contentMediaType": "application/geo+json"}
_INPUTS: dict[str, Any] = {
    "block": {
        "title": "Block",
        "description": "Id of the block that is screened; by GET, as a parameter. Either this or a shape.",
        "minOccurs": 0,
        "schema": {"type": "string"},
    },
    "shape": {
        "title": "Shape",
        "description": "A GeoJSON geometry, a Feature, or a FeatureCollection of one, in degrees, longitude first; by "
        f"POST, as the body. At most {MOST_VERTICES:,} vertices and {MOST_AREA_HA:,} ha. It is read and forgotten.",
        "minOccurs": 0,
        "schema": _GEOJSON,
    },
    "mineral": {
        "title": "Minerals",
        "description": "Minerals that processing units are to take, by comma; without, the block's own. A parameter.",
        "minOccurs": 0,
        "schema": {"type": "string"},
    },
    "revision": {
        "title": "Revision",
        "description": "What the portal said then: a revision's number, or a time. A parameter.",
        "minOccurs": 0,
        "schema": {"type": "string"},
    },
    "as_of": {
        "title": "Day",
        "description": "What was true on that day by the events known. A parameter.",
        "minOccurs": 0,
        "schema": {"type": "string", "format": "date"},
    },
}


class ProcessSummary(BaseModel):
    """A process, as a list has it."""

    id: str
    title: str
    description: str
    keywords: list[str]
    version: str
    jobControlOptions: list[str]
    outputTransmission: list[str]
    links: list[dict[str, str]]


class ProcessList(BaseModel):
    """The processes of the portal."""

    processes: list[ProcessSummary]
    links: list[dict[str, str]]


class Process(ProcessSummary):
    """A process with its inputs and outputs. Source: OGC API Processes 1.0, process description."""

    inputs: dict[str, Any]
    outputs: dict[str, Any]


@router.get("", response_model=ProcessList, summary="What is computed on demand")
def list_processes(request: Request, f: Format = None) -> Response:
    base = base_url(request)
    own = Link(f"{base}/api/processes", "self", "application/json", "This document")
    described = Link(f"{base}/api/processes/{SCREENING}", "self", "application/json", "The process in full")
    body = {"processes": [_SUMMARY | {"links": [described.as_dict()]}], "links": [own.as_dict()]}
    return json_response(body, [own])


@router.get("/{process_id}", response_model=Process, summary="One process", responses={404: PROBLEMS[404]})
def read_process(
    request: Request, process_id: Annotated[str, Path(description="Id of the process")], f: Format = None
) -> Response:
    if process_id != SCREENING:
        raise NotFound(
            _("There is no process “%(id)s”; there is %(known)s.", id=process_id, known=SCREENING),
            suggestions=nearest(process_id, [SCREENING]),
        )
    base = base_url(request)
    links = [
        Link(f"{base}/api/processes/{SCREENING}", "self", "application/json", "This document"),
        Link(f"{base}/api/screening", _EXECUTE, "application/json", "Screen a block (GET) or a shape (POST)"),
        Link(f"{base}/screening", "alternate", "text/html", "A form for people"),
    ]
    outputs = {
        "screening": {
            "title": "What was found",
            "description": "Every layer, with the records met or near by, and the dataset that each is from.",
            "schema": ScreeningShape.model_json_schema(),
        }
    }
    body = _SUMMARY | {"inputs": _INPUTS, "outputs": outputs, "links": [link.as_dict() for link in links]}
    return json_response(body, links)
