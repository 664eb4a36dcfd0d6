"""A federation of real processes on this machine: Flower's SuperLink, a SuperNode for each client, TLS between them."""

import datetime
import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO

import psutil
import torch
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from controllable.training.federation.client import Place
from controllable.training.federation.settings import Federation

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "examples" / "federation"
BIN = Path(sys.executable).parent


class Deployment:
    """Processes that end with the `with` block; their output is in `folder`/logs.

    wait_s: after which a training that does not end is given up, with RuntimeError.
    """

    def __init__(self, folder: Path, clients: Sequence[Place], *, wait_s: float = 1800.0) -> None:
        self.folder, self.clients, self.wait_s = folder.resolve(), clients, wait_s
        self.port = _free_port()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.logs: list[IO[bytes]] = []

    def __enter__(self) -> "Deployment":
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        write_certificates(self.folder)
        home = self.folder / "flwr"
        home.mkdir(exist_ok=True)
        (home / "config.toml").write_text(
            f'[superlink]\ndefault = "here"\n\n[superlink.here]\naddress = "127.0.0.1:{self.port}"\n'
            f'root-certificates = "{self.folder / "ca.pem"}"\n'
        )
        self.start_server()
        for client in self.clients:
            self.start_client(client)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in list(self.running):
            self.kill(name)
        for log in self.logs:
            log.close()

    def start_server(self) -> None:
        files = {"certfile": "server.pem", "keyfile": "server.key", "ca-certfile": "ca.pem"}
        tls = [part for name, file in files.items() for part in (f"--ssl-{name}", str(self.folder / file))]
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--database", str(self.folder / "link.db")]
        self._start("superlink", ["flower-superlink", *where, *tls, "--disable-runtime-dependency-installation"])

    def start_client(self, client: Place) -> None:
        values = {
            "name": client.name,
            "data": client.data.resolve(),
            "out": client.out.resolve(),
            "cameras": client.cameras,
        }
        node = " ".join(f'{name}="{value}"' for name, value in values.items())
        link = ["--superlink", f"127.0.0.1:{self.port}", "--root-certificates", str(self.folder / "ca.pem")]
        self._start(
            f"client_{client.name}",
            ["flower-supernode", *link, "--node-config", node, "--port", str(_free_port())],
        )

    def kill(self, name: str) -> None:
        """SIGKILL for the process and all that it started."""
        process = self.running.pop(name)
        family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.kill()
        for member in family:
            try:
                member.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
        process.wait()

    def train(self, federation: Federation, *, held_out: Path | None = None, kill_after: int | None = None) -> float:
        """Seconds until the last round; kill_after: the server is killed after this round, and started again."""
        begun, until = time.monotonic(), time.monotonic() + self.wait_s
        self._submit(federation, held_out)
        while (done := self.rounds_done()) < federation.rounds or not self._weights_are_there():
            if time.monotonic() > until:
                raise RuntimeError(f"no end after {self.wait_s:g} s, in round {done}; see {self.folder / 'logs'}")
            if kill_after is not None and done >= kill_after:
                kill_after = None
                self.kill("superlink")
                self.start_server()
                self._submit(federation, held_out)
            time.sleep(0.5)
        return time.monotonic() - begun

    def rounds_done(self) -> int:
        """Of the server's file; 0 before there is one."""
        path = self.folder / "server" / "round.pt"
        return int(torch.load(path, weights_only=True)["done"]) if path.exists() else 0

    def _weights_are_there(self) -> bool:
        return (self.folder / "server" / "weights" / "model.safetensors").exists()

    def _submit(self, federation: Federation, held_out: Path | None) -> None:
        """`flwr run`, as soon as the server listens."""
        values = {"out": str(self.folder / "server"), "evaluate": str(held_out.resolve()) if held_out else ""}
        values |= {name.replace("_", "-"): value for name, value in asdict(federation).items()}
        text = " ".join(f"{name}={json.dumps(value)}" for name, value in values.items())
        self._wait_for_port()
        found = subprocess.run(
            [str(BIN / "flwr"), "run", str(APP), "here", "--run-config", text],
            env=self._environment(), capture_output=True, text=True, cwd=self.folder,
        )  # fmt: skip
        if found.returncode:
            raise RuntimeError(f"flwr run: {found.stdout}{found.stderr}")

    def _wait_for_port(self) -> None:
        """Until the server listens, a minute at most."""
        for _ in range(240):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.25)
        raise RuntimeError(f"the server did not start; see {self.folder / 'logs'}")

    def _start(self, name: str, command: Sequence[str]) -> None:
        log = (self.folder / "logs" / f"{name}.txt").open("ab")
        self.logs.append(log)
        self.running[name] = subprocess.Popen(
            [str(BIN / command[0]), *command[1:]],
            env=self._environment(), stdout=log, stderr=log, cwd=self.folder,
        )  # fmt: skip

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
        mine = {"FLWR_HOME": str(self.folder / "flwr"), "FLWR_TELEMETRY_ENABLED": "0", "OMP_NUM_THREADS": "1"}
        return {**os.environ, **mine, "PYTHONPATH": path, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def write_certificates(folder: Path) -> None:
    """ca.pem, server.pem and server.key for 127.0.0.1 and localhost, good for a day."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a federation's authority")])
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    root = _signed(issuer, issuer, authority.public_key(), authority, x509.BasicConstraints(ca=True, path_length=None))
    leaf = _signed(subject, issuer, key.public_key(), authority, names)
    (folder / "ca.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    (folder / "server.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    authority: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .sign(authority, hashes.SHA256())
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
