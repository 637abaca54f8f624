"""Findings for people: a table in the terminal, a page that stands alone, or JSON for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from rich.table import Table
from rich.text import Text

from app.ingest.checks.findings import RULES, Finding

# Rows of a rule that the terminal shows.
_SHOWN_PER_RULE = 20
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #ccc;overflow-wrap:anywhere}
td:first-child{font-variant-numeric:tabular-nums;white-space:nowrap}
.error{color:#9b1c1c;font-weight:600}
@media(prefers-color-scheme:dark){body{color:#eee;background:#16181c}th,td{border-color:#444}.error{color:#ff9d9d}}
"""


def write_report(findings: Sequence[Finding], path: str | Path, title: str = "Findings of an import") -> None:
    """Write all findings to `path`, as a page or as JSON by its ending.

    Raises: ValueError for another ending, OSError where it cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() == ".json":
        text = _json(findings, title)
    elif path.suffix.lower() in (".html", ".htm"):
        text = _html(findings, title)
    else:
        raise ValueError(f"A report is written as .html or .json; {path.name} is neither.")
    path.write_text(text, encoding="utf-8")


def summary(findings: Sequence[Finding]) -> str:
    """“3 errors, 1 warning”."""
    counts = Counter(finding.level for finding in findings)
    return ", ".join(f"{counts[level]:,} {level}{'' if counts[level] == 1 else 's'}" for level in ("error", "warning"))


def rich_table(findings: Sequence[Finding]) -> Table:
    """A table for the terminal: errors first, the first rows of each rule, then how many more there are."""
    table = Table(title=summary(findings), show_lines=False)
    for column in ("Row", "Record", "Column", "What was found", "What would mend it"):
        table.add_column(column, overflow="fold", justify="right" if column == "Row" else "left")
    for level in ("error", "warning"):
        for rule, found in _by_rule([f for f in findings if f.level == level]).items():
            style = "red" if level == "error" else "yellow"
            table.add_section()
            for finding in found[:_SHOWN_PER_RULE]:
                texts = (_row(finding), finding.id or "", finding.column or "", finding.message, finding.mend)
                table.add_row(*(Text(_printable(text), style=style if n == 3 else "") for n, text in enumerate(texts)))
            if len(found) > _SHOWN_PER_RULE:
                more = f"… and {len(found) - _SHOWN_PER_RULE:,} more: {RULES.get(rule, rule).lower()}"
                table.add_row("", "", "", Text(more, style=style), "")
    return table


def _by_rule(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """In the order of RULES."""
    groups: dict[str, list[Finding]] = {rule: [] for rule in RULES}
    for finding in findings:
        groups.setdefault(finding.rule, []).append(finding)
    return {rule: found for rule, found in groups.items() if found}


def _row(finding: Finding) -> str:
    return str(finding.row) if finding.row else "file"


def _printable(text: str) -> str:
    """Without control characters, which could drive a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _json(findings: Sequence[Finding], title: str) -> str:
    counts = Counter(finding.level for finding in findings)
    document = {
        "title": title,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "errors": counts["error"],
        "warnings": counts["warning"],
        "findings": [finding._asdict() for finding in findings],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _html(findings: Sequence[Finding], title: str) -> str:
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f"<h1>{escape(title)}</h1><p>{summary(findings)}. Made {datetime.now(UTC):%Y-%m-%d %H:%M} UTC. "
        "Errors keep the file out; warnings do not.</p>",
    ]
    for rule, found in _by_rule(findings).items():
        parts.append(f"<h2>{escape(RULES.get(rule, rule))} ({len(found):,})</h2>")
        parts.append("<table><thead><tr><th scope=col>Row<th scope=col>Record<th scope=col>Column<th scope=col>Level")
        parts.append("<th scope=col>What was found<th scope=col>What would mend it</thead><tbody>")
        for f in sorted(found, key=lambda f: (f.level, f.row)):
            cells = (_row(f), f.id or "", f.column or "", f.level, f.message, f.mend)
            marked = (f"<td{' class=error' if cell == 'error' else ''}>{escape(_printable(cell))}" for cell in cells)
            parts.append(f"<tr>{''.join(marked)}</tr>")
        parts.append("</tbody></table>")
    return "\n".join(parts) + "\n</html>\n"
