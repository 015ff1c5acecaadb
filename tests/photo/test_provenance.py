"""Does a file say in standard metadata what was done to it, to an independent reader, and keep the rest?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from making import encoded, read, smooth, write
from PIL import Image
from PIL.ExifTags import Base
from PIL.PngImagePlugin import PngInfo

from colorizer.errors import SettingsError
from colorizer.photo import FORMATS, Metadata, Photo, with_caption
from colorizer.photo.provenance import HISTORY, TYPE, after, marked, marks_in, sentence

COLOURED = {"task": "colorize", "model": "unet", "version": "1.1.0", "saturation": 1.25, "hints": []}
SOFT = {"task": "upscale", "weights": "srresnet 0.13.0", "detail": 0}
SHARP = {"task": "upscale", "weights": "srresnet 0.13.0, srgan 0.9.0", "detail": 0.5}
TEXTURE = {"task": "texture", "features": "lite0", "painting": "grass & <sand>.jpg"}
TOLD = "Colours added by Colorizer, U-Net 1.1.0; the lightness is the photograph's own."
XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="uuid:1"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:ps="http://ns.adobe.com/photoshop/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 ps:City="Zürich" xmp:CreatorTool='Scan &amp; Save 3' xmp:Rating="4" ps:History="Opened&#xA;Cropped">
<!-- Of the album -->{}
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">Grandmother, 1931</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""
KIND = "http://cv.iptc.org/newscodes/digitalsourcetype/"
PRINT = f"<e:DigitalSourceType>{KIND}print</e:DigitalSourceType>"


def by_exiftool(path: Path) -> dict[str, object]:
    """What exiftool reads of a file."""
    if shutil.which("exiftool") is None:
        missing = "there is no exiftool on the path (apt-get install libimage-exiftool-perl)."
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    words = ["exiftool", "-j", "-G1", "-a", "-all", str(path)]
    done = subprocess.run(words, capture_output=True, check=True)
    (found,) = json.loads(done.stdout)
    return found


def described(xmp: str = XMP.format(PRINT), **more: object) -> Photo:
    return Photo(smooth(), None, Metadata(xmp=xmp.encode(), **more))


def kind(xmp: bytes) -> str:
    return marks_in(xmp)[TYPE].removeprefix(KIND)


@pytest.mark.parametrize("format", FORMATS)
def test_an_independent_reader_finds_the_marks_and_what_was_there(tmp_path, format):
    about = Image.Exif()
    about[0x010F], about[0x010E] = "Leica", "A caption"
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP.format(PRINT))
    given = read(tmp_path, encoded(smooth(), "PNG", pnginfo=text, exif=about))
    iptc = b"\x1c\x02\x78\0\x0bGrandmother"
    given = replace(given, metadata=replace(given.metadata, iptc=iptc))
    path = given.save(tmp_path / f"a{FORMATS[format]}", settings=COLOURED)
    found = by_exiftool(path)
    assert found["XMP-iptcExt:DigitalSourceType"] == f"{KIND}compositeWithTrainedAlgorithmicMedia"
    assert found["XMP-xmp:CreatorTool"].startswith("Colorizer 1.")
    assert found["XMP-photoshop:History"] == f"Opened\nCropped\n{TOLD}"
    assert found["XMP-dc:Description"] == "Grandmother, 1931"
    assert (found["XMP-photoshop:City"], found["XMP-xmp:Rating"]) == ("Zürich", 4)
    assert (found["IFD0:Make"], found["IFD0:ImageDescription"]) == ("Leica", "A caption")
    assert format not in ("JPEG", "TIFF") or found["IPTC:Caption-Abstract"] == "Grandmother"
    assert json.loads(found["ExifIFD:UserComment"]) == COLOURED
    assert "XMP" not in str(found.get("ExifTool:Warning", ""))


@pytest.mark.parametrize("format", FORMATS)
def test_a_photo_without_xmp_gets_some_and_a_second_step_follows_the_first(tmp_path, format):
    first = Photo.from_array(smooth()).save(tmp_path / f"a{FORMATS[format]}", settings=COLOURED)
    assert Photo.open(first).metadata.steps == (COLOURED,)
    second = Photo.open(first).save(tmp_path / f"b{FORMATS[format]}", settings=SHARP)
    found = by_exiftool(second)
    assert found["XMP-photoshop:History"].splitlines() == [TOLD, sentence(SHARP)]
    assert "SRResNet 0.13.0, SRGAN 0.9.0" in sentence(SHARP)
    assert json.loads(found["ExifIFD:UserComment"]) == SHARP | {"before": [COLOURED]}
    assert Photo.open(second).metadata.steps == (COLOURED, SHARP)
    assert Photo.open(second).metadata.xmp.count(b"<rdf:Description") == 1


def test_without_a_task_nothing_is_claimed_and_the_packet_stays_to_the_byte(tmp_path):
    photo = described()
    for name, settings in (("a.png", None), ("b.png", {"saturation": 1.25})):
        saved = Photo.open(photo.save(tmp_path / name, settings=settings))
        assert saved.metadata.xmp == photo.metadata.xmp and saved.metadata.steps == ()


def test_all_but_the_marks_stays_to_the_byte():
    before, new = XMP.format(PRINT).encode(), marked(XMP.format(PRINT).encode(), COLOURED)
    for gone in (
        b" xmp:CreatorTool='Scan &amp; Save 3'",
        b' ps:History="Opened&#xA;Cropped"',
        PRINT.encode(),
    ):
        before = before.replace(gone, b"")
    start = new.index(b"<rdf:Description xmlns:rdf=")
    end = new.index(b"</rdf:RDF>")
    assert new[:start] + new[end:] == before


@pytest.mark.parametrize(
    ("there", "step", "expected"),
    [
        ("print", COLOURED, "compositeWithTrainedAlgorithmicMedia"),
        ("print", SHARP, "compositeWithTrainedAlgorithmicMedia"),
        ("print", SOFT, "algorithmicallyEnhanced"),
        ("print", TEXTURE, "trainedAlgorithmicMedia"),
        ("print", {"task": "something new"}, "compositeWithTrainedAlgorithmicMedia"),
        ("compositeWithTrainedAlgorithmicMedia", SOFT, "compositeWithTrainedAlgorithmicMedia"),
        ("trainedAlgorithmicMedia", COLOURED, "trainedAlgorithmicMedia"),
        ("compositeSynthetic", COLOURED, "compositeSynthetic"),
    ],
)
@pytest.mark.parametrize(
    "form",
    [
        "<e:DigitalSourceType>{}</e:DigitalSourceType>",
        "<e:DigitalSourceType rdf:resource='{}'/>",
        "<rdf:Description rdf:about='' e:DigitalSourceType='{}'/>",
    ],
)
def test_the_code_fits_the_step_and_never_takes_back_what_a_machine_did(there, step, expected, form):
    xmp = marked(XMP.format(form.format(KIND + there)).encode(), step)
    assert kind(xmp) == expected and xmp.count(KIND.encode()) == 1
    assert "Zürich".encode() in xmp


DAMAGED = {
    "cut short": XMP.format(PRINT).encode()[:500],
    "no XML": b"\xff\x00nonsense",
    "no RDF": b"<html>RDF</html>",
    "another encoding": XMP.format(PRINT).encode("utf-16"),
    "no such encoding": b"<?xml version='1.0' encoding='klingon'?><a/>",
    "entities": b'<!DOCTYPE x [<!ENTITY a "b">]><x:xmpmeta xmlns:x="y">&a;</x:xmpmeta>',
    "a mark in itself": b'<rdf:RDF xmlns:rdf="r" xmlns:xmp="http://ns.adobe.com/xap/1.0/">'
    + b"<xmp:CreatorTool>" * 20_000
    + b"</xmp:CreatorTool>" * 20_000
    + b"</rdf:RDF>",
    "never closed": b'<x xmlns:xmp="http://ns.adobe.com/xap/1.0/">' + b"<xmp:CreatorTool>" * 50_000,
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_xmp_stops_no_photo_and_gives_way_to_the_marks(tmp_path, name):
    photo = Photo(smooth(), None, Metadata(xmp=DAMAGED[name]))
    for suffix in FORMATS.values():
        saved = Photo.open(photo.save(tmp_path / f"a{suffix}", settings=COLOURED)).metadata.xmp
        assert marks_in(saved)[HISTORY] == TOLD


def test_a_packet_too_long_for_a_jpeg_leaves_the_marks_in_it(tmp_path):
    photo = described(XMP.format(f"<!-- {'long ' * 20_000} -->"))
    saved = Photo.open(photo.save(tmp_path / "a.jpg", settings=COLOURED)).metadata.xmp
    assert kind(saved) == "compositeWithTrainedAlgorithmicMedia"
    whole = Photo.open(photo.save(tmp_path / "a.png", settings=COLOURED)).metadata.xmp
    assert len(whole) > 100_000 and marks_in(whole) | {HISTORY: TOLD} == marks_in(saved)


def test_names_that_are_no_text_come_into_no_packet():
    step = TEXTURE | {"painting": "a\0\x1b\udcff{by}\n.jpg"}
    assert marks_in(marked(b"", step))[HISTORY] == sentence(step)
    assert "“a\ufffd\ufffd\ufffd{by}\ufffd.jpg”" in sentence(step)
    assert "grass & <sand>" in marks_in(marked(b"", TEXTURE))[HISTORY]


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "Grandmother",
        "[1]",
        "null",
        '{"task": 5}',
        '{"task": "x", "before": [3]}',
        "[" * 100_000,
        "1" * 9999,
    ],
)
def test_comments_of_other_programs_are_no_steps(tmp_path, comment):
    about = Image.Exif()
    about[0x8769] = {0x9286: b"ASCII\0\0\0" + comment.encode()}
    photo = Photo.open(write(tmp_path, "a.png", encoded(smooth(), "PNG", exif=about)))
    assert photo.metadata.steps == ()
    again = Photo.open(photo.save(tmp_path / "b.png", settings=COLOURED))
    assert again.metadata.steps == (COLOURED,)


def test_after_a_step_metadata_tell_of_it():
    about = after(described().metadata, COLOURED)
    assert about.steps == (COLOURED,) and marks_in(about.xmp)[HISTORY].endswith(TOLD)


# A line of text below the picture


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("bits", [8, 16])
def test_a_line_stands_below_the_picture_in_its_depth(bits, channels):
    pixels = smooth(channels, bits, 60, 200)
    made = with_caption(Photo.from_array(pixels), "Mise en couleur")
    white = 2**bits - 1
    strip = made.rgb[60:]
    assert made.bits == bits and np.array_equal(made.rgb[:60], pixels[..., :3])
    assert 6 < len(strip) < 30 and strip.min() < white // 4
    assert (strip[:, :4] == white).all() and (strip[:, -4:] == white).all()
    assert channels == 3 or (made.alpha[60:] == white).all()


def test_letters_grow_with_the_width_and_a_long_line_shrinks():
    heights = [with_caption(Photo.from_array(smooth(3, 8, 10, 900)), text).height for text in ("A", "A" * 99)]
    small = with_caption(Photo.from_array(smooth(3, 8, 10, 300)), "A").height
    assert heights[0] > heights[1] > 16 and heights[0] > 2 * small - 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Colorisé", "lacks “é”"),
        ("着色", "lacks “着色”"),
        ("a\x07", "lacks"),
        (" \n", "is empty"),
        ("long " * 500, "is too long"),
    ],
)
def test_a_line_that_can_not_be_written_is_said(text, said):
    with pytest.raises(SettingsError, match=said):
        with_caption(Photo.from_array(smooth()), text)


@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_what_is_too_long_for_the_file_never_takes_the_photograph_s_own_tags_along(tmp_path, kind):
    image = Image.new("L", (40, 30), 90)
    exif = image.getexif()
    exif[Base.Artist] = "Nadar"
    image.save(tmp_path / "given.jpg", exif=exif)
    step = {"task": "colorize", "model": "unet", "version": "1.0"}
    hints = [{"x": 1 / 3, "y": n / 1000, "colour": "#aa7755", "reach": 0.3} for n in range(1000)]
    first, second = tmp_path / f"first.{kind}", tmp_path / f"second.{kind}"
    Photo.open(tmp_path / "given.jpg").save(first, settings=step | {"hints": hints[:400]})
    Photo.open(first).save(second, settings=step | {"hints": hints})
    assert len(Photo.open(first).metadata.steps[0]["hints"]) == 400
    (left,) = Photo.open(second).metadata.steps
    assert left == step | {"left_out": "before and hints"}
    assert Image.open(second).getexif()[Base.Artist] == "Nadar"
