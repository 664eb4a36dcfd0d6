"""Recipe for pairs: a generator sees what the camera made of a photo, and is told by up to four losses what it was.

SRGAN, ESRGAN and DeblurGAN differ in their camera, their networks and their weights: their files say how.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from controllable.image.resize import resize
from controllable.networks.critics import make_critic
from controllable.networks.expert import Expert
from controllable.training.adversary import Adversary
from controllable.training.features import Features, load_features
from controllable.training.losses.variation import total_variation
from controllable.training.photos import DEVELOPMENT_ONE_IN, Photos
from controllable.training.recipes.pairs import (
    Camera,
    Photographed,
    PhotographedPairs,
    development_pair,
    photographed,
)
from controllable.training.recipes.settings import Settings

DEVELOPMENT_PX = 192
SHOWN = 8
NONE_ASIDE = 2**256
"""One photo in so many, by a hash of 256 bits: none."""
ADAM_BETAS = (0.9, 0.999)
"""SRGAN (Ledig et al. 2017, section 3.2) and ESRGAN (Wang et al. 2018, section 4.1)."""


class PairedRecipe:
    """`settings.warmup` of the steps on pixels alone, then all losses; the critic takes its steps within `loss`.

    conditional: the critic also sees the input, enlarged to the output's size. data: None makes the networks alone, for
    who trains nothing himself: the server of a federation. look: whether photos are kept aside to look at.
    """

    def __init__(
        self, network: Expert, data: Path | None, settings: Settings, camera: Camera, *,
        conditional: bool = False, look: bool = True, seed: int = 0, device: str = "cpu", workers: int = 1,
    ) -> None:  # fmt: skip
        self.network: nn.Module = network.to(device, memory_format=torch.channels_last)
        self.settings, self.camera, self.seed, self.device, self.workers = settings, camera, seed, device, workers
        self.conditional, self.by_coins = conditional, False
        if data is not None:
            aside = DEVELOPMENT_ONE_IN if look else NONE_ASIDE
            self.photos = Photos(data, device=device, smallest_px=settings.patch_px, kept_one_in=aside)
        if data is not None and look:
            self.development = development_pair(data, camera, max(DEVELOPMENT_PX, settings.patch_px), seed)
        self.features: Features | None = load_features(settings.features).to(device) if settings.perceptual else None
        self.adversary: Adversary | None = None
        if settings.adversary:
            self.adversary = make_adversary(settings, ADAM_BETAS, conditional=conditional, seed=seed, device=device)

    def shipped(self, network: nn.Module) -> Expert:
        """What of the trained network is written as weights."""
        return cast(Expert, network)

    def take_by_coins(self) -> tuple[int, int]:
        """See `privacy.OfPhotos`."""
        self.by_coins = True
        return len(self.photos), self.settings.batch

    def private_critic(self) -> Adversary | None:
        """See `privacy.OfPhotos`."""
        if self.adversary:
            self.adversary.refuse_privacy()
        return self.adversary

    def state(self) -> dict[str, Any]:
        return self.adversary.state() if self.adversary else {}

    def load_state(self, state: dict[str, Any]) -> None:
        if self.adversary and state:
            self.adversary.load_state(state)

    def batches(self, start: int) -> Iterator[Photographed]:
        settings = self.settings
        pairs = PhotographedPairs(
            self.photos, self.camera, batch=settings.batch, patch_px=settings.patch_px, seed=self.seed, start=start,
            by_coins=self.by_coins,
        )  # fmt: skip
        return photographed(pairs, self.device, self.workers)

    def loss(self, network: nn.Module, batch: Photographed) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        settings = self.settings
        joined = batch.step >= settings.warmup * settings.steps
        if not len(batch):  # of a private training, in which it must not show that nobody came
            if joined and self.adversary:
                self.adversary.train(batch.clean, batch.clean, batch.clean if self.conditional else None)
            return batch.clean.new_zeros(()), {"loss": 0.0}
        made, parts = self.answer(network, batch)
        parts["pixel"] = (made - batch.clean).abs().mean()
        loss = settings.pixel * parts["pixel"] + self.added(parts)
        if settings.variation:
            parts["variation"] = total_variation(made)
            loss = loss + settings.variation * parts["variation"]
        if joined:
            if self.features:
                parts["features"] = self.distance(made, batch.clean).mean()
                loss = loss + settings.perceptual * parts["features"]
            if self.adversary:
                condition = self.enlarged(batch) if self.conditional else None
                parts["critic"] = self.adversary.train(batch.clean, made, condition)
                parts["adversary"] = self.adversary.judge(batch.clean, made, condition)
                loss = loss + settings.adversary * parts["adversary"]
        return loss, {"loss": loss} | parts

    def answer(self, network: nn.Module, batch: Photographed) -> tuple[Tensor, dict[str, Tensor]]:
        """The generator's answer, (B, 3, P, P), and what a paper measures of it besides."""
        made: Tensor = network(batch.seen)
        return made.float(), {}

    def added(self, parts: Mapping[str, Tensor]) -> Tensor | float:
        """What a paper adds to the loss, of what `answer` measured."""
        return 0.0

    def enlarged(self, batch: Photographed) -> Tensor:
        """The input on the output's grid, bicubic."""
        return batch.seen if self.settings.scale == 1 else resize(batch.seen, tuple(batch.clean.shape[-2:]))

    def distance(self, made: Tensor, clean: Tensor) -> Tensor:
        """Of features, (B,), in full precision."""
        assert self.features is not None
        with torch.autocast(self.device, enabled=False):
            return self.features(made.float(), clean)

    @torch.inference_mode()
    def evaluate(self, network: nn.Module) -> dict[str, float]:
        """psnr and gain over the (enlarged) input in dB, distance of features; score: the gain, or minus the distance
        where there are features."""
        pair = self.development.to(self.device)
        outputs = [network(seen).float().clamp(0.0, 1.0) for seen in pair.seen.split(1)]
        made, given = torch.cat(outputs), self.enlarged(pair).clamp(0.0, 1.0)
        found = {"psnr": float(psnr(made, pair.clean).mean())}
        found["gain"] = found["psnr"] - float(psnr(given, pair.clean).mean())
        if self.features is None:
            return {"score": found["gain"]} | found
        distances = [self.distance(a, b) for a, b in zip(made.split(1), pair.clean.split(1), strict=True)]
        distance = float(torch.cat(distances).mean())
        return {"score": -distance} | found | {"distance": distance}

    @torch.inference_mode()
    def samples(self, network: nn.Module) -> Tensor:
        """Three rows of development photos: given, made, true."""
        pair = self.development.to(self.device)
        made = torch.cat([network(seen).float() for seen in pair.seen[:SHOWN].split(1)])
        rows = [self.enlarged(pair)[:SHOWN], made, pair.clean[:SHOWN]]
        blank = torch.ones_like(made[:1]).expand(SHOWN - len(made), -1, -1, -1)
        return torch.cat([torch.cat((row, blank)) for row in rows])


def psnr(a: Tensor, b: Tensor) -> Tensor:
    """dB of (B, 3, H, W) in [0, 1] → (B,)."""
    return -10.0 * torch.log10((a - b).pow(2).mean((1, 2, 3)).clamp_min(1e-10))


def make_adversary(
    settings: Settings, betas: tuple[float, float], *, conditional: bool, seed: int, device: str
) -> Adversary:
    """The critic that the settings name, with Adam, in their game."""
    critic = make_critic(
        settings.critic, spectral=settings.spectral, conditional=conditional, width=settings.critic_width
    ).to(device, memory_format=torch.channels_last)
    stepper = torch.optim.Adam(critic.parameters(), settings.critic_rate, betas)
    return Adversary(
        critic, [stepper], loss=settings.adversarial, penalty=settings.penalty, updates=settings.updates, seed=seed
    )
