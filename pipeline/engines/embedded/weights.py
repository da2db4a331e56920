"""Weights of small heads: an .npz file of arrays, and where they come from."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.engines.embedding import Matrix

_PROVENANCE = "provenance"


@cache
def load_weights(file: Path) -> dict[str, Matrix]:
    """Return the arrays of numbers of a weights file as float32."""
    with np.load(file) as arrays:
        numbers = {name: arrays[name] for name in arrays if arrays[name].dtype.kind != "U"}
    return {name: array.astype(np.float32) for name, array in numbers.items()}


@cache
def load_columns(file: Path, name: str) -> dict[str, int]:
    """Return the column of each text in the array `name` of a weights file."""
    with np.load(file) as arrays:
        return {str(text): column for column, text in enumerate(arrays[name])}


def provenance(file: Path) -> dict[str, Any]:
    """Return the sources, licences and counts behind a weights file."""
    with np.load(file) as arrays:
        told: dict[str, Any] = json.loads(str(arrays[_PROVENANCE]))
    return told
