import torch

from controllable.networks.quality_head import LIKELY, UNLIKELY, QualityHead, trusted
from controllable.quality.measurements import NUMBERS, SPECTRA
from controllable.task import TASKS


def test_an_unlikely_flaw_is_not_reported_and_a_likely_one_in_full() -> None:
    probability = torch.linspace(0.01, 0.99, 99)
    share = trusted(torch.logit(probability))
    assert (share[probability < UNLIKELY] == 0.0).all() and (share[probability > LIKELY + 0.005] == 1.0).all()
    assert (share[1:] >= share[:-1]).all()


def test_the_head_reports_what_is_there_as_severe_as_it_says() -> None:
    head = QualityHead(embedding=16, spectra=SPECTRA, numbers=NUMBERS).eval()
    seen = torch.randn(4, 16), torch.randn(4, SPECTRA, 64, 33), torch.randn(4, NUMBERS)
    there, severity, score = head.parts(*seen)
    quality = head(*seen)
    assert quality.shape == (4, len(TASKS) + 1) and bool(((quality >= 0.0) & (quality <= 1.0)).all())
    assert torch.equal(quality[:, :-1], severity * trusted(there)) and torch.equal(quality[:, -1], score)


def test_a_reading_beyond_all_experience_stays_finite() -> None:
    head = QualityHead(embedding=16).eval()
    seen = 1e6 * torch.ones(1, 16), -1e6 * torch.ones(1, SPECTRA, 64, 33), 1e6 * torch.ones(1, NUMBERS)
    assert head(*seen).isfinite().all()


def test_the_head_takes_as_many_numbers_as_are_measured() -> None:
    sizes = QualityHead().sizes
    assert sizes["numbers"] == NUMBERS and sizes["spectra"] == SPECTRA
