"""New detectors from parts: a pretrained backbone, a neck and a head, as the same blueprint that the zoo's have.

So a detector that is built here is trained, prepared, exported and saved by what does so for the rebuilt ones.
"""
