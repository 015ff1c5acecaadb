"""Do broken, huge, tiny and odd files end in a result or in one sentence, and leave a batch undisturbed?

Everything goes through the command line, as a person's files do.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from making import encoded, noise, png, png_chunk, png_of, smooth
from PIL import Image, ImageCms

from colorizer import cli

pytestmark = pytest.mark.usefixtures("weights_folder")

JPEG = encoded(smooth(3, 8, 300, 400), "JPEG")
DEEP = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)  # a ramp that 8 bits can't hold
FADING = np.dstack([smooth(), np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1))])
FRAMES = [Image.fromarray(smooth(1)).rotate(90 * turn) for turn in range(3)]


def black_png(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A few bytes that say they are of that width and height."""
    return png_of(struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0), png_chunk(b"IDAT", pixels))


REFUSED = {
    "empty.jpg": b"",
    "one-byte.png": b"\x89",
    "text.jpg": b"Dear grandson, here is the photograph. Love, Emma\n" * 50,
    "page.png": b"<html><body>404 Not Found</body></html>",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>',
    "truncated.jpg": JPEG[: len(JPEG) // 2],
    "only-a-header.jpg": JPEG[:20],
    "truncated.png": encoded(smooth(), "PNG")[:2000],
    "zeros.tif": b"II*\0" + b"\0" * 500,
    "bomb.png": black_png(25_000, 25_000),
    "largest.png": black_png(2**31 - 1, 2**31 - 1),
    "wide.png": black_png(200_000, 10),
    "no-size.png": black_png(0, 0),
    "program.heic": b"\0\0\0\x18ftypheic" + b"\0" * 200,
    "\x1b[31mred\n.jpg": b"not a picture",
}

ACCEPTED = {
    "one-pixel.png": png(noise(1, 8, 1, 1)),
    "thin.png": png(noise(1, 8, 5000, 1)),
    "flat.png": png(noise(1, 8, 1, 5000)),
    "two-levels.png": png(noise(1, 1), 1),
    "palette.gif": encoded(Image.fromarray(smooth()).convert("P"), "GIF"),
    "sixteen-bits.png": png(DEEP, 16),
    "cmyk.jpg": encoded(Image.fromarray(smooth(4), "CMYK"), "JPEG"),
    "inks.tif": encoded(Image.fromarray(smooth(4), "CMYK"), "TIFF"),
    "animated.gif": encoded(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]),
    "alpha.png": png(FADING),
    "grey-alpha.png": png(smooth(2)),
    "no-profile.tif": encoded(smooth(), "TIFF"),
    "broken-profile.jpg": encoded(smooth(), "JPEG", icc_profile=b"no profile at all"),
    "other-profile.png": encoded(
        smooth(), "PNG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    ),
    "broken-exif.jpg": encoded(smooth(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40),
    "wrong-suffix.png": JPEG,
    "no-suffix": JPEG,
    "photo (1) & été 🙂.jpg": JPEG,
}


def colorize(*words: object) -> int:
    return cli.main(["colorize", *map(str, words), "--size", "128"])


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_a_batch_survives_everything_at_once(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    files = REFUSED | ACCEPTED
    photos = [write(tmp_path / "in", name, files[name]) for name in sorted(files)]  # good and bad mixed
    assert colorize(*photos, "-o", tmp_path / "out") == 1
    said = capsys.readouterr()
    errors = said.err.splitlines()
    assert len(errors) == len(REFUSED) + 1, "a sentence each, and the sum"
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


def test_a_refused_file_leaves_nothing_where_its_result_would_be(tmp_path):
    photo = write(tmp_path, "a.jpg", REFUSED["truncated.jpg"])
    assert colorize(photo, "-o", tmp_path / "out.png") == 1
    assert list(tmp_path.iterdir()) == [photo]


def test_paths_that_cannot_be_read(tmp_path, capsys):
    (tmp_path / "folder.jpg").mkdir()
    good, loop = write(tmp_path, "a.jpg", JPEG), tmp_path / "loop.jpg"
    loop.symlink_to(loop)
    bad = [tmp_path / "missing.jpg", loop, Path("x" * 5000), good / "b.jpg", tmp_path / "folder.jpg"]
    assert colorize(*bad, good, "-o", tmp_path / "out") == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a-colorized.png"]
    errors = capsys.readouterr().err
    assert "unforeseen" not in errors and len(errors.splitlines()) == len(bad) + 1


def test_results_that_cannot_be_written(tmp_path, capsys):
    photo = write(tmp_path, "a.jpg", JPEG)
    for target in ("nowhere/out.png", "out.xyz", "a.jpg/out.png"):
        assert colorize(photo, "-o", tmp_path / target) == 1
    errors = capsys.readouterr().err
    assert "unforeseen" not in errors and len(errors.splitlines()) == 3
    assert list(tmp_path.iterdir()) == [photo]
