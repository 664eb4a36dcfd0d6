"""The refiner with tiny pipelines of diffusers: random weights, made and saved here, loaded as any other."""

import json
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from PIL import Image

from controllable.generation.refiner import TILE_PX, Refiner
from controllable.image.picture import Picture, load
from tests.photo import draw_photo


def _parts(folder: Path, *, seen: int, made: int) -> dict[str, Any]:
    """UNet, VAE, text tower and tokenizer; seen, made: channels that the UNet takes and gives."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(0)
    letters = [chr(code) for code in range(33, 127)] + [chr(code) for code in range(161, 256)]
    words = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
    vocabulary.write_text(json.dumps({word: k for k, word in enumerate(words)}))
    merges.write_text("#version: 0.2\n")
    text = CLIPTextConfig(
        vocab_size=len(words), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=77, bos_token_id=len(words) - 2, eos_token_id=len(words) - 1,
    )  # fmt: skip
    attending = ("DownBlock2D", "CrossAttnDownBlock2D")
    return {
        "unet": diffusers.UNet2DConditionModel(
            block_out_channels=(32, 64), layers_per_block=1, sample_size=32, in_channels=seen, out_channels=made,
            down_block_types=attending, up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=16, attention_head_dim=8, num_class_embeds=1000 if seen > made else None,
        ),
        "vae": diffusers.AutoencoderKL(
            block_out_channels=(8, 8, 16), latent_channels=made, layers_per_block=1, norm_num_groups=4,
            down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
        ),
        "text_encoder": CLIPTextModel(text).eval(),
        "tokenizer": CLIPTokenizer(str(vocabulary), str(merges), model_max_length=77),
        "scheduler": diffusers.DDIMScheduler(clip_sample=False, set_alpha_to_one=False),
    }  # fmt: skip


@pytest.fixture(scope="module")
def text_to_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    parts = _parts(folder, seen=4, made=4)
    pipeline = diffusers.StableDiffusionPipeline(
        **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )
    pipeline.save_pretrained(folder / "pipeline")
    return folder / "pipeline"


@pytest.fixture(scope="module")
def upscaler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny-upscaler")
    parts = _parts(folder, seen=7, made=4)
    pipeline = diffusers.StableDiffusionUpscalePipeline(
        **parts, low_res_scheduler=diffusers.DDPMScheduler(), max_noise_level=350
    )
    pipeline.save_pretrained(folder / "pipeline")
    return folder / "pipeline"


@pytest.fixture(scope="module")
def refiner(text_to_image: Path) -> Refiner:
    return Refiner.from_pretrained(str(text_to_image))


@pytest.fixture(scope="module")
def photo() -> Picture:
    return load(draw_photo(72, 60))


def _same(a: Picture, b: Picture) -> bool:
    return torch.equal(a.planes, b.planes)


def test_a_text_to_image_folder_serves_as_image_to_image_and_strength_zero_is_identity(
    refiner: Refiner, photo: Picture
) -> None:
    assert type(refiner.pipeline).__name__ == "StableDiffusionImg2ImgPipeline"
    assert _same(refiner.refine(photo, "denoise", 0.0), photo)
    made = refiner.refine(photo, "denoise", 1.0)
    assert made.planes.shape == photo.planes.shape and made.planes.dtype == photo.planes.dtype
    assert not _same(made, photo)


def test_the_seed_decides_and_the_faintest_strength_still_runs(refiner: Refiner, photo: Picture) -> None:
    first, again = (refiner.refine(photo, "denoise", 0.5, seed=3) for _ in range(2))
    assert _same(first, again)
    assert not _same(first, refiner.refine(photo, "denoise", 0.5, seed=4))
    assert refiner.refine(photo, "denoise", 0.001).planes.shape == photo.planes.shape


def test_nothing_changes_outside_the_mask_and_sixteen_bits_stay(refiner: Refiner) -> None:
    deep = torch.randint(0, 65536, (1, 3, 64, 72), generator=torch.Generator().manual_seed(0)).to(torch.uint16)
    mask = torch.zeros(1, 1, 64, 72, dtype=torch.uint8)
    mask[..., :30] = 255
    made = refiner.refine(Picture(planes=deep), "denoise", 1.0, mask=mask).planes
    assert made.dtype == torch.uint16 and torch.equal(made[..., 30:], deep[..., 30:])
    assert not torch.equal(made[..., :30], deep[..., :30])


def test_a_picture_larger_than_a_square_is_done_in_squares_and_can_be_cancelled(refiner: Refiner) -> None:
    wide = load(draw_photo(TILE_PX + 90, 40))
    shares: list[float] = []
    made = refiner.refine(wide, "denoise", 0.05, check=shares.append)
    assert made.size == wide.size and shares == sorted(shares) and shares[-1] == 1.0

    class Stop(Exception):
        pass

    def stop(share: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        refiner.refine(wide, "denoise", 0.05, check=stop)


def test_an_upscaling_pipeline_works_on_the_pictures_own_grid(upscaler: Path, photo: Picture) -> None:
    refiner = Refiner.from_pretrained(str(upscaler))
    half, full = (refiner.refine(photo, "denoise", strength, seed=1).planes.float() for strength in (0.5, 1.0))
    given = photo.planes.float()
    assert half.shape == given.shape and float((full - given).abs().mean()) > 1.0
    assert float((half - (given + full) / 2).abs().max()) <= 1.0


def test_what_is_no_pipeline_is_one_sentence(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "photo.png")
    with pytest.raises(ValueError, match=r"^refiner: [^\n]+ cannot be used \([^\n]+\)$"):
        Refiner.from_pretrained(str(tmp_path))
