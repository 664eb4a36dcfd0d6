"""Training one network on photos that stay where they are: a server averages what clients learnt from their own.

python -m controllable train federated --data FOLDER [--rounds N] [--strategy fedprox] [--secure]

FOLDER has one sub-folder of photos for each client. This plays all of them on one machine, by Flower's simulation; the
same two apps run as real processes, over TLS: see examples/federation.
"""

import argparse
import logging
import os
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch

from controllable.training.federation.client import Place, places
from controllable.training.federation.settings import Federation
from controllable.training.recipes.cameras import OWN

os.environ.setdefault("FLWR_TELEMETRY_ENABLED", "0")  # read when flwr is imported: nothing is sent to anybody
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # what Ray will do anyhow, and warns of
try:
    from flwr.app import Context
    from flwr.serverapp import Grid, ServerApp

    from controllable.training.federation.answering import client_app
    from controllable.training.federation.server import Server
except ModuleNotFoundError as missing:
    if (missing.name or "").partition(".")[0] != "flwr":
        raise
    raise ValueError("federated: flwr is not installed; pip install -r requirements-federated.txt") from None

__all__ = ["add_arguments", "client_app", "run", "server_app", "simulate"]
RAY_STORE_BYTES = 200 * 2**20


def server_app() -> ServerApp:
    """The server of real processes; the run's configuration holds the federation's settings, and `out`, `evaluate`
    and `cameras`."""
    app = ServerApp()

    @app.main()
    def main(grid: Grid, context: Context) -> None:
        logging.getLogger("flwr").setLevel(logging.WARNING)
        config = dict(context.run_config)
        out, held_out = Path(str(config.pop("out"))), str(config.pop("evaluate", ""))
        cameras = str(config.pop("cameras", OWN))
        try:
            federation = Federation(**{name.replace("-", "_"): value for name, value in config.items()})
            server = Server(federation, out, held_out=Path(held_out) if held_out else None, cameras=cameras)
            print(f"weights: {server.run(grid)}", flush=True)
        except (ValueError, OSError) as error:
            print(f"controllable: {' '.join(str(error).split())}", flush=True)
            raise  # for Flower to call the run failed

    return app


def simulate(
    federation: Federation, known: Sequence[Place], out: Path, *, held_out: Path | None = None, cameras: str = OWN,
    workers: int = 2, device: str = "cpu",
) -> Path:  # fmt: skip
    """Play server and clients on this machine, `workers` clients at a time; returns the folder of the weights."""
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("device: cuda is not there, only cpu is")
    if len(known) < federation.least:
        raise ValueError(f"clients: {len(known)} are fewer than the {federation.least} that a round needs")
    from flwr.simulation import run_simulation

    logging.getLogger("flwr").setLevel(logging.CRITICAL)
    server = Server(federation, out, held_out=held_out, cameras=cameras, expected=len(known))
    made: list[Path] = []
    app = ServerApp()

    @app.main()
    def main(grid: Grid, context: Context) -> None:
        made.append(server.run(grid))

    run_simulation(
        app,
        client_app(known, device),
        len(known),
        backend_config={
            "init_args": {
                "num_cpus": workers, "object_store_memory": RAY_STORE_BYTES, "include_dashboard": False,
                "logging_level": logging.ERROR, "log_to_driver": False,
            },
            "client_resources": {"num_cpus": 1, "num_gpus": 1.0 / workers if device == "cuda" else 0.0},
        },
    )  # fmt: skip
    return made[0]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where photos and results are, then one argument a setting of the federation."""
    parser.add_argument("--data", type=Path, required=True, help="one sub-folder of photos for each client")
    parser.add_argument("--out", type=Path, default=Path("runs/federated"), help="rounds, log, clients and weights")
    parser.add_argument("--evaluate", type=Path, help="folder of photos that no client has")
    parser.add_argument("--cameras", default=OWN, help="that take the photos to evaluate on, as a cameras.txt has them")
    parser.add_argument("--workers", type=int, default=2, help="clients that train at the same time")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="that clients train on")
    for field in fields(Federation):
        option, text = f"--{field.name.replace('_', '-')}", f"{field.metadata['help']} ({field.default})"
        if isinstance(field.default, bool):
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=field.default, help=text)
        else:
            parser.add_argument(option, type=type(field.default), default=field.default, help=text.replace("%", "%%"))


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Simulate, and say where the weights are."""
    federation = Federation(**{field.name: getattr(arguments, field.name) for field in fields(Federation)})
    weights = simulate(
        federation, places(arguments.data, arguments.out), arguments.out,
        held_out=arguments.evaluate, cameras=arguments.cameras, workers=arguments.workers,
        device=arguments.device,
    )  # fmt: skip
    return {"weights": str(weights)}
