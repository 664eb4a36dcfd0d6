"""Is a network learnt together as good as one that learnt from all photos in one place, and better than any alone?

python -m benchmarks.federated --data FOLDER --held-out FOLDER [--out DIR] [--part table drop secure critic many tls]
Four clients with half, a quarter, 15 % and 10 % of the photos, two cameras each; gains in dB over the input on held-out
photos, taken by all eight cameras. Every training is done once for each of --seeds, with other first weights, batches
and drop-outs; tables have the means, and how far the seeds differ. What is there already in --out is not trained again.
"""

import argparse
import csv
import json
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, get_args

import psutil
import torch
from torch import Tensor

from benchmarks import federated_pictures
from benchmarks.federated_runs import (
    CLIENTS,
    EVERY_CAMERA,
    averaged,
    command,
    federate,
    gains,
    gather,
    quiet,
    share_out,
)
from benchmarks.images import head, row
from controllable.training.federation.client import places
from controllable.training.federation.settings import Federation, Strategy
from controllable.training.federation.shared import build
from controllable.training.recipes.cameras import OWN

DROPPED = 0.3
MANY = (10, 50)
ADVERSARY = "adversary=0.02,critic_width=8,warmup=0.3"


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
    best = results.gains(best_alone(options, results), options.seeds).mean(1)
    found = {}
    for what, than in (("to gathered", gathered), ("to the best client alone", best)):
        found[what] = float((together - than).mean())
        each = ", ".join(f"{difference:+.2f}" for difference in (together - than).tolist())
        print(f"\nscaffold {what}: {found[what]:+.2f} dB (by seed: {each})")
    print()
    return found


def best_alone(options: argparse.Namespace, results: Results) -> str:
    """Name of the best of the clients that trained alone."""
    names = [f"alone, {client}" for client in CLIENTS]
    return max(names, key=lambda name: float(results.gains(name, options.seeds).mean()))


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
    best = best_alone(options, results)
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
