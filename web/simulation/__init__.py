"""A city's day under a virtual clock, to see what the rules of dispatch are worth before they are published."""
