"""`pipeline.config` → a frozen description of a detector's parts, and every variable's name and shape.

A `Network` (network.py) is the whole detector as data: its nodes name the operation, their variables and their
shapes. The variables that a checkpoint must hold are listed from it without building anything; Keras and OpenVINO
models are both made from it, so that there is one source of truth. No framework enters this room.
"""
