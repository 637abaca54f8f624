"""For translators: `python -m app.languages missing te` lists what is to be translated yet, `misfits te` what names
other placeholders than its text, `wanted te` how many there are."""

from __future__ import annotations

import sys

from app.languages.catalogues import LANGUAGES
from app.languages.subset import list_misfits, list_missing, list_wanted

_COMMANDS = {"missing": list_missing, "misfits": list_misfits, "wanted": list_wanted}


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] not in _COMMANDS or arguments[1] not in list(LANGUAGES)[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    command, code = arguments
    found = list(_COMMANDS[command](code))
    if command != "wanted":
        for message in found:
            texts = [message.id] if isinstance(message.id, str) else message.id
            print(" | ".join(texts))
    print(f"{len(found)} {command} of {len(list(list_wanted(code)))} wanted in {code}", file=sys.stderr)
    return 1 if found and command != "wanted" else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
