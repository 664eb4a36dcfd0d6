"""Any open_clip text tower: a small one, randomly initialised and saved in open_clip's own format, loaded for real."""

import json
import random
from pathlib import Path

import pytest
import torch

from controllable import Enhancer
from controllable.instruction.foreign import ForeignEncoder, adapter_folder, spell_out
from controllable.instruction.parser import InstructionParser
from controllable.instruction.spelling import WORDS
from controllable.networks.instruction_head import InstructionHead
from controllable.training.adapter import AdapterRecipe, fit_adapter
from controllable.training.corpus import sample
from controllable.training.instruction import instruction_loss, targets

BUNDLED_WORDS = Path(__file__).parents[2] / "models" / "clip" / WORDS
CONFIG = {
    "embed_dim": 64,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "head_width": 32},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 96, "heads": 3, "layers": 2},
}


@pytest.fixture(scope="module")
def name(tmp_path_factory: pytest.TempPathFactory) -> str:
    import open_clip
    from safetensors.torch import save_file

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("foreign")
    model = open_clip.CLIP(**CONFIG)  # type: ignore[arg-type]
    weights = {key: value.contiguous() for key, value in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": CONFIG, "preprocess_cfg": {}}))
    return f"local-dir:{folder}"


@pytest.fixture(scope="module")
def hugging_face_name(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The other kind of text tower open_clip has: a transformers model with its own tokenizer."""
    import open_clip
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import BertConfig, PreTrainedTokenizerFast

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("hugging-face")
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(special_tokens=["<pad>", "<unk>"], vocab_size=200)
    tokenizer.train_from_iterator(["remove the noise please", "去噪"] * 5, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>")
    fast.save_pretrained(folder)
    config = BertConfig(
        vocab_size=200, hidden_size=64, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=80,
    )  # fmt: skip
    config.save_pretrained(folder / "text")
    text = {"hf_model_name": str(folder / "text"), "hf_proj_type": "linear", "hf_pooler_type": "mean_pooler"}
    model_config = CONFIG | {"text_cfg": text | {"hf_tokenizer_name": str(folder)}}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": model_config, "preprocess_cfg": {}}))
    model = open_clip.create_model(f"local-dir:{folder}", load_weights=False, pretrained_text=False)
    weights = {key: value.contiguous() for key, value in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    return f"local-dir:{folder}"


@pytest.fixture(scope="module")
def adapted(name: str, tmp_path_factory: pytest.TempPathFactory) -> InstructionParser:
    seen: list[float] = []
    cache = tmp_path_factory.mktemp("cache")
    folder = fit_adapter(
        name, BUNDLED_WORDS, AdapterRecipe(minutes=0.35), out=cache, progress=lambda share, what: seen.append(share)
    )
    assert seen == sorted(seen) and seen[-1] == 1.0
    return InstructionParser.from_pretrained(folder)


@pytest.fixture(scope="module")
def class_token_name() -> str:
    """A tower with a class token and no causal mask: the bundled one, read as if it were foreign."""
    return f"local-dir:{BUNDLED_WORDS.parent}"


@pytest.mark.parametrize("kind", ["name", "hugging_face_name", "class_token_name"])
def test_a_text_reads_the_same_alone_and_beside_longer_ones(kind: str, request: pytest.FixtureRequest) -> None:
    encoder = ForeignEncoder(request.getfixturevalue(kind))
    alone, beside = encoder(["remove the noise"]), encoder(["remove the noise", "去掉照片里的噪点, please!" * 2])
    length = encoder.count("remove the noise")
    assert torch.allclose(alone.tokens[0, :length], beside.tokens[0, :length], atol=1e-5)
    assert beside.padding[0].tolist() == [False] * length + [True] * (beside.tokens.shape[1] - length)


def test_the_pooled_features_are_open_clips_own(name: str) -> None:
    import open_clip

    model = open_clip.create_model(name).eval()
    ids = open_clip.get_tokenizer(name)(["remove the noise"])
    with torch.inference_mode():
        assert torch.allclose(ForeignEncoder(name)(["remove the noise"]).pooled, model.encode_text(ids), atol=1e-5)


def test_placeholders_become_words_of_any_vocabulary() -> None:
    spelled = spell_out("remove <n0><frac>% of it, <n1><count>x")
    assert spelled.split() == ["remove", "#1", "fraction", "%", "of", "it,", "#2", "number", "x"]


def test_the_adapter_learns_to_read_a_tower_of_random_weights(adapted: InstructionParser, name: str) -> None:
    """Random features keep the words apart, so even half a minute of fitting beats what the words' frequencies give."""
    samples = [sample(random.Random(seed), adapted.spelling) for seed in range(200)]
    encoded = ForeignEncoder(name)([one.reading for one in samples])
    untrained = InstructionHead(adapted.head.config).eval()
    with torch.inference_mode():
        before, after = (
            float(instruction_loss(head(encoded.tokens, encoded.padding), targets(samples)))
            for head in (untrained, adapted.head)
        )
    assert after < 0.6 * before
    assert adapted.parse("denoise 40%").prompt == "denoise 40%"


def test_the_enhancer_uses_the_cached_adapter(
    name: str, adapted: InstructionParser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTROLLABLE_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="train adapter --clip local-dir:"):
        Enhancer.from_pretrained(clip=name).understand("remove the noise")
    fit_adapter(name, BUNDLED_WORDS, AdapterRecipe(minutes=0.02, texts=64), progress=lambda share, what: None)
    assert adapter_folder(name).is_dir()
    assert Enhancer.from_pretrained(clip=name).understand("remove the noise").prompt == "remove the noise"


@pytest.mark.parametrize(
    "wrong", ["ViT-B-32", "ViT-B-32:nonsense", "local-dir:/does/not/exist", "no-such-model:openai"]
)
def test_a_name_that_is_no_model_is_refused_in_one_sentence(wrong: str) -> None:
    with pytest.raises(ValueError, match="clip:") as caught:
        ForeignEncoder(wrong)
    assert "\n" not in str(caught.value)
