"""Settings: the one place that reads the environment."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What an operator may set; each name is an environment variable (or a line in `.env`)."""

    model_config = SettingsConfigDict(env_file=PROJECT_ROOT / ".env", extra="ignore")

    database_url: str = Field("", description="PostgreSQL with PostGIS; empty: the project's own private cluster")
    host: str = Field("127.0.0.1", description="address that the web server listens on")
    port: int = Field(8000, ge=1, le=65535, description="port that the web server listens on")
    public_url: str = Field(
        "", description="address that readers see, where a proxy stands in front; empty: the request's"
    )
    data_dir: Path = Field(PROJECT_ROOT / "data" / "geojson", description="folder with the data files")
    log_level: str = Field("warning", description="critical, error, warning, info, debug")

    @cached_property
    def frontend_dir(self) -> Path:
        return PROJECT_ROOT / "frontend"
