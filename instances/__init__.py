"""The library of environments and the file formats."""

from .comparing import difference, same_environment
from .family import Family
from .file import instance_from_json, instance_to_json, read_instance, save_instance
from .library import families, find_family, load
from .mechanism_file import mechanism_from_json, mechanism_to_json, read_mechanism, save_mechanism
from .parameters import Parameter, parse_setting

__all__ = [
    "Family",
    "Parameter",
    "difference",
    "families",
    "find_family",
    "instance_from_json",
    "instance_to_json",
    "load",
    "mechanism_from_json",
    "mechanism_to_json",
    "parse_setting",
    "read_instance",
    "read_mechanism",
    "same_environment",
    "save_instance",
    "save_mechanism",
]
