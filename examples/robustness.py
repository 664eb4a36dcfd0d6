"""How flaws hurt a classifier or a detector, what training with them gains, and which of them hurt most.

python -m examples.robustness --data FOLDER                      a small network, trained clean and with flaws
python -m examples.robustness --data FOLDER --model NAME         a torchvision or transformers classifier
python -m examples.robustness --data FOLDER --detector NAME      a torchvision or transformers detector

FOLDER holds photos, or one sub-folder of photos a class. Prints markdown tables; writes the worst cases found to --out:
worst_*.json, which `python -m controllable degrade --params` replays, and pictures, worst_*.png.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from controllable.degradation import Chain
from controllable.degradation.recipes import find_recipe
from examples.robustness_detectors import DetectorJudge, load_detector
from examples.robustness_models import ClassifierJudge, SmallNet, load_classifier, places, train
from examples.robustness_report import Subjects, accuracies, print_curves, worst_cases
from examples.robustness_search import CHUNK
from examples.robustness_tasks import classes, has_classes, scenes, unlabelled


def main(argv: Sequence[str] | None = None) -> int:
    """Run the example; the exit status: 0 done, 2 bad input, 130 interrupted."""
    options = _parser().parse_args(argv)
    try:
        _run(options)
    except (ValueError, OSError) as error:
        print(f"robustness: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("robustness: interrupted", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="photos, or class folders of photos")
    parser.add_argument(
        "--task",
        choices=("auto", "classes", "scenes"),
        default="auto",
        help="labels by folder, or by the photo that a crop is from; auto: by folder where there are class folders",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--model", metavar="NAME", help="torchvision:NAME[:FILE|DEFAULT], or a folder or hub name")
    which.add_argument("--detector", metavar="NAME", help="the same, of a detector")
    parser.add_argument("--threshold", type=float, default=0.5, help="confidence from which a detection counts")
    parser.add_argument("--steps", type=int, help="training steps, each twice; default 1500, with --model 0: as it is")
    parser.add_argument("--rate", type=float, help="learning rate; default 2e-3, with --model 1e-4")
    parser.add_argument("--scenes", type=int, default=16, help="photos to tell apart")
    parser.add_argument("--crops", type=int, default=24, help="test crops of each")
    parser.add_argument("--size", type=int, help="of pictures, px; default 64, with --model 224, --detector 320")
    parser.add_argument("--most", type=int, default=64, help="photos without labels to look at")
    parser.add_argument("--recipe", default="old_phone", help="what is realistic: the worst case stays inside it")
    parser.add_argument("--evaluations", type=int, default=60, help="looks of each search; 0: no search")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/robustness"))
    return parser


def _run(options: argparse.Namespace) -> None:
    for name, least in (("scenes", 2), ("crops", 1), ("most", 1), ("evaluations", 0), ("size", 16), ("steps", 0)):
        value = getattr(options, name)
        if value is not None and value < least:
            raise ValueError(f"{name}: must be at least {least}, got {value}")
    if options.detector and options.steps:
        raise ValueError("steps: detectors are measured as they are, only classifiers are trained")
    recipe = find_recipe(options.recipe)
    subjects = _detector(options) if options.detector else _classifiers(options)
    curves = accuracies(subjects, options.seed)
    print_curves(curves, subjects.score)
    if options.evaluations:
        worst_cases(subjects, recipe, options.evaluations, options.seed, options.out)


def _detector(options: argparse.Namespace) -> Subjects:
    detect = load_detector(options.detector)
    images = unlabelled(options.data, size_px=options.size or 320, most=options.most)
    judge = DetectorJudge(detect, images, options.threshold)
    print(f"Task: find again what is found in the clean photo; {len(judge.useful)} of {len(images)} hold something")
    return Subjects(judges={"as given": judge}, images=images[judge.useful], rows=judge.useful, score="found again")


def _classifiers(options: argparse.Namespace) -> Subjects:
    steps = options.steps if options.steps is not None else 0 if options.model else 1500
    size = options.size or (224 if options.model else 64)
    by_class = options.task == "classes" or (options.task == "auto" and has_classes(options.data))
    if not options.model and steps == 0:
        raise ValueError("steps: the small network knows nothing before its training; give at least 1")
    if steps == 0:
        return _as_given(options, size, by_class)
    if by_class:
        task = classes(options.data, size_px=size, trained=True)
    else:
        task = scenes(options.data, count=options.scenes, crops=options.crops, size_px=size, seed=options.seed)
    print(f"Task: {task.story}")
    rate = options.rate or (1e-4 if options.model else 2e-3)
    judges = {}
    for name, chain in (("trained clean", None), ("trained with flaws", Chain())):
        with torch.random.fork_rng():
            torch.manual_seed(options.seed)
            model = load_classifier(options.model, len(task.names)) if options.model else SmallNet(len(task.names))
            train(model, task, steps=steps, rate=rate, chain=chain, seed=options.seed)
        judges[name] = ClassifierJudge(model, task.labels, task.names)
    return Subjects(judges=judges, images=task.images, rows=torch.arange(len(task.images)), score="accuracy")


def _as_given(options: argparse.Namespace, size: int, by_class: bool) -> Subjects:
    """A trained model; where there are no class folders, its own answers on the clean photos are taken as right."""
    model = load_classifier(options.model).eval()
    names: Sequence[str] = model.categories
    if by_class:
        task = classes(options.data, size_px=size, trained=False)
        with torch.inference_mode():
            logits = model(task.images[:1]).shape[1]
        images, labels = task.images, places(task.names, model, logits)[task.labels]
        names, story, score = names or task.names, task.story, "accuracy"
    else:
        images = unlabelled(options.data, size_px=size, most=options.most)
        with torch.inference_mode():
            labels = torch.cat([model(part).argmax(1) for part in images.split(CHUNK)])
        story, score = f"say of {len(images)} flawed photos what is said of the clean ones", "same answer"
    print(f"Task: {story}")
    judge = ClassifierJudge(model, labels.clone(), names)
    return Subjects(judges={"as given": judge}, images=images, rows=torch.arange(len(images)), score=score)


if __name__ == "__main__":
    sys.exit(main())
