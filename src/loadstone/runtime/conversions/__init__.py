"""Models of every format brought to OpenVINO: graphs, Keras models, TFLite, rebuilt detectors."""
