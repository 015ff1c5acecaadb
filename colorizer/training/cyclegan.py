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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from colorizer import weights
from colorizer.errors import WeightsError
from colorizer.evaluation.features import Features, kid
from colorizer.networks.cyclegan import BLOCKS, MULTIPLE, WIDTH, Generator, Generators
from colorizer.networks.vgg import VGGFeatures
from colorizer.predictors.tiling import to_pixels, to_tensor
from colorizer.training import common
from colorizer.training.data import list_pictures, read_rgb
from colorizer.training.draws import Draws
from colorizer.training.jury import FeatureJuror, Juror, Jury, PatchJuror, grid_pattern, local_pattern
from colorizer.training.run import Run, RunOptions, prepare
from colorizer.training.style import CONTENT, STYLE, compared, mean_style
from colorizer.training.unpaired import UnpairedCrops, both
from colorizer.training.vgg import load_vgg

log = logging.getLogger("colorizer.training")

NAMES = {"photo2monet": "to_painting", "monet2photo": "to_photo"}  # weight file -> network
SHEET_COLUMNS = 6
FEATURE_SIDE = 256
JUDGES = ("patches", "features", "both")


@dataclass(frozen=True)
class CycleGANOptions(RunOptions):
    """Two folders that have nothing to do with each other; `data` is that of the photographs.

    The rate falls by a cosine, not in a line as the paper's, like that of all trainers here. A resumed run
    sees what it would have seen, but with an empty history.
    """

    paintings: Path = Path()
    stages: tuple[common.Stage, ...] = (common.Stage(256, 1, 200_000),)
    rate: float = 2e-4
    weight_decay: float = 0.0
    decay: float = 0.999
    every: int = 1000
    width: int = WIDTH
    blocks: int = BLOCKS
    chroma: float = 0.0  # bound of how far the painter changes colours; 0: that of `init`, or none
    cycle: float = 10.0
    identity: float = 0.5  # times `cycle`: a painting given to the painter stays as it is
    grid: float = 0.0  # weight of what is alike at every fourth pixel, which is the network's and no stroke
    local_grid: float = 0.0  # the same in windows of 16 pixels, as far as it is more than strokes explain
    stay: float = 0.0  # weight of what the networks of `init` make; then nothing else counts but the grids
    noise: float = 0.03  # on what goes back, so that nothing can be hidden in it (Chu et al. 2017)
    judges: str = "patches"  # or "features": of VGG-19, which learn sooner; or "both"
    judge_rate: float = 1.0  # times the rate, for the discriminators
    adversarial: float = 1.0
    warm: int = 0  # steps of style transfer before the way there and back comes in
    style: float = 1.0  # weights of style transfer
    content: float = 1.0
    only_back: bool = False  # the painter stays as it is, and the way back learns from what it paints
    keep_style: float = 0.0  # how much of it stays on beside the discriminators
    vgg: Path | None = None  # a file of VGG-19's weights; none: see load_vgg

    def __post_init__(self) -> None:
        super().__post_init__()
        weights_of = ("cycle", "identity", "adversarial", "style", "content", "keep_style", "stay")
        for name in (*weights_of, "grid", "local_grid", "noise", "warm", "chroma"):
            self.check(name, getattr(self, name) >= 0, "0 or more")
        for name in ("width", "blocks"):
            self.check(name, getattr(self, name) >= 1, "1 or more")
        self.check("judge_rate", self.judge_rate > 0, "more than 0")
        self.check("judges", self.judges in JUDGES, "patches, features or both")
        self.check("compile", not self.compile, "left out: these networks are not compiled")
        self.check("stay", not self.stay or bool(self.init), "0 where there is no --init to stay with")


class CycleRun(Run):
    """A run whose result is two weight files, one a direction."""

    def _open_folder(self) -> dict[str, Any] | None:
        for name in NAMES:
            if not self.checkpoint.exists():
                self._refuse_existing(self.options.out / f"{name}.safetensors")
        return super()._open_folder()

    def _write(self, about: dict[str, str]) -> None:
        for name, part in NAMES.items():
            state = getattr(self.average.network, part).state_dict()
            weights.save(self.options.out / f"{name}.safetensors", state, about)
        super()._write(about)


class Trainer:
    """Everything that one run consists of."""

    def __init__(self, options: CycleGANOptions) -> None:
        self.options, self.engine = options, prepare(options)
        self.device, batch = self.engine.device, options.largest_batch(self.engine)
        self.photos = list_pictures(options.data, batch)
        self.paintings = list_pictures(options.paintings, batch)
        largest = max(stage.side for stage in options.stages)
        self.loader = UnpairedCrops(self.photos, self.paintings, options.seed, largest)
        self.networks = Generators(options.width, options.blocks)
        if options.init:
            self._start_from(options.init)
        if options.chroma:
            self.networks.to_painting.bound(options.chroma)
        self.vgg: VGGFeatures | None = None
        self.style: list[Tensor] = []
        if options.warm or options.keep_style or options.judges != "patches":
            self.vgg, self.style = self._style()
        self.before = copy.deepcopy(self.networks).requires_grad_(False) if options.stay else None
        self.of_paintings, self.of_photos = self._juror(1), self._juror(0)
        self.judges = nn.ModuleDict({"painting": self.of_paintings.judge, "photo": self.of_photos.judge})
        for part in (self.networks, self.judges, *([self.before] if self.before else [])):
            self.engine.place(part)
        betas = (0.5, 0.999)
        self.optimiser, self.judge_optimiser = (
            torch.optim.AdamW(
                part.parameters(), lr=options.rate, betas=betas, weight_decay=options.weight_decay
            )
            for part in (self.networks, self.judges)
        )

    def _juror(self, number: int) -> Juror:
        jurors: list[Juror] = []
        if self.options.judges != "features":
            jurors.append(PatchJuror(self.options.seed + number, self.engine))
        if self.options.judges != "patches":
            assert self.vgg is not None
            scales = [float(matrix.diagonal().mean().sqrt()) for matrix in self.style]
            jurors.append(FeatureJuror(self.vgg, STYLE, scales))
        return jurors[0] if len(jurors) == 1 else Jury(jurors)

    def _start_from(self, init: str) -> None:
        """Both directions from the weight files of a folder, or from the shipped ones ("shipped")."""
        folder = Path(init)
        if init != "shipped" and not folder.is_dir():
            raise WeightsError(
                f"“{init}” is not a folder. For --init, give the --out folder of another run, which holds "
                f"{' and '.join(NAMES)}, or “shipped”."
            )
        for name, part in NAMES.items():
            source = name if init == "shipped" else str(folder / f"{name}.safetensors")
            found = common.load_initial(source, Generator.from_state)
            mine = getattr(self.networks, part)
            if found.head.weight.shape != mine.head.weight.shape or len(found.blocks) != len(mine.blocks):
                raise WeightsError(
                    f"“{source}” has a width of {found.head.out_channels} and {len(found.blocks)} blocks. "
                    "Give the same with --width and --blocks."
                )
            setattr(self.networks, part, found)

    def _style(self) -> tuple[VGGFeatures, list[Tensor]]:
        vgg, source = load_vgg(self.options.vgg)
        log.info("VGG-19: %s", source)
        self.engine.place(vgg)
        paintings = (to_tensor(_within(picture)).to(self.device) for picture in self.loader.paintings)
        return vgg, mean_style(vgg, paintings)

    def warm_up(self, photos: Tensor, paintings: Tensor, draws: Draws) -> Tensor:
        """The loss of style transfer, and of undoing it, for which half of the pictures will do."""
        options, half = self.options, (len(photos) + 1) // 2
        with self.engine.autocast():
            painted = self.networks.to_painting(photos)
            photographed = self.networks.to_photo(paintings[:half])
        pairs = [(self.of_paintings, paintings, painted), (self.of_photos, photos[:half], photographed)]
        pleased = self._judge(pairs, draws)
        with self.engine.autocast():
            back = self.networks.to_photo(self._noisy(painted[:half].detach(), draws))
        loss = options.adversarial * pleased + self._painterly(*self._features(painted, photos))
        loss = loss + options.cycle * F.l1_loss(back.float(), photos[:half])
        loss = loss + self._grids(painted) + self._grids(photographed)
        if options.identity:
            with self.engine.autocast():
                same = self.networks.to_painting(paintings)
            loss = loss + options.cycle * options.identity * F.l1_loss(same.float(), paintings)
        return loss

    def _features(self, painted: Tensor, photos: Tensor) -> tuple[list[Tensor], Tensor]:
        """What style transfer compares: features of the painted, at which the juror has looked before, and of
        the photographs."""
        assert self.vgg is not None
        with self.engine.autocast():
            juror = _of_features(self.of_paintings)
            if juror is not None:
                photos, made = juror.view(photos), juror.made
            else:
                made = self.vgg.layers(painted, STYLE)
            with torch.no_grad():
                (goal,) = self.vgg.layers(photos, (CONTENT,))
        return made, goal

    def _painterly(self, painted: list[Tensor], goal: Tensor) -> Tensor:
        style, content = compared(painted, goal, self.style)
        return self.options.style * style + self.options.content * content

    def _noisy(self, made: Tensor, draws: Draws) -> Tensor:
        if not self.options.noise:
            return made
        noise = torch.empty_like(made)
        for one, random in zip(noise, draws.crops, strict=False):
            seed = int(random.integers(2**62))
            one.normal_(generator=torch.Generator(made.device).manual_seed(seed))
        return made + self.options.noise * noise

    def way_back(self, photos: Tensor, draws: Draws) -> Tensor:
        """The loss of the way back alone, on pairs that the painter makes: as SRGAN's, with `cycle` for pixel
        and `content` for perceptual."""
        options, juror = self.options, self.of_photos
        with self.engine.autocast():
            with torch.no_grad():
                painted = self._noisy(self.networks.to_painting(photos), draws)
            back = self.networks.to_photo(painted)
        loss = options.adversarial * self._judge([(juror, photos, back)], draws)
        loss = loss + options.cycle * F.l1_loss(back.float(), photos) + self._grids(back)
        seen = _of_features(juror)
        if seen is not None:
            pairs = zip(seen.made, seen.real, strict=True)
            far = torch.stack([F.l1_loss(made.float(), real.float()) for made, real in pairs])
            loss = loss + options.content * far.mean()
        return loss

    def polish(self, photos: Tensor, paintings: Tensor) -> Tensor:
        """The loss of the grids, and of leaving all else as the networks had it when the run began."""
        assert self.before is not None
        with self.engine.autocast():
            with torch.no_grad():
                goals = self.before.to_painting(photos), self.before.to_photo(paintings)
            made = self.networks.to_painting(photos), self.networks.to_photo(paintings)
        pairs = zip(made, goals, strict=True)
        kept = torch.stack([F.l1_loss(one.float(), goal.float()) for one, goal in pairs]).sum()
        return self.options.stay * kept + self._grids(made[0]) + self._grids(made[1])

    def adversarial(self, photos: Tensor, paintings: Tensor, draws: Draws) -> Tensor:
        """CycleGAN's loss for both generators; the discriminators have learnt one step before."""
        options = self.options
        with self.engine.autocast():
            painted, photographed = self.networks.to_painting(photos), self.networks.to_photo(paintings)
        pairs = [(self.of_paintings, paintings, painted), (self.of_photos, photos, photographed)]
        pleased = self._judge(pairs, draws)
        with self.engine.autocast():
            there, here = self._noisy(painted, draws), self._noisy(photographed, draws)
            back = self.networks.to_photo(there), self.networks.to_painting(here)
        home = F.l1_loss(back[0].float(), photos) + F.l1_loss(back[1].float(), paintings)
        loss = options.adversarial * pleased + options.cycle * home
        if options.identity:
            with self.engine.autocast():
                same = self.networks.to_painting(paintings), self.networks.to_photo(photos)
            kept = F.l1_loss(same[0].float(), paintings) + F.l1_loss(same[1].float(), photos)
            loss = loss + options.cycle * options.identity * kept
        loss = loss + self._grids(painted) + self._grids(photographed)
        if options.keep_style:
            loss = loss + options.keep_style * self._painterly(*self._features(painted, photos))
        return loss

    def _grids(self, made: Tensor) -> Tensor:
        """Both losses of patterns that the network itself weaves into what it made."""
        options, fine = self.options, _fine(made.float())
        loss = options.grid * _lattice(fine)
        return loss + options.local_grid * _woven(fine) if options.local_grid else loss

    def _judge(self, pairs: list[tuple[Juror, Tensor, Tensor]], draws: Draws) -> Tensor:
        """Discriminators learn one step from real and made pictures; returns what they think then."""
        self.judges.requires_grad_(True)
        with self.engine.autocast():
            for juror, real, made in pairs:
                juror.look(real, made, draws)
            doubts = [juror.doubt().float() for juror, _, _ in pairs]
        self.engine.descend(torch.stack(doubts).sum(), self.judges, self.judge_optimiser)
        self.judges.requires_grad_(False)
        with self.engine.autocast():
            return torch.stack([juror.opinion().float() for juror, _, _ in pairs]).sum()

    def run(self) -> Run:
        options, validation = self.options, None
        if options.val:
            validation = Validation(options.val, self.loader.paintings, self.device)
        parts: dict[str, nn.Module | torch.optim.Optimizer] = {
            "network": self.networks,
            "optimiser": self.optimiser,
            "discriminators": self.judges,
            "discriminators_optimiser": self.judge_optimiser,
        }
        run = CycleRun("cyclegan", options, self.engine, self.photos, parts, validation, self.loader)
        for group in self.judge_optimiser.param_groups:  # a checkpoint brings its own
            group["scale"] = options.judge_rate
        return run


class Validation:
    """KID x 1000 between painted photographs and the paintings, and a sheet of both ways there and back."""

    def __init__(self, photos: Path, paintings: list[np.ndarray], device: torch.device) -> None:
        self.device, self.features = device, Features()
        found = list_pictures(photos)[:50]
        self.photos = [_squared(np.asarray(read_rgb(path))) for path in found]
        self.paintings = [_squared(picture) for picture in paintings]
        self.goal = np.stack([self.features(picture) for picture in self.paintings])

    @torch.inference_mode()
    def __call__(self, networks: nn.Module) -> tuple[dict[str, float], np.ndarray]:
        assert isinstance(networks, Generators)
        there, back = networks.to_painting, networks.to_photo
        found, columns = [], []
        for number, photo in enumerate(self.photos):
            x = to_tensor(photo).to(self.device)
            painted = there(x)
            found.append(self.features(_picture(painted)))
            if number < SHEET_COLUMNS:
                painting = self.paintings[number * len(self.paintings) // SHEET_COLUMNS]
                photographed = back(to_tensor(painting).to(self.device))
                again = there(photographed)
                steps = [photo, *map(_picture, (painted, back(painted)))]
                columns.append(
                    np.concatenate([*steps, painting, *map(_picture, (photographed, again))], axis=0)
                )
        return {"kid": 1000 * kid(np.stack(found), self.goal)}, np.concatenate(columns, axis=1)


def _of_features(juror: Juror) -> FeatureJuror | None:
    """The one who looks at features, if there is one."""
    jurors = juror.jurors if isinstance(juror, Jury) else [juror]
    return next((one for one in jurors if isinstance(one, FeatureJuror)), None)


def _fine(made: Tensor) -> Tensor:
    """The detail of pictures (N, 3, H, W)."""
    return made - F.avg_pool2d(made, 9, 1, 4, count_include_pad=False)


def _lattice(fine: Tensor) -> Tensor:
    """How strong a pattern of MULTIPLE x MULTIPLE pixels runs through all of it, squared."""
    return (grid_pattern(fine, MULTIPLE) ** 2).mean()


def _woven(fine: Tensor) -> Tensor:
    """How much stronger such a pattern is, squared, in a window than strokes would have it by chance, which
    is a share of their variance; the mean over windows."""
    windows = 4
    pattern = (local_pattern(fine, MULTIPLE, windows) ** 2).mean(2)
    variance = F.avg_pool2d(fine * fine, MULTIPLE * windows, MULTIPLE * windows // 2)
    return F.relu(pattern - variance / windows**2).mean()


def _picture(x: Tensor) -> np.ndarray:
    return to_pixels(x[0].float().cpu(), np.dtype(np.uint8))


def _within(rgb: np.ndarray, side: int = 2 * FEATURE_SIDE) -> np.ndarray:
    """A picture whose long side is at most `side`, reduced where it has to be."""
    image = Image.fromarray(rgb)
    image.thumbnail((side, side), Image.Resampling.BICUBIC)
    return np.asarray(image)


def _squared(rgb: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3) -> (256, 256, 3): the middle, reduced or enlarged."""
    side = min(rgb.shape[:2])
    top, left = ((length - side) // 2 for length in rgb.shape[:2])
    cut = Image.fromarray(rgb[top : top + side, left : left + side])
    return np.asarray(cut.resize((FEATURE_SIDE, FEATURE_SIDE), Image.Resampling.BICUBIC))


def train_cyclegan(options: CycleGANOptions) -> Path:
    """Train (or resume) both directions; returns the path of `OUT/photo2monet.safetensors`."""
    trainer = Trainer(options)
    run = trainer.run()
    for step, photos, paintings in _tensors(run, trainer.device):
        draws = run.draws(23)
        if options.stay:
            loss = trainer.polish(photos, paintings)
        elif options.only_back:
            loss = trainer.way_back(photos, draws)
        elif step < options.warm:
            loss = trainer.warm_up(photos, paintings, draws)
        else:
            loss = trainer.adversarial(photos, paintings, draws)
        trainer.engine.descend(loss, trainer.networks, trainer.optimiser)
        run.record(loss)
    return options.out / "photo2monet.safetensors"


def _tensors(run: Run, device: torch.device) -> Iterator[tuple[int, Tensor, Tensor]]:
    for step, crops in run.steps():
        photos, paintings = both(torch.from_numpy(crops).to(device))
        yield step, photos, paintings
