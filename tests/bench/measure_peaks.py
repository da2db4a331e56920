"""Measures what the sentence model's channels span and writes pipeline/engines/peaks.npz.

    TOUCHPOINTS_DATA=... python tests/bench/measure_peaks.py

Runs the fp32 model in numpy over 2,000 texts of the free parts of the data: airline seat reviews,
app reviews, bank chats, short commands, and strings made to break programs. Only the least and
greatest value of each channel are kept, no text.
"""

import csv
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf, softmax
from tokenizers import Tokenizer

from pipeline.engines.graph import LAYERS, PEAKS, POINTS, Array, Tensors
from pipeline.engines.minilm import model_files
from pipeline.text import sentence_spans

DATA = Path(os.environ["TOUCHPOINTS_DATA"])
HEADS = 12
PER_SET = 400


def texts() -> Iterator[str]:
    """Yield the texts to measure on, as many of each kind."""
    for kind in (reviews(), apps(), chats(), commands(), naughty()):
        found = sorted(set(kind))
        yield from random.Random(0).sample(found, min(PER_SET, len(found)))  # noqa: S311


def reviews() -> Iterator[str]:
    """Yield sentences of airline seat reviews."""
    for row in rows("skytrax/seat.csv"):
        text = row["content"]
        yield from (text[start:end] for start, end in sentence_spans(text))


def apps() -> Iterator[str]:
    """Yield sentences of app reviews."""
    return (row["text"] for row in rows("app_reviews/feature_sentiment.csv"))


def chats() -> Iterator[str]:
    """Yield what customers of a bank say."""
    return (row["utterance"] for row in rows("multidogo/finance/train.tsv", "\t"))


def commands() -> Iterator[str]:
    """Yield commands to an assistant."""
    data = json.loads((DATA / "clinc150/data_small.json").read_text("utf-8"))
    return (text for text, _ in data["train"])


def naughty() -> Iterator[str]:
    """Yield strings made to break programs, of many scripts."""
    return iter(json.loads((DATA / "hostile/naughty_strings.json").read_text("utf-8")))


def rows(path: str, delimiter: str = ",") -> Iterator[dict[str, str]]:
    """Yield the rows of a data file."""
    with (DATA / path).open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file, delimiter=delimiter)


def forward(tensors: Tensors, ids: list[int]) -> tuple[Array, dict[str, Array]]:
    """Return the last layer's rows of one text in fp32, and what goes into each dense layer."""
    places = tensors["embeddings.position_embeddings.weight"][: len(ids)]
    kinds = tensors["embeddings.token_type_embeddings.weight"][0]
    x = tensors["embeddings.word_embeddings.weight"][ids] + places + kinds
    x = norm(tensors, "embeddings.LayerNorm", x)
    seen: dict[str, Array] = {}
    for layer in range(LAYERS):
        p = f"encoder.layer.{layer}."
        seen[f"hidden{layer}"] = x
        parts = [dense(tensors, f"{p}attention.self.{n}", x) for n in ("query", "key", "value")]
        query, key, value = (part.reshape(len(ids), HEADS, -1).swapaxes(0, 1) for part in parts)
        weights = softmax(query @ key.swapaxes(1, 2) / np.sqrt(query.shape[-1]), axis=-1)
        attended = (weights @ value).swapaxes(0, 1).reshape(x.shape)
        seen[f"attended{layer}"] = attended
        x = norm(
            tensors,
            p + "attention.output.LayerNorm",
            dense(tensors, p + "attention.output.dense", attended) + x,
        )
        seen[f"between{layer}"] = x
        inner = dense(tensors, p + "intermediate.dense", x)
        inner = inner * 0.5 * (1 + erf(inner / np.sqrt(2)))
        seen[f"inner{layer}"] = inner
        x = norm(tensors, p + "output.LayerNorm", dense(tensors, p + "output.dense", inner) + x)
    return x, seen


def dense(tensors: Tensors, name: str, x: Array) -> Array:
    """Return the output of a dense layer."""
    return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]


def norm(tensors: Tensors, name: str, x: Array) -> Array:
    """Return the output of a layer normalisation."""
    spread = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-12)
    scaled = (x - x.mean(axis=-1, keepdims=True)) / spread
    return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]


def main() -> None:
    """Measure and write."""
    tensors = load_file(model_files() / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(model_files() / "tokenizer.json"))
    tokenizer.enable_truncation(128)
    tokenizer.no_padding()
    low: dict[str, Array] = {}
    high: dict[str, Array] = {}
    for text in texts():
        for name, value in forward(tensors, tokenizer.encode(text).ids)[1].items():
            low[name] = np.minimum(low.get(name, np.inf), value.min(axis=0))
            high[name] = np.maximum(high.get(name, -np.inf), value.max(axis=0))
    kept = {
        f"{point}_{end}": np.stack([span[f"{point}{n}"] for n in range(LAYERS)]).astype(np.float16)
        for point in POINTS
        for end, span in (("low", low), ("high", high))
    }
    np.savez_compressed(PEAKS, **kept)


if __name__ == "__main__":
    main()
