"""Colour classes of the maps: fixed edges that readers can name, in colours safe for colour-blind readers.

The same classes colour the pictures (`harmattan.maps`) and the GeoPackage (`harmattan.exports`), so that both
say the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NO_DATA = "#f0f0f0"
NO_DATA_LINES = "#c4c4c4"


@dataclass(frozen=True)
class Scale:
    """Classes [edge, next edge) of one quantity, the last one closed above.

    Attributes
    ----------
    edges
        Ascending, one more than there are classes; values beyond the ends belong to the outer classes.
    colours
        One ``#rrggbb`` per class.
    labels
        What the legend calls each class, with its unit.
    """

    edges: tuple[float, ...]
    colours: tuple[str, ...]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if not len(self.edges) - 1 == len(self.colours) == len(self.labels):
            raise ValueError(
                f"a scale needs one colour and one label per class; {len(self.edges) - 1} classes have "
                f"{len(self.colours)} colours and {len(self.labels)} labels"
            )
        if list(self.edges) != sorted(set(self.edges)):
            raise ValueError(f"the edges of a scale must ascend; got {self.edges}")

    def classify(self, values: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Return the class of each value, -1 where it is NaN.

        Examples
        --------
        >>> RISK.classify([0.0, 0.02, 0.5, 1.0, float("nan")]).tolist()
        [0, 1, 5, 7, -1]
        """
        numbers = np.asarray(values, dtype=np.float64)
        place = np.searchsorted(np.asarray(self.edges[1:-1]), numbers, side="right")
        return np.where(np.isnan(numbers), -1, place)


RISK = Scale(
    (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0),
    ("#ffffe5", "#fff7bc", "#fee391", "#fec44f", "#fe9929", "#ec7014", "#cc4c02", "#8c2d04"),
    (
        "under 2 %",
        "2 to 5 %",
        "5 to 10 %",
        "10 to 20 %",
        "20 to 40 %",
        "40 to 60 %",
        "60 to 80 %",
        "80 % and over",
    ),
)
WIDTH = Scale(
    (0, 1, 2, 3, 6, 11, 31, 101, 301, 3001),
    ("#f7fcfd", "#e0ecf4", "#bfd3e6", "#9ebcda", "#8c96c6", "#8c6bb1", "#88419d", "#810f7c", "#4d004b"),
    ("0, both ends alike", "1", "2", "3 to 5", "6 to 10", "11 to 30", "31 to 100", "101 to 300", "over 300"),
)
# Edges lie half a point lower, so that a change falls into the class of its rounded figure.
CHANGE = Scale(
    (-1.0, -0.395, -0.195, -0.095, -0.045, 0.045, 0.095, 0.195, 0.395, 1.0),
    ("#542788", "#8073ac", "#b2abd2", "#d8daeb", "#f7f7f7", "#fee0b6", "#fdb863", "#e08214", "#b35806"),
    (
        "down 40 points or more",
        "down 20 to 39",
        "down 10 to 19",
        "down 5 to 9",
        "less than 5 either way",
        "up 5 to 9",
        "up 10 to 19",
        "up 20 to 39",
        "up 40 points or more",
    ),
)
