"""One training step, compiled by whatever backend Keras runs on: arrays in, losses out, variables moved.

What it is: gradients, the optimizer and the learner's variables. What it is not: data, schedules, files.

Keras's own `train_on_batch` is not used: it gives one loss where a detector has several, copies the state in and out
of its variables at every step on JAX, and leaves no place for a check of every loss before variables move.
"""

from loadstone.training.steps.engine import Step, StepResult, make_step

__all__ = ["Step", "StepResult", "make_step"]
