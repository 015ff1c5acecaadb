"""Do coloured pictures look like photographs, taken as a set? KID on the features of an ImageNet network.

Binkowski et al. 2018 (Demystifying MMD GANs). The features here are EfficientNet-Lite0's, not Inception's,
so the figures compare rows of one report with each other, and with no KID printed elsewhere.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from colorizer.networks.efficientnet_lite import CHANNELS, EfficientNetLite0
from colorizer.predictors.perception import imagenet_network

WIDTH = CHANNELS[-1]
MULTIPLE = 32


class Features:
    """Pictures in, what an ImageNet network makes of them out."""

    def __init__(self, network: EfficientNetLite0 | None = None) -> None:
        self.network = imagenet_network() if network is None else network

    @torch.inference_mode()
    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        """A uint8 picture (H, W, 3), sides multiples of 32 -> its pooled features, (320,) float64."""
        if rgb.shape[0] % MULTIPLE or rgb.shape[1] % MULTIPLE:
            raise ValueError(f"features need sides in multiples of {MULTIPLE}, not {rgb.shape[:2]}")
        pixels = torch.from_numpy(rgb.astype(np.float32)).movedim(-1, 0)[None]
        deepest: Tensor = self.network((pixels - 127.0) / 128.0)[-1]
        return deepest.mean(dim=(2, 3))[0].double().numpy()


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a @ b.T / a.shape[1] + 1.0) ** 3


def _squared_mmd(a: np.ndarray, b: np.ndarray, paired: bool) -> float:
    aa, bb, ab = _kernel(a, a), _kernel(b, b), _kernel(a, b)
    m, n = len(a), len(b)
    within = (aa.sum() - aa.trace()) / (m * (m - 1)) + (bb.sum() - bb.trace()) / (n * (n - 1))
    across = (ab.sum() - ab.trace()) / (m * (m - 1)) if paired else ab.mean()
    return float(within - 2 * across)


def kid(
    features_a: np.ndarray,
    features_b: np.ndarray,
    *,
    paired: bool = False,
    subset: int | None = None,
    repeats: int = 100,
    seed: int = 0,
) -> float:
    """KID: the unbiased squared MMD of features (M, d) and (N, d) under the kernel (x.y / d + 1)^3.

    Binkowski et al. 2018, section 4. About 0 for sets from one distribution (it may fall below), larger the
    further they are apart; commonly printed times 1000. nan when a set has fewer than two rows.

    paired: row i of both comes from the same photograph. Such pairs aren't independent and would pull the
    figure down, so they are left out of the cross term (Gretton et al. 2012, lemma 6).
    subset: the mean over `repeats` random subsets of that size, for sets too large for one kernel matrix;
    without it, all rows are compared with all.
    """
    if paired and len(features_a) != len(features_b):
        raise ValueError(f"paired sets have one length, not {len(features_a)} and {len(features_b)}")
    if min(len(features_a), len(features_b)) < 2:
        return float("nan")
    a, b = features_a.astype(np.float64), features_b.astype(np.float64)
    if subset is None or subset >= max(len(a), len(b)):
        return _squared_mmd(a, b, paired)
    random = np.random.default_rng(seed)
    values = []
    for _ in range(repeats):
        rows_a = random.permutation(len(a))[:subset]
        rows_b = rows_a if paired else random.permutation(len(b))[:subset]
        values.append(_squared_mmd(a[rows_a], b[rows_b], paired))
    return float(np.mean(values))
