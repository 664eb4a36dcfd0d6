"""A federation's server: it asks, looks at what comes back, averages, and keeps what it has."""

import random
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from flwr.app import ArrayRecord, ConfigRecord, Message, MessageType, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import (
    DifferentialPrivacyClientSideFixedClipping,
    DifferentialPrivacyServerSideFixedClipping,
    FedAvg,
    FedProx,
    Strategy,
)
from flwr.supercore.differential_privacy import add_gaussian_noise_inplace, compute_stdv

from controllable.training.federation import secure
from controllable.training.federation.accounting import epsilon
from controllable.training.federation.checks import Update, flaw, outliers, shortened
from controllable.training.federation.held_out import hold_out
from controllable.training.federation.messages import from_record, to_record
from controllable.training.federation.rounds import Rounds
from controllable.training.federation.settings import Federation
from controllable.training.federation.shared import Arrays, build, fingerprint, gradients, shared, take
from controllable.training.logbook import Logbook
from controllable.training.recipes.cameras import OWN

NOISY = (DifferentialPrivacyClientSideFixedClipping, DifferentialPrivacyServerSideFixedClipping)


class _Asking(FedAvg):
    """FedAvg that asks those clients which the server chose, with scaffold's correction for each that has one."""

    chosen: Sequence[int] = ()
    corrections: Mapping[int, Arrays] = {}

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        config["server-round"] = server_round
        alike = {self.arrayrecord_key: arrays, self.configrecord_key: config}
        messages = []
        for node in self.chosen:
            content = RecordDict(dict(alike))
            if correction := self.corrections.get(node):
                content["correction"] = to_record(correction)
            messages.append(Message(content, dst_node_id=node, message_type=MessageType.TRAIN))
        return messages


class _AskingProx(FedProx, _Asking):
    """The same for FedProx, which tells clients its mu."""


class Server:
    """Rounds until all are done; after each, `out`/round.pt holds what a server started again goes on from.

    held_out: a folder of photos no client has, to look at with `cameras`; None: nobody looks. expected: how many
    clients there are, where that is known; else as many as `Federation.least` are waited for. Raises ValueError for an
    `out` of another federation and where too few clients come.
    """

    def __init__(
        self, federation: Federation, out: Path, *,
        held_out: Path | None = None, cameras: str = OWN, expected: int | None = None,
    ) -> None:  # fmt: skip
        self.federation, self.out, self.expected = federation, out, expected
        torch.manual_seed(federation.seed)
        self.recipe = build(federation, None, seed=federation.seed)
        self.looks = held_out is not None
        if held_out is not None:
            hold_out(self.recipe, held_out, cameras, seed=federation.seed)
        mark = fingerprint(self.recipe, federation)
        self.rounds = Rounds(federation=federation, fingerprint=mark, arrays=shared(self.recipe, federation))
        self.rounds.resume(out)
        self.rounds.save(out)
        if self.rounds.done:
            print(f"goes on after round {self.rounds.done} of {federation.rounds}", flush=True)
        self.logbook = Logbook(out, self.rounds.done)
        self.gradients = list(gradients(self.recipe, federation)) if federation.strategy == "scaffold" else []
        self.asking = _AskingProx(proximal_mu=federation.mu) if federation.strategy == "fedprox" else _Asking()
        self.names: dict[int, str] = {}
        self.photos: dict[int, int] = {}
        self.refused: dict[int, str] = {}

    def run(self, grid: Grid) -> Path:
        """All rounds that are left, then `out`/weights, whose path it returns."""
        while self.rounds.done < self.federation.rounds:
            if not self._affordable():
                break
            self._wait_for_clients(grid)
            self._round(grid, self.rounds.done + 1)
        if not any(self.rounds.answers):
            raise ValueError("clients: no round had enough answers, so nothing was learnt")
        return self._ship()

    def _round(self, grid: Grid, number: int) -> None:
        federation, begun = self.federation, self.rounds.arrays
        nodes = sorted(self.names, key=lambda node: self.names[node])
        asked = max(min(federation.least, len(nodes)), round(federation.fraction * len(nodes)))
        self.asking.chosen = random.Random(f"{federation.seed} {number}").sample(nodes, asked)
        if federation.secure:
            arrays, answers, loss = self._secure_answers(grid, number)
        else:
            arrays, answers, loss = self._answers(grid, number)
        if arrays is None:
            print(f"round {number}: {answers} answers of at least {federation.least}, so the weights stay", flush=True)
            answers = 0
        self.rounds.arrays = begun if arrays is None else arrays
        self.rounds.answers.append(answers)
        self.rounds.releases += bool(arrays is not None and federation.noise_multiplier)
        self.rounds.done = number
        self.rounds.save(self.out)
        self._note(number, answers, asked, loss)

    def _answers(self, grid: Grid, number: int) -> tuple[Arrays | None, int, float]:
        """The average, how many answers it rests on, and their mean loss; None where these are too few."""
        federation = self.federation
        strategy = self._strategy()
        config = ConfigRecord(self._config())
        if self.gradients:
            present, controls = set(self.names.values()), self.rounds.controls
            self.asking.corrections = {
                node: controls.correction(self.names[node], present) for node in self.asking.chosen
            }
        messages = strategy.configure_train(number, to_record(self.rounds.arrays), config, grid)
        begun = time.monotonic()
        replies = list(grid.send_and_receive(messages, timeout=federation.timeout_s))
        accepted = self._accepted(number, replies, time.monotonic() - begun)
        if len(accepted) < federation.least:
            return None, len(accepted), float("nan")
        if isinstance(strategy, NOISY):
            strategy.num_sampled_clients = len(accepted)  # the noise is that of so many answers, not of so many asked
        averaged, metrics = strategy.aggregate_train(number, accepted)
        if averaged is None:
            return None, 0, float("nan")
        loss = metrics.get("loss", float("nan")) if metrics is not None else float("nan")
        return from_record(averaged), len(accepted), float(loss)  # type: ignore[arg-type]

    def _accepted(self, number: int, replies: Sequence[Message], waited_s: float) -> list[Message]:
        """Those that may count; each of the others is told of in one line."""
        silent = set(self.asking.chosen) - {reply.metadata.src_node_id for reply in replies}
        for node in sorted(silent, key=lambda node: self.names[node]):
            self._say(number, node, f"no answer within {waited_s:.0f} s")
        updates, kept = [], []
        for reply in replies:
            node = reply.metadata.src_node_id
            update, reason = self._update(reply)
            if update is not None:
                reason = flaw(update, number, self.rounds.arrays, self.gradients)
            if reason or update is None:
                self._say(number, node, str(reason))
            else:
                updates.append(update)
                kept.append(reply)
        far = outliers(updates, self.rounds.arrays, self.federation.outlier)
        for place, reason in far.items():
            self._say(number, kept[place].metadata.src_node_id, reason)
        near = [place for place in range(len(kept)) if place not in far]
        if self.gradients:
            bounded = shortened([updates[place].gradient for place in near], self.federation.outlier)
            for place, gradient in zip(near, bounded, strict=True):
                name = self.names[kept[place].metadata.src_node_id]
                self.rounds.controls.put(name, updates[place].photos, gradient)
        return [kept[place] for place in near]

    def _update(self, reply: Message) -> tuple[Update | None, str | None]:
        if reply.has_error():
            return None, " ".join(reply.error.reason.split())
        answer = reply.content.config_records.get("answer", ConfigRecord())
        if "reason" in answer:
            return None, str(answer["reason"])
        arrays, metrics = reply.content.array_records, reply.content.metric_records
        if list(arrays) != (["arrays", "gradient"] if self.gradients else ["arrays"]) or list(metrics) != ["metrics"]:
            return None, "its answer has no arrays or no figures"
        try:
            values = from_record(arrays["arrays"])
            # taken out of the reply, for Flower averages replies of one record of arrays each
            gradient = from_record(reply.content.pop("gradient")) if self.gradients else {}
        except (ValueError, TypeError, EOFError, OSError):
            return None, "its arrays cannot be read"
        photos = answer.get("photos")
        weight = metrics["metrics"].get("num-examples")
        if weight != (1 if self.federation.noise_multiplier else photos):
            return None, f"it asks for the weight {weight}, which is not its number of photos"
        name = str(answer.get("client", ""))
        update = Update(client=name, round=answer.get("round"), photos=photos, arrays=values, gradient=gradient)
        return update, None

    def _secure_answers(self, grid: Grid, number: int) -> tuple[Arrays | None, int, float]:
        """As `_answers`, where the server sees nothing but the sum."""
        federation = self.federation
        most = max(self.photos[node] for node in self.asking.chosen)
        found = secure.server_round(
            grid, number, self.asking.chosen, self.rounds.arrays, self._config(),
            most_photos=1 if federation.noise_multiplier else most, timeout_s=federation.timeout_s,
            clip=federation.clip if federation.noise_multiplier else None,
        )  # fmt: skip
        for node, reason in found.left_out.items():
            self._say(number, node, reason)
        if found.difference is None or found.answers < federation.least:
            return None, found.answers, float("nan")
        arrays = {name: begun + found.difference[name] for name, begun in self.rounds.arrays.items()}
        if federation.noise_multiplier:
            add_gaussian_noise_inplace(
                list(arrays.values()), compute_stdv(federation.noise_multiplier, federation.clip, found.answers)
            )
        return arrays, found.answers, float("nan")

    def _strategy(self) -> Strategy:
        federation = self.federation
        if not federation.noise_multiplier:
            return self.asking
        kind = NOISY[0] if federation.clip_at == "client" else NOISY[1]
        return kind(self.asking, federation.noise_multiplier, federation.clip, len(self.asking.chosen))

    def _config(self) -> dict[str, Any]:
        """What every message says of the federation."""
        return {
            "federation": self.federation.to_json(), "fingerprint": self.rounds.fingerprint, "run": self.rounds.run,
        }  # fmt: skip

    def _affordable(self) -> bool:
        """Whether one more round keeps within the budget; raises ValueError where not even the first does."""
        federation = self.federation
        if not federation.epsilon:
            return True
        after = epsilon(federation.noise_multiplier, self.rounds.releases + 1, federation.delta)
        if after <= federation.epsilon:
            return True
        if not self.rounds.releases:
            raise ValueError(
                f"epsilon: a budget of {federation.epsilon:g} is less than the {after:.3g} that one round costs with "
                f"noise {federation.noise_multiplier:g} at delta {federation.delta:g}"
            )
        print(f"ends after round {self.rounds.done}: one more would cost epsilon {after:.3g}", flush=True)
        return False

    def _wait_for_clients(self, grid: Grid) -> None:
        """Until there are enough; raises ValueError when time is up, or none of those expected is left to come."""
        federation = self.federation
        until = time.monotonic() + federation.timeout_s
        wanted = federation.least if self.expected is None else self.expected
        while True:
            online = set(grid.get_node_ids())
            self._greet(grid, online - set(self.names) - set(self.refused))
            for node in set(self.names) - online:
                print(f"client {self.names.pop(node)}: has left", flush=True)
            met = len(self.names) + (len(self.refused) if self.expected is not None else 0)
            if met >= wanted or time.monotonic() > until:
                break
            time.sleep(0.2)
        if len(self.names) < federation.least:
            reasons = "".join(f"; {reason}" for reason in self.refused.values())
            raise ValueError(
                f"clients: {len(self.names)} of at least {federation.least} can take part, after "
                f"{federation.timeout_s:g} s at most{reasons}"
            )

    def _greet(self, grid: Grid, nodes: Iterable[int]) -> None:
        """Learn who these are; who cannot take part is told of, and asked no more."""
        content = RecordDict({"config": ConfigRecord(self._config())})
        messages = [Message(content, dst_node_id=node, message_type=MessageType.QUERY) for node in nodes]
        if not messages:
            return
        for reply in grid.send_and_receive(messages, timeout=self.federation.timeout_s):
            node = reply.metadata.src_node_id
            answer = ConfigRecord() if reply.has_error() else reply.content.config_records["answer"]
            if "reason" in answer or reply.has_error():
                reason = str(answer["reason"]) if "reason" in answer else " ".join(reply.error.reason.split())
                self.refused[node] = f"client {answer.get('client', node)}: {reason}"
                print(f"{self.refused[node]}, so it takes no part", flush=True)
                continue
            self.names[node], self.photos[node] = str(answer["client"]), int(answer["photos"])  # type: ignore[arg-type]
            print(f"client {self.names[node]}: {self.photos[node]} photos", flush=True)

    def _say(self, number: int, node: int, reason: str) -> None:
        print(f"round {number}: client {self.names.get(node, node)} is left out: {reason}", flush=True)

    def _note(self, number: int, answers: int, asked: int, loss: float) -> None:
        federation = self.federation
        row = {"step": float(number), "answers": answers, "asked": asked}
        if not federation.secure and not federation.noise_multiplier:
            row["loss"] = loss
        if self.looks:
            now = number % federation.every == 0 or number == federation.rounds
            row |= self.look() if now else {"psnr": float("nan"), "gain": float("nan")}
        if federation.noise_multiplier:
            row["epsilon"] = epsilon(federation.noise_multiplier, self.rounds.releases, federation.delta)
        self.logbook.row(row)

    def look(self) -> dict[str, float]:
        """psnr and gain of the average on the held-out photos, dB."""
        take(self.recipe, self.federation, self.rounds.arrays)
        self.recipe.network.eval()
        found = self.recipe.evaluate(self.recipe.network)
        return {name: found[name] for name in ("psnr", "gain")}

    def _ship(self) -> Path:
        federation, rounds = self.federation, self.rounds
        take(self.recipe, federation, rounds.arrays)
        counted = [answers for answers in rounds.answers if answers]
        story = (
            f"recipe `{federation.recipe}`, federated ({federation.strategy}): {rounds.done} rounds of "
            f"{federation.local_steps} steps, {min(counted)} to {max(counted)} clients a round, seed {federation.seed}."
        )
        if federation.secure:
            story += " The server saw sums of updates alone (SecAgg+)."
        if federation.noise_multiplier:
            spent = epsilon(federation.noise_multiplier, rounds.releases, federation.delta)
            story += (
                f" Client-level differential privacy: epsilon {spent:.3g} at delta {federation.delta:g}, the presence "
                f"of one client being the secret (updates clipped at {federation.clip:g}, noise multiplier "
                f"{federation.noise_multiplier:g}, {rounds.releases} releases)."
            )
        weights = self.out / "weights"
        best = self.recipe.shipped(self.recipe.network.eval())
        best.half().save_pretrained(weights, model_card_kwargs={"training": story})
        return weights
