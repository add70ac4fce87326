"""What measures this project: accuracy on real and drawn pictures, speed, load, scale. See `python -m benchmarks`."""
