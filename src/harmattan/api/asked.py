"""The parameters of addresses, checked: a name that is not known is refused with the nearest that is."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from harmattan.api.problems import shown
from harmattan.named import nearest

MOST_ROWS = 5_000
LARGEST = 2**31 - 1
Codes = Annotated[
    list[Annotated[str, Field(min_length=1)]],
    Field(description="Region codes, with commas between or as repeated parameters."),
]
Horizon = Annotated[int, Field(ge=1, le=1200)]


class Asked(BaseModel):
    """Parameters of which none is unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        known = list(cls.model_fields)
        strange = [name for name in given if name not in known] if isinstance(given, dict) else []
        if strange:
            raise PydanticCustomError(
                "unknown_parameter",
                "there is no such parameter{hint}; known: {known}",
                {
                    "name": shown(strange[0])[1:-1],
                    "hint": nearest(strange[0][:80], known),
                    "known": ", ".join(known) or "none",
                },
            )
        return given


class Nothing(Asked):
    """No parameters."""


class Rows(Asked):
    """Which rows of a table."""

    limit: int = Field(500, ge=1, le=MOST_ROWS, description="Rows in one answer; the header Link names the next.")
    offset: int = Field(0, ge=0, le=LARGEST, description="Rows to leave out first.")


class Listing(Asked):
    """Which releases."""

    experiment: str | None = Field(None, min_length=1, description="Only those of this experiment.")
    limit: int = Field(100, ge=1, le=1000, description="Releases in one answer; the header Link names the next.")
    after: str | None = Field(
        None, min_length=1, description="Only those listed after the one with this id; the header Link uses it."
    )


class ForecastRows(Rows):
    """Which rows of the forecast."""

    regions: Codes = []
    horizon: Horizon | None = Field(None, description="Only this month ahead.")


class ScoreRows(Rows):
    """Which rows of the score table."""

    model: str | None = Field(None, min_length=1, description="Only this model.")
    set: str | None = Field(None, min_length=1, description="Only this set of scored rows, such as all or onset.")
    score: str | None = Field(None, min_length=1, description="Only this score.")
    horizon: Horizon | None = Field(None, description="Only this month ahead.")


class Window(Asked):
    """A threshold over a run of months."""

    at_least: int = Field(1, ge=1, le=LARGEST, description="The threshold: this many or more in the whole window.")
    first: Horizon | None = Field(None, description="First month ahead; the forecast's first by default.")
    last: Horizon | None = Field(None, description="Last month ahead; `first` by default.")


class WindowOfRegions(Window):
    """A threshold over a run of months, for some regions or all."""

    regions: Codes = []


class WindowOfGroup(Window):
    """A threshold over a run of months, for regions together."""

    regions: Annotated[Codes, Field(min_length=1)]
