"""The perceptual recipe: what it looks with, what it judges by, and that a step moves what it should."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision.models import get_model

from controllable.degradation import Chain
from controllable.generation.restorer import Restorer
from controllable.networks.discriminator import UNetDiscriminator, relativistic_average
from controllable.networks.generator import Generator
from controllable.task import TASKS, Task
from controllable.training import perceptual
from controllable.training.counterfactual import Pair, PairSettings
from controllable.training.enlarged import BORDER_PX, EnlargedPair, EnlargedSettings, draw_enlarged, first_pass
from controllable.training.features import Features, load_features
from controllable.training.fit import FitSettings, fit
from controllable.training.photos import Photos
from tests.photo import draw_photo, photo_tensor
from tests.training.test_recipes import arguments


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(60):
        draw_photo(264, 272, seed).save(folder / f"{seed}.png")
    return folder


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("generator")
    network = Generator(widths=(8, 8, 8), trunk_blocks=1, growth=8, condition=8, context_width=4, physics_width=4)
    nn.init.normal_(network.heads.weight, std=0.01)
    network.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def own() -> Features:
    return load_features("own")


def random_weights(kind: str, file: Path) -> str:
    name = "squeezenet1_1" if kind == "squeezenet" else kind
    save_file(get_model(name, weights=None).state_dict(), file)
    return f"{kind}:{file}"


@pytest.mark.parametrize("kind", ["own", "squeezenet", "vgg19", "resnet50"])
def test_the_same_picture_is_at_distance_zero_and_a_blurred_one_is_not(kind: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    features = load_features(kind if kind == "own" else random_weights(kind, tmp_path / "weights.safetensors"))
    photos = torch.cat([photo_tensor(97, 83, seed) for seed in (0, 1)])
    blurred = nn.functional.avg_pool2d(photos, 5, 1, 2).requires_grad_()
    assert features(photos, photos).tolist() == [0.0, 0.0]
    distances = features(blurred, photos)
    distances.sum().backward()
    assert distances.shape == (2,) and float(distances.detach().min()) > 1e-4
    assert blurred.grad is not None and float(blurred.grad.abs().sum()) > 0
    assert not any(parameter.requires_grad for parameter in features.parameters())


def test_the_layers_are_those_before_activation(own: Features) -> None:
    """What comes out of a rectifier is never negative; what goes in is, everywhere in the tower."""
    assert all(float(layer.min()) < 0 for layer in own.layers(photo_tensor(96, 96)))


def test_unknown_features_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="features: 'alexnet' is not one of own, squeezenet, vgg19, resnet50"):
        load_features("alexnet")
    with pytest.raises(ValueError, match="features: there is no nowhere"):
        load_features("vgg19:nowhere.safetensors")
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"other\.safetensors does not hold these weights"):
        load_features(f"squeezenet:{tmp_path / 'other.safetensors'}")


def test_the_discriminator_judges_every_pixel_of_a_photo_beside_its_flawed_self() -> None:
    torch.manual_seed(0)
    judge = UNetDiscriminator().eval()
    assert sum(parameter.numel() for parameter in judge.parameters()) < 1.5e6
    image, degraded = torch.rand(1, 3, 48, 64), torch.rand(1, 3, 48, 64)
    logits = judge(image, degraded)
    assert logits.shape == (1, 1, 24, 32)
    assert not torch.allclose(logits, judge(image, image))
    for wrong in (torch.rand(1, 3, 47, 64), torch.rand(1, 3, 32, 32)):
        with pytest.raises(ValueError, match="image, degraded: need one shape"):
            judge(wrong, degraded)


def test_the_relativistic_loss_is_small_for_who_looks_more_real() -> None:
    real, made = torch.full((4, 1), 3.0), torch.full((4, 1), -3.0)
    undecided = float(relativistic_average(real, real))
    assert float(relativistic_average(real, made)) < 0.01 < undecided < float(relativistic_average(made, real))
    assert undecided == pytest.approx(torch.log(torch.tensor(2.0)).item())


def test_an_enlarged_pair_has_its_flaws_on_the_small_grid_and_a_clean_target(data: Path, start: Path) -> None:
    photos, settings = (
        Photos(data),
        EnlargedSettings(batch=2, target_px=128, noise=(1.0, 0.25), factors=(0.0, 1.0, 0.0)),
    )
    pair = draw_enlarged(photos, Chain(), settings, torch.Generator().manual_seed(0))
    again = draw_enlarged(photos, Chain(), settings, torch.Generator().manual_seed(0))
    assert pair.image.shape == (2, 3, 32, 32) and pair.target.shape == (2, 3, 128, 128)
    assert torch.equal(pair.image, again.image) and torch.equal(pair.target, again.target)
    named = pair.strengths > 0
    assert bool(named[:, TASKS.index(Task.NOISE)].all()) and not bool(named[:, TASKS.index(Task.RESOLUTION)].any())
    whole = first_pass(Generator.from_pretrained(start).float(), pair)
    side = 128 - 2 * BORDER_PX
    assert whole.degraded.shape == whole.target.shape == (2, 3, side, side)
    assert [task for task, wish in zip(TASKS, whole.strengths[0].tolist(), strict=True) if wish] == [Task.RESOLUTION]


def recipe(data: Path, start: Path, own: Features, seed: int = 0) -> perceptual.PerceptualRecipe:
    torch.manual_seed(seed)
    network = Generator.from_pretrained(start).float()
    network.physics.requires_grad_(False)
    settings = perceptual.PerceptualSettings()
    pairs = PairSettings(batch=2, patch_px=64)
    return perceptual.PerceptualRecipe(
        network, data, [own], settings=settings, pairs=pairs, seed=0, device="cpu", enlarged=0.5
    )


def copies(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def test_a_step_moves_generator_and_discriminator_and_leaves_features_and_physics(
    data: Path, start: Path, own: Features, tmp_path: Path
) -> None:
    trained = recipe(data, start, own)
    before = [copies(network) for network in (trained.network, trained.discriminator, own)]
    fit(trained, FitSettings(steps=2, warmup=1, rate=1e-3, every=2), tmp_path)
    generator, discriminator, features = (
        {name for name, value in network.state_dict().items() if not torch.equal(value, old[name])}
        for network, old in zip((trained.network, trained.discriminator, own), before, strict=True)
    )
    assert generator and discriminator and not features
    assert not any(name.startswith("physics") for name in generator)
    assert {"loss", "pixel", "grid", "features", "adversary", "discriminator"} <= set(
        (tmp_path / "log.csv").read_text().splitlines()[0].split(",")
    )


def test_a_resumed_run_has_the_discriminator_it_stopped_with(
    data: Path, start: Path, own: Features, tmp_path: Path
) -> None:
    stopped = recipe(data, start, own)
    fit(stopped, FitSettings(steps=2, every=2), tmp_path)
    resumed = recipe(data, start, own, seed=1)
    fit(resumed, FitSettings(steps=2, every=2), tmp_path)
    kept = stopped.discriminator.state_dict()
    assert all(torch.equal(value, kept[name]) for name, value in resumed.discriminator.state_dict().items())
    moments = [stepper.state_dict()["state"] for stepper in resumed.steppers]
    assert all(moments)
    for stepper, other in zip(stopped.steppers, resumed.steppers, strict=True):
        for key, state in stepper.state_dict()["state"].items():
            for name, value in state.items():
                assert torch.equal(torch.as_tensor(value), torch.as_tensor(other.state_dict()["state"][key][name]))


def test_an_enlarged_batch_has_gradients_under_autocast(data: Path, start: Path, own: Features) -> None:
    """The network runs without gradients first; what autocast has cast then must not serve the run with gradients."""
    trained = recipe(data, start, own)
    batch = draw_enlarged(trained.photos, Chain(), EnlargedSettings(target_px=128), torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        loss, _ = trained.loss(trained.network, batch)
    loss.backward()
    for name, parameter in trained.network.named_parameters():
        if name.startswith(("stem", "trunk", "heads")):
            assert parameter.grad is not None and float(parameter.grad.abs().sum()) > 0, name


def test_light_haze_and_colour_are_learned_from_pixels_alone(data: Path, start: Path, own: Features) -> None:
    trained = recipe(data, start, own)
    before = copies(trained.discriminator)
    wish = torch.zeros(2, len(TASKS))
    for task in (Task.LOW_LIGHT, Task.HAZE, Task.COLOR):
        wish[:, TASKS.index(task)] = 1.0
    pair = Pair(
        image=torch.rand(2, 3, 64, 64), target=torch.rand(2, 3, 64, 64), thumbnail=torch.rand(2, 3, 64, 64),
        spectrum=torch.zeros(2, 2, 64, 33), shake=torch.zeros(2, 4), strengths=wish,
        main=torch.zeros(2, dtype=torch.long), own=(0, 0, 64, 64),
    )  # fmt: skip
    loss, figures = trained.loss(trained.network, pair)
    pixels = float((figures["pixel"] + 2.0 * figures["grid"]).detach())
    assert float(loss.detach()) == pytest.approx(pixels) and loss.requires_grad
    assert all(torch.equal(value, before[name]) for name, value in trained.discriminator.state_dict().items())
    wish[:, TASKS.index(Task.NOISE)] = 1.0
    assert float(trained.loss(trained.network, pair)[0].detach()) > float(loss.detach())


def test_the_recipe_writes_a_second_set_that_the_restorer_takes(data: Path, start: Path, tmp_path: Path) -> None:
    words = ("--data", data, "--start", start, "--out", tmp_path, "--steps", 1, "--batch", 2, "--device", "cpu")
    weights = Path(perceptual.run(arguments(perceptual, *words))["weights"])
    assert weights.stat().st_size < 8e6
    (start / weights.name).write_bytes(weights.read_bytes())
    restorer, image = Restorer.from_pretrained(start), torch.rand(1, 3, 45, 61)
    assert restorer.restore(image, [1.0] * len(TASKS), fidelity=0.0).shape == image.shape
    (start / weights.name).unlink()


@pytest.mark.parametrize("words", [{"pixel": -1.0}, {"rate": 0.0}, {"grid": -1.0}])
def test_senseless_settings_are_refused(words: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="pixel, features"):
        perceptual.PerceptualSettings(**words)


def test_batches_of_both_kinds_come_as_the_share_says(data: Path, start: Path, own: Features) -> None:
    stream = recipe(data, start, own).batches(0)
    kinds = {type(next(stream)) for _ in range(12)}
    assert kinds == {Pair, EnlargedPair}
