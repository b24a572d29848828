"""What is left of the money when the machine is cruel to it."""
