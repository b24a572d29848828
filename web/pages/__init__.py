"""The pages, one folder for each audience, one file for each noun; every file has its `routes`."""
