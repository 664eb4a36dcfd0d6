"""Pictures, labels, classifiers and detectors of the robustness example keep their contracts."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from torch import Tensor, nn
from transformers import ViTForImageClassification, ViTImageProcessor

from controllable.degradation import Chain
from examples.robustness_detectors import Boxes, DetectorJudge, load_detector
from examples.robustness_models import ClassifierJudge, SmallNet, load_classifier, places, train
from examples.robustness_tasks import classes, has_classes, scenes, unlabelled
from tests.photo import draw_photo, photo_tensor


def draw_coordinates(path: Path, width: int = 220, height: int = 100) -> None:
    """Red tells the column."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.arange(width)
    Image.fromarray(pixels).save(path)


def test_training_and_test_crops_share_no_pixel(tmp_path: Path) -> None:
    for k in range(2):
        draw_coordinates(tmp_path / f"{k}.png")
    task = scenes(tmp_path, count=5, crops=4, size_px=40, seed=0)
    assert len(task.names) == 2 and task.images.shape == (8, 3, 40, 40) and task.labels.tolist() == [0] * 4 + [1] * 4
    trained = {int(v) for region in task.train for v in region.pixels[0].unique()}
    tested = {int(v) for v in (task.images[:, 0] * 255).round().unique()}
    assert not trained & tested and tested


def test_crops_come_with_the_label_of_their_region(tmp_path: Path) -> None:
    for k, colour in enumerate(("red", "blue")):
        (tmp_path / colour).mkdir()
        for n in range(3):
            Image.new("RGB", (50, 70), colour).save(tmp_path / colour / f"{n}.png")
        assert has_classes(tmp_path) == (k == 1)
    task = classes(tmp_path, size_px=32, trained=True)
    crops, labels = task.sample(16, torch.Generator().manual_seed(0))
    assert task.names == ("blue", "red") and crops.shape == (16, 3, 32, 32)
    assert torch.equal(crops[:, 0].mean((1, 2)), labels.float())
    assert len(classes(tmp_path, size_px=32, trained=False).labels) == 6
    draw_photo(50, 50).save(tmp_path / "beside.png")
    assert not has_classes(tmp_path)


def test_with_and_without_flaws_the_same_crops_are_seen(tmp_path: Path) -> None:
    for k in range(2):
        draw_photo(180, 110, k).save(tmp_path / f"{k}.png")
    task = scenes(tmp_path, count=2, crops=2, size_px=32, seed=0)

    class Seen(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bias = nn.Parameter(torch.zeros(2))
            self.images: list[Tensor] = []

        def forward(self, images: Tensor) -> Tensor:
            self.images.append(images.clone())
            return self.bias.expand(len(images), 2)

    clean, flawed = Seen(), Seen()
    train(clean, task, steps=2, rate=1e-3, chain=None, seed=5, batch=8)
    train(flawed, task, steps=2, rate=1e-3, chain=Chain(), seed=5, batch=8)
    for a, b in zip(clean.images, flawed.images, strict=True):
        assert torch.equal(a[4:], b[4:]) and not torch.equal(a[:4], b[:4])


def test_the_small_network_learns_to_tell_two_photos_apart(tmp_path: Path) -> None:
    for k, colour in enumerate(((200, 60, 60), (60, 60, 200))):
        Image.blend(draw_photo(180, 110, k), Image.new("RGB", (180, 110), colour), 0.6).save(tmp_path / f"{k}.png")
    task = scenes(tmp_path, count=2, crops=4, size_px=32, seed=0)
    model = train(SmallNet(2), task, steps=30, rate=2e-3, chain=None, seed=0, batch=16)
    verdict = ClassifierJudge(model, task.labels, task.names)(task.images, torch.arange(8))
    assert float(verdict.score.mean()) == 1.0 and set(verdict.answers) == set(task.names)


def test_a_transformers_classifier_says_what_its_own_processor_would_have_it_say(vit: Path) -> None:
    model = load_classifier(str(vit)).eval()
    image = (photo_tensor(32, 32) * 255).round() / 255
    processor = ViTImageProcessor.from_pretrained(vit)
    inputs = processor(images=(image * 255).round().to(torch.uint8), return_tensors="pt")
    expected = ViTForImageClassification.from_pretrained(vit).eval()(**inputs).logits
    torch.testing.assert_close(model(image), expected, atol=1e-4, rtol=1e-3)
    assert model(photo_tensor(50, 40)).shape == (1, 3)
    assert load_classifier(str(vit), classes=5)(image).shape == (1, 5)


def test_the_picture_has_a_gradient_through_a_transformers_classifier(vit: Path) -> None:
    image = photo_tensor(40, 40).requires_grad_()
    judge = ClassifierJudge(load_classifier(str(vit)), torch.tensor([0]))
    judge(image, torch.tensor([0])).harm.sum().backward()
    assert image.grad is not None and float(image.grad.abs().sum()) > 0


def test_class_folders_find_their_logits_by_name_then_by_order(vit: Path) -> None:
    model = load_classifier(str(vit))
    assert places(("Golden Retriever", "tabby-cat"), model, 3).tolist() == [1, 0]
    assert places(("x", "y", "z"), model, 3).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="knows 3 classes and none is called 'x'"):
        places(("boat", "x"), model, 3)


def test_torchvision_weights_are_loaded_and_a_head_of_other_size_is_new(tmp_path: Path) -> None:
    network = torchvision.models.mobilenet_v3_small(num_classes=4)
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    name = f"torchvision:mobilenet_v3_small:{tmp_path / 'weights.pth'}"
    image = photo_tensor(64, 64)
    normal = torchvision.transforms.functional.normalize(image, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    torch.testing.assert_close(load_classifier(name).eval()(image), network.eval()(normal))
    assert load_classifier(name, classes=6).eval()(image).shape == (1, 6)
    torch.save({"strange": torch.zeros(3)}, tmp_path / "weights.pth")
    with pytest.raises(ValueError, match="the weights fit only 0 of"):
        load_classifier(name)


def test_the_detector_score_is_the_share_of_the_clean_boxes_still_found() -> None:
    def boxes(*corners: tuple[float, float, float, float], label: int = 1) -> Boxes:
        count = len(corners)
        return Boxes(
            corners=torch.tensor(corners).view(count, 4),
            labels=torch.full((count,), label),
            confidence=torch.full((count,), 0.8),
        )

    answers = [boxes((0, 0, 10, 10), (20, 20, 30, 30)), boxes()]
    judge = DetectorJudge(lambda images: answers, torch.zeros(2, 3, 8, 8), threshold=0.5)
    assert judge.useful.tolist() == [0]

    def score(found: Boxes) -> tuple[float, float]:
        answers[:] = [found]
        verdict = judge(torch.zeros(1, 3, 8, 8), torch.tensor([0]))
        return float(verdict.score), float(verdict.confidence)

    assert score(boxes((0, 0, 10, 10), (20, 20, 30, 30))) == pytest.approx((1.0, 0.8))
    assert score(boxes((0, 0, 10, 6))) == pytest.approx((0.5, 0.4))
    assert score(boxes((0, 0, 10, 4))) == (0.0, 0.0)
    assert score(boxes((0, 0, 10, 10), label=2)) == (0.0, 0.0)
    assert score(boxes()) == (0.0, 0.0)


@pytest.mark.parametrize("library", ["torchvision", "transformers"])
def test_untrained_detectors_find_all_of_the_clean_photo_again(tmp_path: Path, yolos: Path, library: str) -> None:
    torch.manual_seed(0)
    (tmp_path / "photos").mkdir()
    for k in range(2):
        draw_photo(90, 70, k).save(tmp_path / "photos" / f"{k}.png")
    detect = load_detector(str(yolos) if library == "transformers" else "torchvision:ssdlite320_mobilenet_v3_large")
    images = unlabelled(tmp_path / "photos", size_px=64, most=5)
    with torch.inference_mode():
        threshold = 0.5 * max(float(boxes.confidence.max()) for boxes in detect(images))
    judge = DetectorJudge(detect, images, threshold)
    rows = judge.useful
    verdict = judge(images[rows], rows)
    assert verdict.score.tolist() == [1.0] * len(rows)
    with torch.inference_mode():
        corners = detect(images)[int(rows[0])].corners
    assert float(corners.max()) > 1.5  # pixels, not shares
    with pytest.raises(ValueError, match="finds nothing in these photos"):
        DetectorJudge(detect, images, 1.1)
