"""Settings: the one place that reads the environment."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

# What each asks of the database and keeps in memory adds up.
_MOST_PROCESSES_BY_DEFAULT = 4
PROJECT_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What an operator may set; each name is an environment variable (or a line in `.env`)."""

    model_config = SettingsConfigDict(env_file=PROJECT_ROOT / ".env", extra="ignore")

    database_url: str = Field("", description="PostgreSQL with PostGIS; empty: the project's own private cluster")
    database_read_url: str = Field(
        "", description="where the web server reads, standbys mostly, several hosts by comma; empty: DATABASE_URL"
    )
    database_wait_seconds: float = Field(
        30, ge=0, le=3600, description="longest wait at the start for a database that does not answer yet"
    )
    host: str = Field("127.0.0.1", description="address that the web server listens on")
    port: int = Field(8000, ge=1, le=65535, description="port that the web server listens on")
    public_url: str = Field(
        "", description="address that readers see, where a proxy stands in front; empty: the request's"
    )
    data_dir: Path = Field(PROJECT_ROOT / "data" / "geojson", description="folder with the data files")
    workers: int = Field(0, ge=0, le=64, description="processes that answer; 0: one a core, at most four")
    answers_mb: int = Field(64, ge=0, description="memory of each process for finished answers, MB; 0 keeps none")
    log_level: str = Field("warning", description="critical, error, warning, info, debug")

    log_format: Literal["json", "text"] = Field("json", description="lines of JSON, or plain ones for a terminal")
    statement_timeout_seconds: float = Field(
        30, gt=0, le=3600, description="longest time of one question to the database, of pages and API"
    )
    download_timeout_seconds: float = Field(600, gt=0, le=86_400, description="the same of a download")
    heavy_at_once: int = Field(
        2, ge=1, le=1000, description="downloads, and screenings, at once in all; of documents half as many"
    )
    rate_limit: str = Field("", description="requests of one reader, such as `300/minute; 20/second`; empty: unbounded")
    rate_limit_store: str = Field(
        "memory://", description="where they are counted: in each process, or `redis://…` for all of them together"
    )
    traces_endpoint: str = Field("", description="OTLP collector for OpenTelemetry traces; empty: none are made")

    @cached_property
    def processes(self) -> int:
        """As many as asked for, else one for each core that this process may use."""
        if self.workers:
            return self.workers
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(cores, _MOST_PROCESSES_BY_DEFAULT)

    @cached_property
    def frontend_dir(self) -> Path:
        return PROJECT_ROOT / "frontend"
