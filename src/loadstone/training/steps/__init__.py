"""One training step, compiled by whatever backend Keras runs on: arrays in, losses out, variables moved.

What it is: gradients, the optimizer and the learner's variables. What it is not: data, schedules, files.

Keras's own `train_on_batch` is not used: with the same network it takes 1.5 times as long to its first step on
TensorFlow and JAX, because it traces the model a second time, and it copies the state in and out of its variables at
every step on JAX (`benchmarks/training_step.py` measures both).
"""

from loadstone.training.steps.engine import Step, StepResult, make_step

__all__ = ["Step", "StepResult", "make_step"]
