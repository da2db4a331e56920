"""Touchpoints: from what customers said to the touchpoints worth fixing."""

__version__ = "0.1.0"
