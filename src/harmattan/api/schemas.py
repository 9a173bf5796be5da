"""What the API answers with, field by field, as the OpenAPI description tells it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Value = str | float | int | bool | None
Probability = float


class Answer(BaseModel):
    """An answer has these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class Health(Answer):
    """The server works."""

    status: Literal["ok"]
    harmattan: str = Field(description="Version of the server.")


class ReleaseEntry(Answer):
    """A release in the list."""

    id: str = Field(description="<experiment>/<name>, its address below /api/v1/releases.")
    experiment: str
    name: str = Field(description="The origin; with the number of the revision where there are several.")
    origin: str = Field(description="Last month whose data were used to judge what is now.")
    champion: str | None = Field(description="The model whose forecast it is.")
    measure: str | None = Field(description="What is counted: attacks or deaths.")
    horizons: list[int] = Field(description="Months ahead that are forecast.")
    title: str = Field(description="What is forecast, where.")
    sha256: str | None = Field(description="Hash of the manifest, which holds the hashes of all files.")
    problem: str | None = Field(description="Why it cannot be used; null if nothing is known against it.")


class ReleaseDetail(ReleaseEntry):
    """A release with all its manifest says."""

    in_words: list[str] = Field(description="What it says, in sentences.")
    regions: int = Field(description="How many regions it is made for.")
    draws: int = Field(description="Joint draws that every probability is counted over.")
    expansion: list[str] = Field(description="Tables below /expansion.")
    files: list[str] = Field(description="Files below /files.")
    manifest: dict[str, Any]


class ForecastRow(Answer):
    """One region in one month: the row of forecast.csv."""

    origin: str
    horizon: int
    month: str
    region: str
    name: str
    country: str
    p1: Probability = Field(ge=0, le=1, description="Probability of at least one.")
    expected: float = Field(ge=0)
    q05: int
    q25: int
    q50: int
    q75: int
    q95: int


class WindowSaid(Answer):
    """Which question is answered."""

    release: str
    measure: str
    draws: int
    at_least: int
    first: int = Field(description="First month ahead.")
    last: int = Field(description="Last month ahead.")
    first_month: str
    last_month: str


class RegionRisk(Answer):
    """What one region may see in the whole window."""

    region: str
    name: str
    country: str
    probability: Probability = Field(ge=0, le=1, description="Probability of at least `at_least`.")
    expected: float = Field(ge=0)
    q05: int
    q25: int
    q50: int
    q75: int
    q95: int


class ProbabilityAnswer(WindowSaid):
    """Every region alone."""

    regions: list[RegionRisk]


class GroupAnswer(WindowSaid):
    """Regions together."""

    regions: list[str]
    any: Probability = Field(ge=0, le=1, description="Probability that at least one of them sees `at_least` or more.")
    every: Probability = Field(ge=0, le=1, description="Probability that each of them does.")
    total: Probability = Field(ge=0, le=1, description="Probability that their sum is `at_least` or more.")
    expected: float = Field(ge=0, description="Expected sum; so are the quantiles.")
    q05: int
    q25: int
    q50: int
    q75: int
    q95: int


class ScoreRow(Answer):
    """One score of one model on past origins."""

    model: str
    set: str
    horizon: int
    score: str
    value: float | None
    n: int


class Geometry(BaseModel):
    """An outline: RFC 7946, outer rings counter-clockwise."""

    type: Literal["Polygon", "MultiPolygon"]
    coordinates: list[Any]


class Feature(Answer):
    """A region with what it may see in the window."""

    type: Literal["Feature"]
    id: str
    bbox: tuple[float, float, float, float]
    geometry: Geometry
    properties: RegionRisk


class FeatureCollection(Answer):
    """The regions of a release."""

    type: Literal["FeatureCollection"]
    bbox: tuple[float, float, float, float]
    window: WindowSaid
    features: list[Feature]


class FileEntry(Answer):
    """A file that can be taken away."""

    kind: str = Field(description="Its address below /files.")
    name: str
    media_type: str
    bytes: int | None = Field(description="Its size; null for the page, which is made when asked for.")
    sha256: str | None


class ProblemKind(Answer):
    """A kind of error."""

    type: str
    status: int
    title: str
    remedy: str


class ParameterError(Answer):
    """What is wrong with one parameter."""

    parameter: str
    problem: str


class ProblemDocument(Answer):
    """An error, as RFC 9457 has it."""

    type: str = Field(description="A kind of error, see /api/v1/problems.")
    title: str
    status: int
    detail: str = Field(description="What is wrong in this case.")
    remedy: str = Field(description="What to do.")
    nearest: str | None = Field(None, description="The most similar name there is; only if a name was not found.")
    errors: list[ParameterError] = Field([], description="Only if parameters are wrong.")
