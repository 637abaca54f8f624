"""Documents to print: data → a typeset PDF, its bytes the same whenever the data are."""

from app.printing.comparisons import comparison_sheet
from app.printing.engine import PrintFailed, typeset
from app.printing.plans import Plan, Ring, draw_plan
from app.printing.sheets import say_source, sheet_of

__all__ = ["Plan", "PrintFailed", "Ring", "comparison_sheet", "draw_plan", "say_source", "sheet_of", "typeset"]
