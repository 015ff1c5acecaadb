"""Which way of computing the upscaler's network is the fastest here?

`python benchmarks/engines.py` prints the table for a tile of 256x256. ONNX Runtime and OpenVINO take part
where they are installed: `pip install onnx onnxscript onnxruntime openvino`.
"""

from __future__ import annotations

import statistics
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from measuring import options, processor, timed
from skimage.data import astronaut
from torch import Tensor

from colorizer import weights
from colorizer.networks.resampling import enlarge
from colorizer.networks.srgan import Generator
from colorizer.predictors.precision import has_bf16

Engine = Callable[[Tensor], Tensor]


def network() -> Generator:
    return Generator.from_state(weights.load("srresnet")[0]).eval().requires_grad_(False)


def last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def torch_engine(change: Callable[[Generator], Engine] = lambda module: module) -> Engine:
    """The network, channels last, and changed in some way."""
    changed = change(network().to(memory_format=torch.channels_last))
    return torch.inference_mode()(lambda x: changed(last(x)))


def engines(tile: Tensor) -> Iterator[tuple[str, Callable[[], Engine]]]:
    """Every way by name, and how to make it ready."""
    yield "torch, no_grad", lambda: torch.no_grad()(network())
    yield "torch, inference_mode", lambda: torch.inference_mode()(network())
    yield "torch, inference_mode, channels_last (as shipped)", torch_engine

    def fused(module: Generator) -> Engine:
        return torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(module, last(tile))))

    yield "torch.jit, frozen and fused for oneDNN", lambda: torch_engine(fused)
    yield "torch.compile, channels_last", lambda: torch_engine(torch.compile)
    if has_bf16():
        yield "torch, bf16", lambda: torch_engine(torch.autocast("cpu", torch.bfloat16))
    yield "ONNX Runtime", lambda: onnx_engine(tile, whole=False)
    yield "ONNX Runtime, int8", lambda: onnx_engine(tile, whole=True)
    yield "OpenVINO, float32", lambda: openvino_engine(tile)


def onnx_engine(tile: Tensor, whole: bool) -> Engine:
    """ONNX Runtime; `whole`: in whole numbers of 8 bits, with ranges taken from the tile itself."""
    import onnxruntime
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.left = [{"x": tile.numpy()}]

        def get_next(self) -> dict[str, np.ndarray] | None:
            return self.left.pop() if self.left else None

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "generator.onnx"
        torch.onnx.export(network(), (tile,), path, input_names=["x"], dynamo=True, verbose=False)
        if whole:
            # What joins the branches is left in float, as is usual: the skips carry the picture itself.
            small = path.with_name("int8.onnx")
            quantize_static(
                path, small, Reader(), QuantFormat.QDQ, op_types_to_quantize=["Conv"], per_channel=True
            )
            path = small
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda x: torch.from_numpy(session.run(None, {"x": x.numpy()})[0])


def openvino_engine(tile: Tensor) -> Engine:
    import openvino

    model = openvino.convert_model(network(), example_input=tile, input=list(tile.shape))
    hints = {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = openvino.Core().compile_model(model, "CPU", hints)
    return lambda x: torch.from_numpy(compiled(x.numpy())[0])


def main() -> None:
    args = options(__doc__, runs=5).parse_args()
    warnings.simplefilter("ignore")
    tile = torch.from_numpy(astronaut()[:256, 128:384].astype(np.float32) / 255).movedim(-1, 0)[None]
    tile = tile.contiguous()
    reference = torch.inference_mode()(network())(tile)
    print(f"{processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}\n")
    print("| 256x256 to 1024x1024 | getting ready | minimum / median | largest difference in 255ths |")
    print("|---|---|---|---|")
    for name, make in (("bicubic interpolation alone", lambda: enlarge), *engines(tile)):
        print_row(name, make, tile, reference, args.runs)


def print_row(name: str, make: Callable[[], Engine], tile: Tensor, reference: Tensor, runs: int) -> None:
    """Make one way ready, time it, and compare what it gives."""
    made: list[Engine] = []
    try:
        ready = timed(lambda: made.append(make())) + timed(lambda: made[0](tile))
    except ImportError as error:
        print(f"| {name} | not installed: {error.name} | - | - |", flush=True)
        return
    took = [timed(lambda: made[0](tile)) for _ in range(runs)]
    away = float((made[0](tile) - reference).abs().max()) * 255
    figures = f"{min(took):.2f} / {statistics.median(took):.2f} s"
    print(f"| {name} | {ready:.1f} s | {figures} | {away:.2f} |", flush=True)


if __name__ == "__main__":
    main()
