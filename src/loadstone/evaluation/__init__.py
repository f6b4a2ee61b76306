"""How good a detector is: COCO's, Pascal VOC's and Open Images' metrics of detections against ground truth.

It knows detections and annotated pictures, not models.
"""
