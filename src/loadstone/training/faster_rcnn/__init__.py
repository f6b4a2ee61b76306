"""How a Faster R-CNN trains: its proposals' targets, its second stage's, what is drawn of both, and its losses."""
