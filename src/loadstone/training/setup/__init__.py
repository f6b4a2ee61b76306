"""From what was asked for to a learner, a stream and a course: everything that is decided before the first step.

What it is: plain decisions, each told. What it is not: the loop, or the reading of datasets and models.
"""
