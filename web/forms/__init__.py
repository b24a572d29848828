"""Forms: what was typed becomes values of the domain, or a refusal beside its field. Start with `fields.py`."""
