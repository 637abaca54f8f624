"""Shapes of the suggestions' document, for the OpenAPI document and the tests."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

GroupKind = Literal["minerals", "places", "blocks", "companies", "tenders", "coordinates"]


class SaidShape(BaseModel):
    text: str = Field(description="The reader's words")
    filter: str = Field(description="The filter that they became; q where they are searched for as they stand")
    value: str = Field(description="Value of the filter, as it stands in addresses")
    name: str = Field(description="The value as people say it")
    corrected: bool = Field(description="Whether the words were spelled otherwise than the name")


class UnderstoodShape(BaseModel):
    filters: dict[str, str] = Field(description="Filters by name; several values by comma")
    q: str = Field(description="Words that no filter stands for, to be searched for")
    said: list[SaidShape]


class SuggestionShape(BaseModel):
    text: str
    detail: str
    filters: dict[str, str] | None = Field(description="Parameters for blocks; null where it leads to one record")
    href: str = Field(description="Page of the portal, from its root")
    count: int | None = Field(
        description="Blocks that the filters find, exactly; null where there are no filters, or where very many have "
        "the words, which are not counted while somebody types"
    )


class GroupShape(BaseModel):
    kind: GroupKind
    title: str
    suggestions: list[SuggestionShape]


class SuggestionsShape(BaseModel):
    """What the search box understood, and what it suggests, the likeliest group first."""

    query: str
    understood: UnderstoodShape
    groups: list[GroupShape]
