import copy
import io
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from controllable.training.federation.checks import Update, flaw, length, outliers, shortened
from controllable.training.federation.client import Client, Place, Vanished, places
from controllable.training.federation.controls import Controls
from controllable.training.federation.rounds import Rounds
from controllable.training.federation.settings import Federation
from controllable.training.federation.shared import Arrays, build, shared, take
from controllable.training.recipes.cameras import any_of, cameras
from controllable.training.recipes.cyclegan import noisy
from tests.photo import draw_photo, photo_tensor

os.environ["FLWR_TELEMETRY_ENABLED"] = "0"
pytest.importorskip("flwr")
from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.serverapp import Grid
from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity

from controllable.training.federated import client_app, simulate
from controllable.training.federation import secure
from controllable.training.federation.messages import from_record, to_record
from controllable.training.federation.server import Server

TINY = Federation(rounds=2, local_steps=3, settings="width=8,blocks=1,batch=2,patch_px=32,rate=0.001")
SIZES = {"north": 3, "south": 1, "east": 2}
Change = Callable[[int, Message], Message | None]


class Nearby(Grid):
    """Carries messages to clients in this process. change: what becomes of node's answers; None: they never arrive.

    Flower's class has other ways to send, too, which must be there and which the server never goes: it would be seen.
    """

    def __init__(self, known: list[Place], change: Change = lambda node, reply: reply) -> None:
        TaskIdentity.task_id, TaskIdentity.run_id, TaskIdentity.node_id = 1, 1, 1
        self.known, self.change, self.app = known, change, client_app(known)
        self.contexts = {
            node: Context(run_id=1, node_id=node, node_config={"partition-id": node}, state=RecordDict(), run_config={})
            for node in range(len(known))
        }
        self.answers: list[tuple[int, Message]] = []

    def set_run(self, run: Run) -> None:
        raise NotImplementedError

    @property
    def run(self) -> Run:
        return Run.create_empty(1)

    def create_message(self, *args: Any, **kwargs: Any) -> Message:
        raise NotImplementedError

    def get_node_ids(self) -> Iterable[int]:
        return self.contexts

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        raise NotImplementedError

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        raise NotImplementedError

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        arrived = []
        for message in messages:
            node, asks = message.metadata.dst_node_id, message.metadata.message_type
            copied = Message(copy.deepcopy(message.content), dst_node_id=node, message_type=asks)
            answer = self.app(copied, self.contexts[node])
            answer.metadata.__dict__["_src_node_id"] = node
            self.answers.append((node, answer))
            kept = self.change(node, answer) if asks.startswith("train") else answer
            if kept is not None:
                arrived.append(kept)
        return arrived


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clients of unequal size."""
    folder = tmp_path_factory.mktemp("clients")
    for seed, (name, photos) in enumerate(SIZES.items()):
        (folder / name).mkdir()
        for number in range(photos):
            draw_photo(96, 80, seed=10 * seed + number).save(folder / name / f"{number}.png")
    (folder / "south" / "cameras.txt").write_text("noise=0.6,compression=0.5; noise=0.1")
    return folder


@pytest.fixture(scope="module")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("held_out")
    draw_photo(200, 200, seed=99).save(folder / "held_out.png")
    return folder


def begun(federation: Federation) -> Arrays:
    torch.manual_seed(federation.seed)
    return shared(build(federation, None, seed=federation.seed), federation)


def distance(a: Arrays, b: Arrays) -> float:
    return max(float(np.abs(a[name] - b[name]).max()) for name in a)


def serve(federation: Federation, known: list[Place], out: Path, change: Change = lambda node, reply: reply) -> Arrays:
    server = Server(federation, out, expected=len(known))
    server.run(Nearby(known, change))
    return server.rounds.arrays


# --- cameras ---------------------------------------------------------------------------------------------------------


def test_a_camera_without_severity_returns_the_same_pixels() -> None:
    clean = photo_tensor(64, 64)
    (camera,) = cameras("noise=0", noisy)
    assert torch.equal(camera(clean, torch.Generator().manual_seed(0))[0], clean)


def test_each_of_several_cameras_takes_photos() -> None:
    clean = photo_tensor(64, 64).expand(16, -1, -1, -1)
    seen, kernels = any_of(cameras("noise=0; noise=1", noisy))(clean, torch.Generator().manual_seed(0))
    errors = (seen - clean).abs().mean((1, 2, 3))
    assert kernels is None
    assert 0 < int((errors == 0).sum()) < 16


def test_a_seed_takes_the_same_photos() -> None:
    clean, camera = photo_tensor(64, 64), any_of(cameras("own;old_phone;noise=0.2-0.9", noisy))
    first, again = (camera(clean, torch.Generator().manual_seed(4))[0] for _ in range(2))
    assert torch.equal(first, again)


@pytest.mark.parametrize("text", ["", "leica", "noise", "noise=much", "noise=2", "noise=0.5-0.1", "shine=0.5"])
def test_what_names_no_camera_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^cameras: "):
        cameras(text, noisy)


# --- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"recipe": "cyclegan"}, "^recipe: 'cyclegan' is not one of"),
        ({"rounds": 0}, "^rounds: must be at least 1"),
        ({"fraction": 0.0}, "^fraction: "),
        ({"drop": 1.0}, "^drop: "),
        ({"mu": float("nan")}, "^mu: "),
        ({"outlier": 0.5}, "^outlier: "),
        ({"delta": 1.0}, "^delta: "),
        ({"secure": True, "least": 2}, "^least: secure aggregation hides a client among 3"),
        ({"secure": True, "least": 3, "noise_multiplier": 1.0, "clip_at": "server"}, "^clip_at: "),
        ({"epsilon": 1.0}, "^epsilon: is a budget of noise"),
        ({"strategy": "scaffold", "noise_multiplier": 1.0}, "^strategy: scaffold shows the server"),
        ({"strategy": "scaffold", "secure": True, "least": 3}, "^strategy: scaffold shows the server"),
        ({"settings": "colour=1"}, "^settings: 'colour=1' of the recipe denoise is not known"),
        ({"settings": "steps=9"}, "follow from rounds and local_steps"),
        ({"settings": "width=wide"}, "^settings: width is int"),
        ({"settings": "width=0"}, "^width: must be at least 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        replace(TINY, **changed)


def test_settings_come_back_from_json() -> None:
    federation = replace(TINY, strategy="fedprox", secure=True, least=3)
    assert Federation.from_json(federation.to_json()) == federation


def test_a_setting_of_a_later_version_is_refused() -> None:
    with pytest.raises(ValueError, match="does not know the setting telepathy"):
        Federation.from_json('{"telepathy": true}')


def test_the_example_has_the_programs_defaults() -> None:
    path = Path(__file__).parents[2] / "examples" / "federation" / "pyproject.toml"
    config = tomllib.loads(path.read_text())["tool"]["flwr"]["app"]["config"]
    settings = {name.replace("-", "_"): value for name, value in config.items()}
    assert {name: settings[name] for name in asdict(Federation())} == asdict(Federation())
    assert set(settings) - set(asdict(Federation())) == {"out", "evaluate", "cameras"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"critic": "local"}, "^critic: nothing can stay local"), ({"norms": "local"}, "^norms: nothing can stay local")],
)
def test_what_there_is_none_of_cannot_stay_local(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        build(replace(TINY, **changed), None)


# --- what is shared ---------------------------------------------------------------------------------------------------


def test_a_shared_critic_is_sent_and_a_local_one_is_not() -> None:
    played = replace(TINY, settings="width=8,blocks=1,adversary=0.1,critic_width=4,patch_px=32,batch=2")
    kinds = {part: begun(replace(played, critic=part)) for part in ("shared", "local")}
    assert any(name.startswith("critic.") for name in kinds["shared"])
    assert not any(name.startswith("critic.") for name in kinds["local"])


def test_local_norms_are_not_sent_and_not_replaced() -> None:
    recipe = build(TINY, None)
    recipe.network.add_module("norm", torch.nn.BatchNorm2d(3))
    before = {name: value.clone() for name, value in recipe.network.state_dict().items()}
    sent = shared(recipe, replace(TINY, norms="local"))
    take(recipe, replace(TINY, norms="local"), {name: value + 1.0 for name, value in sent.items()})
    kept = {name for name, value in recipe.network.state_dict().items() if torch.equal(value, before[name])}
    assert kept == {f"norm.{name}" for name in recipe.network.get_submodule("norm").state_dict()}
    assert {name.removeprefix("network.") for name in sent} == set(before) - kept
    assert {f"network.{name}" for name in kept} - set(shared(recipe, TINY)) == {"network.norm.num_batches_tracked"}


def test_what_spectral_norm_estimates_is_not_sent() -> None:
    settings = "width=8,blocks=1,adversary=0.1,critic_width=4,spectral=true,patch_px=32,batch=2"
    names = begun(replace(TINY, settings=settings))
    assert any(name.endswith("original") for name in names)
    assert not any(name.endswith(("_u", "_v")) for name in names)


# --- the client ------------------------------------------------------------------------------------------------------


def test_rounds_of_one_client_are_one_training(folder: Path, tmp_path: Path) -> None:
    one = Client(Place(name="x", data=folder / "north", out=tmp_path / "one"), replace(TINY, rounds=1, local_steps=6))
    two = Client(Place(name="x", data=folder / "north", out=tmp_path / "two"), TINY)
    whole = one.train(1, begun(TINY)).arrays
    assert distance(whole, two.train(2, two.train(1, begun(TINY)).arrays).arrays) == 0.0
    assert distance(whole, begun(TINY)) > 0.0


def test_a_round_that_is_asked_for_again_begins_with_the_servers_weights(folder: Path, tmp_path: Path) -> None:
    client = Client(Place(name="x", data=folder / "north", out=tmp_path), TINY)
    first = client.train(1, begun(TINY)).arrays
    assert distance(client.train(1, begun(TINY)).arrays, begun(TINY)) < 3 * distance(first, begun(TINY))


def test_the_proximal_term_keeps_weights_nearer(folder: Path, tmp_path: Path) -> None:
    moved = []
    for mu in (0.0, 1e4):
        federation = replace(TINY, strategy="fedprox", mu=mu, local_steps=8)
        client = Client(Place(name="x", data=folder / "north", out=tmp_path / str(mu)), federation)
        moved.append(length(client.train(1, begun(TINY)).arrays, begun(TINY)))
    assert moved[1] < 0.8 * moved[0]


def test_a_client_vanishes_as_often_as_the_trial_has_it(folder: Path, tmp_path: Path) -> None:
    client = Client(Place(name="x", data=folder / "south", out=tmp_path), replace(TINY, drop=0.999999))
    with pytest.raises(Vanished, match="vanished in the middle of round 1"):
        client.train(1, begun(TINY))
    draws = [client._draw(f"drop {number}") / 2**32 for number in range(2000)]
    assert abs(np.mean(np.asarray(draws) < 0.3) - 0.3) < 0.04


def test_a_client_without_photos_and_a_folder_without_clients_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^data: no clients, since"):
        places(tmp_path, tmp_path)
    with pytest.raises(ValueError, match=r"^data: no photo of at least 32 px"):
        Client(Place(name="x", data=tmp_path, out=tmp_path), TINY)


# --- what a server looks at ------------------------------------------------------------------------------------------


def update(**changed: Any) -> Update:
    plain = {"client": "x", "round": 1, "photos": 3, "arrays": {"w": np.ones((2, 2), np.float32)}}
    return Update(**{**plain, **changed})


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"round": 0}, "too late"),
        ({"round": None}, "too late"),
        ({"photos": 0}, "no number from 1"),
        ({"photos": -3}, "no number from 1"),
        ({"photos": 3.5}, "no number from 1"),
        ({"photos": True}, "no number from 1"),
        ({"photos": 10**9}, "no number from 1"),
        ({"arrays": {}}, "other names"),
        ({"arrays": {"v": np.ones((2, 2), np.float32)}}, "other names"),
        ({"arrays": {"w": np.ones(4, np.float32)}}, r"float32 \(4,\), not float32 \(2, 2\)"),
        ({"arrays": {"w": np.ones((2, 2))}}, "float64"),
        ({"arrays": {"w": np.full((2, 2), np.nan, np.float32)}}, "no finite numbers"),
        ({"arrays": {"w": np.full((2, 2), np.inf, np.float32)}}, "no finite numbers"),
    ],
)
def test_a_corrupt_update_has_a_reason(changed: dict[str, Any], reason: str) -> None:
    found = flaw(update(**changed), 1, {"w": np.zeros((2, 2), np.float32)})
    assert found is not None
    assert re.search(reason, found)


def test_a_whole_update_has_none() -> None:
    assert flaw(update(), 1, {"w": np.zeros((2, 2), np.float32)}) is None


def test_a_gradient_that_is_far_too_long_counts_as_one_that_is_just_not() -> None:
    gradients = [{"w": np.full(4, size, dtype=np.float32)} for size in (1.0, 1.2, 0.8, 100.0)]
    *usual, large = shortened(gradients, 5.0)
    assert all(np.array_equal(found["w"], given["w"]) for found, given in zip(usual, gradients, strict=False))
    assert np.allclose(large["w"], 5.0 * 1.1) and large["w"].dtype == np.float32
    for kept in (shortened(gradients, 0.0), shortened(gradients[2:], 5.0)):
        assert np.array_equal(kept[-1]["w"], gradients[-1]["w"])


def test_the_update_that_is_far_too_long_is_found() -> None:
    origin = {"w": np.zeros((2, 2), np.float32)}
    some = [update(arrays={"w": np.full((2, 2), size, np.float32)}) for size in (1.0, 1.2, 30.0, 0.1)]
    assert list(outliers(some, origin, 5.0)) == [2]
    assert not outliers(some, origin, 0.0)
    assert not outliers(some[1:3], origin, 5.0)


# --- server and clients -----------------------------------------------------------------------------------------------


def test_a_round_is_the_mean_weighted_by_photos(folder: Path, tmp_path: Path) -> None:
    federation = replace(TINY, rounds=1)
    known = places(folder, tmp_path / "server")
    mean = serve(federation, known, tmp_path / "server")
    alone = [Client(replace(place, out=tmp_path / place.name), federation) for place in known]
    answers = [client.train(1, begun(federation)) for client in alone]
    assert {client.place.name: client.photos for client in alone} == SIZES
    by_hand = {
        name: sum(answer.photos / sum(SIZES.values()) * answer.arrays[name] for answer in answers)
        for name in answers[0].arrays
    }
    assert distance(mean, by_hand) < 1e-6


def test_corrections_lead_to_the_mean_gradient_and_leave_it_where_it_is() -> None:
    """Weighted by photos they cancel out, and each client's gradient becomes everybody's."""
    controls, gradients = Controls(), {"a": 1.0, "b": -3.0, "c": 5.0}
    photos = {"a": 6, "b": 3, "c": 1}
    for name, value in gradients.items():
        controls.put(name, photos[name], {"w": np.full(4, value)})
    found = {name: controls.correction(name, gradients)["w"] for name in gradients}
    assert np.allclose(sum(photos[name] * found[name] for name in gradients), 0.0)
    assert np.allclose([gradients[name] + found[name] for name in gradients], 0.2)
    assert np.allclose(controls.correction("a", ["b"])["w"] + 1.0, (6 - 9) / 9)  # c has left
    assert controls.correction("d", gradients) == {}
    again = Controls()
    again.load_state(controls.state())
    assert np.array_equal(again.correction("b", gradients)["w"], found["b"])


def test_a_scaffold_client_tells_its_own_gradient_whatever_corrects_it(folder: Path, tmp_path: Path) -> None:
    exact = f"{TINY.settings},precision=fp32"
    federation = replace(TINY, strategy="scaffold", rounds=1, local_steps=1, settings=exact)
    client = Client(Place(name="x", data=folder / "north", out=tmp_path / "plain"), federation)
    take(client.recipe, federation, begun(federation))
    loss, _ = client.recipe.loss(client.recipe.network, next(client.recipe.batches(0)))
    loss.backward()
    by_hand = {f"network.{name}": value.grad.numpy() for name, value in client.recipe.network.named_parameters()}
    plain = client.train(1, begun(federation))
    pushed = Client(Place(name="x", data=folder / "north", out=tmp_path / "pushed"), federation)
    corrected = pushed.train(1, begun(federation), {name: -10.0 * value for name, value in by_hand.items()})
    for answer in (plain, corrected):
        assert list(answer.gradient) == list(by_hand) and distance(answer.gradient, by_hand) < 1e-5
    down, up = (
        sum(float(((answer.arrays[name] - begun(federation)[name]) * value).sum()) for name, value in by_hand.items())
        for answer in (plain, corrected)
    )
    assert down < 0.0 < up


def test_scaffold_corrects_from_the_second_round_on_also_after_a_restart(folder: Path, tmp_path: Path) -> None:
    federation = replace(TINY, strategy="scaffold")
    whole = serve(federation, places(folder, tmp_path / "whole"), tmp_path / "whole")
    assert distance(whole, serve(TINY, places(folder, tmp_path / "avg"), tmp_path / "avg")) > 1e-4
    known, asked = places(folder, tmp_path / "halves"), []

    def killed_in_round_2(node: int, reply: Message) -> Message:
        asked.append(node)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return reply

    with pytest.raises(KeyboardInterrupt):
        serve(federation, known, tmp_path / "halves", killed_in_round_2)
    server = Server(federation, tmp_path / "halves", expected=3)
    assert all(server.rounds.controls.correction(name, SIZES) for name in SIZES)
    server.run(Nearby(known))
    assert distance(whole, server.rounds.arrays) < 0.02


def test_a_corrupt_gradient_is_left_out_and_corrects_nobody(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def spoil(node: int, reply: Message) -> Message:
        if node == 0:
            gradient = from_record(reply.content.array_records["gradient"])
            endless = {name: np.full_like(value, np.inf) for name, value in gradient.items()}
            reply.content["gradient"] = to_record(endless)
        if node == 1:
            del reply.content["gradient"]
        return reply

    server = Server(replace(TINY, strategy="scaffold", least=1), tmp_path, expected=3)
    server.run(Nearby(places(folder, tmp_path), spoil))
    said = capsys.readouterr().out
    assert "client east is left out: its gradient of network." in said
    assert "client north is left out: its answer has no arrays or no figures" in said
    assert server.rounds.answers == [1, 1]
    assert not server.rounds.controls.correction("east", SIZES) and server.rounds.controls.correction("south", SIZES)


def test_secure_aggregation_is_the_same_mean_and_hides_each_update(folder: Path, tmp_path: Path) -> None:
    federation = replace(TINY, rounds=1, least=3)
    plain = serve(federation, places(folder, tmp_path / "plain"), tmp_path / "plain")
    server = Server(replace(federation, secure=True), tmp_path / "secure", expected=3)
    grid = Nearby(places(folder, tmp_path / "secure"))
    server.run(grid)
    assert distance(server.rounds.arrays, plain) < 1e-5
    masked = [
        np.concatenate([np.load(io.BytesIO(part)).flatten() for part in record["masked_params"]])
        for _, answer in grid.answers
        if (record := answer.content.config_records.get(secure.RECORD_KEY_CONFIGS)) and "masked_params" in record
    ]
    assert len(masked) == 3
    assert all(not arrays for _, answer in grid.answers for arrays in answer.content.array_records.values())
    for values in masked:  # as good as uniform in [0, 2^32)
        assert abs(values.mean() / 2**32 - 0.5) < 0.02
        assert abs(values.std() / 2**32 - 12**-0.5) < 0.02


def test_secure_aggregation_survives_one_that_vanishes(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "clients").mkdir()
    for name in ("a", "b", "c", "d"):
        (tmp_path / "clients" / name).symlink_to(folder / "east")
    federation = replace(TINY, rounds=1, secure=True, least=3)
    known = places(tmp_path / "clients", tmp_path / "out")
    stages: dict[int, int] = {}

    def third_stage_of_one(node: int, reply: Message) -> Message | None:
        stages[node] = stages.get(node, 0) + 1
        return None if node == 1 and stages[node] >= 3 else reply

    server = Server(federation, tmp_path / "out", expected=4)
    server.run(Nearby(known, third_stage_of_one))
    assert server.rounds.answers == [3]
    assert 0.0 < distance(server.rounds.arrays, begun(federation)) < 0.1


def test_late_corrupt_and_missing_answers_are_left_out_with_a_reason(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of six clients two are as they should be; what the round gives is their mean."""
    for name in "abcdef":
        (tmp_path / "clients" / name).mkdir(parents=True)
        draw_photo(96, 80, seed=ord(name)).save(tmp_path / "clients" / name / "photo.png")

    def spoil(node: int, reply: Message) -> Message | None:
        content = reply.content
        if node == 2:
            return None
        if node == 3:
            content["answer"] = ConfigRecord({**content.config_records["answer"], "round": 0})
        if node == 4:
            arrays = from_record(content.array_records["arrays"])
            content["arrays"] = to_record({name: np.full_like(value, np.nan) for name, value in arrays.items()})
        if node == 5:
            content.metric_records["metrics"]["num-examples"] = 1000
        return reply

    federation = replace(TINY, rounds=1)
    known = places(tmp_path / "clients", tmp_path / "all")
    mean = serve(federation, known, tmp_path / "all", spoil)
    said = capsys.readouterr().out
    assert "round 1: client c is left out: no answer within" in said
    assert "round 1: client d is left out: its answer is one to round 0" in said
    assert "round 1: client e is left out: its network." in said
    assert "round 1: client f is left out: it asks for the weight 1000" in said
    whole = [replace(place, out=tmp_path / "two" / place.name) for place in known[:2]]
    assert distance(mean, serve(federation, whole, tmp_path / "two")) < 1e-6


def test_a_round_with_too_few_answers_keeps_the_weights(folder: Path, tmp_path: Path) -> None:
    asked = []

    def silent_at_first(node: int, reply: Message) -> Message | None:
        asked.append(node)
        return None if len(asked) <= 3 else reply

    server = Server(TINY, tmp_path, expected=3)
    server.run(Nearby(places(folder, tmp_path), silent_at_first))
    assert server.rounds.answers == [0, 3]


def test_a_server_that_was_stopped_goes_on_from_its_last_round(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = serve(TINY, places(folder, tmp_path / "whole"), tmp_path / "whole")
    known, asked = places(folder, tmp_path / "halves"), []

    def killed_in_round_2(node: int, reply: Message) -> Message:
        asked.append(node)
        if len(asked) == 5:
            raise KeyboardInterrupt
        return reply

    with pytest.raises(KeyboardInterrupt):
        serve(TINY, known, tmp_path / "halves", killed_in_round_2)
    arrays = serve(TINY, known, tmp_path / "halves")
    assert "goes on after round 1 of 2" in capsys.readouterr().out
    assert distance(whole, arrays) < 0.02
    with pytest.raises(ValueError, match="holds round 2 of another federation, whose local_steps is 3, not 4"):
        Server(replace(TINY, local_steps=4), tmp_path / "halves")


def test_partial_participation_asks_that_share(folder: Path, tmp_path: Path) -> None:
    server = Server(replace(TINY, fraction=0.67), tmp_path, expected=3)
    server.run(Nearby(places(folder, tmp_path)))
    assert server.rounds.answers == [2, 2]


def test_a_client_with_nothing_but_corrupt_photos_takes_no_part(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        (tmp_path / "clients" / name).mkdir(parents=True)
        draw_photo(96, 80).save(tmp_path / "clients" / name / "photo.png")
    (tmp_path / "clients" / "a" / "torn.jpg").write_bytes(b"\xff\xd8torn")
    (tmp_path / "clients" / "torn").mkdir()
    (tmp_path / "clients" / "torn" / "photo.jpg").write_bytes(b"not a photo")
    server = Server(replace(TINY, rounds=1), tmp_path / "out", expected=3)
    server.run(Nearby(places(tmp_path / "clients", tmp_path / "out")))
    assert server.rounds.answers == [2]
    assert "client torn: data: no photo of at least 32 px a side" in capsys.readouterr().out
    lonely = [Place(name="torn", data=tmp_path / "clients" / "torn", out=tmp_path / "x")] * 2
    with pytest.raises(ValueError, match=r"^clients: 0 of at least 2 can take part.*client torn: data: no photo"):
        serve(replace(TINY, rounds=1), lonely, tmp_path / "none")


def test_a_client_of_another_version_is_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = Server(TINY, tmp_path, expected=3)
    server.rounds = Rounds(federation=TINY, fingerprint="controllable 9", arrays=server.rounds.arrays)
    with pytest.raises(ValueError, match="clients: 0 of at least 2"):
        server.run(Nearby(places(folder, tmp_path)))
    assert "client north: federated: this client makes another network" in capsys.readouterr().out


@pytest.mark.parametrize(("clip_at", "hidden"), [("client", False), ("server", False), ("client", True)])
def test_private_rounds_move_no_further_than_clip_and_noise_allow(
    folder: Path, tmp_path: Path, clip_at: str, hidden: bool
) -> None:
    pytest.importorskip("opacus")
    federation = replace(
        TINY, rounds=1, noise_multiplier=1e-3, clip=0.01, clip_at=clip_at, secure=hidden, least=3 if hidden else 2
    )
    arrays = serve(federation, places(folder, tmp_path), tmp_path)
    assert length(arrays, begun(federation)) <= 0.0101
    assert length(arrays, begun(federation)) > 0.005


def test_a_budget_ends_the_rounds_and_is_told_on_the_card(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("opacus")
    from controllable.training.federation.accounting import epsilon

    federation = replace(TINY, rounds=9, local_steps=1, noise_multiplier=2.0, clip=0.01)
    budget = 0.5 * (epsilon(2.0, 2, 1e-5) + epsilon(2.0, 3, 1e-5))
    server = Server(replace(federation, epsilon=budget), tmp_path, expected=3)
    weights = server.run(Nearby(places(folder, tmp_path)))
    assert server.rounds.releases == 2
    assert "ends after round 2" in capsys.readouterr().out
    assert f"epsilon {epsilon(2.0, 2, 1e-5):.3g} at delta 1e-05" in (weights / "README.md").read_text()
    with pytest.raises(ValueError, match=r"^epsilon: a budget of 0.1 is less than the"):
        serve(replace(federation, epsilon=0.1), places(folder, tmp_path / "x"), tmp_path / "x")


def test_epsilon_is_opacus_own() -> None:
    accountants = pytest.importorskip("opacus.accountants")
    from controllable.training.federation.accounting import epsilon

    by_hand = accountants.RDPAccountant()
    for _ in range(7):
        by_hand.step(noise_multiplier=3.0, sample_rate=1.0)
    assert epsilon(3.0, 7, 1e-5) == by_hand.get_epsilon(1e-5)
    assert epsilon(3.0, 0, 1e-5) == 0.0


# --- on one machine, and as processes --------------------------------------------------------------------------------


def test_the_simulation_gives_what_the_same_clients_give(folder: Path, held_out: Path, tmp_path: Path) -> None:
    direct = serve(TINY, places(folder, tmp_path / "direct"), tmp_path / "direct")
    weights = simulate(TINY, places(folder, tmp_path), tmp_path / "played", held_out=held_out)
    state = torch.load(tmp_path / "played" / "round.pt", weights_only=True)
    assert distance(direct, {name: value.numpy() for name, value in state["arrays"].items()}) < 1e-5
    assert (weights / "model.safetensors").exists()
    assert "federated (fedavg): 2 rounds of 3 steps" in (weights / "README.md").read_text()
    assert "gain" in (tmp_path / "played" / "log.csv").read_text()


@pytest.fixture
def deployed(folder: Path, tmp_path: Path) -> Iterator[Any]:
    from benchmarks.federated_processes import Deployment

    known = [replace(place, out=tmp_path / "clients" / place.name) for place in places(folder, tmp_path)[:2]]
    with Deployment(tmp_path, known, wait_s=600.0) as deployment:
        yield deployment


def test_real_processes_over_tls_survive_a_killed_server(deployed: Any, folder: Path, tmp_path: Path) -> None:
    deployed.train(TINY, kill_after=1)
    assert deployed.rounds_done() == 2
    direct = [replace(place, out=tmp_path / "direct" / place.name) for place in places(folder, tmp_path)[:2]]
    uninterrupted = serve(TINY, direct, tmp_path / "direct")
    state = torch.load(tmp_path / "server" / "round.pt", weights_only=True)
    assert distance(uninterrupted, {name: value.numpy() for name, value in state["arrays"].items()}) < 0.02
