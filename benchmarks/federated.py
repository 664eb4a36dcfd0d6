"""Is a network learnt together as good as one that learnt from all photos in one place, and better than any alone?

python -m benchmarks.federated --data FOLDER --held-out FOLDER [--out DIR] [--part table drop secure critic many tls]
Four clients with half, a quarter, 15 % and 10 % of the photos, two cameras each; gains in dB over the input on held-out
photos, taken by all eight cameras. Every training is done once for each of --seeds, with other first weights, batches
and drop-outs; tables have the means, and how far the seeds differ. What is there already in --out is not trained again.
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
from typing import Any, get_args

import psutil
import torch
from torch import Tensor, nn

from benchmarks import federated_pictures
from benchmarks.images import head, row
from controllable.training.federation.client import Place, places, warmup
from controllable.training.federation.held_out import hold_out
from controllable.training.federation.settings import Federation, Strategy
from controllable.training.federation.shared import build, take
from controllable.training.fit import FitSettings, Training
from controllable.training.photos import SUFFIXES
from controllable.training.processes import stream
from controllable.training.recipes.cameras import OWN
from controllable.training.recipes.paired import PairedRecipe
from controllable.training.recipes.pairs import Photographed, photograph

CLIENTS = {
    "a": (0.50, "noise=0.1;noise=0.2"),
    "b": (0.25, "noise=0.35;noise=0.45"),
    "c": (0.15, "noise=0.6;noise=0.5,compression=0.3"),
    "d": (0.10, "noise=0.9;noise=0.8,compression=0.4"),
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
    limits = FitSettings(
        steps=steps, rate=settings.rate, every=steps, precision=settings.precision, warmup=warmup(steps)
    )
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
    """Of each of the eight cameras, dB; they take the photos alike, whatever seed the network was trained with."""
    recipe = build(federation, None)
    recipe.network.load_state_dict(weights)
    found = []
    for camera in EVERY_CAMERA.split(";"):
        hold_out(recipe, held_out, camera, seed=0)
        found.append(recipe.evaluate(recipe.network.eval())["gain"])
    return found


class Results:
    """Figures by name, kept in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def put(self, name: str, value: Any) -> Any:
        self.found[name] = value
        self.path.write_text(json.dumps(self.found, indent=1))
        return value

    def gains(self, name: str, seeds: int) -> Tensor:
        """(seeds, cameras), dB."""
        return torch.tensor([self.found[seeded(name, seed)] for seed in range(seeds)])


def seeded(name: str, seed: int) -> str:
    return f"{name}; seed {seed}"


def table(options: argparse.Namespace, results: Results) -> dict[str, float]:
    """Gathered, federated, alone; returns what scaffold gains over the first and over the best of the last, dB."""
    known = places(options.clients, options.out)
    jobs = {"gathered": known} | {f"alone, {place.name}": [place] for place in known}
    with ProcessPoolExecutor(options.workers, get_context("spawn")) as pool:
        trained = {
            (name, seed): pool.submit(gather, one, chosen, folder_of(seeded(name, seed), options))
            for seed, one in enumerate(with_seeds(options.federation, options))
            for name, chosen in jobs.items()
            if seeded(name, seed) not in results.found
        }
        for (name, seed), weights in trained.items():
            results.put(seeded(name, seed), gains(options.federation, weights.result(), options.held_out))
    for name, changed in variants(options.federation).items():
        measured(name, changed, options, results)
    columns("to gathered, dB", "seeds differ by, dB")
    alone = [f"alone, {place.name}" for place in known]
    for name in ("gathered", *variants(options.federation), *alone):
        show(name, "gathered", options, results)
    together, gathered = (results.gains(name, options.seeds).mean(1) for name in ("scaffold", "gathered"))
    best = max((results.gains(name, options.seeds).mean(1) for name in alone), key=lambda found: float(found.mean()))
    found = {}
    for what, than in (("to gathered", gathered), ("to the best client alone", best)):
        found[what] = float((together - than).mean())
        each = ", ".join(f"{difference:+.2f}" for difference in (together - than).tolist())
        print(f"\nscaffold {what}: {found[what]:+.2f} dB (by seed: {each})")
    print()
    return found


def variants(federation: Federation) -> dict[str, Federation]:
    return {strategy: replace(federation, strategy=strategy) for strategy in get_args(Strategy)}


def drop(options: argparse.Namespace, results: Results) -> dict[str, float]:
    """30 % of the clients vanish in the middle of every round; returns what that gains (loses, below 0), dB."""
    federation = replace(options.federation, strategy="scaffold")
    measured("scaffold", federation, options, results)
    name = f"scaffold, {DROPPED:.0%} vanish in every round"
    measured(name, replace(federation, drop=DROPPED, least=1), options, results)
    answers = []
    for seed in range(options.seeds):
        with (folder_of(seeded(name, seed), options) / "log.csv").open(newline="") as stream:
            answers += [float(line["answers"]) for line in csv.DictReader(stream)]
    columns("to none vanishing, dB", "seeds differ by, dB")
    for row_name in ("scaffold", name):
        show(row_name, "scaffold", options, results)
    print(f"\n{sum(answers) / len(answers):.2f} of {len(CLIENTS)} answers a round\n")
    lost = results.gains(name, options.seeds).mean() - results.gains("scaffold", options.seeds).mean()
    return {"30 % vanishing": float(lost)}


def secure(options: argparse.Namespace, results: Results) -> dict[str, float]:
    """The server sees sums alone, of the first seed; returns what that changes, dB."""
    options = first_seed(options)
    plain, hidden = "fedavg", "fedavg, secure"
    measured(plain, options.federation, options, results)
    measured(hidden, replace(options.federation, secure=True, least=3), options, results)
    columns("to plain, dB", "seconds a round")
    for name in (plain, hidden):
        seconds = results.found[f"{seeded(name, 0)}: seconds"] / options.federation.rounds
        show_gains(name, results.gains(name, 1), results.gains(plain, 1), f"{seconds:.1f}")
    return {"secure": float(results.gains(hidden, 1).mean() - results.gains(plain, 1).mean())}


def critic(options: argparse.Namespace, results: Results) -> dict[str, float]:
    """A discriminator that all share, or one for each client, first seed; returns what the latter changes, dB."""
    options = first_seed(options)
    played = replace(options.federation, settings=f"{options.federation.settings},{ADVERSARY}")
    shared, local = (f"with a discriminator, {part}" for part in ("shared", "local"))
    measured(shared, replace(played, critic="shared"), options, results)
    measured(local, replace(played, critic="local"), options, results)
    columns("to shared, dB", "MB sent a client and round")
    for name in (shared, local):
        state = torch.load(folder_of(seeded(name, 0), options) / "round.pt", weights_only=True)
        sent = sum(value.numel() * value.element_size() for value in state["arrays"].values()) / 2**20
        show_gains(name, results.gains(name, 1), results.gains(shared, 1), f"{sent:.2f}")
    return {"local discriminator": float(results.gains(local, 1).mean() - results.gains(shared, 1).mean())}


def many(options: argparse.Namespace, results: Results) -> dict[str, float]:
    """10 and 50 clients on two cores, a fifth of them in each of three rounds; returns seconds and memory, MB, of
    all processes of the 50 clients."""
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
    return {"many clients: seconds": seconds, "many clients: MB": peak_mb}


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


def tls(options: argparse.Namespace, results: Results) -> dict[str, float]:
    """Real processes over TLS; the server is killed in the middle and started again. Returns what that changes, dB."""
    from benchmarks.federated_processes import Deployment

    federation = replace(options.federation, rounds=6, every=6, strategy="scaffold")
    whole, killed = "over TLS, uninterrupted", "over TLS, the server killed after round 3"
    known = places(options.clients, options.out / "tls")
    for name, kill_after in ((whole, None), (killed, 3)):
        if name in results.found:
            continue
        out = folder_of(name, options)
        with Deployment(out, [replace(place, out=out / place.name) for place in known]) as deployment:
            seconds = deployment.train(federation, held_out=options.held_out, kill_after=kill_after)
        results.put(f"{name}: seconds", seconds)
        results.put(name, gains(federation, averaged(federation, out / "server"), options.held_out))
    columns("to uninterrupted, dB", "seconds")
    for name in (whole, killed):
        found, than = (torch.tensor([results.found[each]]) for each in (name, whole))
        show_gains(name, found, than, f"{results.found[f'{name}: seconds']:.0f}")
    return {"killed server": mean(results.found[killed]) - mean(results.found[whole])}


def measured(name: str, federation: Federation, options: argparse.Namespace, results: Results) -> None:
    """Train and look, once for each seed, where that was not done."""
    for seed, one in enumerate(with_seeds(federation, options)):
        run = seeded(name, seed)
        if run in results.found:
            continue
        out = folder_of(run, options)
        seconds = federate(one, options.clients, out, "--workers", str(options.workers))
        results.put(f"{run}: seconds", seconds)
        results.put(run, gains(one, averaged(one, out), options.held_out))


def first_seed(options: argparse.Namespace) -> argparse.Namespace:
    return argparse.Namespace(**{**vars(options), "seeds": 1})


def with_seeds(federation: Federation, options: argparse.Namespace) -> list[Federation]:
    return [replace(federation, seed=seed) for seed in range(options.seeds)]


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


def show(name: str, than: str, options: argparse.Namespace, results: Results) -> None:
    """A row of means over seeds, and how far the largest and the smallest seed's are apart."""
    found = results.gains(name, options.seeds)
    whole = found.mean(1)
    show_gains(name, found, results.gains(than, options.seeds), f"{float(whole.max() - whole.min()):.2f}")


def show_gains(name: str, found: Tensor, than: Tensor, *more: str) -> None:
    """Both (seeds, cameras), dB."""
    pairs = found.mean(0).unflatten(0, (len(CLIENTS), -1)).mean(1).tolist()
    difference = float(found.mean() - than.mean())
    row(name, *(f"{gain:.2f}" for gain in pairs), f"{float(found.mean()):.2f}", f"{difference:+.2f}", *more)


PARTS = {"table": table, "drop": drop, "secure": secure, "critic": critic, "many": many, "tls": tls}


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--data", type=Path, required=True, help="photos to train on")
    found.add_argument("--held-out", type=Path, required=True, help="photos to measure on")
    found.add_argument("--out", type=Path, default=Path("runs/federated_table"))
    found.add_argument("--part", nargs="+", choices=tuple(PARTS), default=["table"])
    found.add_argument("--photos", type=int, default=400)
    found.add_argument("--rounds", type=int, default=150)
    found.add_argument("--local-steps", type=int, default=10)
    found.add_argument("--seeds", type=int, default=3, help="times that each training is repeated")
    found.add_argument("--settings", default="width=16,blocks=2,batch=8,patch_px=48,rate=0.001,precision=fp32")
    found.add_argument("--workers", type=int, default=2)
    found.add_argument("--pictures", type=Path, help="folder for federated.png and federated.jpg, after the table")
    return found


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Print the tables of the parts; returns what these return."""
    options.federation = Federation(
        rounds=options.rounds, local_steps=options.local_steps, settings=options.settings, every=options.rounds
    )
    options.out.mkdir(parents=True, exist_ok=True)
    options.clients = share_out(options.data, options.out / "clients", options.photos, CLIENTS, 0)
    found: dict[str, float] = {}
    for part in options.part:
        found |= PARTS[part](options, Results(options.out / "results.json"))
    if options.pictures:
        draw(options, Results(options.out / "results.json"))
    return found


def draw(options: argparse.Namespace, results: Results) -> None:
    """federated.png and federated.jpg of what `table` measured: gains, and a photo by the first seed's networks, for
    the best and the worst camera, in the order seen, best client alone, fedavg, scaffold, gathered, clean."""
    best = max(
        (f"alone, {client}" for client in CLIENTS), key=lambda name: float(results.gains(name, options.seeds).mean())
    )
    shown = {name: results.gains(name, options.seeds) for name in (best, "fedavg", "scaffold", "gathered")}
    federated_pictures.bars(shown, list(CLIENTS), options.pictures / "federated.png")
    weights = {}
    for name in shown:
        out = folder_of(seeded(name, 0), options)
        if name in variants(options.federation):
            weights[name] = averaged(options.federation, out)
        else:
            weights[name] = torch.load(out / "checkpoint.pt", map_location="cpu", weights_only=True)["network"]
    cameras = [EVERY_CAMERA.split(";")[place] for place in (0, -2)]
    path = options.pictures / "federated.jpg"
    federated_pictures.sheet(build(options.federation, None), weights, options.held_out, cameras, path)


if __name__ == "__main__":
    measure(parser().parse_args())
