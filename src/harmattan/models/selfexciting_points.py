"""Self-exciting point process in continuous time and space: events, window and exact log-likelihood.

The conditional intensity per km² and day, given the events before (Meyer, Elias & Höhle 2012,
https://doi.org/10.1111/j.1541-0420.2011.01684.x), is

    λ(t, s) = exp(h0 + h1 k(t)) + Σ_j exp(e0) exp(-α (t - t_j)) exp(-|s - s_j|² / (2σ²))

over the events j with 0 < t - t_j <= ε_t days and |s - s_j| <= ε_s km; k is the number, from 0, of the block of time.
The log-likelihood is Σ log λ(t_i, s_i) less the integral of λ over window and time, the compensator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from harmattan.models.disc import Discs, checked_outline, discs, gaussian_mass, signed_area

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

PARAMETERS = ("h0", "h1", "e0", "log_sigma", "alpha")
"""Order of the parameters everywhere: log background per km² and day, its growth per block, log intensity at the place
and moment of an attack, log of the reach σ in km, and the decay α per day."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Events in time and on a plane, with the window they were seen in.

    Parameters
    ----------
    day
        Days since the window opened, ascending, above 0 and at most `days`, shape (event,).
    place
        Projected coordinates in km, shape (event, 2).
    outline
        Vertices of the window, one ring, in the same coordinates, shape (vertex, 2).
    days
        Length of the window.

    Raises
    ------
    ValueError
        If shapes disagree, a value is not finite, days are not ascending or leave the window, or an event lies outside
        the outline; the message names the first such event, counted from 0.

    Examples
    --------
    >>> square = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])
    >>> Catalogue(np.array([1.0, 2.5]), np.array([[5.0, 5.0], [5.0, 6.0]]), square, 30.0).area
    100.0
    """

    day: Floats
    place: Floats
    outline: Floats
    days: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "day", np.asarray(self.day, dtype=np.float64))
        object.__setattr__(self, "place", np.asarray(self.place, dtype=np.float64))
        object.__setattr__(self, "outline", checked_outline(self.outline))
        if self.day.ndim != 1 or self.place.shape != (len(self.day), 2):
            raise ValueError(
                "a catalogue needs day of shape (event,) and place of shape (event, 2); "
                f"got {self.day.shape} and {self.place.shape}"
            )
        if not (np.isfinite(self.days) and self.days > 0):
            raise ValueError(f"days must be the length of the window, above 0; got {self.days}")
        _check_events(self)

    def __len__(self) -> int:
        return len(self.day)

    @property
    def area(self) -> float:
        """Area of the window, km²."""
        return signed_area(self.outline)


def _check_events(catalogue: Catalogue) -> None:
    day, place = catalogue.day, catalogue.place
    finite = np.isfinite(day) & np.isfinite(place).all(axis=1)
    _refuse(catalogue, ~finite, "day and place must be finite", "leave it out or complete it")
    late = (day <= 0) | (day > catalogue.days)
    _refuse(catalogue, late, f"days must lie above 0 and up to {catalogue.days:g}", "leave it out or widen the window")
    back = np.concatenate([[False], np.diff(day) < 0])
    _refuse(catalogue, back, "events must be in order of time", "sort day and place together by day")
    inside = shapely.intersects_xy(shapely.Polygon(catalogue.outline), place[:, 0], place[:, 1])
    _refuse(catalogue, ~inside, "every event must lie inside the outline", "leave it out or widen the outline")


def _refuse(catalogue: Catalogue, wrong: npt.NDArray[np.bool_], rule: str, remedy: str) -> None:
    if wrong.any():
        first = int(np.argmax(wrong))
        x, y = catalogue.place[first]
        raise ValueError(
            f"{rule}; {int(wrong.sum())} of {len(catalogue)} events do not, first event {first} "
            f"on day {catalogue.day[first]:g} at ({x:g}, {y:g}) km: {remedy}"
        )


@dataclass(frozen=True, eq=False)
class Prepared:
    """A catalogue with all that the log-likelihood needs and that no parameter changes; `prepare` makes it.

    Attributes
    ----------
    block
        Number of each event's block of time, from 0, shape (event,).
    exposure
        Area times length of one block, km² days; all blocks are alike.
    blocks
        How many there are.
    child, parent
        Numbers of the events of each pair near enough for the earlier to have triggered the later, shape (pair,).
    lag, squared
        Days between them and squared distance in km², shape (pair,).
    left
        Days in which each event can trigger others within the window, shape (event,).
    around
        The outline as seen from each event.
    """

    block: Places
    exposure: float
    blocks: int
    child: Places
    parent: Places
    lag: Floats
    squared: Floats
    left: Floats
    around: Discs


def prepare(catalogue: Catalogue, *, reach_days: float, reach_km: float, blocks: int) -> Prepared:
    """Find all pairs within reach and the geometry around each event.

    Parameters
    ----------
    catalogue
        The events and their window.
    reach_days, reach_km
        Longest time ε_t and distance ε_s at which an attack triggers another.
    blocks
        Into how many blocks of equal length the background divides the window; at least 2.

    Raises
    ------
    ValueError
        If a reach is not above 0 or there are fewer than two blocks.
    """
    if not (0 < reach_days < np.inf and 0 < reach_km < np.inf):
        raise ValueError(f"reach_days and reach_km must be finite and above 0; got {reach_days} and {reach_km}")
    if blocks < 2:
        raise ValueError(f"blocks must be at least 2, so that the background can have a trend; got {blocks}")
    length = catalogue.days / blocks
    block = np.clip(np.ceil(catalogue.day / length).astype(np.intp) - 1, 0, blocks - 1)
    child, parent = pairs(catalogue.day, catalogue.place, reach_days, reach_km)
    return Prepared(
        block=block,
        exposure=catalogue.area * length,
        blocks=blocks,
        child=child,
        parent=parent,
        lag=catalogue.day[child] - catalogue.day[parent],
        squared=((catalogue.place[child] - catalogue.place[parent]) ** 2).sum(axis=1),
        left=np.minimum(reach_days, catalogue.days - catalogue.day),
        around=discs(catalogue.outline, catalogue.place, cut=reach_km),
    )


def rates(prepared: Prepared, parameters: Floats) -> tuple[Floats, Floats]:
    """Return the background at each event and what each pair's earlier event adds there, per km² and day."""
    h0, h1, e0, log_sigma, alpha = parameters
    background = np.exp(h0 + h1 * prepared.block)
    triggered = np.exp(e0 - alpha * prepared.lag - prepared.squared / (2 * np.exp(2 * log_sigma)))
    return background, triggered


def offspring(prepared: Prepared, parameters: Floats) -> tuple[Floats, Floats]:
    """Return the expected direct offspring of each event within window and time, with derivatives.

        exp(e0) (1 - exp(-α L_i)) / α ∫ exp(-|s - s_i|² / 2σ²) ds

    over the part of the window within reach, L_i being the days left to trigger in.

    Returns
    -------
    tuple
        Shape (event,), and the derivatives by e0, log σ and α, shape (event, 3).
    """
    _, _, e0, log_sigma, alpha = parameters
    sigma = np.exp(log_sigma)
    space, slope = gaussian_mass(prepared.around, sigma)
    time = -np.expm1(-alpha * prepared.left) / alpha
    time_slope = (prepared.left * np.exp(-alpha * prepared.left) - time) / alpha
    whole = np.exp(e0) * time * space
    return whole, np.stack([whole, np.exp(e0) * time * slope * sigma, np.exp(e0) * time_slope * space], axis=1)


def compensator(prepared: Prepared, parameters: Floats) -> tuple[float, Floats]:
    """Return the intensity integrated over window and time, and its gradient, shape (5,)."""
    number = np.arange(prepared.blocks)
    background = prepared.exposure * np.exp(parameters[0] + parameters[1] * number)
    children, slopes = offspring(prepared, parameters)
    gradient = np.array([background.sum(), (number * background).sum(), *slopes.sum(axis=0)])
    return float(background.sum() + children.sum()), gradient


def scores(prepared: Prepared, parameters: Floats) -> tuple[Floats, Floats]:
    """Return log λ at every event, shape (event,), and its gradient, shape (event, 5)."""
    background, triggered = rates(prepared, parameters)
    number, sigma = len(background), np.exp(parameters[3])

    def total(weights: Floats) -> Floats:
        return np.bincount(prepared.child, weights, minlength=number).astype(np.float64)

    excess = total(triggered)
    wider, slower = total(triggered * prepared.squared) / sigma**2, -total(triggered * prepared.lag)
    whole = background + excess
    gradient = np.stack([background, prepared.block * background, excess, wider, slower], axis=1)
    return np.log(whole), gradient / whole[:, None]


def log_likelihood(prepared: Prepared, parameters: Floats) -> tuple[float, Floats]:
    """Return the log-likelihood and its gradient, shape (5,), in the order of `PARAMETERS`.

    Examples
    --------
    Without triggering it is a Poisson process: one event in 100 km² and 30 days at exp(-8) per km² and day.

    >>> square = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])
    >>> one = Catalogue(np.array([4.0]), np.array([[5.0, 5.0]]), square, 30.0)
    >>> ready = prepare(one, reach_days=10, reach_km=5, blocks=2)
    >>> value, _ = log_likelihood(ready, np.array([-8.0, 0.0, -99.0, 0.0, 0.1]))
    >>> bool(np.isclose(value, -8 - 3000 * np.exp(-8.0)))
    True
    """
    logs, gradients = scores(prepared, parameters)
    expected, slope = compensator(prepared, parameters)
    return float(logs.sum()) - expected, gradients.sum(axis=0) - slope


def pairs(day: Floats, place: Floats, reach_days: float, reach_km: float) -> tuple[Places, Places]:
    """Find the events near enough for the earlier to have triggered the later.

    Parameters
    ----------
    day
        Ascending, shape (event,).
    place
        Coordinates in km, on a plane or in space, shape (event, dimension).
    reach_days, reach_km
        Longest time, and longest distance in a straight line.

    Returns
    -------
    tuple
        Numbers of the later and of the earlier event of each pair, shape (pair,) both.

    Examples
    --------
    >>> later, earlier = pairs(np.array([1.0, 3.0, 3.0]), np.zeros((3, 2)), 5.0, 1.0)
    >>> later.tolist(), earlier.tolist()
    ([1, 2], [0, 0])
    """
    later: list[Places] = [np.zeros(0, dtype=np.intp)]
    earlier = list(later)
    for back in range(1, len(day)):
        lag = day[back:] - day[:-back]
        if lag.min() > reach_days:
            break
        apart = np.sqrt(((place[back:] - place[:-back]) ** 2).sum(axis=1))
        first = np.flatnonzero((lag > 0) & (lag <= reach_days) & (apart <= reach_km))
        later.append(first + back)
        earlier.append(first)
    return np.concatenate(later), np.concatenate(earlier)
