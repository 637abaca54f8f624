"""Records → findings; nothing is written before these have spoken."""

from app.ingest.checks.batch import check_batch
from app.ingest.checks.duplicates import Duplicates
from app.ingest.checks.findings import RULES, Finding
from app.ingest.checks.report import rich_table, write_report

__all__ = ["RULES", "Duplicates", "Finding", "check_batch", "rich_table", "write_report"]
