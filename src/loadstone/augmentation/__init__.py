"""Pictures and their boxes, changed together: the originals' `data_augmentation_options` and the field's others.

An augmentation is a pure function of a `Sample` and a random generator. Source: preprocessor.proto and preprocessor.py
of the Object Detection API, as facts in the rules of each function.
"""
