"""A run made again, as a program of its own: `publishing` starts it and reads how far it is."""

import json
import sys
from contextlib import suppress
from pathlib import Path

from pipeline.errors import TouchpointsError, shorten
from pipeline.run import Options, run_corpus

_LONGEST_FAULT = 300


def remake(arguments: dict[str, str]) -> int:
    """Run a corpus and tell on standard output, a line of JSON each, how far it is; return the exit
    code. `arguments` are those of publishing.options_of, all paths absolute."""
    last = ""

    def tell(step: str, done: int, whole: int) -> None:
        nonlocal last
        line = json.dumps({"step": step, "done": done, "of": whole})
        if line != last:
            last = line
            _write(line)

    options = Options(
        arguments["period"],
        Path(arguments["out"]),
        engine=arguments["engine"],
        model=arguments["model"],
        home=Path(arguments["home"]),
    )
    try:
        run_corpus(Path(arguments["corpus"]), options, tell)
    except (TouchpointsError, OSError) as error:
        _write(json.dumps({"fault": shorten(error, _LONGEST_FAULT)}))
        return 1
    return 0


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):  # Ctrl-C ends the review app too, which says so
        sys.exit(remake(json.loads(sys.argv[1])))
    sys.exit(130)
