"""Do broken, huge, tiny and odd files end in a result or in one sentence, and leave a batch undisturbed?

Everything goes through the command line, as a person's files do.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from colorizer import cli

pytestmark = pytest.mark.usefixtures("weights_folder")


def picture(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    coarse = np.random.default_rng(5).integers(0, 256, (5, 7), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def encoded(image: Image.Image, format: str, **saving: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **saving)
    return buffer.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width: int, height: int, depth: int = 8, colour: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)


def bomb(side: int) -> bytes:
    """A few kilobytes that say they are side x side pixels."""
    return (
        png_header(side, side) + png_chunk(b"IDAT", zlib.compress(b"\0" * 100_000)) + png_chunk(b"IEND", b"")
    )


def png_16_bit(width: int, height: int) -> bytes:
    """Grey, 16 bits: a ramp that 8 bits can't hold."""
    ramp = np.linspace(0, 65535, width * height).reshape(height, width).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in ramp)
    return png_header(width, height, 16) + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")


def animation() -> bytes:
    return encoded(
        picture(), "GIF", save_all=True, append_images=[picture().rotate(90 * turn) for turn in (1, 2)]
    )


def with_alpha() -> bytes:
    image = picture(mode="RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return encoded(image, "PNG")


JPEG = encoded(picture(400, 300), "JPEG")

REFUSED = {
    "empty.jpg": b"",
    "one-byte.png": b"\x89",
    "text.jpg": b"Dear grandson, here is the photograph. Love, Emma\n" * 50,
    "page.png": b"<html><body>404 Not Found</body></html>",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>',
    "truncated.jpg": JPEG[: len(JPEG) // 2],
    "only-a-header.jpg": JPEG[:20],
    "truncated.png": encoded(picture(400, 300), "PNG")[:2000],
    "zeros.tif": b"II*\0" + b"\0" * 500,
    "bomb.png": bomb(25_000),
    "largest.png": png_header(2**31 - 1, 2**31 - 1) + png_chunk(b"IEND", b""),
    "wide.png": png_header(200_000, 10) + png_chunk(b"IEND", b""),
    "no-size.png": png_header(0, 0) + png_chunk(b"IEND", b""),
    "program.heic": b"\0\0\0\x18ftypheic" + b"\0" * 200,
    "\x1b[31mred\n.jpg": b"not a picture",
}

ACCEPTED = {
    "one-pixel.png": encoded(picture(1, 1, "L"), "PNG"),
    "thin.png": encoded(picture(1, 5000, "L"), "PNG"),
    "flat.png": encoded(picture(5000, 1, "L"), "PNG"),
    "two-levels.png": encoded(picture(mode="1"), "PNG"),
    "palette.gif": encoded(picture(mode="P"), "GIF"),
    "sixteen-bits.png": png_16_bit(64, 48),
    "cmyk.jpg": encoded(picture(mode="CMYK"), "JPEG"),
    "cmyk.tif": encoded(picture(mode="CMYK"), "TIFF"),
    "animated.gif": animation(),
    "alpha.png": with_alpha(),
    "grey-alpha.png": encoded(picture(mode="LA"), "PNG"),
    "no-profile.tif": encoded(picture(), "TIFF"),
    "broken-profile.jpg": encoded(picture(), "JPEG", icc_profile=b"no profile at all"),
    "other-profile.png": encoded(
        picture(), "PNG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    ),
    "broken-exif.jpg": encoded(picture(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40),
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


def decoded(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_coloured_is_refused_in_one_sentence(name, tmp_path, capsys):
    photo = write(tmp_path, name, REFUSED[name])
    assert colorize(photo, "-o", tmp_path / "out.png") == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "unforeseen" not in error
    assert "\x1b" not in error
    assert error.rstrip().endswith((".", ")"))
    assert [path for path in tmp_path.iterdir() if path != photo] == [], "nothing half-written stays"


@pytest.mark.parametrize("name", ACCEPTED)
def test_odd_photos_are_coloured_at_their_size(name, tmp_path, capsys):
    photo = write(tmp_path, name, ACCEPTED[name])
    assert colorize(photo, "-o", tmp_path / "out.png") == 0, capsys.readouterr().err
    assert decoded(tmp_path / "out.png").size == decoded(photo).size
    assert photo.read_bytes() == ACCEPTED[name]


def test_a_batch_survives_everything_at_once(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    photos = [write(tmp_path / "in", name, content) for name, content in (REFUSED | ACCEPTED).items()]
    photos.sort(key=lambda path: path.name)  # good and bad mixed
    assert colorize(*photos, tmp_path / "missing.jpg", "-o", tmp_path / "out") == 1
    assert len(list((tmp_path / "out").iterdir())) == len(ACCEPTED)
    assert len(capsys.readouterr().err.splitlines()) == len(REFUSED) + 2  # each, the missing one, and the sum


def test_sixteen_bits_stay_sixteen(tmp_path):
    photo = write(tmp_path, "deep.png", png_16_bit(200, 100))
    assert colorize(photo, "-o", tmp_path / "out.png") == 0
    header = (tmp_path / "out.png").read_bytes()[:33]
    assert header[24] == 16


def test_transparency_is_kept(tmp_path):
    photo = write(tmp_path, "alpha.png", with_alpha())
    assert colorize(photo, "-o", tmp_path / "out.png") == 0
    before, after = (np.asarray(decoded(path).getchannel("A")) for path in (photo, tmp_path / "out.png"))
    assert np.array_equal(before, after)


def test_the_first_of_several_frames_is_said_to_be_the_first(tmp_path, capsys):
    assert colorize(write(tmp_path, "a.gif", animation()), "-o", tmp_path / "out.png") == 0
    assert "of 3 frames" in capsys.readouterr().out


def test_paths_that_cannot_be_read(tmp_path, capsys):
    (tmp_path / "folder.jpg").mkdir()
    loop = tmp_path / "loop.jpg"
    loop.symlink_to(loop)
    paths = [
        tmp_path / "missing.jpg",
        loop,
        Path("x" * 5000),
        tmp_path / "a.jpg" / "b.jpg",
        tmp_path / "folder.jpg",
    ]
    write(tmp_path, "a.jpg", JPEG)
    assert colorize(*paths, tmp_path / "a.jpg", "-o", tmp_path / "out") == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a-colorized.png"]
    errors = capsys.readouterr().err
    assert "unforeseen" not in errors
    assert len(errors.splitlines()) == len(paths) + 1


def test_results_that_cannot_be_written(tmp_path, capsys):
    photo = write(tmp_path, "a.jpg", JPEG)
    for target in ("nowhere/out.png", "out.xyz", "a.jpg/out.png"):
        assert colorize(photo, "-o", tmp_path / target) == 1
    errors = capsys.readouterr().err
    assert "unforeseen" not in errors
    assert len(errors.splitlines()) == 3
    assert list(tmp_path.iterdir()) == [photo]
