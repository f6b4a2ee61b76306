"""The networks of TF1's detectors, under the names that slim gave their variables."""
