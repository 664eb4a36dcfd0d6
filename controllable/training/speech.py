"""Recipe "speech": what the embedded recogniser expects to hear, from the instruction corpus alone.

Writes a trigram model (commands.lm) and the pronunciation of its words (commands.dict); the acoustic model is
PocketSphinx's own. python -m controllable train speech --out models/speech
"""

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from controllable.instruction.speech.spoken import number_words, said
from controllable.training.arpa import count_ngrams, write_arpa
from controllable.training.grammar import MARK_BASE, MARK_END
from controllable.training.grammar_en import ENGLISH
from controllable.training.pronunciation import pronounce, read_dictionary, write_dictionary
from controllable.training.scenes import Labels, Writer

_MARKS = re.compile(f"[{chr(MARK_BASE)}-{MARK_END}]")
_CHINESE = re.compile("[\u3000-\u9fff\uf900-\ufaff]")
SHORT, SHORT_WEIGHT = 8, 4
"""Texts up to so many words count so many times: people speak short wishes, the corpus is for reading long ones too."""
LINKS = "and also plus as well then first with the but please thanks a an point half third thirds quarters percent x"
"""Words that the grammar writes between clauses and in numbers; the rest of the vocabulary is in its tables."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="folder for commands.lm and commands.dict")
    parser.add_argument("--texts", type=int, default=200_000, help="texts drawn from the corpus, Chinese ones included")
    parser.add_argument("--least", type=int, nargs=3, default=(40, 4, 10), help="rarer words, bi-, trigrams are out")
    parser.add_argument("--seed", type=int, default=0)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Count, smooth, write; the numbers of n-grams and words."""
    from pocketsphinx import get_model_path

    known = read_dictionary(Path(get_model_path("en-us/cmudict-en-us.dict")))
    texts = [said(text) for text in english(arguments.texts, random.Random(arguments.seed))]
    seen = Counter(word for text in texts for word in text.split())
    often = sorted(word for word in vocabulary() if seen[word] >= arguments.least[0])
    words = {word: spoken for word in often if (spoken := pronounce(word, known))}
    model = write_arpa(count_ngrams(sentences(texts, words), 3), least=(1, *arguments.least[1:]))
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "commands.lm").write_text(model, encoding="utf-8")
    (arguments.out / "commands.dict").write_text(write_dictionary(words), encoding="utf-8")
    sizes = [int(size) for size in re.findall(r"^ngram \d=(\d+)$", model, re.MULTILINE)]
    return {"out": str(arguments.out), "words": len(words), "ngrams": sizes, "bytes": len(model)}


def english(count: int, rng: random.Random) -> Iterator[str]:
    """The texts without Chinese characters among `count` of the corpus, before typing errors are made in them."""
    texts = (Writer(rng, Labels()).write(damaged=False) for _ in range(count))
    return (_MARKS.sub("", text) for text in texts if not _CHINESE.search(text))


def vocabulary() -> set[str]:
    """Every word the English tables can write."""
    numbers = (number_words(value) for value in range(1, 101))
    return {word for text in (*_strings(ENGLISH), LINKS, *numbers) for word in said(text).split()}


def sentences(texts: Iterable[str], words: Mapping[str, Any]) -> Iterator[list[str | None]]:
    """`said` texts, split; None for a word that cannot be heard."""
    for text in texts:
        if text:
            heard = [word if word in words else None for word in text.split()]
            yield from [heard] * (SHORT_WEIGHT if len(heard) <= SHORT else 1)


def _strings(value: object) -> Iterator[str]:
    """Every string inside a Language, its slots taken out."""
    if isinstance(value, str):
        yield re.sub(r"\{\w+\}", " ", value)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _strings(part)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from _strings(getattr(value, name))
