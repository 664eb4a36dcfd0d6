"""Classifiers behind one call, `model(images) -> logits`, and their training with and without flaws.

images: (B, 3, H, W), RGB, [0, 1]; logits: (B, classes). A name picks the library:
`torchvision:resnet18` (untrained), `torchvision:resnet18:FILE` (a state dict), `torchvision:resnet18:DEFAULT`
(published weights, downloaded); anything else is a folder or hub name for transformers.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn
from tqdm import tqdm

from controllable.degradation import Chain
from controllable.image.resize import resize
from examples.robustness_search import Verdict
from examples.robustness_tasks import Labelled

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class SmallNet(nn.Sequential):
    """Four strided convolutions with batch norm and a mean over places: 0.17 M weights, minutes on one core."""

    def __init__(self, classes: int) -> None:
        layers: list[nn.Module] = []
        for inputs, outputs in ((3, 24), (24, 48), (48, 96), (96, 128)):
            layers += [nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, classes))


class Classifier(nn.Module):
    """`network` of a library with what it wants done to pictures: resized to `size` (None: as they are), normalised.

    categories: the names of its classes, empty where the weights do not say.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        network: nn.Module,
        *,
        mean: Sequence[float],
        std: Sequence[float],
        size: tuple[int, int] | None = None,
        categories: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.network, self.size, self.categories = network, size, tuple(categories)
        self.register_buffer("mean", torch.tensor(list(mean)).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(list(std)).view(1, 3, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        if self.size is not None and images.shape[-2:] != self.size:
            images = resize(images, self.size)
        out = self.network((images - self.mean) / self.std)
        return out if isinstance(out, Tensor) else out.logits


def load_classifier(name: str, classes: int | None = None) -> Classifier:
    """The classifier of that name. classes: give it a new, untrained head of so many, unless it has as many.

    Raises ValueError with one sentence if there is no such model.
    """
    if name.startswith("torchvision:"):
        return _from_torchvision(name, classes)
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    try:
        processor = AutoImageProcessor.from_pretrained(name)
        network = AutoModelForImageClassification.from_pretrained(name)
        if classes is not None and network.config.num_labels != classes:
            network = AutoModelForImageClassification.from_pretrained(
                name, num_labels=classes, ignore_mismatched_sizes=True
            )
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"model: {name!r} is no classifier that transformers can load ({brief(error)})") from None
    labels = network.config.id2label
    return Classifier(
        network,
        mean=processor.image_mean,
        std=processor.image_std,
        size=_input_size(processor.size),
        categories=[labels[k] for k in sorted(labels)],
    )


def _from_torchvision(name: str, classes: int | None) -> Classifier:
    architecture, _, weights = name.removeprefix("torchvision:").partition(":")
    if architecture not in torchvision.models.list_models(module=torchvision.models):
        raise ValueError(f"model: torchvision has no classifier {architecture!r}")
    categories: Sequence[str] = ()
    try:
        if weights == "DEFAULT":
            published = torchvision.models.get_model_weights(architecture).DEFAULT
            state, categories = published.get_state_dict(progress=True), published.meta["categories"]
        elif weights:
            state = torch.load(weights, map_location="cpu", weights_only=True)
        else:
            state = {}
        known = len(list(state.values())[-1]) if state else 1000  # the head's bias is the last tensor
        network = torchvision.models.get_model(architecture, weights=None, num_classes=classes or known)
        if state:
            _load_all_but_head(network, state)
    except (OSError, RuntimeError, AttributeError, TypeError) as error:
        raise ValueError(f"model: {name!r} cannot be loaded ({brief(error)})") from None
    if classes not in (None, known):
        categories = ()
    return Classifier(network, mean=IMAGENET_MEAN, std=IMAGENET_STD, categories=categories)


def _load_all_but_head(network: nn.Module, state: dict[str, Tensor]) -> None:
    """Weights of the same shape; a head for another number of classes stays untrained. RuntimeError for others."""
    own = network.state_dict()
    fitting = {key: value for key, value in state.items() if key in own and own[key].shape == value.shape}
    if len(own) - len(fitting) > 2:
        raise RuntimeError(f"the weights fit only {len(fitting)} of {len(own)} tensors")
    network.load_state_dict(fitting, strict=False)


def _input_size(size: object) -> tuple[int, int] | None:
    """A transformers processor's `size`: {"height", "width"} or {"shortest_edge"}."""
    values = dict(size) if size is not None else {}  # type: ignore[call-overload]
    if values.get("height") and values.get("width"):
        return values["height"], values["width"]
    edge = values.get("shortest_edge")
    return (edge, edge) if edge else None


def brief(error: Exception) -> str:
    """The first sentence of a library's message."""
    return str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__


def places(names: Sequence[str], model: nn.Module, logits: int) -> Tensor:
    """Which logit stands for each class folder, (len(names),): by name where the model names its classes (ImageNet
    lists synonyms behind commas), by order where it has as many. Raises ValueError if neither holds."""
    known: dict[str, int] = {}
    for index, category in enumerate(getattr(model, "categories", ())):
        for synonym in category.split(","):
            known.setdefault(_plain(synonym), index)
    if all(_plain(name) in known for name in names):
        return torch.tensor([known[_plain(name)] for name in names])
    if logits == len(names):
        return torch.arange(logits)
    strange = next(name for name in names if _plain(name) not in known)
    raise ValueError(
        f"model: knows {logits} classes and none is called {strange!r} as a class folder is; train it with --steps, or "
        "rename the folder"
    )


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", " ").replace("-", " ")


class ClassifierJudge:
    """Score: right or not. Confidence: the right class's probability. Harm: cross-entropy, which has a gradient.

    labels: (N,), of the test's pictures; names: of the logits. The model's weights are frozen.
    """

    def __init__(self, model: nn.Module, labels: Tensor, names: Sequence[str] = ()) -> None:
        self._model, self._labels, self._names = model.eval().requires_grad_(False), labels, names

    def __call__(self, images: Tensor, rows: Tensor) -> Verdict:
        logits = self._model(images)
        labels = self._labels[rows]
        answers = logits.argmax(1)
        return Verdict(
            score=(answers == labels).float(),
            confidence=logits.detach().softmax(1).gather(1, labels[:, None]).flatten(),
            harm=F.cross_entropy(logits, labels, reduction="none"),
            answers=tuple(self._names[k] if k < len(self._names) else str(k) for k in answers.tolist()),
        )


def train(
    model: nn.Module, task: Labelled, *, steps: int, rate: float, chain: Chain | None, seed: int, batch: int = 32
) -> nn.Module:
    """Cross-entropy with AdamW and a one-cycle rate on random crops; `chain` spoils every second picture of a batch.

    The crops are drawn from a generator of their own: with and without flaws the same ones are seen.
    """
    crops, flaws = (torch.Generator().manual_seed(seed + k) for k in (0, 1))
    model.train().requires_grad_(True)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(model.parameters(), rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps + 1)
    title = "training clean" if chain is None else "training with flaws"
    for _ in (bar := tqdm(range(steps), title, mininterval=2.0)):
        images, labels = task.sample(batch, crops)
        if chain is not None:
            half = batch // 2
            images[:half] = chain.apply(images[:half], chain.sample(half, flaws))
        loss = F.cross_entropy(model(images.contiguous(memory_format=torch.channels_last)), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        bar.set_postfix(loss=f"{float(loss.detach()):.2f}", refresh=False)
    return model.eval()
