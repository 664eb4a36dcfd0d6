"""Training together without sharing photos, and in private: every table, and which targets are met.

python -m benchmarks.together --photos PHOTOS --data DATA [--out runs/together] [--device cuda]
Hours on two cores, most of them the private trainings, which take minutes on a GPU; what is there already in --out is
not trained again. The single tables: benchmarks.federated, benchmarks.privacy, benchmarks.attacks.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from benchmarks import attacks, federated, privacy
from benchmarks.images import head, row
from controllable.training.privacy import Ledger

EPSILON = 8.0
PARTS = ("table", "drop", "secure", "critic", "many", "tls")


def accountant(noise: float = 1.1, share: float = 0.05, wanted: int = 5000) -> tuple[float, float, float]:
    """How far our epsilon is from Opacus' own; epsilon when the budget ends the steps, and after one step more."""
    from opacus.accountants import PRVAccountant

    ledger, own = Ledger(EPSILON, 1e-5), PRVAccountant()
    fits = ledger.affordable(noise, share, wanted)
    for _ in range(fits):
        ledger.charge(noise, share)
        own.step(noise_multiplier=noise, sample_rate=share)
    return abs(ledger.spent() - float(own.get_epsilon(1e-5))), ledger.spent(), ledger.spent(noise, share, 1)


def answers(options: argparse.Namespace) -> Iterator[tuple[str, str, str, bool]]:
    """Print all tables; what was asked, the target, what was found, and whether that is enough."""
    where = ["--data", str(options.photos), "--held-out", str(options.data / "kodak"), "--seeds", str(options.seeds)]
    out = ["--out", str(options.out / "federated")]
    found = federated.measure(federated.parser().parse_args([*where, *out, "--part", *PARTS]))
    for what, target, least in (
        ("to gathered", "within 0.3 dB", -0.3),
        ("to the best client alone", "+0.5 dB", 0.5),
        ("30 % vanishing", "within 0.2 dB", -0.2),
        ("killed server", "the same", -0.1),
    ):
        yield f"federated: {what}", target, f"{found[what]:+.2f} dB", found[what] >= least
    size = f"{found['many clients: seconds']:.0f} s, {found['many clients: MB']:.0f} MB"
    yield f"{federated.MANY[-1]} clients", "finishes", size, True

    trained = ["--photos", str(options.photos), "--data", str(options.data), "--out", str(options.out / "privacy")]
    gain = privacy.measure(privacy.parser().parse_args([*trained, "--device", options.device]))[EPSILON]
    yield f"private, epsilon {EPSILON:g}", "+1.5 dB", f"{gain:+.2f} dB", gain >= 1.5

    asked = ["--data", str(options.photos), "--epsilon", f"{EPSILON:g}"]
    leaks = attacks.measure(attacks.parser().parse_args(asked))
    shown, hidden = (max(pair) for pair in (leaks[0], leaks[-1]))
    yield "membership, not private", "AUC 0.65", f"{shown:.2f}", shown >= 0.65
    yield f"membership, epsilon {EPSILON:g}", "AUC 0.55 at most", f"{hidden:.2f}", hidden <= 0.55

    off, spent, more = accountant()
    figures = f"{off:.0e} off; ends at {spent:.3f}, one step more is {more:.3f}"
    yield "accountant", f"Opacus' own figure, at most {EPSILON:g}", figures, off < 1e-6 and spent <= EPSILON < more


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="photos to train on")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds kodak/")
    parser.add_argument("--out", type=Path, default=Path("runs/together"))
    parser.add_argument("--seeds", type=int, default=3, help="times that each federated training is repeated")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cpu", help="of the private trainings")
    rows = list(answers(parser.parse_args(argv)))
    print()
    head("what", "target", "measured", "met")
    for what, target, found, met in rows:
        row(what, target, found, "yes" if met else "no")


if __name__ == "__main__":
    main()
