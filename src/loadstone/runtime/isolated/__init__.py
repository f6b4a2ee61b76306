"""Running a model in an environment of its own: another Python, with the TensorFlow that the model is of.

`create` makes the environment, `worker` is the one file that runs in it, `client` talks to it, `detector` stands where
a `Detector` stands.
"""
