"""From what a user calls a picture to pixels, and what a model is given of them."""
