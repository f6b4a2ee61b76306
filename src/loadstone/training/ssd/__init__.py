"""How an SSD, a RetinaNet or an EfficientDet trains: one head on anchors, one loss."""
