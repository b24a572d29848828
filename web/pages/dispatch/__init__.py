"""What dispatchers and managers see of dispatch: its rules as versions, and how well its batches did."""
