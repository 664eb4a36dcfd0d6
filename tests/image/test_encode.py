"""What a file carried is there in the next one, and what a format cannot hold is said."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image

from benchmarks import profiles
from benchmarks.fidelity_cells import MAKER_NOTE, XMP, camera_exif
from controllable.image.encode import save
from controllable.image.picture import Picture, load
from tests.photo import draw_photo

ALL = [".png", ".jpg", ".webp", ".tif", ".avif"]


@pytest.fixture
def photo(tmp_path: Path) -> Picture:
    draw_photo(60, 40).save(tmp_path / "in.jpg", exif=camera_exif(6), icc_profile=profiles.wide(), xmp=XMP)
    return load(tmp_path / "in.jpg")


@pytest.mark.parametrize("suffix", ALL)
def test_metadata_goes_into_every_format(tmp_path: Path, photo: Picture, suffix: str) -> None:
    assert save(photo, tmp_path / f"a{suffix}") == ()
    image = Image.open(tmp_path / f"a{suffix}")
    exif = image.getexif()
    assert image.size == (40, 60) and image.info["icc_profile"] == profiles.wide() and image.info["xmp"] == XMP
    assert exif.get(ExifTags.Base.Orientation, 1) == 1 and exif[ExifTags.Base.Make] == "Maker of cameras"
    assert exif.get_ifd(ExifTags.IFD.Exif)[0x927C] == MAKER_NOTE
    assert exif.get_ifd(ExifTags.IFD.GPSInfo)[2] == (48.0, 8.0, 12.0)
    again = load(tmp_path / f"a{suffix}")
    assert (again.icc_profile, again.xmp) == (photo.icc_profile, photo.xmp) and again.exif is not None


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_exif_stays_where_its_offsets_point(tmp_path: Path, photo: Picture, suffix: str) -> None:
    """A maker note may say offsets from the beginning of the block: in TIFF, of the file."""
    save(photo, tmp_path / f"a{suffix}")
    content = (tmp_path / f"a{suffix}").read_bytes()
    assert photo.exif is not None
    block = photo.exif.removeprefix(b"Exif\0\0")
    start = content.index(block[8:60]) - 8
    assert content.index(MAKER_NOTE) - start == block.index(MAKER_NOTE) and (suffix != ".tif" or start == 0)


@pytest.mark.parametrize("suffix", ALL)
def test_places_can_be_left_out_of_every_format(tmp_path: Path, photo: Picture, suffix: str) -> None:
    photo = replace(photo, text={"GPS note": "here", "Title": "sea"})
    save(photo, tmp_path / f"a{suffix}", gps=False)
    content = (tmp_path / f"a{suffix}").read_bytes()
    assert b"GPS" not in content and ExifTags.IFD.GPSInfo not in Image.open(tmp_path / f"a{suffix}").getexif()
    assert load(tmp_path / f"a{suffix}").exif and b"dc:title" in content and MAKER_NOTE in content


def test_text_and_xmp_can_be_added(tmp_path: Path, photo: Picture) -> None:
    photo = replace(photo, text={"Title": "sea", "Author": "n"})
    save(
        photo,
        tmp_path / "a.png",
        xmp=b"<x/>",
        text={"controllable": '{"水": 1}', "Author": "m", "bad\nkey": "x", "": ""},
    )
    again = load(tmp_path / "a.png")
    assert again.xmp == b"<x/>" and again.text == {"Title": "sea", "Author": "m", "controllable": '{"水": 1}'}
    assert save(photo, tmp_path / "a.jpg", xmp=b"<y/>", text={"controllable": "{}"}) == (
        "JPEG holds no text chunks: they were left out.",
    )
    assert load(tmp_path / "a.jpg").xmp == b"<y/>"


def test_text_of_a_deep_png_comes_back(tmp_path: Path) -> None:
    picture = load(np.asarray(draw_photo(20, 20)).astype(np.uint16) * 257)
    save(replace(picture, xmp=XMP), tmp_path / "a.png", text={"Title": "sea", "controllable": "水"})
    again = load(tmp_path / "a.png")
    assert again.depth == 16 and again.text == {"Title": "sea", "controllable": "水"} and again.xmp == XMP


def test_a_pil_image_is_turned_by_what_its_exif_says() -> None:
    image = draw_photo(60, 40)
    image.getexif()[ExifTags.Base.Orientation] = 6
    image.getexif()[ExifTags.Base.Make] = "Maker"
    picture = load(image)
    made = Image.Exif()
    made.load(picture.exif or b"")
    assert picture.size == (60, 40) and dict(made) == {ExifTags.Base.Make: "Maker"}


def test_what_a_format_cannot_hold_is_said(tmp_path: Path, photo: Picture) -> None:
    long = replace(photo, xmp=b"<x>" + b" " * 70_000, exif=(photo.exif or b"") + bytes(70_000))
    assert [note[:8] for note in save(long, tmp_path / "a.jpg")] == ["The EXIF", "The XMP "]
    assert save(long, tmp_path / "a.png") == ()
    assert save(photo, tmp_path / "a.bmp") == ("BMP holds no metadata: it was left out.",)
    deep = load(np.asarray(draw_photo(20, 20)).astype(np.uint16) * 257)
    for suffix in (".jpg", ".webp", ".avif", ".bmp"):
        (sentence,) = save(deep, tmp_path / f"a{suffix}")
        assert "8 bits" in sentence


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("suffix", [*ALL, ".bmp"])
def test_grey_stays_grey_where_the_format_has_it(tmp_path: Path, suffix: str, alpha: bool) -> None:
    image = draw_photo(60, 40).convert("L")
    if alpha:
        image.putalpha(Image.linear_gradient("L").resize((60, 40)))
    picture = load(image)
    notes = save(replace(picture, icc_profile=profiles.grey()), tmp_path / f"a{suffix}")
    saved = Image.open(tmp_path / f"a{suffix}")
    modes = {".webp": "RGBA" if alpha else "RGB", ".avif": "RGBA" if alpha else "L", ".jpg": "L", ".bmp": "L"}
    assert saved.mode == modes.get(suffix, "LA" if alpha else "L")
    if saved.mode.startswith("RGB"):
        assert "converted to sRGB" in notes[0] and "icc_profile" not in saved.info
        assert np.asarray(saved)[..., :3].std(2).max() <= (1 if suffix == ".avif" else 0)
    elif suffix != ".bmp":
        assert saved.info["icc_profile"] == profiles.grey()
    if suffix in (".png", ".tif"):
        assert np.array_equal(np.asarray(saved), np.asarray(image))


def test_colours_painted_on_a_grey_photo_become_their_luma() -> None:
    picture = load(draw_photo(60, 40).convert("L"))
    colours = torch.rand(1, 3, 40, 60, generator=torch.Generator().manual_seed(0))
    grey = picture.blank()
    from controllable.image.tile import tiles

    grey.paint(tiles(40, 60)[0], colours)
    red, green, blue = grey.planes[0]
    assert torch.equal(red, green) and torch.equal(green, blue)
    assert not torch.equal(*picture.with_rgb(colours).planes[0, :2])


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_enlarged_as_the_picture_is(tmp_path: Path, mode: str, depth: int) -> None:
    alpha = np.asarray(Image.radial_gradient("L").resize((60, 40)))
    image = draw_photo(60, 40).convert(mode[:-1])
    image.putalpha(Image.fromarray(alpha))
    picture = load(image)
    if depth == 16:
        picture = replace(picture, planes=picture.planes.to(torch.int32).mul(257).to(torch.uint16), depth=16)
    same, large = picture.blank(), picture.enlarged(2).blank()
    assert torch.equal(same.planes[:, 3], picture.planes[:, 3]) and large.depth == depth
    smooth = Image.fromarray(alpha.astype(np.float32)).resize((120, 80), Image.Resampling.BICUBIC)
    wanted = np.asarray(smooth).clip(0, 255) / 255.0
    made = large.planes[0, 3].double().numpy() / (2**depth - 1)
    assert np.abs(made - wanted).max() <= 1 / 255


def test_transparent_photos_lie_on_white_where_there_is_no_alpha(tmp_path: Path) -> None:
    image = Image.new("RGBA", (4, 4), (10, 20, 30, 0))
    image.putpixel((1, 1), (10, 20, 30, 255))
    save(load(image), tmp_path / "a.bmp")
    assert Image.open(tmp_path / "a.bmp").getpixel((0, 0)) == (255, 255, 255)
    assert Image.open(tmp_path / "a.bmp").getpixel((1, 1)) == (10, 20, 30)


def test_colours_below_full_transparency_survive(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 256, (16, 16, 4), dtype=np.uint8)
    values[..., 3] = np.where(values[..., 3] < 128, 0, 255)
    for suffix in (".webp", ".png", ".tif"):
        save(Image.fromarray(values), tmp_path / f"a{suffix}")
        assert np.array_equal(np.asarray(Image.open(tmp_path / f"a{suffix}")), values)


def test_cmyk_becomes_srgb_by_its_profile_and_it_is_said(tmp_path: Path) -> None:
    inks = Image.merge("CMYK", [Image.linear_gradient("L").resize((40, 30)).rotate(90 * k) for k in range(4)])
    for suffix, options in ((".jpg", {"quality": 95}), (".tif", {})):
        inks.save(tmp_path / f"a{suffix}", icc_profile=profiles.cmyk(), **options)
        inks.save(tmp_path / f"b{suffix}", **options)
        managed, plain = load(tmp_path / f"a{suffix}"), load(tmp_path / f"b{suffix}")
        assert managed.notes == ("CMYK was converted to sRGB.",) and "without a colour profile" in plain.notes[0]
        assert managed.icc_profile is None and not torch.equal(managed.planes, plain.planes)
        assert save(managed, tmp_path / "c.png") == managed.notes
    white = load(Image.new("CMYK", (2, 2), (0, 0, 0, 0)))
    assert white.planes.min() == 255


@pytest.mark.parametrize("mode", ["La", "PA", "YCbCr", "HSV", "LAB", "RGBa", "RGBX"])
def test_every_other_mode_is_shown_in_colour(mode: str) -> None:
    image = draw_photo(60, 40)
    if mode == "LAB":
        from PIL import ImageCms

        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        shown = ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB")
    else:
        way = {"La": ("LA", "La"), "PA": ("P", "PA"), "RGBa": ("RGBA", "RGBa")}.get(mode, (mode,))
        shown = image
        for step in way:
            shown = shown.convert(step)
    picture = load(shown)
    reference = image.convert("L") if mode == "La" else (image.convert("P") if mode == "PA" else image)
    difference = np.abs(
        picture.array(torch.uint8)[..., :3].astype(int) - np.asarray(reference.convert("RGB")).astype(int)
    )
    assert difference.mean() < 3 and picture.grey == (mode == "La")


def test_an_animation_gives_its_first_picture_and_says_so(tmp_path: Path) -> None:
    first, second = draw_photo(40, 30), Image.new("RGB", (40, 30), "red")
    for suffix, options in ((".webp", {"lossless": True}), (".png", {}), (".gif", {}), (".tif", {})):
        first.save(tmp_path / f"a{suffix}", save_all=True, append_images=[second] * 3, **options)
        picture = load(tmp_path / f"a{suffix}")
        shown = Image.open(tmp_path / f"a{suffix}").convert("RGB")
        assert picture.notes == ("Only the first of its pictures was read.",)
        assert np.array_equal(picture.array(torch.uint8)[..., :3], np.asarray(shown))
        first.save(tmp_path / f"b{suffix}", **options)
        assert load(tmp_path / f"b{suffix}").notes == ()


def test_a_file_that_cannot_be_written_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(b"before")

    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(ValueError, match=r"output: cannot write a\.png"):
        save(draw_photo(20, 20), tmp_path / "a.png")
    monkeypatch.undo()
    monkeypatch.setattr("tempfile.mkstemp", full)
    with pytest.raises(ValueError, match="No space left"):
        save(draw_photo(20, 20), tmp_path / "a.png")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]
    with pytest.raises(ValueError, match="output: cannot write a"):
        save(Image.new("L", (17_000, 1)), tmp_path / "a.webp")
