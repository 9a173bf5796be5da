"""Harmattan: forecasts of attacks by an armed group, by region and month."""

__version__ = "0.1.0"
