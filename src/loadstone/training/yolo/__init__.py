"""How an anchor-free YOLO trains: which places answer for which object (SimOTA), and its losses."""
