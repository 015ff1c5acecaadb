"""Do broken, huge, tiny and odd files end in a result or in one sentence, and leave a batch undisturbed?

They go through the command line, as a person's files do.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from kinds import CASES, JPEG, REFUSED
from making import encoded, noise, png, smooth, write
from PIL import Image, ImageCms

from colorizer import cli

FRAMES = [Image.fromarray(smooth(1)).rotate(90 * turn) for turn in range(3)]
LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()

ACCEPTED = {
    "two-levels.png": CASES["PNG 1 x 1 bit"][0],
    "sixteen-bits.png": CASES["PNG 1 x 16 bit"][0],
    "grey-alpha.png": CASES["PNG 2 x 8 bit"][0],
    "alpha.png": CASES["PNG 4 x 8 bit"][0],
    "palette.gif": CASES["GIF"][0],
    "cmyk.jpg": encoded(Image.fromarray(smooth(4), "CMYK"), "JPEG"),
    "inks.tif": encoded(Image.fromarray(smooth(4), "CMYK"), "TIFF"),
    "one-pixel.png": png(noise(1, 8, 1, 1)),
    "thin.png": png(noise(1, 8, 5000, 1)),
    "flat.png": png(noise(1, 8, 1, 5000)),
    "animated.gif": encoded(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]),
    "broken-profile.jpg": encoded(smooth(), "JPEG", icc_profile=b"no profile at all"),
    "other-profile.png": encoded(smooth(), "PNG", icc_profile=LAB),
    "broken-exif.jpg": encoded(smooth(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08" + b"\xff" * 42),
    "wrong-suffix.png": JPEG,
    "no-suffix": JPEG,
    "photo (1) & été 🙂.jpg": JPEG,
}


def colorize(*words: object) -> int:
    return cli.main(["colorize", *map(str, words), "--size", "128"])


@pytest.mark.usefixtures("weights_folder")
def test_a_batch_survives_everything_at_once(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    files = {name: content for name, (content, *_) in REFUSED.items()} | ACCEPTED
    photos = [write(tmp_path / "in", name, files[name]) for name in sorted(files)]  # good and bad mixed
    bad = [tmp_path / "missing.jpg", Path("x" * 5000), photos[0] / "b.jpg"]
    assert colorize(*bad, *photos, "-o", tmp_path / "out") == 1
    said = capsys.readouterr()
    errors = said.err.splitlines()
    assert len(errors) == len(REFUSED) + len(bad) + 1, "a sentence each, and the sum"
    assert "unforeseen" not in said.err and "\x1b" not in said.err
    assert all(line.endswith((".", ")")) for line in errors)
    assert "of 3 frames" in said.out
    results = {path.name: path for path in (tmp_path / "out").iterdir()}
    assert len(results) == len(ACCEPTED), "nothing half-written stays"
    assert all(path.read_bytes() == files[path.name] for path in photos)
    for name, content in ACCEPTED.items():
        with Image.open(results[f"{Path(name).stem}-colorized.png"]) as after:
            before = Image.open(io.BytesIO(content))
            assert after.size == before.size
            if name == "alpha.png":
                assert np.array_equal(after.getchannel("A"), before.getchannel("A"))
    assert results["sixteen-bits-colorized.png"].read_bytes()[24] == 16
