"""Forecasts made elsewhere: read from a file, checked, and scored on the same rows as ours.

A file is CSV or Parquet with one line per number, in one of these layouts; ``month`` (``YYYY-MM``) may stand beside
``horizon`` or instead of it:

=============== ============================================================
draws           ``origin, horizon, region, draw, value``
quantiles       ``origin, horizon, region, level, value``
probabilities   ``origin, horizon, region, at_least, probability``
VIEWS challenge ``month_id, country_id, draw, outcome``
=============== ============================================================
"""

from harmattan.submissions.checks import Submission, SubmissionError
from harmattan.submissions.read import read_submission
from harmattan.submissions.scoring import Beside, beside, score_submission

__all__ = ["Beside", "Submission", "SubmissionError", "beside", "read_submission", "score_submission"]
