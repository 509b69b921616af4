"""Reads YAML files, or writes the values of JSON files as YAML files beside them, with PyYAML; one JSON line for each."""
import json
import sys

import yaml

mode, *paths = sys.argv[1:]
for path in paths:
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    if mode == "read":
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            value = {"refused": str(error)}
        # What JSON cannot say, such as a date, is shown as what it is.
        print(json.dumps(value, default=repr))
    else:
        with open(path + ".yaml", "w", encoding="utf-8") as file:
            yaml.safe_dump(json.loads(text), file, sort_keys=False)
