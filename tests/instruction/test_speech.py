"""Speech → words: real recordings made by flite, real files of many kinds, the bundled models, a tiny real Whisper."""

import argparse
import json
import random
import shutil
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from controllable.cli import main
from controllable.instruction.speech import Recognizer, load_audio, load_recognizer, recognize
from controllable.instruction.speech.audio import find_speech, resample
from controllable.instruction.speech.cleaning import Cleaner
from controllable.instruction.speech.spoken import said, typed
from controllable.training import speech as recipe
from controllable.training.arpa import count_ngrams, write_arpa
from controllable.training.pronunciation import pronounce, read_dictionary, write_dictionary
from controllable.training.speech_noise import HEARD_AS, mishear
from tests.speech import convert, need, say

RATE_HZ = 16_000
SENTENCE = "cut the noise in half"
MODELS = Path(__file__).resolve().parents[2] / "models" / "speech"


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return load_recognizer("pocketsphinx")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return say(SENTENCE, tmp_path_factory.mktemp("speech") / "wish.wav")


def write_wav(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


@pytest.mark.parametrize(
    ("voice", "text"),
    [
        ("slt", "cut the noise in half"),
        ("rms", "get rid of the jpeg artifacts"),
        ("awb", "fix the exposure"),
    ],
)
def test_a_spoken_wish_is_written_down_word_for_word(
    recognizer: Recognizer, tmp_path: Path, voice: str, text: str
) -> None:
    heard = recognize(load_audio(say(text, tmp_path / "wish.wav", voice)), recognizer)
    assert heard.text == text
    assert heard.confidence is not None and 0.0 <= heard.confidence <= 1.0


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cd.wav", ("-ar", "44100", "-ac", "2", "-c:a", "pcm_s24le")),
        ("eight.wav", ("-c:a", "pcm_u8")),
        ("wide.wav", ("-ar", "48000", "-c:a", "pcm_s32le")),
        ("float.wav", ("-c:a", "pcm_f32le")),
        ("phone.wav", ("-ar", "8000", "-c:a", "pcm_mulaw")),
        ("talk.mp3", ("-ar", "44100")),
        ("talk.ogg", ("-c:a", "libopus", "-ar", "48000")),
        ("talk.webm", ("-c:a", "libopus", "-ar", "48000")),
        ("talk.m4a", ()),
        ("talk.flac", ("-ac", "2")),
    ],
)
def test_every_format_gives_the_same_sound(
    recording: Path, tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    expected, found = load_audio(recording), load_audio(convert(recording, tmp_path / name, *options))
    assert found.dtype == np.float32 and found.ndim == 1
    assert len(found) == pytest.approx(len(expected), abs=0.12 * RATE_HZ)
    length = min(len(found), len(expected))
    spectra = [np.fft.rfft(one[:length], 2 * length) for one in (expected, found)]
    likeness = np.fft.irfft(spectra[0] * np.conj(spectra[1])).max()
    assert likeness > 0.9 * np.linalg.norm(expected) * np.linalg.norm(found)


def test_resampling_keeps_what_the_new_rate_can_hold_and_nothing_else() -> None:
    seconds = np.arange(44_100) / 44_100
    low, high = (np.sin(2 * np.pi * f * seconds).astype(np.float32) for f in (1000, 10_000))
    expected = np.sin(2 * np.pi * 1000 * np.arange(RATE_HZ) / RATE_HZ)
    assert np.abs(resample(low, 44_100, RATE_HZ) - expected)[200:-200].max() < 1e-3
    assert np.abs(resample(high, 44_100, RATE_HZ))[500:-500].max() < 1e-3


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing.wav", "no such file"),
        ("empty.wav", r"empty \(0 bytes\)"),
        ("text.wav", "not an audio file"),
        ("photo.png", "not an audio file"),
        ("damaged.mp3", "not an audio file, or it is damaged"),
        ("silent.wav", "silent"),
        ("noise.wav", "only a steady sound"),
        ("short.wav", "shorter than"),
        ("long.wav", "at most 60 s"),
        ("hours.wav", "longer than 10 minutes"),
    ],
)
def test_bad_audio_is_one_clear_sentence_and_quick(tmp_path: Path, name: str, sentence: str) -> None:
    need("ffmpeg")
    path, chance = tmp_path / name, np.random.default_rng(0)
    steps = np.repeat(chance.uniform(0.0, 0.5, 6000), 1600)  # ten minutes at 16 kHz, rising and falling like speech
    match name:
        case "missing.wav":
            pass
        case "silent.wav":
            write_wav(path, np.zeros(RATE_HZ))
        case "noise.wav":
            write_wav(path, chance.normal(0, 0.1, 2 * RATE_HZ))
        case "short.wav":
            write_wav(path, chance.normal(0, 0.1, 1000))
        case "long.wav":
            write_wav(path, steps * np.sin(np.arange(len(steps))))
        case "hours.wav":
            write_wav(path, np.tile(steps * np.sin(np.arange(len(steps))), 2), 8 * 1000)
        case _:
            path.write_bytes({"empty.wav": b"", "text.wav": b"hello " * 99}.get(name, chance.bytes(4000)))
    started = time.perf_counter()
    with pytest.raises(ValueError, match=rf"^audio: [^\n]*{sentence}[^\n]*$"):
        load_audio(path)
    assert time.perf_counter() - started < 5.0


def test_a_cut_wav_file_is_read_as_far_as_it_goes(recording: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.wav"
    cut.write_bytes(recording.read_bytes()[: recording.stat().st_size // 2])
    assert 0.3 * RATE_HZ < len(load_audio(cut)) < len(load_audio(recording))


def test_long_silence_is_cut_out(recording: Path, recognizer: Recognizer, tmp_path: Path) -> None:
    speech = load_audio(recording)
    silence = np.zeros(60 * RATE_HZ, np.float32)
    found = load_audio(write_wav(tmp_path / "quiet.wav", np.concatenate([silence, speech, silence])))
    assert len(found) < len(speech) + RATE_HZ
    assert recognizer.transcribe(found).text == SENTENCE


def test_formats_other_than_wav_say_that_ffmpeg_is_missing(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = convert(recording, tmp_path / "talk.mp3")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert len(load_audio(recording)) > 0
    with pytest.raises(ValueError, match=r"^audio: talk\.mp3 [^\n]*ffmpeg[^\n]*missing$"):
        load_audio(talk)


def test_noise_reduction_lowers_the_noise_and_leaves_clean_speech(recording: Path) -> None:
    speech = load_audio(recording)
    noise = np.random.default_rng(0).normal(0, speech.std() * 0.3, len(speech)).astype(np.float32)

    cleaner = Cleaner.from_pretrained(MODELS / "cleaner.safetensors")

    def likeness(samples: np.ndarray) -> float:
        return float(samples @ speech / np.linalg.norm(samples) / np.linalg.norm(speech))

    assert likeness(speech + noise) < 0.965 and likeness(cleaner.clean(speech + noise)) > 0.975
    assert likeness(cleaner.clean(speech)) > 0.99


def test_the_noise_reduction_computes_what_its_network_was_trained_to() -> None:
    import torch

    from controllable.training.speech_cleaner import CleanerNetwork, cleaning_loss

    torch.manual_seed(0)
    network = CleanerNetwork()
    cleaner = Cleaner({name: weight.numpy() for name, weight in network.state_dict().items()})
    x = torch.randn(1, 80, 50)
    with torch.inference_mode():
        gains = network(x)[0].T.numpy()
    assert np.allclose(cleaner._gains(x[0].T.numpy()), gains, atol=1e-5)
    clean = torch.randn(2, 40, 50)
    assert float(cleaning_loss(torch.ones_like(clean), clean, clean)) == 0.0
    assert float(cleaning_loss(torch.full_like(clean, 0.5), clean, clean)) > 0.0


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Reduce the noise by 40%, then 2x!", "reduce the noise by forty percent then two x"),
        ("keep the colours & don't touch 3/4", "keep the colors and don't touch three quarters"),
        ("de-noise 0.25", "denoise zero point two five"),
    ],
)
def test_typed_and_said_words_agree(written: str, spoken: str) -> None:
    assert said(written) == spoken
    assert said(typed(spoken)) == spoken


def test_listen_prints_the_contract(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["listen", str(recording), "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert set(values) == {"transcript", "instruction"}
    assert values["transcript"] == values["instruction"]["prompt"] == SENTENCE
    assert values["instruction"]["tasks"] == {"noise": 0.5}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("missing.wav",), "no such file"),
        (("text.wav",), "not an audio file"),
        (("wish.wav", "--model", "nowhere"), "has no commands.lm"),
        (("wish.wav", "--engine", "transformers", "--model", "nowhere"), "cannot be loaded"),
    ],
)
def test_listen_answers_bad_input_with_one_line_and_a_status(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...], sentence: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("text.wav").write_text("hello")
    Path("wish.wav").write_bytes(recording.read_bytes())
    assert main(["listen", *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.strip().splitlines()) == 1 and sentence in err


def test_a_whisper_checkpoint_is_loaded_from_a_folder_and_runs(recording: Path, tmp_path: Path) -> None:
    _save_tiny_whisper(tmp_path)
    recognizer = load_recognizer("transformers", str(tmp_path))
    assert isinstance(recognizer.transcribe(load_audio(recording)).text, str)


def test_importing_speech_loads_no_heavy_library() -> None:
    import subprocess
    import sys

    code = (
        "import sys, controllable.instruction.speech\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'pocketsphinx')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_probabilities_of_the_language_model_sum_to_one_in_every_context() -> None:
    texts = ["remove the noise", "remove the blur", "keep the noise", "make it bright"]
    arpa = write_arpa(count_ngrams([text.split() for text in texts], 3), least=(1, 1, 1))
    model = _read_arpa(arpa)
    words = [ngram[0] for ngram in model if len(ngram) == 1 and ngram[0] != "<s>"]
    for context in [(), ("remove",), ("remove", "the"), ("the", "noise"), ("bright", "the"), ("<s>", "keep")]:
        assert sum(_chance(model, (*context, word)) for word in words) == pytest.approx(1.0, abs=0.01)


def test_the_recipe_writes_a_model_that_recognises(tmp_path: Path, recording: Path) -> None:
    parser = argparse.ArgumentParser()
    recipe.add_arguments(parser)
    done = recipe.run(parser.parse_args(["--out", str(tmp_path), "--texts", "3000", "--least", "1", "1", "2"]))
    assert done["words"] > 500
    shutil.copy(MODELS / "cleaner.safetensors", tmp_path)
    heard = load_recognizer("pocketsphinx", str(tmp_path)).transcribe(load_audio(recording)).text
    assert "noise" in heard


def test_unknown_words_are_said_by_their_parts_or_not_at_all() -> None:
    known = {"smooth": ("S M UW DH",), "blurry": ("B L ER IY",), "park": ("P AA R K",)}
    assert pronounce("denoise", known)[0] == "D IY N OY Z"
    assert pronounce("oversmoothed", known) == ("OW V ER S M UW DH D",)
    assert pronounce("blurriness", known) == ("B L ER IY N AH S",)
    assert pronounce("parks", known) == ("P AA R K S",)
    assert pronounce("qwxzt", known) == ()


def test_pronunciations_survive_the_file(tmp_path: Path) -> None:
    words = {"the": ("DH AH", "DH IY"), "noise": ("N OY Z",)}
    (tmp_path / "words.dict").write_text(write_dictionary(words))
    assert read_dictionary(tmp_path / "words.dict") == words


def test_misheard_text_keeps_numbers_and_is_replayed_by_its_seed() -> None:
    marked = "denoise the photo by \ue00040%\ue0ff, then sharpen!"
    heard = [mishear(marked, random.Random(seed)) for seed in range(60)]
    assert heard == [mishear(marked, random.Random(seed)) for seed in range(60)]
    assert all("\ue00040%\ue0ff" in one or "\ue000forty percent\ue0ff" in one for one in heard)
    assert any("the noise" in one for one in heard) and len(set(heard)) > 20
    assert not any(character in one for one in heard for character in ",!")
    assert all(word not in others for word, others in HEARD_AS.items())


def test_speech_is_found_between_pauses() -> None:
    tone = 0.3 * np.sin(np.arange(RATE_HZ)).astype(np.float32)
    pause = np.zeros(5 * RATE_HZ, np.float32)
    found = find_speech(np.concatenate([pause, tone, pause, tone, pause]), RATE_HZ)
    assert 2.0 < len(found) / RATE_HZ < 3.5


def _read_arpa(text: str) -> dict[tuple[str, ...], tuple[float, float]]:
    """n-gram → probability, back-off weight."""
    model, size = {}, 0
    for line in text.splitlines():
        if line.endswith("-grams:"):
            size = int(line[1])
        elif size and line and not line.startswith("\\"):
            parts = line.split()
            weight = float(parts[1 + size]) if len(parts) > 1 + size else 0.0
            model[tuple(parts[1 : 1 + size])] = (10.0 ** float(parts[0]), 10.0**weight)
    return model


def _chance(model: dict[tuple[str, ...], tuple[float, float]], ngram: tuple[str, ...]) -> float:
    if ngram in model:
        return model[ngram][0]
    return model.get(ngram[:-1], (0.0, 1.0))[1] * _chance(model, ngram[1:])


def _save_tiny_whisper(folder: Path) -> None:
    """A randomly initialised Whisper with a byte-level tokenizer, as `from_pretrained` reads it."""
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizerFast,
    )  # fmt: skip

    special = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>"]
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(["remove the noise"], vocab_size=300, special_tokens=special)
    bpe.save_model(str(folder))
    tokenizer = WhisperTokenizerFast(str(folder / "vocab.json"), str(folder / "merges.txt"), unk_token=special[0])
    tokenizer.add_special_tokens({"additional_special_tokens": special[1:]})
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in special}
    torch.manual_seed(0)
    config = WhisperConfig(
        vocab_size=len(tokenizer), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_target_positions=32,
        decoder_start_token_id=ids[special[1]], bos_token_id=0, eos_token_id=0, pad_token_id=0,
        suppress_tokens=None, begin_suppress_tokens=None,
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        decoder_start_token_id=ids[special[1]], eos_token_id=0, pad_token_id=0, bos_token_id=0, max_length=12,
        is_multilingual=False, no_timestamps_token_id=ids[special[4]],
    )  # fmt: skip
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
