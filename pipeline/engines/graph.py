"""The sentence model's ONNX graph, in int8 with fixed ranges.

A range taken from each batch would make a text's vector depend on the texts computed with it. So
the inputs of dense layers are rounded to 256 fixed steps. Each channel is first divided by the
square root of its peak and the weights are multiplied by it, which evens out a few loud channels
(SmoothQuant, Xiao et al. 2023). Peaks were measured on 2,000 development texts and are kept in
peaks.npz (tests/bench/measure_peaks.py). Cosine with fp32 is 0.997, and 0.99 without the division.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Tensors = dict[str, Array]
PEAKS = Path(__file__).with_name("peaks.npz")
POINTS = ("hidden", "attended", "between", "inner")
"""What goes into a layer's dense parts: the three of attention, its output, the two that follow."""
LAYERS = 6
INNER = "hidden3_even"
"""What goes into the fourth of the layers, its channels evened out, comes out too. The last layers
learnt what a text is about and forget how it is told: by these rows the heads tell 6 in 100 more
moods. (The output of the third layer itself, asked for by name, would be fused otherwise by
onnxruntime and move the sentence vectors.)"""
_HEADS = 12
_MS = "com.microsoft"
_FUSED = frozenset({"MatMulIntegerToFloat", "Gelu"})
# What is louder than any measured text is cut off at the end of the range: leave a little room.
_ROOM = 1.05
_QUIET = 1e-3


class Span(NamedTuple):
    """The least and the greatest value of each channel in ordinary text."""

    low: Array
    high: Array

    def smooth(self) -> Array:
        """Return what each channel is divided by: the square root of its peak."""
        smooth: Array = np.sqrt(np.maximum(np.maximum(-self.low, self.high), _QUIET))
        return smooth

    def grid(self) -> tuple[np.float32, np.uint8]:
        """Return scale and zero of the 256 steps that divided channels are rounded to."""
        smooth = self.smooth()
        low = min(float((self.low / smooth).min()), 0.0) * _ROOM
        high = max(float((self.high / smooth).max()), _QUIET) * _ROOM
        scale = (high - low) / 255
        return np.float32(scale), np.uint8(round(-low / scale))


class _Rounded(NamedTuple):
    """Names of a dense layer's input in int8, and what its channels were divided by."""

    value: str
    scale: str
    zero: str
    smooth: Array


def read_spans() -> dict[str, Span]:
    """Return the span of each dense layer's input by name, such as 'hidden0'."""
    with np.load(PEAKS) as file:
        ends = {(p, e): file[f"{p}_{e}"].astype(np.float32) for p in POINTS for e in Span._fields}
    return {
        f"{point}{layer}": Span(ends[point, "low"][layer], ends[point, "high"][layer])
        for point in POINTS
        for layer in range(LAYERS)
    }


def write_graph(tensors: Tensors, spans: dict[str, Span], target: Path) -> None:
    """Write the graph: vectors of words (texts, tokens, channels) in; out come the last layer's
    rows (.., channels) and those of INNER.

    Which vector a word has is not in it: see words.py.
    """
    import onnx

    graph = _Graph(spans)
    hidden = _embed_tokens(graph, tensors)
    n_channels = len(spans["hidden0"].low)
    graph.const("by_head", np.array([0, 0, _HEADS, n_channels // _HEADS]))  # 0: as it was
    graph.const("joined", np.array([0, 0, n_channels]))
    graph.const("per_head", np.float32(1 / np.sqrt(n_channels // _HEADS)))
    for layer in range(LAYERS):
        hidden = _encoder_layer(graph, tensors, layer, hidden)
    shape: list[str | int | None] = ["texts", "tokens", n_channels]
    words, *rows = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name in ("words", hidden, INNER)
    )
    model = onnx.helper.make_model(
        onnx.helper.make_graph(graph.nodes, "minilm", [words], rows, graph.constants),
        opset_imports=[onnx.helper.make_opsetid("", 17), onnx.helper.make_opsetid(_MS, 1)],
    )
    model.ir_version = 9
    onnx.save(model, target)


class _Graph:
    """Collects the nodes and constants of an ONNX graph."""

    def __init__(self, spans: dict[str, Span]) -> None:
        self.spans = spans
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def const(self, name: str, value: np.ndarray | np.generic) -> str:
        """Add a constant and return its name."""
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def op(self, kind: str, inputs: list[str], out: str, **attributes: Any) -> str:  # noqa: ANN401
        """Add a node and return the name of its output."""
        from onnx import helper

        domain = _MS if kind in _FUSED else ""
        self.nodes.append(helper.make_node(kind, inputs, [out], domain=domain, **attributes))
        return out

    def norm(self, source: str, out: str, tensors: Tensors, name: str) -> str:
        """Add a layer normalisation."""
        scale = self.const(f"{out}_w", tensors[f"{name}.weight"])
        shift = self.const(f"{out}_b", tensors[f"{name}.bias"])
        return self.op("LayerNormalization", [source, scale, shift], out, axis=-1, epsilon=1e-12)

    def rounded(self, source: str, point: str, is_divided: bool = False) -> _Rounded:
        """Add the rounding of a dense layer's input to int8."""
        span = self.spans[point]
        smooth = span.smooth()
        if not is_divided:
            by = self.const(f"{point}_by", 1 / smooth)
            source = self.op("Mul", [source, by], f"{point}_even")
        scale, zero = span.grid()
        names = self.const(f"{point}_scale", scale), self.const(f"{point}_zero", zero)
        value = self.op("QuantizeLinear", [source, *names], f"{point}_int8")
        return _Rounded(value, *names, smooth)

    def weights(self, name: str, weight: Array) -> tuple[str, str, str]:
        """Add weights in int8, one scale a column; return the names of value, scale and zero."""
        scale = np.abs(weight).max(axis=0) / 127
        return (
            self.const(f"{name}_w", np.rint(weight / scale).astype(np.int8)),
            self.const(f"{name}_w_scale", scale.astype(np.float32)),
            self.const(f"{name}_w_zero", np.zeros(len(scale), dtype=np.int8)),
        )

    def dense(self, source: _Rounded, weight: Array, name: str, bias: Array | None = None) -> str:
        """Add a dense layer."""
        value, scale, zero = self.weights(name, weight * source.smooth[:, None])
        inputs = [source.value, value, source.scale, scale, source.zero, zero]
        if bias is not None:
            inputs.append(self.const(f"{name}_b", bias))
        return self.op("MatMulIntegerToFloat", inputs, name)


def _embed_tokens(graph: _Graph, tensors: Tensors) -> str:
    """Add the embedding layer; return the name of its output."""
    places = tensors["embeddings.position_embeddings.weight"]
    kinds = tensors["embeddings.token_type_embeddings.weight"]
    graph.const("places", places + kinds[0])
    graph.const("zero", np.array([0], dtype=np.int64))
    graph.op("Shape", ["words"], "length", start=1, end=2)
    graph.op("Slice", ["places", "zero", "length"], "place_rows")
    graph.op("Add", ["words", "place_rows"], "summed")
    return graph.norm("summed", "embedded", tensors, "embeddings.LayerNorm")


def _encoder_layer(graph: _Graph, tensors: Tensors, layer: int, hidden: str) -> str:
    """Add one transformer layer after `hidden`; return the name of its output."""
    p = f"encoder.layer.{layer}."

    def part(name: str) -> tuple[Array, Array]:
        return tensors[f"{p}{name}.weight"].T, tensors[f"{p}{name}.bias"]

    attended = graph.rounded(_attention(graph, part, layer, hidden), f"attended{layer}", True)
    weight, bias = part("attention.output.dense")
    graph.op("Add", [graph.dense(attended, weight, p + "o", bias), hidden], p + "r1")
    between = graph.norm(p + "r1", p + "x1", tensors, p + "attention.output.LayerNorm")
    weight, bias = part("intermediate.dense")
    up = graph.dense(graph.rounded(between, f"between{layer}"), weight, p + "i", bias)
    graph.op("Gelu", [up], p + "g")
    weight, bias = part("output.dense")
    down = graph.dense(graph.rounded(p + "g", f"inner{layer}"), weight, p + "d", bias)
    graph.op("Add", [down, between], p + "r2")
    return graph.norm(p + "r2", p + "x2", tensors, p + "output.LayerNorm")


def _attention(
    graph: _Graph, part: Callable[[str], tuple[Array, Array]], layer: int, hidden: str
) -> str:
    """Add self-attention; return the name of its output, its channels divided as they round best.

    What comes out is a mean of values, so the values' weights can do the division. Step by step it
    takes a sixth less time than as one QAttention node, which multiplies head by head, and gives
    the same bits.
    """
    source = graph.rounded(hidden, f"hidden{layer}")
    weight, bias = part("attention.self.value")
    divide = graph.spans[f"attended{layer}"].smooth()
    parts = {
        "query": part("attention.self.query"),
        "key": part("attention.self.key"),
        "value": (weight / divide, bias / divide),
    }
    for name, (weight, bias) in parts.items():
        graph.dense(source, weight, f"{name}{layer}", bias)
        graph.op("Reshape", [f"{name}{layer}", "by_head"], f"{name}{layer}_h")
    # From here on (texts, heads, tokens, a head's channels); keys with the last two turned round.
    graph.op("Transpose", [f"query{layer}_h"], f"asks{layer}", perm=[0, 2, 1, 3])
    graph.op("Transpose", [f"key{layer}_h"], f"offers{layer}", perm=[0, 2, 3, 1])
    graph.op("Transpose", [f"value{layer}_h"], f"tells{layer}", perm=[0, 2, 1, 3])
    graph.op("MatMul", [f"asks{layer}", f"offers{layer}"], f"met{layer}")
    graph.op("Mul", [f"met{layer}", "per_head"], f"scaled{layer}")
    graph.op("Softmax", [f"scaled{layer}"], f"shares{layer}", axis=-1)
    graph.op("MatMul", [f"shares{layer}", f"tells{layer}"], f"told{layer}")
    graph.op("Transpose", [f"told{layer}"], f"told{layer}_rows", perm=[0, 2, 1, 3])
    return graph.op("Reshape", [f"told{layer}_rows", "joined"], f"attended{layer}")
