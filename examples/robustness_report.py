"""What `examples.robustness` reports: scores against severity, the worst cases, and pictures of these."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from torch import Tensor
from tqdm import tqdm

from controllable.degradation import Chain
from controllable.degradation.recipes import Recipe
from controllable.task import TASKS, Task
from examples.robustness_models import ClassifierJudge
from examples.robustness_search import CHUNK, Found, Judge, Verdict, gradient_search, random_search, spoil

SEVERITIES = (0.0, 0.25, 0.5, 0.75, 1.0)
MIDDLE = SEVERITIES.index(0.5)
SEARCHED = 64
"""Pictures a search looks at; the others of the test say whether its finding holds for them too."""
SHOWN = 6
"""Rows of a sheet."""

Curves = Mapping[Task, Sequence[float]]
"""Task → mean score at each of `SEVERITIES`."""


@dataclass(frozen=True, kw_only=True)
class Subjects:
    """judges: models by name; images: (N, 3, P, P), RGB, [0, 1], which all are judged on; rows: (N,), which of the
    test's pictures these are; score: what a judge's score is called."""

    judges: Mapping[str, Judge]
    images: Tensor
    rows: Tensor
    score: str


def verdicts(judge: Judge, images: Tensor, rows: Tensor) -> Verdict:
    """The judge's verdict on (N, 3, H, W), in chunks."""
    with torch.no_grad():
        parts = [judge(i, r) for i, r in zip(images.split(CHUNK), rows.split(CHUNK), strict=True)]
    score, confidence, harm = (torch.cat([getattr(p, name) for p in parts]) for name in ("score", "confidence", "harm"))
    return Verdict(score=score, confidence=confidence, harm=harm, answers=sum((p.answers for p in parts), ()))


def accuracies(subjects: Subjects, seed: int) -> dict[str, Curves]:
    """Model → task → mean score at `SEVERITIES`; every model sees the same pictures, and every severity of a task the
    same draws."""
    chain = Chain()
    curves: dict[str, dict[Task, list[float]]] = {
        name: {task: [float(verdicts(judge, subjects.images, subjects.rows).score.mean())] for task in TASKS}
        for name, judge in subjects.judges.items()
    }
    with tqdm(total=len(TASKS) * (len(SEVERITIES) - 1), desc="severities", mininterval=2.0) as bar:
        for k, task in enumerate(TASKS):
            for severity in SEVERITIES[1:]:
                only = torch.zeros(len(subjects.images), len(TASKS))
                only[:, k] = severity
                params = chain.sample(len(only), torch.Generator().manual_seed(seed), only)
                images = chain.apply(subjects.images, params)
                for name, judge in subjects.judges.items():
                    curves[name][task].append(float(verdicts(judge, images, subjects.rows).score.mean()))
                bar.update()
    return dict(curves)


def print_curves(curves: Mapping[str, Curves], score: str) -> None:
    """One table a model, and where there are two, the gain of the second at severity 0.5."""
    names = list(curves)
    for name in names:
        print(f"\n### {score[0].upper()}{score[1:]} in %, {name}\n")
        _head("flaw", *SEVERITIES)
        for task in TASKS:
            _row(task, *(f"{100 * value:.1f}" for value in curves[name][task]))
        _row("mean", *(f"{100 * value:.1f}" for value in _mean_curve(curves[name])))
    if len(names) == 2:
        print(f"\n### Gain at severity 0.5 in points, {names[1]} against {names[0]}\n")
        gains = [100 * (curves[names[1]][t][MIDDLE] - curves[names[0]][t][MIDDLE]) for t in TASKS]
        _head(*TASKS, "mean", "clean photos")
        clean = 100 * (curves[names[1]][TASKS[0]][0] - curves[names[0]][TASKS[0]][0])
        _row(*(f"{gain:+.1f}" for gain in (*gains, sum(gains) / len(gains), clean)))


def _mean_curve(curves: Curves) -> list[float]:
    return [sum(values) / len(TASKS) for values in zip(*curves.values(), strict=True)]


def worst_cases(subjects: Subjects, recipe: Recipe, evaluations: int, seed: int, out: Path) -> None:
    """Search, print the table, and write a JSON file a search and a sheet a model.

    The searches look at up to `SEARCHED` pictures through the differentiable chain; what the table says was measured
    with the usual one (real libjpeg), which the command line replays.
    """
    order = torch.randperm(len(subjects.rows), generator=torch.Generator().manual_seed(seed))
    most = min(SEARCHED, max(1, len(order) // 2))
    ours, others = order[:most], order[most:]
    parts = [part for part in (ours, others) if len(part)]
    print(f"\n### Worst case within {recipe.name!r}, {len(ours)} pictures searched on, {len(others)} others\n")
    out.mkdir(parents=True, exist_ok=True)
    _head("model", "search", "evaluations", "harm", f"{subjects.score}, searched", f"{subjects.score}, others",
          "confidence in what is right, searched")  # fmt: skip
    found: dict[str, dict[str, Found]] = {}
    for name, judge in subjects.judges.items():
        images, rows = subjects.images[ours], subjects.rows[ours]
        found[name] = {}
        searches = {"random": random_search}
        if isinstance(judge, ClassifierJudge):
            searches["gradient"] = gradient_search
        for kind, search in searches.items():
            with tqdm(total=evaluations, desc=f"{kind} search, {name}", mininterval=2.0) as bar:
                found[name][kind] = search(
                    judge, images, rows, recipe, evaluations=evaluations, seed=seed, tick=bar.update
                )
        usual = recipe.chain()
        clean = [verdicts(judge, subjects.images[part], subjects.rows[part]) for part in parts]
        _row(name, "none: clean", 0, *_figures(clean))
        drawn = usual.sample(len(order), torch.Generator().manual_seed(seed + 1))
        typical = usual.apply(subjects.images, drawn)
        _row(name, "none: each its own draw", 0,
             *_figures([verdicts(judge, typical[part], subjects.rows[part]) for part in parts]))  # fmt: skip
        worst: dict[str, tuple[Tensor, Verdict]] = {}
        for kind, result in found[name].items():
            spoilt = spoil(usual, subjects.images, result.params)
            sides = [verdicts(judge, spoilt[part], subjects.rows[part]) for part in parts]
            worst[kind] = spoilt[ours], sides[0]
            _row(name, kind, result.evaluations, *_figures(sides))
        save_sheet(out / f"worst_{_file(name)}.png", {"clean": (images, clean[0]), **worst})
    print("\nSeverities found (all parameters are in the JSON files):\n")
    for name, kinds in found.items():
        for kind, result in kinds.items():
            params = result.params.to_dict()
            path = out / f"worst_{_file(name)}_{kind}.json"
            path.write_text(json.dumps({"recipe": recipe.name, "harm": result.harm, "params": params}, indent=1) + "\n")
            severities = ", ".join(f"{task} {value:.2f}" for task, value in params["severity"].items())
            print(f"- {name}, {kind}: {severities} ({path})")


def _figures(sides: Sequence[Verdict]) -> tuple[str, ...]:
    """Harm, score of the pictures searched on and of the others, if there are any, confidence."""
    ours = sides[0]
    scores = [f"{100 * float(side.score.mean()):.1f}" for side in sides] + ["–"] * (2 - len(sides))
    return f"{float(ours.harm.mean()):.2f}", *scores, f"{float(ours.confidence.mean()):.2f}"


def save_sheet(path: Path, columns: Mapping[str, tuple[Tensor, Verdict]]) -> None:
    """One row a picture, one column a case, with what the model says and its confidence in what is right.

    columns: title → pictures (N, 3, P, P), RGB, [0, 1], and the verdict; the clean ones first. Of the N, `SHOWN` are
    drawn: those that are right when clean, and of different answers, before others.
    """
    clean = next(iter(columns.values()))[1]
    shown = sorted(range(len(clean.answers)), key=lambda k: _rank(clean, k))[:SHOWN]
    size = next(iter(columns.values()))[0].shape[-1]
    side = size * max(1, 192 // size)
    width, height = max(side, 180) + 8, side + 34
    sheet = Image.new("RGB", (width * len(columns), height * len(shown) + 20), "white")
    pen = ImageDraw.Draw(sheet)
    for x, (title, (images, verdict)) in enumerate(columns.items()):
        pen.text((x * width + 4, 4), title, fill="black")
        for y, k in enumerate(shown):
            pixels = (images[k].permute(1, 2, 0).clamp(0, 1) * 255.0).round().to(torch.uint8).contiguous().numpy()
            place = x * width + 4, y * height + 20
            sheet.paste(Image.fromarray(pixels).resize((side, side), Image.Resampling.NEAREST), place)
            colour = "darkgreen" if verdict.score[k] > 0.5 else "darkred"
            text = f"{verdict.answers[k][-26:]}\n{float(verdict.confidence[k]):.2f}"
            pen.multiline_text((place[0], place[1] + side + 2), text, fill=colour, spacing=1)
    sheet.save(path)


def _rank(clean: Verdict, k: int) -> tuple[bool, int, int]:
    """Right ones first, then those whose answer no earlier picture has."""
    return float(clean.score[k]) == 0.0, clean.answers[:k].count(clean.answers[k]), k


def _file(name: str) -> str:
    return name.replace(" ", "_")


def _row(*cells: object) -> None:
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def _head(*names: object) -> None:
    _row(*names)
    print("|---" * len(names) + "|")
