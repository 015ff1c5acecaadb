"""Can pictures be learnt from where they lie: in a folder, a zip, a data set of the Hub? And what if not?"""

import io
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny import refused, same, stages, train

from colorizer import weights
from colorizer.errors import ColorizerError
from colorizer.training.data import CropLoader, SharpCrops, UnpairedCrops
from colorizer.training.sources import fingerprint, list_pictures, read_rgb, training_pictures

NAMES = ["b/2.png", "a.jpg", "b/1.png", "c.png"]


def content(number, size=(72, 64), kind="PNG"):
    """The bytes of a coloured picture."""
    coarse = np.random.default_rng(number).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(file, kind)
    return file.getvalue()


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(NAMES):
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(number, kind="JPEG" if name.endswith("jpg") else "PNG"))
    return tmp_path / "folder"


def packed(folder, name="pictures.zip", **more):
    """A zip of a folder, with what systems add, and further entries."""
    path = folder.parent / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._a.jpg", b"no picture")
        archive.writestr("read me.txt", "no picture")
        for file in sorted(folder.rglob("*"), reverse=True):
            archive.write(file, file.relative_to(folder))
        for other, data in more.items():
            archive.writestr(other.replace("_", "."), data)
    return path


@pytest.fixture
def options(folder, options_of):
    return options_of("srresnet", "32x2:2", data=folder)


def test_a_zip_holds_what_its_folder_holds(folder):
    inside, outside = list_pictures(packed(folder)), list_pictures(folder)
    assert [picture.name for picture in inside] == ["a.jpg", "b/1.png", "b/2.png", "c.png"]
    for one, other in zip(inside, outside, strict=True):
        assert np.array_equal(read_rgb(one), read_rgb(other))
    assert list(folder.parent.glob("**/*.png")) == list(folder.glob("**/*.png"))  # nothing is unpacked


@pytest.mark.parametrize("kind", [CropLoader, SharpCrops, UnpairedCrops])
def test_crops_depend_on_seed_and_place_alone(kind, folder, monkeypatch):
    """Not on the file's place, threads, who cuts which slice of a batch, nor where the stream is entered."""
    counts = cycle((1, 8))
    monkeypatch.setattr("os.cpu_count", lambda: next(counts))
    places = ((folder, 3), (packed(folder), 3), (folder, 4))
    found = [([list_pictures(place)] * kind.kinds, seed) for place, seed in places]
    one, other, third = (kind(*pictures, seed) for pictures, seed in found)
    whole = list(islice(one.batches(0, 2, 32), 4))
    side = 48 if kind is SharpCrops else 32
    assert [batch.shape for batch in whole] == [(2 * kind.kinds, side, side, 3)] * 4
    assert np.array_equal(whole[2:], list(islice(other.batches(4, 2, 32), 2)))
    assert not np.array_equal(whole, list(islice(third.batches(0, 2, 32), 4)))
    halves = [list(islice(one.batches(part, 1, 32, 2), 4)) for part in range(2)]
    for batch, *parts in zip(whole, *halves, strict=True):
        assert np.array_equal(batch.reshape(kind.kinds, 2, side, side, 3), np.stack(parts, 1))
    for stream in (one, other, third):
        stream.close()


def test_sharp_crops_are_pixels_of_the_pictures(folder):
    paths = list_pictures(folder)
    crops = next(SharpCrops(paths, 1).batches(0, 2, 32))
    values = {tuple(pixel) for path in paths for pixel in np.asarray(read_rgb(path)).reshape(-1, 3)}
    assert {tuple(pixel) for pixel in crops[0].reshape(-1, 3)} <= values


def test_a_run_on_a_zip_ends_in_the_weights_of_one_on_its_folder(folder, options, tmp_path):
    zipped = replace(options, data=packed(folder), val=packed(folder, "val.ZIP"), out=tmp_path / "zip")
    one, other = train(options), train(zipped)
    assert same(weights.load(one)[0], weights.load(other)[0])
    assert weights.load(other)[1]["data"] == fingerprint(list_pictures(packed(folder)))


def test_unfit_sources_are_refused(folder, options, tmp_path):
    empty = tmp_path / "empty.zip"
    zipfile.ZipFile(empty, "w").close()
    (tmp_path / "text.zip").write_text("not a zip")
    refused("empty.zip” holds too few pictures: 0, but at least 2", replace(options, data=empty))
    refused("text.zip” can't be read as a zip", replace(options, data=tmp_path / "text.zip"))
    for data in (folder, packed(folder)):
        refused("4, but at least 5", replace(options, data=data, stages=stages("32x5:1")))
    refused("4, but at least 6", replace(options, data=packed(folder), accumulate=3))
    refused("is not a folder", replace(options, data=tmp_path / "nowhere.zip"))
    assert not options.out.exists()


@pytest.mark.parametrize("damage", ["no picture", "flipped"])
def test_an_unreadable_picture_in_a_zip_is_named(damage, folder, options):
    if damage == "no picture":
        path = packed(folder, broken_png=b"no picture")
    else:
        path = folder.parent / "broken.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("fine.png", "broken.png"):
                archive.writestr(name, content(1))
        whole = bytearray(path.read_bytes())
        whole[len(content(1)) + len(content(1)) // 2 + 60] ^= 255  # the checksum is wrong then
        path.write_bytes(whole)
    refused(r"zip/broken\.png” can't be read as a picture", replace(options, data=path))
    with pytest.raises(ColorizerError, match=r"zip/broken\.png”"):
        training_pictures(path, 1)


# Data sets of the Hub; a local folder stands for one


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A data set with pictures in one column, and one without."""
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    kinds = datasets.Features({"label": datasets.Value("int64"), "photo": datasets.Image()})
    rows = [{"label": n, "photo": {"bytes": content(n), "path": None}} for n in range(4)]
    (tmp_path / "set" / "data").mkdir(parents=True)
    pictures = datasets.Dataset.from_list(rows, kinds)
    pictures.to_parquet(tmp_path / "set" / "data" / "train.parquet")
    pictures.select(range(1)).to_parquet(tmp_path / "set" / "data" / "validation.parquet")
    (tmp_path / "plain").mkdir()
    datasets.Dataset.from_dict({"label": [1, 2]}).to_parquet(tmp_path / "plain" / "train.parquet")
    return f"hub:{tmp_path / 'set'}"


def test_a_run_learns_from_a_data_set(table, options):
    found = list_pictures(Path(table))
    assert [np.asarray(read_rgb(picture)).shape for picture in found] == [(64, 72, 3)] * 4
    with ThreadPoolExecutor(8) as pool:
        again = list(pool.map(read_rgb, found * 8))
    assert all(np.array_equal(read_rgb(found[n % 4]), picture) for n, picture in enumerate(again))
    assert train(replace(options, data=Path(table), val=Path(f"{table}:validation"))).exists()


def test_unfit_data_sets_are_refused(table, options, tmp_path):
    plain = f"hub:{tmp_path / 'plain'}"
    refused(r"no column of images \(label\)", replace(options, data=Path(plain)))
    refused("too few pictures: 1, but", replace(options, data=Path(f"{table}:validation")))
    refused("can't be loaded: ", replace(options, data=Path(f"{table}:twelfth")))
    refused("can't be loaded: ", replace(options, data=Path(f"hub:{tmp_path / 'nowhere'}")))
    assert not options.out.exists()


def test_without_the_package_a_sentence_says_what_to_install(options, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    refused("pip install datasets", replace(options, data=Path("hub:somebody/pictures")))
