"""The instruction tokenizer: character BPE that knows every text (unknown characters fall back to bytes)."""

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from controllable.instruction.numbers import PLACEHOLDERS

PAD = "<pad>"
_CHINESE = r"[\u3400-\u9fff]"


def train_tokenizer(texts: Iterable[str], *, vocabulary: int, alphabet: int = 1250) -> Tokenizer:
    """Sennrich et al. 2016, "Neural machine translation of rare words with subword units".

    Chinese characters stand alone: words are left to the tower, so that unseen ones still have known pieces.
    """
    bytes_ = [f"<0x{value:02X}>" for value in range(256)]
    special = [PAD, "<unk>", *PLACEHOLDERS]
    learner = _tokenizer(models.BPE(unk_token="<unk>"))
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(bytes_),
        special_tokens=special,
        limit_alphabet=alphabet,
        show_progress=False,
        min_frequency=20,
    )
    learner.train_from_iterator(texts, trainer)
    learned = json.loads(learner.to_str())["model"]
    vocab = learned["vocab"] | {byte: len(learned["vocab"]) + index for index, byte in enumerate(bytes_)}
    merges = [tuple(merge) for merge in learned["merges"]]
    tokenizer = _tokenizer(models.BPE(vocab, merges, unk_token="<unk>", byte_fallback=True))
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path, *, context_length: int) -> None:
    """tokenizer.json and the small config that transformers' AutoTokenizer wants."""
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": context_length,
        "pad_token": PAD,
        "unk_token": "<unk>",
        "clean_up_tokenization_spaces": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


def with_dropout(tokenizer: Tokenizer, dropout: float) -> Tokenizer:
    """A copy that leaves merges out at random: BPE-dropout, Provilkov et al. 2020. For training only."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.model.dropout = dropout
    return copy


def _tokenizer(model: models.BPE) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(_CHINESE), "isolated"), pre_tokenizers.BertPreTokenizer()]
    )
    return tokenizer
