"""Secure aggregation: masks cancel in the sum, so the server sees no single update (SecAgg+, Bell et al. 2020).

Flower has the protocol in its older form, which speaks of parameters without names; here are both ends of a plug. What
is masked is the difference to the round's weights: small, so that a fixed range of whole numbers holds it finely.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Context, Error, Message, RecordDict
from flwr.client.mod import secaggplus_mod
from flwr.clientapp.typing import ClientAppCallable
from flwr.common import Code, FitIns, FitRes, Status, ndarrays_to_parameters, parameters_to_ndarrays
from flwr.common.constant import ErrorCode
from flwr.common.secure_aggregation.secaggplus_constants import RECORD_KEY_CONFIGS
from flwr.compat.common import recorddict_compat as compat
from flwr.server.client_manager import SimpleClientManager
from flwr.server.compat.legacy_context import LegacyContext
from flwr.server.strategy import FedAvg as OlderFedAvg
from flwr.server.workflow import SecAggPlusWorkflow
from flwr.server.workflow.constant import MAIN_CONFIGS_RECORD, MAIN_PARAMS_RECORD
from flwr.server.workflow.constant import Key as WorkflowKey
from flwr.serverapp import Grid
from flwr.supercore.differential_privacy import clip_inputs_inplace

from controllable.training.federation.shared import Arrays

RANGE = 4.0
"""A weight that moves further in one round is not sent: it would be cut off. Steps of the grid: 2·4 / 2^22."""
SHARES = 1.0
"""Every client holds a share of each other's keys."""
THRESHOLD = 0.67
"""Of these shares, as many undo the mask of a client that vanished: two in three must stay."""


@dataclass(kw_only=True)
class SecureAnswers:
    """difference: weighted mean of the updates, or None where too few stayed; left_out: reasons, by node."""

    difference: Arrays | None = None
    answers: int = 0
    left_out: dict[int, str] = field(default_factory=dict)


def is_secure(message: Message) -> bool:
    return RECORD_KEY_CONFIGS in message.content.config_records


def server_round(
    grid: Grid, number: int, nodes: Sequence[int], arrays: Arrays, config: Mapping[str, Any], *,
    most_photos: int, timeout_s: float, clip: float | None,
) -> SecureAnswers:  # fmt: skip
    """Ask these nodes for round `number`; timeout_s holds for each of the protocol's four stages.

    most_photos: the largest weight a client may have. clip: the L2 norm that clients shorten their updates to.
    """
    names, listener = list(arrays), _Listening(grid)
    asked = {**config, "server-round": number, "names": "\n".join(names), "most-photos": most_photos}
    if clip is not None:
        asked["clip"] = clip
    strategy = _OneRound(nodes, FitIns(ndarrays_to_parameters(list(arrays.values())), asked))
    run = grid.run
    context = LegacyContext(
        Context(run_id=run.run_id, node_id=0, node_config={}, state=RecordDict(), run_config={}),
        strategy=strategy,
        client_manager=SimpleClientManager(),
    )
    context.state.config_records[MAIN_CONFIGS_RECORD] = ConfigRecord({WorkflowKey.CURRENT_ROUND: number})
    context.state.array_records[MAIN_PARAMS_RECORD] = ArrayRecord()
    workflow = SecAggPlusWorkflow(
        SHARES, THRESHOLD, max_weight=float(most_photos), clipping_range=RANGE, timeout=timeout_s
    )
    workflow(listener, context)  # type: ignore[arg-type]
    found = SecureAnswers(answers=strategy.answers, left_out=listener.left_out)
    for node in set(nodes) - listener.stayed - set(found.left_out):
        found.left_out[node] = f"no answer within {timeout_s:g} s"
    if strategy.mean is not None:
        found.difference = {
            name: mean.astype(begun.dtype) for (name, begun), mean in zip(arrays.items(), strategy.mean, strict=True)
        }
    return found


def client_round(message: Message, context: Context, call_next: ClientAppCallable) -> Message:
    """One stage of the protocol; the one that trains asks `call_next` for a plain answer and masks the difference."""

    def plain(message: Message, context: Context) -> Message:
        asked = compat.recorddict_to_fitins(message.content, keep_input=True)
        config = dict(asked.config)
        names, most_photos = str(config.pop("names")).split("\n"), int(config.pop("most-photos"))
        clip = config.pop("clip", None)
        begun = dict(zip(names, parameters_to_ndarrays(asked.parameters), strict=True))
        message.content = RecordDict(
            {
                "arrays": ArrayRecord({name: Array(value) for name, value in begun.items()}),
                "config": ConfigRecord(config),
            }
        )
        reply = call_next(message, context)
        answer = reply.content.config_records["answer"]
        if "reason" in answer:
            raise ValueError(str(answer["reason"]))
        weight = int(reply.content.metric_records["metrics"]["num-examples"])  # type: ignore[arg-type]
        if weight > most_photos:
            raise ValueError(f"secure: {weight} photos are more than the {most_photos} it had when it was greeted")
        after = reply.content.array_records["arrays"]
        difference = [after[name].numpy().astype(np.float64) - value for name, value in begun.items()]
        if clip is not None:
            clip_inputs_inplace(difference, float(clip))
        furthest = max(float(np.abs(part).max()) for part in difference)
        if not furthest <= RANGE:
            raise ValueError(f"secure: a weight moved by {furthest:.3g}, over the {RANGE:g} that the masks hold")
        result = FitRes(Status(Code.OK, ""), ndarrays_to_parameters(difference), weight, {})
        return Message(compat.fitres_to_recorddict(result, keep_input=False), reply_to=message)

    try:
        return secaggplus_mod(message, context, plain)
    except Exception as error:
        reason = " ".join(str(error).split())
        return Message(Error(code=ErrorCode.CLIENT_APP_RAISED_EXCEPTION, reason=reason), reply_to=message)


class _OneRound(OlderFedAvg):
    """What the protocol asks a strategy: whom to ask what, and where to put the mean."""

    def __init__(self, nodes: Sequence[int], asked: FitIns) -> None:
        super().__init__()
        self.nodes, self.asked = nodes, asked
        self.mean: list[Any] | None = None
        self.answers = 0

    def configure_fit(self, server_round: int, parameters: Any, client_manager: Any) -> Any:
        return [(_Node(node), self.asked) for node in self.nodes]

    def aggregate_fit(self, server_round: int, results: Any, failures: Any) -> Any:
        self.mean, self.answers = parameters_to_ndarrays(results[0][1].parameters), len(results)
        return results[0][1].parameters, {}


@dataclass(frozen=True)
class _Node:
    """As much of a client as the protocol looks at."""

    node_id: int


class _Listening:
    """A grid that notes who failed, and why: the protocol itself only counts them."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.left_out: dict[int, str] = {}
        self.stayed: set[int] = set()

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        replies = list(self.grid.send_and_receive(messages, timeout=timeout))
        failed = {reply.metadata.src_node_id: reply for reply in replies if reply.has_error()}
        self.left_out |= {node: " ".join(reply.error.reason.split()) for node, reply in failed.items()}
        self.stayed = {reply.metadata.src_node_id for reply in replies} - set(failed)
        return replies
