"""What a federation is made of, without the library that carries its messages; see `training.federated`."""
