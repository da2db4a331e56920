"""The graph in int8 against the same model computed in fp32."""

import numpy as np
import pytest
from safetensors.numpy import load_file
from scipy.special import erf, softmax
from tokenizers import Tokenizer

from pipeline.engines.graph import LAYERS, POINTS, Span, read_spans
from pipeline.engines.minilm import model_files

TEXTS = [
    "The seat would not recline and nobody came.",
    "ok",
    "Refund?! I have been waiting since March; third letter, no answer, and the fee taken twice.",
    "料金が高い 😀",
]


def dense(weights, name, x):
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def norm(weights, name, x):
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def full_precision(weights, ids):
    """Return the unit vector of one text as BERT is defined, in fp32, and the mean of its rows
    after the third layer."""
    x = weights["embeddings.word_embeddings.weight"][ids]
    x = x + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = x + weights["embeddings.token_type_embeddings.weight"][0]
    x = norm(weights, "embeddings.LayerNorm", x)
    told = None
    for layer in range(LAYERS):
        p = f"encoder.layer.{layer}."
        query, key, value = (
            dense(weights, f"{p}attention.self.{n}", x).reshape(len(ids), 12, -1).swapaxes(0, 1)
            for n in ("query", "key", "value")
        )
        shares = softmax(query @ key.swapaxes(1, 2) / np.sqrt(query.shape[-1]), axis=-1)
        attended = (shares @ value).swapaxes(0, 1).reshape(x.shape)
        x = dense(weights, p + "attention.output.dense", attended) + x
        x = norm(weights, p + "attention.output.LayerNorm", x)
        inner = dense(weights, p + "intermediate.dense", x)
        inner = inner * 0.5 * (1 + erf(inner / np.sqrt(2)))
        x = norm(weights, p + "output.LayerNorm", dense(weights, p + "output.dense", inner) + x)
        told = x.mean(axis=0) if layer == 2 else told
    mean = x.mean(axis=0)
    return mean / np.linalg.norm(mean), told


def test_vectors_are_nearly_those_of_full_precision(embedder):
    tokenizer = Tokenizer.from_file(str(model_files() / "tokenizer.json"))
    tokenizer.no_padding()
    weights = load_file(model_files() / "model.safetensors")
    wanted = [full_precision(weights, tokenizer.encode(text).ids) for text in TEXTS]
    sentence, told = (np.stack(rows) for rows in zip(*wanted, strict=True))
    found = embedder.both(TEXTS)
    assert (found.sentence * sentence).sum(axis=1).min() > 0.985
    told = told / read_spans()["hidden3"].smooth()
    lengths = np.linalg.norm(told, axis=1) * np.linalg.norm(found.inner, axis=1)
    assert ((found.inner * told).sum(axis=1) / lengths).min() > 0.985


def test_every_dense_layer_has_its_span():
    spans = read_spans()
    assert len(spans) == LAYERS * len(POINTS)
    assert {len(span.low) for span in spans.values()} == {384, 1536}


@pytest.mark.parametrize(("low", "high"), [([-4, -1], [4, 9]), ([0, 0], [1, 16]), ([0, 0], [0, 0])])
def test_steps_reach_over_all_that_was_measured(low, high):
    span = Span(np.array(low, np.float32), np.array(high, np.float32))
    scale, zero = span.grid()
    assert (-float(zero) - 0.5) * scale <= (span.low / span.smooth()).min()
    assert (255.5 - float(zero)) * scale >= (span.high / span.smooth()).max()


def test_loud_channels_are_divided_by_the_root_of_their_peak():
    span = Span(np.array([-16, -1], np.float32), np.array([4, 1], np.float32))
    np.testing.assert_allclose(span.smooth(), [4, 1])
