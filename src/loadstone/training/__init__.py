"""Training: what the originals assign, lose and schedule, as arithmetic that any Keras backend's step can use.

Sources: the Object Detection API's TF2 code path, as facts; every number here is compared with what the original
computed for the same weights and boxes.
"""
