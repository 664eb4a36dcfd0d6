"""Sentences → a back-off n-gram model as ARPA text, the format that every recogniser reads.

Interpolated Kneser-Ney needs more care with pruning than it brings here; this is Witten-Bell smoothing (Witten & Bell
1991; Chen & Goodman 1998, section 2.5) written as back-off: P(w | h) = (c(hw) + T(h)·P(w | h')) / (c(h) + T(h)),
where T(h) is the number of different words seen after h.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

START, END = "<s>", "</s>"
Ngram = tuple[str, ...]


def count_ngrams(sentences: Iterable[Sequence[str | None]], order: int) -> list[Counter[Ngram]]:
    """Counts of the n-grams of 1, 2, …, `order` words; None in a sentence is a word outside the vocabulary."""
    counts: list[Counter[Ngram]] = [Counter() for _ in range(order)]
    for sentence in sentences:
        words = [START, *sentence, END]
        for size in range(1, order + 1):
            for at in range(len(words) - size + 1):
                ngram = words[at : at + size]
                if None not in ngram:
                    counts[size - 1][tuple(ngram)] += 1  # type: ignore[arg-type]
    del counts[0][(START,)]
    return counts


def write_arpa(counts: Sequence[Mapping[Ngram, int]], *, least: Sequence[int]) -> str:
    """The model as ARPA text; n-grams of n words seen fewer than `least[n - 1]` times are left to back-off.

    Probabilities are base-10 logarithms, back-off weights chosen so that every context sums to 1.
    """
    unigrams = counts[0]
    total, kinds = sum(unigrams.values()), len(unigrams)
    chances: list[dict[Ngram, float]] = [
        {ngram: (count + 1.0) / (total + kinds) for ngram, count in unigrams.items()}  # Laplace: no word is impossible
    ]
    weights: list[dict[Ngram, float]] = []
    for size in range(2, len(counts) + 1):
        kept = {ngram: count for ngram, count in counts[size - 1].items() if count >= least[size - 1]}
        follow: dict[Ngram, list[tuple[Ngram, int]]] = defaultdict(list)
        for ngram, count in kept.items():
            if size == 2 or ngram[:-1] in chances[-1]:
                follow[ngram[:-1]].append((ngram, count))
        level: dict[Ngram, float] = {}
        weight: dict[Ngram, float] = {}
        for context, ngrams in follow.items():
            seen, different = sum(count for _, count in ngrams), len(ngrams)
            for ngram, count in ngrams:
                lower = _chance(chances, weights, ngram[1:])
                level[ngram] = (count + different * lower) / (seen + different)
            left = max(1.0 - sum(level[ngram] for ngram, _ in ngrams), 1e-6)
            covered = sum(_chance(chances, weights, ngram[1:]) for ngram, _ in ngrams)
            weight[context] = left / max(1.0 - covered, 1e-6)
        chances.append(level)
        weights.append(weight)
    return _format(chances, weights)


def _chance(chances: Sequence[Mapping[Ngram, float]], weights: Sequence[Mapping[Ngram, float]], ngram: Ngram) -> float:
    """P(last word | the words before), by the levels that are finished."""
    if ngram in chances[len(ngram) - 1]:
        return chances[len(ngram) - 1][ngram]
    backoff = weights[len(ngram) - 2].get(ngram[:-1], 1.0)
    return backoff * _chance(chances, weights, ngram[1:])


def _format(chances: Sequence[Mapping[Ngram, float]], weights: Sequence[Mapping[Ngram, float]]) -> str:
    lines = ["\\data\\"]
    sizes = [len(level) for level in chances]
    sizes[0] += 1
    lines += [f"ngram {size}={count}" for size, count in enumerate(sizes, 1)]
    for size, level in enumerate(chances, 1):
        lines += ["", f"\\{size}-grams:"]
        backoffs = weights[size - 1] if size <= len(weights) else {}
        if size == 1:
            lines.append(f"-99 {START} {_log(backoffs.get((START,), 1.0))}")
        for ngram in sorted(level):
            ending = f" {_log(backoffs.get(ngram, 1.0))}" if size < len(chances) else ""
            lines.append(f"{_log(level[ngram])} {' '.join(ngram)}{ending}")
    return "\n".join([*lines, "", "\\end\\", ""])


def _log(value: float) -> str:
    """Two decimals: a recogniser weighs acoustics by more than this rounds away, and the file is a fifth smaller."""
    return f"{math.log10(value):.2f}".rstrip("0").rstrip(".")
