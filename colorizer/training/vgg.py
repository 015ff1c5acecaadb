"""What does a picture look like to a network that knows things? VGG-19's features, for perceptual losses.

Johnson et al. 2016 and Ledig et al. 2017, 2.2.1, compare pictures by what VGG-19 (Simonyan and Zisserman
2015) makes of them. Its weights are a file of one's own, or torchvision's.
"""

from __future__ import annotations

from pathlib import Path

from colorizer.networks.vgg import VGGFeatures
from colorizer.predictors.perception import VGG_SOURCE, frozen, pull_vgg, read_vgg, vgg_kept, vgg_there


def load_vgg(file: Path | None = None) -> tuple[VGGFeatures, str]:
    """The features and where their weights came from, in words.

    `file`: as read_vgg() reads it, safetensors or torchvision's own .pth. Without one, the one that
    COLORIZER_VGG names, or torchvision's in torch's cache, or else downloaded into it. ColorizerError when it
    can't be had, WeightsError when it holds no VGG-19.
    """
    found = file or vgg_there() or pull_vgg()
    return frozen(read_vgg(found)), VGG_SOURCE if found == vgg_kept() else f"the file {found.name}"
