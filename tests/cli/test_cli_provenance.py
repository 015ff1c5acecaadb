"""Do `explain` and `again` say what was done to a picture, and do it once more, to the pixel?"""

from __future__ import annotations

import itertools
import shutil
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from PIL import Image

from colorizer import cli, weights
from colorizer.networks.unet import ColorUNet
from colorizer.photo import Photo
from colorizer.predictors import precision
from colorizer.predictors.settings import ColorizeSettings

COMMANDS = {
    "restore": (
        ("--enlarge", 2, "--fading", 0.5, "--hint", "20,15,#c04040"),
        "Restored by Colorizer, U-Net 0.0.1, SRResNet 0.1: black and white brought back, enlarged 2 times, "
        "colours added.",
        "mend 0.0 instead of 0.5, colour always, 1 colour set by hand, enlarge 2 instead of 4, model "
        "clean, detail 0.0, fading 0.5 instead of 0.0",
    ),
    "colorize": (
        ("--size", 128, "--saturation", 0.8, "--hint", "20,15,#c04040"),
        "Colours added by Colorizer, U-Net 0.0.1; the lightness is the photograph's own.",
        "saturation 0.8 instead of 1.0, size 128 instead of 256, 1 colour set by hand",
    ),
    "upscale": (
        ("--consistency", 1),
        "Enlarged four times by Colorizer, SRResNet 0.1; the finest detail is likely, not recorded.",
        "detail 0.0, consistency 1",
    ),
    "stylize": (
        ("--strength", 0.5, "--keep-colours", "--caption", "Painted"),
        "Painted over by Colorizer, CycleGAN from photograph to Monet 0.1.",
        "strength 0.5 instead of 0.8, brush 1.0, keep colours True instead of False, “Painted” below it",
    ),
    "restyle": (
        ("--size", 128, "--steps", 12, "--style", "painting.png"),
        "Painted over in the style of “painting.png” by Colorizer, EfficientNet-Lite0.",
        "size 128 instead of 384, steps 12 instead of 110",
    ),
    "texture": (
        ("--size", 128, "--steps", 12, "--texture"),
        "A texture made by Colorizer, EfficientNet-Lite0 of the pixels of “photo.jpg”.",
        "size 128 instead of 384, steps 12 instead of 110",
    ),
}


def run(*words: object) -> int:
    return cli.main([str(word) for word in words])


def register(version: str) -> None:
    """Enter another U-Net of chance into the weights folder."""
    weights.save(Path("made.safetensors"), ColorUNet(widths=(16, 12, 8)).state_dict(), {})
    weights.register("unet", "made.safetensors", version, "colorize")


@pytest.fixture(autouse=True)
def folder(tiny_colours, draw, tmp_path, monkeypatch) -> None:
    """A photograph, a painting and the networks in the folder where the commands run."""
    monkeypatch.chdir(tmp_path)
    draw("photo.jpg", 60, 40)
    draw("painting.png", 60, 40, "RGB")


EACH = zip(COMMANDS, itertools.cycle(("made.jpg", "made.png", "made.tif")))  # what a file says is one thing


@pytest.mark.parametrize(("task", "name"), [*EACH, ("colorize", "made.jpg"), ("colorize", "made.tif")])
def test_a_result_is_explained_and_made_again_to_the_pixel(capsys, task, name):
    words, sentence, settings = COMMANDS[task]
    assert run("restyle" if task == "texture" else task, "photo.jpg", *words, "-o", name) == 0
    capsys.readouterr()
    assert run("explain", name) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [f"{name}:", f"    1. {sentence}", f"       {settings}"]
    kinds = {"upscale": "algorithmicallyEnhanced", "texture": "trainedAlgorithmicMedia"}
    assert f"({kinds.get(task, 'compositeWithTrainedAlgorithmicMedia')})" in lines[3]
    style = ("--style", "painting.png") if task == "restyle" else ()
    assert run("again", name, "--original", "photo.jpg", *style, "-o", f"again-{name}") == 0
    assert "It has the same pixels." in capsys.readouterr().out
    assert Path(f"again-{name}").read_bytes() == Path(name).read_bytes()


@pytest.mark.parametrize("bf16", [False, True])
@pytest.mark.parametrize("task", ["restore", "upscale", "stylize"])
def test_it_is_made_again_in_the_precision_that_it_was_made_in(capsys, monkeypatch, task, bf16):
    monkeypatch.setattr(precision, "has_bf16", lambda: bf16)
    assert run(task, "photo.jpg", "-o", "made.png") == 0
    monkeypatch.setattr(precision, "has_bf16", lambda: not bf16)
    assert run(task, "photo.jpg", "-o", "other.png") == 0
    assert run("again", "made.png", "--original", "photo.jpg", "-o", "again.png") == 0
    assert "It has the same pixels." in capsys.readouterr().out
    assert (Photo.open("other.png").rgb != Photo.open("made.png").rgb).any()  # so the test can fail


def test_a_chain_is_explained_and_made_again_from_any_of_its_links(capsys):
    assert run("colorize", "photo.jpg", "-o", "a.png", "--size", 128, "--caption", "Colourised") == 0
    assert run("stylize", "a.png", "-o", "b.png") == 0
    assert run("upscale", "b.png", "-o", "c.tif") == 0
    capsys.readouterr()
    assert run("explain", "c.tif", "photo.jpg") == 0
    said = capsys.readouterr().out
    assert [line.strip()[:3] for line in said.splitlines() if line.strip()[:1].isdigit()] == [
        "1. ",
        "2. ",
        "3. ",
    ]
    assert said.endswith("photo.jpg:\n    Nothing is known of what was done to it.\n")
    shutil.copy("photo.jpg", "copy.jpg")
    for original in ("photo.jpg", "copy.jpg", "a.png", "b.png"):
        assert run("again", "c.tif", "--original", original, "-o", "d.tif") == 0
        assert "It has the same pixels." in capsys.readouterr().out
        assert Photo.open("d.tif").metadata.steps == Photo.open("c.tif").metadata.steps


def test_a_restyling_that_was_stopped_stops_there_again(tiny_features, capsys):
    from colorizer.predictors.own_style import StyleTransfer
    from colorizer.predictors.settings import RestyleSettings

    model, count = Photo.open("painting.png"), iter(range(99))
    settings = RestyleSettings(size=128, steps=40)
    painter = StyleTransfer(tiny_features)
    made = painter.paint(Photo.open("photo.jpg"), model, settings, stop=lambda: next(count) == 6)
    made.photo.save("made.png", settings=made.made_by(model))
    words = ("--original", "photo.jpg", "--style", "painting.png")
    assert run("explain", "made.png") == run("again", "made.png", *words, "-o", "d.png") == 0
    said = capsys.readouterr().out
    assert "stopped after step 7" in said and "It has the same pixels." in said


def test_what_another_program_left_of_it_is_explained(capsys):

    assert run("colorize", "photo.jpg", "-o", "a.png", "--size", 128) == 0
    with Image.open("a.png") as image:
        image.save("b.jpg", xmp=image.info["xmp"])
    capsys.readouterr()
    assert run("explain", "b.jpg", "nowhere.jpg") == 1
    said = capsys.readouterr()
    assert (
        "    Colours added by Colorizer, U-Net 0.0.1;" in said.out
        and "Edited using Generative AI" in said.out
    )
    assert said.err == "nowhere.jpg: There is no file “nowhere.jpg”. Check the name and the folder.\n"
    assert run("again", "b.jpg", "--original", "photo.jpg", "-o", "c.png") == 1
    assert "b.jpg: It doesn't tell how it was made" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda: register("0.0.1"), r"“unet” 0.0.1 ("),
        (lambda: register("0.0.2"), "and here is 0.0.2 ("),
        (lambda: Path("weights/manifest.json").write_text('{"format": 1, "files": {}}'), "and here is none"),
    ],
)
def test_other_weights_are_one_sentence_before_any_work(capsys, change, said):
    assert run("colorize", "photo.jpg", "-o", "made.png", "--size", 128) == 0
    capsys.readouterr()
    change()
    assert run("again", "made.png", "--original", "photo.jpg", "-o", "d.png") == 1
    error = capsys.readouterr().err
    assert "It was made with the weights" in error and said in error and error.count("\n") == 1
    assert not Path("d.png").exists()


@pytest.mark.parametrize(("version", "known"), [("0.0.1", True), ("0.0.9", False)])
def test_of_a_file_without_a_hash_the_version_counts(capsys, version, known):
    assert run("colorize", "photo.jpg", "-o", "made.png", "--size", 128) == 0
    step = {"task": "colorize", "version": version, **ColorizeSettings(size=128).as_dict()}
    Photo.from_array(Photo.open("made.png").rgb).save("old.png", settings=step)
    assert run("again", "old.png", "--original", "photo.jpg", "-o", "d.png") == (0 if known else 1)
    said = capsys.readouterr()
    assert "It has the same pixels." in said.out if known else "SHA-256 not told" in said.err


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"task": "dream"}, "doesn't know “dream”"),
        ({"task": "colorize", "glow": 1}, "doesn't know “glow”"),
        ({"task": "restyle", "painting": "monet.jpg", "features": "lite0"}, "--style; it was “monet.jpg”"),
        ({"task": "upscale", "weights": "srgan 9"}, "“srgan” 9 (SHA-256 not told), and here is none"),
        (
            {"task": "colorize", "model": "unet", "version": "0.0.1", "saturation": "much"},
            "saturation is 'much'",
        ),
    ],
)
def test_what_cannot_be_made_again_is_one_sentence(capsys, step, said):
    Photo.open("photo.jpg").save("made.png", settings=step)
    assert run("again", "made.png", "--original", "photo.jpg", "-o", "d.png") == 1
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and not Path("d.png").exists()
    assert run("explain", "made.png") == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--original", "photo.jpg", "-o", "made.png"), "would be replaced"),
        (("--original", "photo.jpg", "-o", "photo.jpg"), "would be replaced"),
        (("--original", "made.png", "-o", "d.png"), "was not made of “made.png”"),
        (("--original", "painting.png", "-o", "d.png"), "another file than “painting.png”"),
        (("--original", "nowhere.jpg", "-o", "d.png"), "no file “nowhere.jpg”"),
        (("--original", "photo.jpg", "-o", "nowhere/d.png"), "There is no folder"),
        (("--original", "photo.jpg", "-o", "d.png", "--quality", 0), "quality is 0"),
    ],
)
def test_a_wrong_original_or_place_is_one_sentence_and_nothing_is_lost(capsys, words, said):
    assert run("colorize", "photo.jpg", "-o", "made.png", "--size", 128) == 0
    before = Path("made.png").read_bytes(), Path("photo.jpg").read_bytes()
    capsys.readouterr()
    assert run("again", "made.png", *words) == 1
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert (Path("made.png").read_bytes(), Path("photo.jpg").read_bytes()) == before


@pytest.mark.parametrize("words", [("colorize", "--caption", "Coloré"), ("upscale", "--caption", " ")])
def test_a_line_that_can_not_be_written_is_said_before_any_work(draw, capsys, words):
    assert run(*words, "photo.jpg", draw("b.jpg", 60, 40), "-o", "out") == 1
    assert capsys.readouterr().err.count("\n") == 1 and not Path("out").exists()


def test_squares_in_a_zip_tell_what_was_done_to_them_and_have_no_line(capsys):
    assert run("stylize", "photo.jpg", "-o", "a.zip", "--size", 32) == 0
    shutil.unpack_archive("a.zip", "out")
    assert run("explain", "out/photo.jpg") == 0
    assert "Painted over by Colorizer, CycleGAN" in capsys.readouterr().out
    assert run("stylize", "photo.jpg", "-o", "b.zip", "--size", 32, "--caption", "Painted") == 1
    assert "take no --caption" in capsys.readouterr().err


# Content Credentials


@pytest.fixture
def certificate() -> tuple[object, ...]:
    """Options that name a certificate for tests, signed by itself, and its key."""
    pytest.importorskip("c2pa")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Test")])
    begin = datetime.now(timezone.utc) - timedelta(days=1)
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment"), False)
    usage |= dict.fromkeys(
        ("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False
    )
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=30))
    for extension in (
        x509.KeyUsage(digital_signature=True, **usage),
        x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()),
    ):
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.KeyUsage))
    pem = serialization.Encoding.PEM
    Path("cert.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(pem))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    Path("key.pem").write_bytes(key.private_bytes(pem, *plain))
    return "--credentials", "cert.pem", "--key", "key.pem"


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp", "a.avif"])
def test_a_signed_result_is_found_valid_by_its_own_reader_and_by_ours(certificate, name):
    import c2pa

    assert run("colorize", "photo.jpg", "-o", name, "--size", 128, *certificate) == 0
    assert run("colorize", "photo.jpg", "-o", f"plain-{name}", "--size", 128) == 0
    signed, plain = Photo.open(name), Photo.open(f"plain-{name}")
    assert (signed.rgb == plain.rgb).all() and signed.metadata.xmp == plain.metadata.xmp
    reader = c2pa.Reader(name)
    assert reader.get_validation_state() == "Valid"
    told = reader.json()
    assert "compositeWithTrainedAlgorithmicMedia" in told and '"title": "photo.jpg"' in told
    assert not list(Path().glob(".*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--credentials", "cert.pem"), "go together"),
        (("--key", "key.pem"), "go together"),
        (("--credentials", "cert.pem", "--key", "nowhere.pem"), "can't sign"),
        (("--credentials", "photo.jpg", "--key", "photo.jpg"), "can't sign"),
        (("--credentials", "photo.jpg", "--key", "key.pem"), "sign"),
        (
            ("--credentials", "cert.pem", "--key", "key.pem", "--format", "JPEG"),
            "The result can't be signed (",
        ),
    ],
)
def test_what_can_not_sign_is_one_sentence_and_nothing_is_written(certificate, capsys, words, said):
    assert run("colorize", "photo.jpg", "-o", "a.png", "--size", 128, *words) == 1
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and not Path("a.png").exists()


def test_without_its_package_signing_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "c2pa", None)
    words = ("--credentials", "cert.pem", "--key", "key.pem")
    assert run("colorize", "photo.jpg", "-o", "a.png", *words) == 1
    assert "pip install -r requirements-credentials.txt" in capsys.readouterr().err


def test_what_no_network_touched_is_not_called_a_machine_s(capsys):
    assert (
        run("restore", "photo.jpg", "-o", "made.png", "--mend", 0, "--colour", "never", "--enlarge", 1) == 0
    )
    assert run("explain", "made.png") == 0
    assert "algorithmicallyEnhanced" in capsys.readouterr().out
