"""Many photos, one wish: planned, done one after another or on a cluster, recorded, resumed and reported."""

from controllable.batch.journal import Journal
from controllable.batch.plan import Settings, find_photos, plan
from controllable.batch.run import Step, run
from controllable.batch.where import Where
from controllable.batch.work import Stopped, Worker

__all__ = ["Journal", "Settings", "Step", "Stopped", "Where", "Worker", "find_photos", "plan", "run"]
