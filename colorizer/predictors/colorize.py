"""How is a photograph coloured? `analyse` runs the network once, `render` is arithmetic on what it stored.

Colour is predicted small and lightness is kept whole: the network sees a small copy, its chroma is brought
to full size along the edges of the photograph's own lightness and kept inside what sRGB can show.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizer import weights
from colorizer.colour.compose import compose
from colorizer.colour.guided import fit_lines
from colorizer.colour.lab import annealed_mean, rgb_to_lab
from colorizer.errors import SettingsError
from colorizer.networks.autoencoder import SIDE as AUTOENCODER_SIDE
from colorizer.networks.autoencoder import AutoEncoder
from colorizer.networks.course_unet import CourseUNet
from colorizer.networks.unet import MULTIPLE, ColorUNet, network_input
from colorizer.photo import Photo
from colorizer.predictors.memory import keep_freed_memory
from colorizer.predictors.settings import VARIANTS, ColorizeSettings
from colorizer.predictors.variants import mode_tilts

Progress = Callable[[float, str], None]

BUILDERS: dict[str, Callable[[dict[str, Tensor]], nn.Module]] = {
    "unet": ColorUNet.from_state,
    "course-unet": CourseUNet.from_state,
    "autoencoder": AutoEncoder.from_state,
}
# A mean over colours that the network can't decide between is paler than any of them. This factor gives
# held-out photographs two fifths more colour at the same PSNR (the README tells what more would do).
GAIN = 1.38
VISIBLE = 5.0  # mean distance in ab from which two variants look different


@dataclass(frozen=True)
class Analysis:
    """What the network said of a photo, kept so that settings can change without asking it again.

    output: (1, Q, h, w) log-probabilities over the bins for the U-Net, (1, 2, h, w) ab for the course models.
    guide: (1, 1, h, w), the lightness at that size. bins (Q, 2), prior (Q,) and tilts (VARIANTS, Q): U-Net
    only.
    """

    photo: Photo
    model: str
    version: str
    output: Tensor
    guide: Tensor
    bins: Tensor | None = None
    prior: Tensor | None = None
    tilts: Tensor | None = None

    def chroma(self, settings: ColorizeSettings) -> Tensor:
        """The predicted ab (1, 2, h, w) under these settings, before saturation and strength."""
        if self.bins is None or self.prior is None or self.tilts is None:
            return self.output
        logits = self.output
        if settings.rebalance:
            logits = logits + rebalance_logits(self.prior, settings.rebalance)[None, :, None, None]
        if settings.variant:
            logits = logits + self.tilts[settings.variant - 1][None, :, None, None]
        return GAIN * annealed_mean(logits, self.bins, settings.temperature)

    def made_by(self, settings: ColorizeSettings) -> dict[str, str | float | int]:
        """Everything needed to make what is rendered under these settings again."""
        return {"task": "colorize", "version": self.version, **settings.as_dict()}


def rebalance_logits(prior: Tensor, amount: float) -> Tensor:
    """What is added to the logits (Q,) to favour rare colours.

    Zhang et al. 2016, section 2.2, weight the loss by 1 / (prior / 2 + 1 / 2Q); a network trained without
    those weights gets the same distribution by multiplying them in afterwards (logit adjustment, Menon et
    al. 2021), and by any share of them.
    """
    return -amount * torch.log(0.5 * prior + 0.5 / len(prior))


class Colorizer:
    """Colours photographs: `Colorizer.load().colorize(Photo.open("grandmother.jpg")).save("out.png")`."""

    def __init__(self, device: str = "cpu", files: Mapping[str, Path] | None = None) -> None:
        self.device, self.files = torch.device(device), dict(files or {})
        self._networks: dict[str, tuple[nn.Module, str]] = {}
        self._lock = threading.Lock()
        keep_freed_memory()

    @classmethod
    def load(cls, *, device: str = "cpu", files: Mapping[str, Path] | None = None) -> Colorizer:
        """A colorizer; each network's weights are read when it is first needed (WeightsError if they can't
        be). `files` names weight files of one's own by model, instead of the shipped ones."""
        return cls(device, files)

    def network(self, model: str) -> tuple[nn.Module, str]:
        """The network of that name and its version, read once."""
        with self._lock:
            if model not in self._networks:
                source = self.files.get(model, model)
                state, about = weights.load(source)
                network = weights.fitted(BUILDERS[model], state, str(source)).eval().requires_grad_(False)
                network = network.to(self.device).to(memory_format=torch.channels_last)
                version = about.get("version", "")
                if not version:
                    version = "your own" if model in self.files else weights.entries()[model].version
                self._networks[model] = network, version
            return self._networks[model]

    @torch.inference_mode()
    def analyse(
        self, photo: Photo, settings: ColorizeSettings | None = None, progress: Progress | None = None
    ) -> Analysis:
        """Run the network once; of the settings only `model` and `size` matter here."""
        settings = settings or ColorizeSettings()
        _report(progress, 0.0, "Looking at the photograph")
        network, version = self.network(settings.model)
        width, height = network_size(photo, settings)
        lightness = small_lightness(photo, width, height).to(self.device)
        if not isinstance(network, ColorUNet):
            output = network.predict_ab(lightness).float().cpu()  # type: ignore[operator]
            guide = F.interpolate(lightness, size=output.shape[-2:], mode="area").cpu()
            return Analysis(photo, settings.model, version, output, guide)
        logits = network(network_input(lightness).contiguous(memory_format=torch.channels_last)).float()
        output = torch.log_softmax(logits, dim=1).cpu()
        guide = F.interpolate(lightness, size=output.shape[-2:], mode="area").cpu()
        bins, prior = network.bins.cpu(), network.prior.cpu()
        return Analysis(photo, settings.model, version, output, guide, bins, prior, mode_tilts(output, bins))

    @torch.inference_mode()
    def render(
        self, analysis: Analysis, settings: ColorizeSettings | None = None, progress: Progress | None = None
    ) -> Photo:
        """The coloured photo at full size; the network doesn't run."""
        settings = settings or ColorizeSettings()
        if settings.model != analysis.model:
            raise SettingsError(
                f"The photograph was analysed by “{analysis.model}”, not by “{settings.model}”. Analyse it "
                f"again."
            )
        lines = fit_lines(analysis.guide, analysis.chroma(settings) * settings.saturation)
        return analysis.photo.with_rgb(compose(analysis.photo.rgb, lines, settings.strength, progress))

    def colorize(
        self, photo: Photo, settings: ColorizeSettings | None = None, progress: Progress | None = None
    ) -> Photo:
        """Analyse and render in one call."""
        settings = settings or ColorizeSettings()
        return self.render(self.analyse(photo, settings, progress), settings, progress)

    @torch.inference_mode()
    def variants(
        self, analysis: Analysis, settings: ColorizeSettings | None = None, side: int = 320
    ) -> list[tuple[int, np.ndarray]]:
        """Up to four other colourings that visibly differ: their numbers and previews, uint8 (h, w, 3), long
        side <= side."""
        settings = settings or ColorizeSettings()
        if analysis.bins is None:
            return []
        preview = analysis.photo.preview(side)
        shown = [analysis.chroma(replace(settings, variant=0))]
        found = []
        for number in range(1, VARIANTS + 1):
            ab = analysis.chroma(replace(settings, variant=number))
            if min(float((ab - other).norm(dim=1).mean()) for other in shown) < VISIBLE:
                continue
            shown.append(ab)
            lines = fit_lines(analysis.guide, ab * settings.saturation)
            found.append((number, compose(preview, lines, settings.strength)))
        return found

    @torch.inference_mode()
    def confidence(self, analysis: Analysis, side: int = 1024) -> np.ndarray:
        """How sure the network is, (h, w) float32: 1 minus the entropy as a share of its maximum; long side
        <= side."""
        if analysis.bins is None:
            raise SettingsError(f"The model “{analysis.model}” gives no confidence. Choose “unet”.")
        entropy = -(analysis.output.exp() * analysis.output).sum(1, keepdim=True) / np.log(len(analysis.bins))
        scale = min(1.0, side / max(analysis.photo.width, analysis.photo.height))
        size = [max(1, round(length * scale)) for length in (analysis.photo.height, analysis.photo.width)]
        confidence = 1 - F.interpolate(entropy, size=size, mode="bilinear", align_corners=False)
        return confidence.clamp(0, 1)[0, 0].numpy()


def _report(progress: Progress | None, share: float, text: str) -> None:
    if progress is not None:
        progress(share, text)


def small_lightness(photo: Photo, width: int, height: int) -> Tensor:
    """L (1, 1, height, width) in 0..100 of a copy of the photo brought to that size."""
    rgb = torch.from_numpy(photo.preview(2 * max(width, height)).copy())
    lightness = rgb_to_lab(rgb.movedim(-1, 0)[None].float() / 255)[:, :1]
    return F.interpolate(
        lightness, size=(height, width), mode="bilinear", align_corners=False, antialias=True
    )


def network_size(photo: Photo, settings: ColorizeSettings) -> tuple[int, int]:
    """Width and height of what the network sees: the long side is settings.size, both multiples of what it
    needs."""
    if settings.model == "autoencoder":
        return AUTOENCODER_SIDE, AUTOENCODER_SIDE
    scale = settings.size / max(photo.width, photo.height)
    width, height = (
        max(MULTIPLE, round(length * scale / MULTIPLE) * MULTIPLE) for length in (photo.width, photo.height)
    )
    return width, height
