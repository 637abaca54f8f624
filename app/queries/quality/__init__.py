"""Quality in the open: the rules that records are checked by, what is known, how fresh it is, what lacks."""

from app.queries.quality.report import Report, get_report, read_report
from app.queries.quality.rules import MOST_READ, OWN_RULES, RULES, Finding, Rule, check

__all__ = ["MOST_READ", "OWN_RULES", "RULES", "Finding", "Report", "Rule", "check", "get_report", "read_report"]
