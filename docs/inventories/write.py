"""Write the inventories of what the site names of other libraries: ``python docs/inventories/write.py``.

An inventory says on which page of a library's site a name stands (Sphinx, version 2: four lines, then
lines of ``name domain:role priority address words``, compressed). The libraries publish theirs on the
network, which a build must not need, so those names are listed here that the pages use.
"""

from __future__ import annotations

import zlib
from pathlib import Path

_NUMPY = "reference/generated/$.html#$"
NAMES: dict[str, dict[str, tuple[str, str]]] = {
    "numpy": {
        "numpy.ndarray": ("py:class", _NUMPY),
        "numpy.dtype": ("py:class", _NUMPY),
        "numpy.float64": ("py:class", "reference/arrays.scalars.html#$"),
        "numpy.asarray": ("py:function", _NUMPY),
        "numpy.array": ("py:function", _NUMPY),
    },
    "scipy": {
        "scipy.sparse.csr_array": ("py:class", "reference/generated/$.html#$"),
        "scipy.sparse.csr_matrix": ("py:class", "reference/generated/$.html#$"),
        "scipy.optimize.linprog": ("py:function", "reference/generated/$.html#$"),
    },
    "networkx": {
        "networkx.DiGraph": ("py:class", "reference/classes/digraph.html#$"),
    },
    "cvxpy": {
        "cvxpy.Problem": ("py:class", "api_reference/cvxpy.problems.html#$"),
    },
    "pyomo": {
        "pyomo.environ.ConcreteModel": ("py:class", "api/pyomo.environ.ConcreteModel.html#$"),
    },
}


def inventory(project: str, names: dict[str, tuple[str, str]]) -> bytes:
    """The bytes of one inventory."""
    head = f"# Sphinx inventory version 2\n# Project: {project}\n# Version: \n"
    lines = [
        f"{name} {role} 1 {where.replace('$.html', name + '.html')} -"
        for name, (role, where) in names.items()
    ]
    packed = zlib.compress("".join(f"{line}\n" for line in sorted(lines)).encode(), 9)
    return head.encode() + b"# The remainder of this file is compressed using zlib.\n" + packed


if __name__ == "__main__":
    for project, names in NAMES.items():
        (Path(__file__).parent / f"{project}.inv").write_bytes(inventory(project, names))
