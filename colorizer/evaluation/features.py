"""What do networks that know pictures make of ours, and how far apart are two sets by that? Features and KID.

Sets are compared by EfficientNet-Lite0, so that nothing has to be downloaded, single pictures by VGG-19
(Johnson et al. 2016; Ledig et al. 2017, 2.2.1).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from colorizer.networks.vgg import VGGFeatures
from colorizer.predictors import perception

Extract = Callable[[np.ndarray], np.ndarray]  # uint8 (H, W, 3) -> features (d,)


class Features:
    """Pictures in, what an ImageNet network makes of them out."""

    def __init__(self) -> None:
        self.network = perception.imagenet_network()

    @torch.inference_mode()
    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        """A uint8 picture (H, W, 3), cut to multiples of 32 -> its pooled features, (320,) float64."""
        height, width = (length // 32 * 32 for length in rgb.shape[:2])
        pixels = torch.from_numpy(rgb[:height, :width].astype(np.float32)).movedim(-1, 0)[None]
        deepest: Tensor = self.network((pixels - 127.0) / 128.0)[-1]
        return deepest.mean(dim=(2, 3))[0].double().numpy()


def load_vgg(file: Path | None = None) -> tuple[VGGFeatures, str]:
    """VGG-19's features and where their weights came from, in words.

    `file`: safetensors or torchvision's own .pth. Without one, the one that COLORIZER_VGG names, or
    torchvision's in torch's cache, or else downloaded into it. ColorizerError when it can't be had,
    WeightsError when it holds no VGG-19.
    """
    found = file or perception.vgg_there() or perception.pull_vgg()
    source = perception.VGG_SOURCE if found == perception.vgg_kept() else f"the file {found.name}"
    return perception.frozen(perception.read_vgg(found)), source


def kid(features_a: np.ndarray, features_b: np.ndarray, *, paired: bool = False) -> float:
    """KID: the unbiased squared MMD of features (M, d) and (N, d) under the kernel (x.y / d + 1)^3.

    Binkowski et al. 2018 (Demystifying MMD GANs), section 4. About 0 for sets from one distribution (it may
    fall below), larger the further they are apart; commonly printed times 1000, and comparable only where the
    features are the same network's. nan when a set has fewer than two rows.

    paired: row i of both comes from the same photograph. Such pairs aren't independent and would pull the
    figure down, so they are left out of the cross term (Gretton et al. 2012, lemma 6).
    """
    m, n = len(features_a), len(features_b)
    if min(m, n) < 2:
        return float("nan")
    a, b = features_a.astype(np.float64), features_b.astype(np.float64)
    aa, bb, ab = ((x @ y.T / a.shape[1] + 1.0) ** 3 for x, y in ((a, a), (b, b), (a, b)))
    within = (aa.sum() - aa.trace()) / (m * (m - 1)) + (bb.sum() - bb.trace()) / (n * (n - 1))
    across = (ab.sum() - ab.trace()) / (m * (m - 1)) if paired else ab.mean()
    return float(within - 2 * across)
