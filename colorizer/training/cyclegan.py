"""How do two networks learn to paint photographs and photograph paintings, without a single pair of the two?

CycleGAN (Zhu et al. 2017): each result must pass for real with its discriminator, and the way there and back
must lead home. Where time is short, that is preceded by style transfer (Johnson et al. 2016): until step
`warm`, the painter learns to give photographs the mean Gram matrices of the paintings and to keep their
content, beside its discriminator, and the way back to undo that. That costs half as much a step, and CycleGAN
then starts from strokes and a palette instead of from nothing.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizer.errors import WeightsError
from colorizer.evaluation.features import Features, kid, load_vgg
from colorizer.evaluation.pictures import square
from colorizer.networks.cyclegan import MULTIPLE, Generator, Generators
from colorizer.networks.vgg import VGGFeatures
from colorizer.photo import Photo
from colorizer.predictors.tiling import to_tensor
from colorizer.training import common, losses
from colorizer.training.data import Draws, UnpairedCrops, to_rgb
from colorizer.training.discriminators import Adversary, Discriminating, FeatureAdversary, PatchAdversary
from colorizer.training.engine import Part, prepare
from colorizer.training.options import CycleGANOptions
from colorizer.training.run import Run
from colorizer.training.sources import list_pictures, read_rgb
from colorizer.training.validation import Result, Validation, summary, to_picture

log = logging.getLogger("colorizer.training")

NAMES = {"photo2monet": "to_painting", "monet2photo": "to_photo"}  # weight file -> network
SHEET_COLUMNS = 6
LARGEST_STYLE = 512  # pixels of the long side at which a painting's style is taken
NOISE = 0.03  # on what goes back, so that nothing can be hidden in it (Chu et al. 2017)


class Trainer:
    """The networks of a run, its discriminators, and the generators' loss of a step."""

    def __init__(self, options: CycleGANOptions) -> None:
        self.options, self.engine = options, prepare(options)
        batch = self.engine.largest_batch(options)
        photos, paintings = list_pictures(options.data, batch), list_pictures(options.paintings, batch)
        self.loader = UnpairedCrops(photos, paintings, options.seed, options.largest_crop)
        self.networks = Generators(options.width, options.blocks)
        if options.init:
            self._start_from(options.init)
        self.engine.place(self.networks)
        self.before = list(copy.deepcopy(self.networks).requires_grad_(False).children())  # for polishing
        self.optimiser = torch.optim.Adam(self.networks.parameters(), betas=(0.5, 0.999))
        self.vgg: VGGFeatures | None = None
        self.style: list[Tensor] = []
        self.of_paintings: list[Adversary] = []
        self.of_photos: list[Adversary] = []
        self.discriminating: dict[str, Part] = {}
        if options.preserve:
            return
        if options.warm or options.discriminators != "patches":
            self.vgg, source = load_vgg(options.vgg)
            log.info("VGG-19: %s", source)
            self.engine.place(self.vgg)
            small = (Photo.from_array(one).preview(LARGEST_STYLE) for one in self.loader.paintings)
            self.style = losses.mean_style(self.vgg, (to_tensor(one).to(self.engine.device) for one in small))
        self.of_paintings, self.of_photos = self._adversaries(1), self._adversaries(0)
        networks = nn.ModuleList(one.network for one in (*self.of_paintings, *self.of_photos))
        self.discriminate = Discriminating(self.engine, networks, options.discriminator_rate)
        self.discriminating = self.discriminate.parts

    def _adversaries(self, number: int) -> list[Adversary]:
        found: list[Adversary] = []
        if self.options.discriminators != "features":
            found.append(PatchAdversary(self.options.seed + number, self.engine))
        if self.vgg is not None and self.options.discriminators != "patches":
            scales = [float(matrix.diagonal().mean().sqrt()) for matrix in self.style]
            found.append(FeatureAdversary(self.vgg, losses.STYLE, scales))
        return found

    def _start_from(self, init: str) -> None:
        """Both directions from the weight files of a folder, or from the shipped ones ("shipped")."""
        for name, part in NAMES.items():
            source = name if init == "shipped" else str(Path(init, f"{name}.safetensors"))
            found = common.load_initial(source, Generator.from_state)
            if (found.head.out_channels, len(found.blocks)) != (self.options.width, self.options.blocks):
                raise WeightsError(
                    f"“{source}” has a width of {found.head.out_channels} and {len(found.blocks)} blocks. "
                    "Give the same with --width and --blocks."
                )
            setattr(self.networks, part, found)

    def loss(self, step: int, crops: np.ndarray, draws: Draws) -> Tensor:
        """The generators' loss at a step; the discriminators have learnt one step before."""
        photos, paintings = to_rgb(torch.from_numpy(crops).to(self.engine.device)).chunk(2)
        if self.options.preserve:
            return self.polish(photos, paintings)
        if self.options.only_back:
            return self.way_back(photos, draws)
        return self.both_ways(photos, paintings, draws, warm=step < self.options.warm)

    def both_ways(self, photos: Tensor, paintings: Tensor, draws: Draws, *, warm: bool) -> Tensor:
        """CycleGAN's loss for both generators; or, while warm, that of style transfer, and of undoing it, for
        which half of the pictures will do."""
        options, painter, back = self.options, self.networks.to_painting, self.networks.to_photo
        half = (len(photos) + 1) // 2 if warm else len(photos)
        painted, photographed = self._run(painter, photos), self._run(back, paintings[:half])
        seen = [(self.of_paintings, paintings, painted), (self.of_photos, photos[:half], photographed)]
        loss = self._opinion(seen, draws)
        there = self._noisy(painted[:half].detach() if warm else painted, draws)
        home = F.l1_loss(self._run(back, there), photos[:half])
        if not warm:
            home = home + F.l1_loss(self._run(painter, self._noisy(photographed, draws)), paintings)
        loss = loss + options.cycle * home + self._grids(painted) + self._grids(photographed)
        if options.identity:
            same = F.l1_loss(self._run(painter, paintings), paintings)
            if not warm:
                same = same + F.l1_loss(self._run(back, photos), photos)
            loss = loss + options.cycle * options.identity * same
        return loss + self._style_transfer(painted, photos) if warm else loss

    def way_back(self, photos: Tensor, draws: Draws) -> Tensor:
        """The loss of the way back alone, on pairs that the painter makes: as SRGAN's, with `cycle` for pixel
        and `content` for perceptual."""
        with torch.no_grad():
            painted = self._noisy(self._run(self.networks.to_painting, photos), draws)
        back = self._run(self.networks.to_photo, painted)
        loss = self._opinion([(self.of_photos, photos, back)], draws)
        loss = loss + self.options.cycle * F.l1_loss(back, photos) + self._grids(back)
        for features in _of_features(self.of_photos):
            pairs = zip(features.made, features.real, strict=True)
            far = torch.stack([F.l1_loss(made.float(), real.float()) for made, real in pairs])
            loss = loss + self.options.content * far.mean()
        return loss

    def polish(self, photos: Tensor, paintings: Tensor) -> Tensor:
        """The loss of the grids, and of leaving all else as the networks had it when the run began."""
        given = (photos, paintings)
        with torch.no_grad():
            goals = [self._run(*pair) for pair in zip(self.before, given, strict=True)]
        made = [self._run(*pair) for pair in zip(self.networks.children(), given, strict=True)]
        kept = [F.l1_loss(one, goal) for one, goal in zip(made, goals, strict=True)]
        return self.options.preserve * sum(kept) + self._grids(made[0]) + self._grids(made[1])

    def _opinion(self, seen: Sequence[tuple[list[Adversary], Tensor, Tensor]], draws: Draws) -> Tensor:
        """What the discriminators of each side, which count alike, say of real and made pictures."""
        pairs = [(adversary, real, made) for side, real, made in seen for adversary in side]
        return self.options.adversarial / len(seen[0][0]) * self.discriminate(pairs, draws)

    def _run(self, network: nn.Module, pictures: Tensor) -> Tensor:
        with self.engine.autocast():
            return network(pictures).float()

    def _style_transfer(self, painted: Tensor, photos: Tensor) -> Tensor:
        """How far painted photographs are from the paintings' style and from their own content, by features,
        which the discriminator may have seen before."""
        assert self.vgg is not None
        features = next(iter(_of_features(self.of_paintings)), None)
        with self.engine.autocast():
            made = features.made if features else self.vgg.layers(painted, losses.STYLE)
            with torch.no_grad():
                (goal,) = self.vgg.layers(features.view(photos) if features else photos, (losses.CONTENT,))
        style, content = losses.compared(made, goal, self.style)
        return self.options.style * style + self.options.content * content

    def _noisy(self, made: Tensor, draws: Draws) -> Tensor:
        noise = torch.empty_like(made)
        for one, random in zip(noise, draws.crops, strict=False):
            seed = int(random.integers(2**62))
            one.normal_(generator=torch.Generator(made.device).manual_seed(seed))
        return made + NOISE * noise

    def _grids(self, made: Tensor) -> Tensor:
        """Both losses of patterns that the network itself weaves into what it made."""
        fine = losses.detail(made)
        loss = self.options.grid * (losses.grid_pattern(fine, MULTIPLE) ** 2).mean()
        if self.options.local_grid:
            loss = loss + self.options.local_grid * losses.excess_pattern(fine, MULTIPLE)
        return loss


def kid_validation(folder: Path, device: torch.device, paintings: list[np.ndarray]) -> Validation:
    """KID x 1000 between painted photographs and the paintings, and a sheet of both ways there and back."""
    features = Features()
    photos = [square(np.asarray(read_rgb(path))) for path in list_pictures(folder)[:50]]
    paintings = [square(picture) for picture in paintings]
    goal = np.stack([features(picture) for picture in paintings])

    @torch.inference_mode()
    def validate(networks: nn.Module) -> Result:
        there, back = networks.children()
        found, columns = [], []
        for number, photo in enumerate(photos):
            painted = there(to_tensor(photo).to(device))
            found.append(features(to_picture(painted)))
            if number < SHEET_COLUMNS:
                painting = paintings[number * len(paintings) // SHEET_COLUMNS]
                photographed = back(to_tensor(painting).to(device))
                made = [to_picture(x) for x in (painted, back(painted), photographed, there(photographed))]
                columns.append([photo, *made[:2], painting, *made[2:]])
        return summary([{"kid": 1000 * kid(np.stack(found), goal)}], columns)

    return validate


def _of_features(adversaries: list[Adversary]) -> list[FeatureAdversary]:
    return [one for one in adversaries if isinstance(one, FeatureAdversary)]


def train_cyclegan(options: CycleGANOptions) -> Path:
    """Train (or resume) both directions; returns the path of `OUT/photo2monet.safetensors`."""
    trainer = Trainer(options)
    validation = partial(kid_validation, paintings=trainer.loader.paintings)
    parts = trainer.networks, trainer.optimiser, validation, trainer.discriminating, NAMES
    run = Run("cyclegan", options, trainer.engine, trainer.loader, *parts)
    for step, crops in run.steps():
        run.descend(trainer.loss(step, crops, run.draws(23)))
    return run.result
