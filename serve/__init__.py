"""The web page: draw a letter or upload a picture of one, and see what the network reads."""
