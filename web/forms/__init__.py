"""Forms: what was typed becomes values of the domain, or a refusal beside its field. Start with `fields.py`."""

from typing import Any

from litestar.params import URLEncodedBody

FormBody = URLEncodedBody[dict[str, Any]]
