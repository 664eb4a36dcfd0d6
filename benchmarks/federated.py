"""Is a network learnt together as good as one that learnt from all photos in one place, and better than any alone?

python -m benchmarks.federated --data FOLDER --held-out FOLDER [--out DIR] [--part table drop secure critic many tls]
Four clients with half, a quarter, 15 % and 10 % of the photos, two cameras each; gains in dB over the input on held-out
photos, taken by all eight cameras. What is there already in --out is not trained again.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
import torch
from torch import Tensor, nn

from benchmarks.images import head, row
from controllable.training.federation.client import Place, places, warmup
from controllable.training.federation.held_out import hold_out
from controllable.training.federation.settings import Federation
from controllable.training.federation.shared import build, take
from controllable.training.fit import FitSettings, Training
from controllable.training.photos import SUFFIXES
from controllable.training.processes import stream
from controllable.training.recipes.cameras import OWN
from controllable.training.recipes.paired import PairedRecipe
from controllable.training.recipes.pairs import Photographed, photograph

CLIENTS = {
    "a": (0.50, "noise=0.1;noise=0.4"),
    "b": (0.25, "noise=0.25;noise=0.8,compression=0.6"),
    "c": (0.15, "noise=0.9;noise=0.2,compression=0.7"),
    "d": (0.10, "noise=0.6;noise=0.5,compression=0.8"),
}
"""Share of the photos, and cameras; severities as in `task.UNITS`: noise=0.5 has a standard deviation of 25 of 255."""
EVERY_CAMERA = ";".join(cameras for _, cameras in CLIENTS.values())
STRETCH = 100
"""Steps after which a training in one place writes a checkpoint."""
DROPPED = 0.3
MANY = (10, 50)
ADVERSARY = "adversary=0.02,critic_width=8,warmup=0.3"


class Pooled:
    """All these clients' photos in one place: each picture of a batch is a client's with the chance of its share."""

    def __init__(self, recipes: Sequence[PairedRecipe]) -> None:
        self.recipes, self.network = recipes, recipes[0].network
        self.state, self.load_state = recipes[0].state, recipes[0].load_state
        self._shares = torch.tensor([float(len(recipe.photos)) for recipe in recipes])

    def batches(self, start: int) -> Iterator[Photographed]:
        settings = self.recipes[0].settings
        for number in count(start):
            chance = stream(self.recipes[0].seed, number, 0)
            owners = torch.multinomial(self._shares, settings.batch, replacement=True, generator=chance)
            parts = []
            for place, recipe in enumerate(self.recipes):
                if size := int((owners == place).sum()):
                    clean = recipe.photos.sample(size, settings.patch_px, chance).crops[:, 0]
                    parts.append(photograph(clean, recipe.camera, chance, number))
            seen, clean = (torch.cat([getattr(part, name) for part in parts]) for name in ("seen", "clean"))
            yield Photographed(seen=seen, clean=clean, kernel=None, step=number)

    def loss(self, network: nn.Module, batch: Photographed) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        return self.recipes[0].loss(network, batch)

    def evaluate(self, network: nn.Module) -> dict[str, float]:
        return {"score": 0.0}


def share_out(data: Path, folder: Path, photos: int, clients: Mapping[str, tuple[float, str]], seed: int) -> Path:
    """Links to `photos` photos below `data`, chosen and shared out at random, a sub-folder for each client."""
    files = sorted(path for path in data.rglob("*") if path.suffix.lower() in SUFFIXES)
    chosen = random.Random(seed).sample(files, min(photos, len(files)))
    begun = 0.0
    for name, (share, cameras) in clients.items():
        part = chosen[round(begun * len(chosen)) : round((begun + share) * len(chosen))]
        begun += share
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "cameras.txt").write_text(cameras)
        for path in part:
            link = folder / name / f"{path.parent.name}_{path.name}"
            link.unlink(missing_ok=True)
            link.symlink_to(path.resolve())
    return folder


def gather(federation: Federation, chosen: Sequence[Place], out: Path) -> dict[str, Tensor]:
    """Train on these clients' photos in one place, as many steps as each takes in a federation."""
    torch.set_num_threads(1)
    torch.manual_seed(federation.seed)
    recipes = [
        build(federation, place.data, cameras_text=place.cameras, seed=federation.seed, workers=0) for place in chosen
    ]
    settings, steps = recipes[0].settings, federation.steps
    limits = FitSettings(steps=steps, rate=settings.rate, every=steps, precision="fp32", warmup=warmup(steps))
    pooled = Pooled(recipes)
    training = Training(pooled, limits, out)
    training.resume()
    while training.step < steps:
        training.advance(min(steps, training.step + STRETCH))
    return {name: value.cpu() for name, value in pooled.network.state_dict().items()}


def federate(federation: Federation, data: Path, out: Path, *more: str) -> float:
    """Run the command, in a process of its own; seconds it took."""
    begun = time.monotonic()
    subprocess.run(command(federation, data, out, *more), check=True, env=quiet())
    return time.monotonic() - begun


def command(federation: Federation, data: Path, out: Path, *more: str) -> list[str]:
    plain, known = Federation(), vars(federation)
    changed = [name for name, value in vars(plain).items() if known[name] != value]
    options = [f"--{'' if known[name] is not False else 'no-'}{name.replace('_', '-')}" for name in changed]
    values = [[] if isinstance(known[name], bool) else [str(known[name])] for name in changed]
    given = [part for option, value in zip(options, values, strict=True) for part in (option, *value)]
    where = ["--data", str(data), "--out", str(out)]
    return [sys.executable, "-m", "controllable", "train", "federated", *where, *given, *more]


def quiet() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def averaged(federation: Federation, out: Path) -> dict[str, Tensor]:
    """The network of a federation's last round."""
    recipe = build(federation, None)
    state = torch.load(out / "round.pt", map_location="cpu", weights_only=True)
    take(recipe, federation, {name: value.numpy() for name, value in state["arrays"].items()})
    return dict(recipe.network.state_dict())


@torch.inference_mode()
def gains(federation: Federation, weights: Mapping[str, Tensor], held_out: Path) -> list[float]:
    """Of each of the eight cameras, dB."""
    recipe = build(federation, None)
    recipe.network.load_state_dict(weights)
    found = []
    for camera in EVERY_CAMERA.split(";"):
        hold_out(recipe, held_out, camera, seed=federation.seed)
        found.append(recipe.evaluate(recipe.network.eval())["gain"])
    return found


class Results:
    """Figures by name, kept in a file; `get` makes those that are not there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def put(self, name: str, value: Any) -> Any:
        self.found[name] = value
        self.path.write_text(json.dumps(self.found, indent=1))
        return value


def table(options: argparse.Namespace, results: Results) -> None:
    """Gathered, federated, alone."""
    data, federation = options.clients, options.federation
    known = places(data, options.out)
    jobs = {"gathered": known} | {f"alone, {place.name}": [place] for place in known}
    left = {name: chosen for name, chosen in jobs.items() if name not in results.found}
    with ProcessPoolExecutor(options.workers, get_context("spawn")) as pool:
        trained = {
            name: pool.submit(gather, federation, chosen, options.out / "gathered" / name.replace(", ", "_"))
            for name, chosen in left.items()
        }
        for name, weights in trained.items():
            results.put(name, gains(federation, weights.result(), options.held_out))
    for name, changed in variants(federation).items():
        measured(name, changed, options, results)
    columns("to gathered, dB")
    rows = ["gathered", *variants(federation), *(f"alone, {place.name}" for place in known)]
    whole = mean(results.found["gathered"])
    for name in rows:
        show(name, results.found[name], whole)
    alone = max(mean(results.found[f"alone, {place.name}"]) for place in known)
    print(f"\nfederated to gathered {mean(results.found['fedavg']) - whole:+.2f} dB; "
          f"to the best client alone {mean(results.found['fedavg']) - alone:+.2f} dB\n")  # fmt: skip


def variants(federation: Federation) -> dict[str, Federation]:
    return {"fedavg": federation, "fedprox": replace(federation, strategy="fedprox")}


def drop(options: argparse.Namespace, results: Results) -> None:
    """30 % of the clients vanish in the middle of every round."""
    measured("fedavg", options.federation, options, results)
    name = f"fedavg, {DROPPED:.0%} vanish in every round"
    measured(name, replace(options.federation, drop=DROPPED, least=1), options, results)
    with (folder_of(name, options) / "log.csv").open(newline="") as stream:
        answers = [float(line["answers"]) for line in csv.DictReader(stream)]
    columns("to none vanishing, dB")
    for row_name in ("fedavg", name):
        show(row_name, results.found[row_name], mean(results.found["fedavg"]))
    print(f"\n{sum(answers) / len(answers):.2f} of {len(CLIENTS)} answers a round\n")


def secure(options: argparse.Namespace, results: Results) -> None:
    """The server sees sums alone."""
    measured("fedavg", options.federation, options, results)
    measured("fedavg, secure", replace(options.federation, secure=True, least=3), options, results)
    columns("to plain, dB", "seconds a round")
    for name in ("fedavg", "fedavg, secure"):
        seconds = results.found[f"{name}: seconds"] / options.federation.rounds
        show(name, results.found[name], mean(results.found["fedavg"]), f"{seconds:.1f}")


def critic(options: argparse.Namespace, results: Results) -> None:
    """A discriminator that all share, or one for each client."""
    played = replace(options.federation, settings=f"{options.federation.settings},{ADVERSARY}")
    kinds = {f"with a critic, {part}": replace(played, critic=part) for part in ("shared", "local")}
    for name, federation in kinds.items():
        measured(name, federation, options, results)
    head(
        "training",
        *(f"cameras of {name}" for name in CLIENTS),
        "all, dB",
        "to shared, dB",
        "MB sent a client and round",
    )
    for name in kinds:
        state = torch.load(folder_of(name, options) / "round.pt", weights_only=True)
        sent = sum(value.numel() * value.element_size() for value in state["arrays"].values()) / 2**20
        show(name, results.found[name], mean(results.found["with a critic, shared"]), f"{sent:.2f}")


def many(options: argparse.Namespace, results: Results) -> None:
    """10 and 50 clients on two cores, a fifth of them in each of three rounds; memory of all processes together."""
    head("clients", "asked in a round", "rounds", "seconds", "peak MB, all processes")
    federation = replace(options.federation, rounds=3, local_steps=4, fraction=0.2, every=3)
    for clients in MANY:
        name = f"{clients} clients"
        if name not in results.found:
            shares = {f"client{number:02}": (1.0 / clients, OWN) for number in range(clients)}
            data = share_out(options.data, options.out / f"many{clients}", clients * 6, shares, 0)
            results.put(name, watched(command(federation, data, folder_of(name, options))))
        seconds, peak_mb = results.found[name]
        row(clients, round(clients * federation.fraction), federation.rounds, f"{seconds:.0f}", f"{peak_mb:.0f}")


def watched(line: Sequence[str]) -> tuple[float, float]:
    """Run a command; its seconds, and the peak of its and its children's memory, MB."""
    begun, peak_mb = time.monotonic(), 0.0
    running = psutil.Popen(line, env=quiet(), stdout=subprocess.DEVNULL)
    while running.poll() is None:
        peak_mb = max(peak_mb, family_mb(running))
        time.sleep(0.5)
    if running.returncode:
        raise SystemExit(running.returncode)
    return time.monotonic() - begun, peak_mb


def tls(options: argparse.Namespace, results: Results) -> None:
    """Real processes over TLS; the server is killed in the middle and started again."""
    from benchmarks.federated_processes import Deployment

    federation = replace(options.federation, rounds=6, every=1)
    known = places(options.clients, options.out / "tls")
    for name, kill_after in (("uninterrupted", None), ("killed after round 3", 3)):
        if name in results.found:
            continue
        out = options.out / "tls" / name.replace(" ", "_")
        with Deployment(out, [replace(place, out=out / place.name) for place in known]) as deployment:
            seconds = deployment.train(federation, held_out=options.held_out, kill_after=kill_after)
        results.put(f"{name}: seconds", seconds)
        results.put(name, gains(federation, averaged(federation, out / "server"), options.held_out))
    head(
        "processes over TLS", *(f"cameras of {name}" for name in CLIENTS), "all, dB", "to uninterrupted, dB", "seconds"
    )
    for name in ("uninterrupted", "killed after round 3"):
        seconds = results.found[f"{name}: seconds"]
        show(name, results.found[name], mean(results.found["uninterrupted"]), f"{seconds:.0f}")


def measured(name: str, federation: Federation, options: argparse.Namespace, results: Results) -> None:
    if name in results.found:
        return
    out = folder_of(name, options)
    results.put(f"{name}: seconds", federate(federation, options.clients, out, "--workers", str(options.workers)))
    results.put(name, gains(federation, averaged(federation, out), options.held_out))


def folder_of(name: str, options: argparse.Namespace) -> Path:
    return Path(options.out) / "".join(letter if letter.isalnum() else "_" for letter in name)


def family_mb(process: psutil.Process) -> float:
    """Memory of a process and all below it, what they share counted once."""
    total = 0.0
    for member in (process, *process.children(recursive=True)):
        try:
            total += member.memory_full_info().pss / 2**20
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def columns(*more: str) -> None:
    head("training", *(f"cameras of {name}" for name in CLIENTS), "all, dB", *more)


def show(name: str, found: Sequence[float], than: float, *more: str) -> None:
    pairs = [f"{mean(found[place : place + 2]):.2f}" for place in range(0, len(found), 2)]
    row(name, *pairs, f"{mean(found):.2f}", f"{mean(found) - than:+.2f}", *more)


PARTS = {"table": table, "drop": drop, "secure": secure, "critic": critic, "many": many, "tls": tls}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="photos to train on")
    parser.add_argument("--held-out", type=Path, required=True, help="photos to measure on")
    parser.add_argument("--out", type=Path, default=Path("runs/federated_table"))
    parser.add_argument("--part", nargs="+", choices=tuple(PARTS), default=["table"])
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--local-steps", type=int, default=10)
    parser.add_argument("--settings", default="width=16,blocks=2,batch=8,patch_px=48,rate=0.002")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    options.federation = Federation(
        rounds=options.rounds, local_steps=options.local_steps, settings=options.settings, every=options.rounds
    )
    options.out.mkdir(parents=True, exist_ok=True)
    options.clients = share_out(options.data, options.out / "clients", options.photos, CLIENTS, 0)
    for part in options.part:
        PARTS[part](options, Results(options.out / "results.json"))


if __name__ == "__main__":
    main()
