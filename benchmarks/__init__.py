"""What measures this project: accuracy on real and composed pictures, speed, load, scale: `python -m benchmarks`."""
