"""What Flower starts in each process."""

from controllable.training.federated import client_app, server_app

server = server_app()
client = client_app()
