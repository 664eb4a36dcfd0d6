"""The workshop's recipes: each a paper's settings, and `build`, which makes of them what `fit` trains."""

WORKSHOP = ("srgan", "esrgan", "cyclegan", "deblurgan", "degradation-gan", "denoise")
"""Names for `python -m controllable train NAME`; each is a module here."""
