"""The promise between two people: price, time, job, dispatch and care."""
