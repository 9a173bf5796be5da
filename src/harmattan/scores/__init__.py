"""Scores of forecasts: proper scores, diagnosis, and the table that compares models."""
