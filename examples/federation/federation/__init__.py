"""The folder that `flwr run` sends."""
