"""Does a face stay who it is? On held-out people, through `Enhancer` and prompts alone.

python -m benchmarks.identity --data FOLDER [--part restored|pairs] [--most N] [--sheet OUT.jpg]
FOLDER holds `face_london/` and `face_congress/`. restored: faces enlarged and sharpened; similarity is the embedding's
own, which the guard uses too. pairs: the embedding by itself. --sheet: input, fidelity 1, fidelity 0 and the true
photo of six people, instead of a table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from benchmarks.flaws import enlarged, flawed, shrunk
from benchmarks.images import arguments, head, mean, row, to_pixels
from benchmarks.upscale import FACE_PX, face_crops
from controllable import Enhancer, Task
from controllable.generation.identity import IdentityGuard
from controllable.training.identity import (
    Person,
    accepted_at,
    at_network_size,
    expressions,
    identity_of,
    judge,
    load_people,
    pairs,
    restorations,
    roc_auc,
)

SETS = ("face_london", "face_congress")
CASES: list[tuple[str, str, Callable[[Tensor, int], Tensor]]] = [
    ("16 → 128", "upscale 8x", lambda clean, k: shrunk(clean, 8)),
    ("32 → 128", "upscale 4x", lambda clean, k: shrunk(clean, 4)),
    ("soft 128", "enhance facial details", lambda clean, k: flawed(clean, {Task.DETAIL: 0.7}, k)[0]),
]
"""Name, prompt, and true crop and its number → what is handed in."""
SHEET_PEOPLE = 6


@dataclass(frozen=True, kw_only=True)
class Crops:
    """true: (N, 3, 128, 128); people: (N,), a number for each person."""

    true: Tensor
    people: Tensor


def load_crops(data: Path, most: int | None) -> Crops:
    true, names = [], []
    for name in SETS:
        files = sorted(p for p in (data / name).glob("*") if p.suffix.lower() in (".png", ".jpg"))
        true += face_crops(data / name, most)
        names += [f"{name} {identity_of(file)}" for file in files[:most]]
    known = sorted(set(names))
    return Crops(true=torch.cat(true), people=torch.tensor([known.index(name) for name in names]))


def rank_one(guard: IdentityGuard, pictures: Tensor, crops: Crops) -> list[str]:
    """Mean similarity of (N, 3, 128, 128) to the true photos they show; the share whose nearest true photo, of all
    people's, is one of the same person; and the same without the photo they were made from, for people with several."""
    found, true = (guard.vectors(at_network_size(part)) for part in (pictures, crops.true))
    alike = found @ true.T
    similarity = float(alike.diagonal().mean())
    right = crops.people[alike.argmax(1)] == crops.people
    itself = torch.eye(len(true), dtype=torch.bool)
    several = ((crops.people[:, None] == crops.people[None]) & ~itself).any(1)
    other = (crops.people[alike.masked_fill(itself, -2.0).argmax(1)] == crops.people)[several]
    by_other = f"{float(other.float().mean()):.0%}" if len(other) else "–"
    return [f"{similarity:.3f}", f"{float(right.float().mean()):.0%}", by_other]


def restored(enhancer: Enhancer, crops: Crops) -> None:
    """Bicubic, and ours at both ends of the fidelity slider with the guard on and off."""
    guard = guard_of(enhancer)
    head("faces", "prompt", "method", "similarity", "rank-1", "rank-1 by another photo", "found", "held back")
    for name, prompt, spoil in CASES:
        given = [spoil(true[None], k) for k, true in enumerate(crops.true)]
        wish = enhancer.understand(prompt)
        plain = torch.cat([enlarged(image, (FACE_PX, FACE_PX)) for image in given])
        row(name, prompt, "as given, bicubic", *rank_one(guard, plain, crops), "–", "–")
        for fidelity in (1.0, 0.0):
            for guarded in (False, True):
                results = [enhancer.enhance(image, wish, fidelity=fidelity, guard=guarded) for image in given]
                measured = rank_one(guard, torch.cat([result.image for result in results]), crops)
                faces = [result.identity for result in results]
                found = f"{mean([float(bool(kept)) for kept in faces]):.0%}" if guarded else "–"
                held = f"{mean([float(any(face.held for face in kept)) for kept in faces]):.0%}" if guarded else "–"
                method = f"ours, fidelity {fidelity:.0f}" + ("" if guarded else ", no guard")
                row(name, prompt, method, *measured, found, held)


def embedding(guard: IdentityGuard, data: Path, most: int | None) -> None:
    """The embedding by itself: photos of one person against photos of others, and what its threshold lets pass."""
    network = guard.network
    head("people", "pairs", "ROC AUC", "accepted at 1 % false")
    everyone: list[Person] = []
    for name in SETS:
        people = people_of(data / name, most)
        if len(people) < 2:
            raise SystemExit(f"data: {data / name} shows fewer than two people")
        everyone += people
        before, true, _ = restorations(people, 4, 0)
        vectors = torch.cat((guard.vectors(before), guard.vectors(true)))
        numbers = torch.arange(len(people)).repeat_interleave(4).repeat(2)
        same, other = pairs(vectors, numbers)
        row(name, "one photo, spoilt or not", f"{roc_auc(same, other):.4f}", f"{accepted_at(same, other):.1%}")
        if faces := expressions(network, people):
            row(name, "neutral and smiling", f"{faces['auc_expressions']:.4f}", f"{faces['tar_expressions']:.1%}")
    true_alike, swapped_alike = judge(network, everyone, 0)
    passing = [float((alike >= guard.threshold).float().mean()) for alike in (true_alike, swapped_alike)]
    print(f"\nthreshold {guard.threshold}: {passing[0]:.1%} of true restorations pass, {passing[1]:.1%} of swaps")


def people_of(folder: Path, most: int | None) -> list[Person]:
    """Everybody of a set, none kept aside."""
    files = sorted(p for p in folder.glob("*") if p.suffix.lower() in (".png", ".jpg"))[:most]
    named = {file: identity_of(file) for file in files}
    return [*load_people(named, development=False), *load_people(named, development=True)]


def sheet(enhancer: Enhancer, crops: Crops, out: Path) -> None:
    """One row a person: input, fidelity 1, fidelity 0, true photo; each case has its turn."""
    chosen = torch.linspace(0, len(crops.true) - 1, min(SHEET_PEOPLE, len(crops.true))).long().tolist()
    rows = []
    for place, k in enumerate(chosen):
        _, prompt, spoil = CASES[place % len(CASES)]
        true = crops.true[k : k + 1]
        given = spoil(true, k)
        shown = torch.nn.functional.interpolate(given, (FACE_PX, FACE_PX), mode="nearest")
        results = [enhancer.enhance(given, prompt, fidelity=fidelity).image for fidelity in (1.0, 0.0)]
        rows.append(torch.cat((shown, *results, true), 3))
    Image.fromarray(to_pixels(torch.cat(rows, 2))).save(out, quality=92)


def guard_of(enhancer: Enhancer) -> IdentityGuard:
    if enhancer.guard is None:
        raise SystemExit(f"models: {enhancer.folder} has no folder 'identity'")
    return enhancer.guard


def main(argv: list[str] | None = None) -> None:
    parser = arguments(__doc__)
    parser.add_argument("--part", choices=("restored", "pairs"), default="restored")
    parser.add_argument("--sheet", type=Path, help="write this picture instead of a table")
    options = parser.parse_args(argv)
    enhancer = Enhancer.from_pretrained(options.models)
    if options.part == "pairs":
        embedding(guard_of(enhancer), options.data, options.most)
        return
    crops = load_crops(options.data, options.most)
    if options.sheet:
        sheet(enhancer, crops, options.sheet)
    else:
        restored(enhancer, crops)


if __name__ == "__main__":
    main()
