"""Long texts in parts: a file whose second-level headings are titles."""

import re

from ui.i18n import content


def sections(name: str) -> list[tuple[str, str]]:
    """The title and the Markdown of each part of ``content/<language>/<name>.md``."""
    parts = re.split(r"^## +(.+)$", content(name), flags=re.MULTILINE)
    return [(title.strip(), body.strip()) for title, body in zip(parts[1::2], parts[2::2], strict=True)]
