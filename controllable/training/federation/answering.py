"""What a client does with the server's messages: greets, trains, and masks or shortens what it sends."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from flwr.app import ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.clientapp.mod import fixedclipping_mod
from flwr.clientapp.typing import ClientAppCallable
from flwr.supercore.differential_privacy import KEY_CLIPPING_NORM

from controllable.training.federation import secure
from controllable.training.federation.client import Client, Place, Vanished
from controllable.training.federation.messages import from_record, to_record
from controllable.training.federation.settings import Federation
from controllable.training.recipes.cameras import OWN

KEPT_CLIENTS = 4
"""With their photos, in each process of a simulation; the others read theirs again when it is their turn."""

_kept: "OrderedDict[tuple[Place, Federation, str], Client]" = OrderedDict()


def client_app(known: Sequence[Place] = (), device: str = "cpu") -> ClientApp:
    """The app of every client; known: those of a simulation, else the node's own configuration says where photos are.
    device: that trains, unless that configuration names one.

    It answers with a reason where it cannot take part, and never with an exception.
    """
    app = ClientApp(mods=[_protect])

    @app.query()
    def greet(message: Message, context: Context) -> Message:
        name = "?"
        try:
            name = _place(context, known).name
            client = _client(message, context, known, device)
        except (ValueError, OSError) as error:
            return _refusal(message, name, error)
        return Message(
            RecordDict({"answer": ConfigRecord({"client": client.place.name, "photos": client.photos})}),
            reply_to=message,
        )

    @app.train()
    def train(message: Message, context: Context) -> Message:
        name = "?"
        try:
            name = _place(context, known).name
            client = _client(message, context, known, device)
            number = int(message.content.config_records["config"]["server-round"])  # type: ignore[arg-type]
            sent = {name: from_record(record) for name, record in message.content.array_records.items()}
            answer = client.train(number, sent["arrays"], sent.get("correction"))
        except (ValueError, OSError, Vanished) as error:
            return _refusal(message, name, error)
        private = client.federation.noise_multiplier > 0.0
        metrics = MetricRecord({"num-examples": 1 if private else answer.photos})
        if not private:  # a figure without noise would tell what the noise hides
            metrics["loss"] = answer.loss
        facts = ConfigRecord({"client": name, "round": number, "photos": answer.photos})
        content = RecordDict({"arrays": to_record(answer.arrays), "metrics": metrics, "answer": facts})
        if answer.gradient:
            content["gradient"] = to_record(answer.gradient)
        return Message(content, reply_to=message)

    return app


def _protect(message: Message, context: Context, call_next: ClientAppCallable) -> Message:
    """Masks the answer, or shortens it, where the server's message asks for it."""
    if secure.is_secure(message):
        return secure.client_round(message, context, call_next)
    config = message.content.config_records.get("config", ConfigRecord())
    if KEY_CLIPPING_NORM not in config:
        return call_next(message, context)
    answers = []

    def keep(message: Message, context: Context) -> Message:
        answers.append(call_next(message, context))
        return answers[0]

    clipped = fixedclipping_mod(message, context, keep)
    refused = bool(answers) and not answers[0].has_error() and not answers[0].content.array_records
    return answers[0] if refused else clipped


def _refusal(message: Message, name: str, error: Exception) -> Message:
    answer = ConfigRecord({"client": name, "reason": " ".join(str(error).split())})
    return Message(RecordDict({"answer": answer}), reply_to=message)


def _place(context: Context, known: Sequence[Place]) -> Place:
    config = context.node_config
    if known:
        return known[int(config["partition-id"])]
    if "data" not in config or "out" not in config:
        raise ValueError('node-config: needs data="FOLDER" and out="FOLDER"')
    data = Path(str(config["data"]))
    name = str(config.get("name", data.name))
    return Place(name=name, data=data, out=Path(str(config["out"])), cameras=str(config.get("cameras", OWN)))


def _client(message: Message, context: Context, known: Sequence[Place], device: str) -> Client:
    """This node's client, kept from message to message; raises ValueError where it makes another network."""
    config = message.content.config_records["config"]
    federation = Federation.from_json(str(config["federation"]))
    key = (_place(context, known), federation, str(config["run"]))
    client = _kept.pop(key, None) or Client(*key, device=str(context.node_config.get("device", device)))
    _kept[key] = client
    while len(_kept) > KEPT_CLIENTS:
        _kept.popitem(last=False)
    if client.fingerprint != config["fingerprint"]:
        raise ValueError(
            f"federated: this client makes another network ({client.fingerprint}) than the server "
            f"({config['fingerprint']}); both need the same version of the program"
        )
    return client
