"""Client-level privacy: what the noise on averaged updates is worth, one client's presence being the secret."""


def epsilon(noise_multiplier: float, releases: int, delta: float) -> float:
    """Spent by `releases` averages, each with Gaussian noise of `noise_multiplier` times the clip over the number of
    answers; the clients count as asked in every round, so choosing some of them at random gives nothing more.

    By Opacus' accountant of Rényi divergences at a sample rate of 1. Raises ValueError where Opacus is not installed.
    """
    try:
        from opacus.accountants import RDPAccountant
    except ModuleNotFoundError:
        raise ValueError("federated: opacus is not installed; pip install -r requirements-federated.txt") from None
    if not releases:
        return 0.0
    accountant = RDPAccountant()
    accountant.history = [(noise_multiplier, 1.0, releases)]
    return float(accountant.get_epsilon(delta))
