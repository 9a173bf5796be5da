"""Models of several runs side by side: scores with intervals, the best set, and what differs between the runs.

Everything here is made of monthly losses (`harmattan.comparison.losses`), small enough to be kept with every run.
"""

from harmattan.comparison.compare import SCORES, Comparison, compare
from harmattan.comparison.losses import monthly
from harmattan.comparison.page import write_page
from harmattan.comparison.runs import Tracked

__all__ = ["SCORES", "Comparison", "Tracked", "compare", "monthly", "write_page"]
