"""What pyproject.toml cannot say: the wheel carries the models, which a checkout has beside the package, inside it."""

from setuptools import find_packages, setup

MODELS = "controllable.bundled_models"

setup(
    packages=[*find_packages(include=["controllable", "controllable.*"]), MODELS],
    package_dir={MODELS: "models"},
    package_data={MODELS: ["*/*"], "controllable": ["**/*.js", "**/*.css"]},
    include_package_data=False,
)
