"""What does a picture look like to a network that knows things? VGG-19's features, for perceptual losses.

Johnson et al. 2016 and Ledig et al. 2017, 2.2.1, compare pictures by what VGG-19 (Simonyan and Zisserman
2015) makes of them. Its weights are torchvision's where they can be downloaded, or a file of one's own.
"""

from __future__ import annotations

from pathlib import Path

from colorizer.errors import ColorizerError
from colorizer.networks.vgg import VGGFeatures
from colorizer.perception import VGG_SOURCE, frozen, vgg_from_file, vgg_from_torchvision


def load_vgg(file: Path | None = None) -> tuple[VGGFeatures, str]:
    """The features and where their weights came from, in words.

    `file`: safetensors with ConvB_N.weight and .bias, and Conv0 for the input. Without one, torchvision's
    weights are downloaded; ColorizerError when they can't be.
    """
    if file is not None:
        return frozen(vgg_from_file(file)), f"the file {file.name}"
    try:
        from torchvision.models import VGG19_Weights

        state = VGG19_Weights.IMAGENET1K_V1.get_state_dict(progress=True, check_hash=True)
    except (ImportError, OSError, RuntimeError) as error:
        raise ColorizerError(
            f"VGG-19's weights can't be had from torchvision ({error}). Name a file of them with --vgg."
        ) from None
    return frozen(vgg_from_torchvision(state)), VGG_SOURCE
