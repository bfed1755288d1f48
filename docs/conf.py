"""The site: ``python -m sphinx -W -b html docs build``. Reference pages are written first, from the code."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

from extensions import reference  # noqa: E402

import dynamech  # noqa: E402

project = "dynamech"
author = "The dynamech authors"
copyright = "2026, The dynamech authors"
release = version = dynamech.__version__
html_title = "dynamech"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.intersphinx", "sphinx_copybutton"]
exclude_patterns = ["extensions", "inventories", "study/*.csv"]
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
suppress_warnings = ["mystnb.unknown_mime_type"]

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

default_role = "code"
smartquotes = False  # options begin with two hyphens
add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# What is named of other libraries, kept here (inventories/write.py): the site builds without a network.
intersphinx_mapping = {
    name: (url, f"inventories/{name}.inv")
    for name, url in {
        "numpy": "https://numpy.org/doc/stable/",
        "scipy": "https://docs.scipy.org/doc/scipy/",
        "networkx": "https://networkx.org/documentation/stable/",
        "cvxpy": "https://www.cvxpy.org/",
        "pyomo": "https://pyomo.readthedocs.io/en/stable/",
    }.items()
}


def _without_last_lines(app, name, source):
    """Leave out the blank line that ends what a doctest prints."""
    source[0] = source[0].replace("\n\n```\n", "\n```\n")


def setup(app):
    """Write the pages of the reference before Sphinx looks which pages there are."""
    reference.write(HERE / "reference" / "written")
    app.connect("source-read", _without_last_lines)
    app.connect("autodoc-process-docstring", reference.fields_as_lists)
