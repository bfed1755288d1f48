"""The library of environments and the file formats."""

from .family import Family as Family
from .file import instance_from_json as instance_from_json
from .file import instance_to_json as instance_to_json
from .file import read_instance as read_instance
from .file import save_instance as save_instance
from .library import all_families as all_families
from .library import find_family as find_family
from .library import load as load
from .mechanism_file import mechanism_from_json as mechanism_from_json
from .mechanism_file import mechanism_to_json as mechanism_to_json
from .mechanism_file import read_mechanism as read_mechanism
from .mechanism_file import save_mechanism as save_mechanism
from .parameters import Parameter as Parameter
from .parameters import parse_setting as parse_setting
from .question_file import question_from_json as question_from_json
from .question_file import question_to_json as question_to_json
from .question_file import read_question as read_question
from .question_file import save_question as save_question
