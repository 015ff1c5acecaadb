"""How is a photograph coloured? `analyse` runs the network once, `render` is arithmetic on what it stored.

Colour is predicted small and lightness is kept whole: the network sees a small copy, its chroma is brought
to full size along the edges of the photograph's own lightness and kept inside what sRGB can show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizer import weights
from colorizer.colour.bins import annealed_mean, mode_tilts, rebalance_logits
from colorizer.colour.compose import compose
from colorizer.colour.guided import LocalLines, fit_lines
from colorizer.colour.hints import spread
from colorizer.colour.lab import clamp_to_gamut, lab_to_rgb, rgb_to_lab
from colorizer.errors import SettingsError
from colorizer.networks.autoencoder import SIDE as AUTOENCODER_SIDE
from colorizer.networks.autoencoder import AutoEncoder
from colorizer.networks.course_unet import CourseUNet
from colorizer.networks.unet import MULTIPLE, ColorUNet, network_input
from colorizer.photo import Photo
from colorizer.predictors.memory import Cache, keep_freed_memory
from colorizer.predictors.precision import channels_last, prepared
from colorizer.predictors.settings import VARIANTS, ColorizeSettings
from colorizer.predictors.tiling import Progress, tell, to_tensor

BUILDERS: dict[str, Callable[[dict[str, Tensor]], nn.Module]] = {
    "unet": ColorUNet.from_state,
    "course-unet": CourseUNet.from_state,
    "autoencoder": AutoEncoder.from_state,
}
# A mean over colours that the network can't decide between is paler than any of them. This factor gives
# held-out photographs about a fifth more colour and costs some PSNR; it belongs to the weights.
GAIN = 1.2
VISIBLE = 5.0  # mean distance in ab from which two variants look different
UNLIKE = 18.0  # distance in ab from which two colours of a place are two


@dataclass(frozen=True)
class Analysis:
    """What the network said of a photo, kept so that settings can change without asking it again.

    version, sha256: of the weights. output: (1, Q, h, w) log-probabilities over the bins for the U-Net,
    (1, 2, h, w) ab for the course models. guide: (1, 1, h, w), the lightness at that size. bins (Q, 2), prior
    (Q,), tilts (VARIANTS, Q) and features (1, C, h, w), of length 1, which tell things apart: U-Net only.
    """

    photo: Photo
    model: str
    version: str
    sha256: str
    output: Tensor
    guide: Tensor
    bins: Tensor | None = None
    prior: Tensor | None = None
    tilts: Tensor | None = None
    features: Tensor | None = None

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

    def lines(self, settings: ColorizeSettings) -> LocalLines:
        """What brings that chroma, by strength and saturation, and the hints' to the size of any copy of the
        photo; what of its own colours is to be added has the share 1 - strength."""
        ab = self.chroma(settings) * settings.saturation * settings.strength
        lines = fit_lines(self.guide, ab)
        if settings.hints and self.features is not None:
            hinted = self._hinted(settings, ab)
            lines = LocalLines(lines.slope + hinted.slope, lines.offset + hinted.offset)
        return lines

    def _hinted(self, settings: ColorizeSettings, ab: Tensor) -> LocalLines:
        """What the hints add to that chroma."""
        assert self.features is not None
        colours = [[int(hint.colour[k : k + 2], 16) / 255 for k in (1, 3, 5)] for hint in settings.hints]
        asked = rgb_to_lab(torch.tensor(colours).T[None, :, None])[0, 1:, 0].T
        size = torch.tensor([self.photo.width, self.photo.height])
        shares = torch.tensor([(hint.x, hint.y) for hint in settings.hints])
        column_row = (shares * size).long().minimum(size - 1)
        places = (column_row + 0.5) / size
        column, row = column_row.T.tolist()
        pixels = rgb_to_lab(to_tensor(self.photo.rgb[row, column][None]))[0, :, 0].T
        lightness, own = pixels[:, 0], pixels[:, 1:]
        if share := 1 - settings.strength:
            small = rgb_to_lab(to_tensor(self.photo.preview(2 * max(self.guide.shape[-2:]))))[:, 1:]
            small = share * F.interpolate(small, size=self.guide.shape[-2:], mode="area")
            asked = asked - share * own + fit_lines(self.guide, small).at(places, lightness)
            ab = ab + small
        reach = torch.tensor([hint.reach for hint in settings.hints])
        return spread(self.guide, self.features, ab, places, reach, lightness, asked)

    def made_by(self, settings: ColorizeSettings) -> dict[str, object]:
        """Everything needed to make what is rendered under these settings again."""
        told = {"version": self.version, "sha256": {self.model: self.sha256}}
        return {"task": "colorize", **told, **settings.as_dict()}


class Colorizer:
    """Colours photographs: `Colorizer.load().colorize(Photo.open("grandmother.jpg")).save("out.png")`."""

    def __init__(self, device: str = "cpu", files: Mapping[str, Path] | None = None) -> None:
        self.device, self.files = torch.device(device), dict(files or {})
        self._networks: Cache[str, tuple[nn.Module, str]] = Cache()
        keep_freed_memory()

    @classmethod
    def load(cls, *, device: str = "cpu", files: Mapping[str, Path] | None = None) -> Colorizer:
        """A colorizer; each network's weights are read when it is first needed (WeightsError if they can't
        be). `files` names weight files of one's own by model, instead of the shipped ones."""
        return cls(device, files)

    def network(self, model: str) -> tuple[nn.Module, str]:
        """The network of that name and its version, read once."""
        return self._networks.get(model, lambda: self._read(model))

    def _read(self, model: str) -> tuple[nn.Module, str]:
        source = self.files.get(model, model)
        state, about = weights.load(source)
        version = about.get("version", "")
        if not version:
            version = "your own" if model in self.files else weights.entries()[model].version
        return prepared(weights.fitted(BUILDERS[model], state, str(source)), self.device), version

    @torch.inference_mode()
    def analyse(
        self, photo: Photo, settings: ColorizeSettings | None = None, progress: Progress | None = None
    ) -> Analysis:
        """Run the network once; of the settings only `model` and `size` matter here."""
        settings = settings or ColorizeSettings()
        tell(progress, 0.0, "Looking at the photograph")
        network, version = self.network(settings.model)
        lightness = small_lightness(photo, *network_size(photo, settings)).to(self.device)
        distribution: tuple[Tensor, ...] = ()
        if isinstance(network, ColorUNet):
            features = network.features(channels_last(network_input(lightness), self.device))
            logits = network.classify(features).float()
            output, bins = torch.log_softmax(logits, dim=1).cpu(), network.bins.cpu()
            told_apart = F.normalize(features.float(), dim=1).cpu()
            distribution = bins, network.prior.cpu(), mode_tilts(output, bins, VARIANTS), told_apart
        else:
            output = network.predict_ab(lightness).float().cpu()  # type: ignore[operator]
        guide = F.interpolate(lightness, size=output.shape[-2:], mode="area").cpu()
        sha256 = weights.sha256(self.files.get(settings.model, settings.model))
        return Analysis(photo, settings.model, version, sha256, output, guide, *distribution)

    @torch.inference_mode()
    def render(
        self, analysis: Analysis, settings: ColorizeSettings | None = None, progress: Progress | None = None
    ) -> Photo:
        """The coloured photo at full size; the network doesn't run."""
        settings = settings or ColorizeSettings()
        if settings.model != analysis.model:
            raise SettingsError(
                f"The photograph was analysed by “{analysis.model}”, not by “{settings.model}”. "
                "Analyse it again."
            )
        photo = analysis.photo
        return photo.with_rgb(compose(photo.rgb, analysis.lines(settings), 1 - settings.strength, progress))

    def colorize(
        self, photo: Photo, settings: ColorizeSettings | None = None, progress: Progress | None = None
    ) -> Photo:
        """Analyse and render in one call."""
        return self.render(self.analyse(photo, settings, progress), settings, progress)

    @torch.inference_mode()
    def variants(
        self, analysis: Analysis, settings: ColorizeSettings | None = None, side: int = 320
    ) -> list[tuple[int, np.ndarray]]:
        """Up to four other colourings that visibly differ: numbers, and previews (h, w, 3) uint8."""
        settings = settings or ColorizeSettings()
        if analysis.bins is None:
            return []
        preview = analysis.photo.preview(side)
        shown, found = [analysis.chroma(replace(settings, variant=0))], []
        for number in range(1, VARIANTS + 1):
            variant = replace(settings, variant=number)
            ab = analysis.chroma(variant)
            if min(float((ab - other).norm(dim=1).mean()) for other in shown) >= VISIBLE:
                shown.append(ab)
                found.append((number, compose(preview, analysis.lines(variant), 1 - settings.strength)))
        return found

    @torch.inference_mode()
    def likely(self, analysis: Analysis, count: int) -> np.ndarray:
        """The likeliest colours of each place of the map, at its lightness: (h, w, count, 3) uint8 sRGB.

        Colours that look alike count as one; the course models know of none."""
        bins, (height, width) = analysis.bins, analysis.guide.shape[-2:]
        if bins is None:
            return np.zeros((height, width, 0, 3), np.uint8)
        left = analysis.output[0].flatten(1).exp().T.clone()  # (N, Q)
        unlike = (torch.cdist(bins, bins) > UNLIKE).float()
        chosen = []
        for _ in range(count):
            chosen.append(left.argmax(dim=1))
            left *= unlike[chosen[-1]]
        ab = bins[torch.stack(chosen, dim=1)].flatten(0, 1).T  # (2, N * count)
        lightness = analysis.guide.flatten().repeat_interleave(count)[None]
        lab = clamp_to_gamut(torch.cat((lightness, ab))[..., None])
        rgb = (lab_to_rgb(lab).clamp(0, 1) * 255).round().to(torch.uint8)
        return rgb[..., 0].T.reshape(height, width, count, 3).numpy()

    @torch.inference_mode()
    def confidence(self, analysis: Analysis, side: int = 1024) -> np.ndarray:
        """How sure the network is, (h, w) float32: 1 minus the entropy as a share of its maximum."""
        if analysis.bins is None:
            raise SettingsError(f"The model “{analysis.model}” gives no confidence. Choose “unet”.")
        entropy = -(analysis.output.exp() * analysis.output).sum(1, keepdim=True) / np.log(len(analysis.bins))
        height, width = analysis.photo.rgb.shape[:2]
        scale = min(1.0, side / max(width, height))
        size = [max(1, round(length * scale)) for length in (height, width)]
        confidence = 1 - F.interpolate(entropy, size=size, mode="bilinear", align_corners=False)
        return confidence.clamp(0, 1)[0, 0].numpy()


def small_lightness(photo: Photo, width: int, height: int) -> Tensor:
    """L (1, 1, height, width) in 0..100 of a copy of the photo brought to that size."""
    lightness = rgb_to_lab(to_tensor(photo.preview(2 * max(width, height))))[:, :1]
    size = (height, width)
    return F.interpolate(lightness, size=size, mode="bilinear", align_corners=False, antialias=True)


def network_size(photo: Photo, settings: ColorizeSettings) -> tuple[int, int]:
    """Width and height of what the network sees: the long side is about settings.size."""
    if settings.model == "autoencoder":
        return AUTOENCODER_SIDE, AUTOENCODER_SIDE
    units = settings.size / max(photo.width, photo.height) / MULTIPLE
    width, height = (MULTIPLE * max(1, round(length * units)) for length in (photo.width, photo.height))
    return width, height
