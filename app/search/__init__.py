"""What a reader's free text asks for: its words → filters of the contract, and suggestions while it is typed."""

from app.search.canonical import canonical_filters
from app.search.understand import Said, Understood, understand

__all__ = ["Said", "Understood", "canonical_filters", "understand"]
