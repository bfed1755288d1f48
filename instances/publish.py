"""Write the published schemas beside the code: ``python -m dynamech.instances.publish``."""

from __future__ import annotations

from pathlib import Path

from .jsonfile import write_json
from .schema import SCHEMA_FILES


def write_schemas(folder: Path) -> None:
    """Write every schema into a folder."""
    for name, schema in SCHEMA_FILES.items():
        write_json(schema(), folder / name)


if __name__ == "__main__":
    write_schemas(Path(__file__).parent)
