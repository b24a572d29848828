"""Compounds as their managers build them up: buildings and units, who lives there, teams and their duties.

Which compounds somebody reaches is asked at every request (`sites.compound`): another's is not found. People stand here
by a short mark; a manager opens names where the work needs them, and each look is written down for its owner.
"""
