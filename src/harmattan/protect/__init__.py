"""Protective worksheets: sites scored by those who protect them, with how far the scores and the ranking hold.

For people who look after sites and decide where protection is due first. The scores are their own raters', the guidance
is generic, and every file is marked for controlled handling. Worksheets stay apart from all else: nothing here writes
to releases, exports, the review page or MLflow, and none of those reads a worksheet. A forecast of the site's region
can be set beside a total; it never enters it.
"""

from harmattan.protect.assessment import Assessment, assess
from harmattan.protect.cells import WorksheetError
from harmattan.protect.measures import Measure, measure
from harmattan.protect.reading import example, read
from harmattan.protect.sheet import MARKING, Worksheet
from harmattan.protect.writing import write, write_assessment, write_blank

__all__ = [
    "MARKING",
    "Assessment",
    "Measure",
    "Worksheet",
    "WorksheetError",
    "assess",
    "example",
    "measure",
    "read",
    "write",
    "write_assessment",
    "write_blank",
]
