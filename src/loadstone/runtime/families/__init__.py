"""What each family of detectors computes besides its network: proposals, peaks, boxes of its raw outputs."""
