"""Runs one Python delta: the request comes as a line of JSON on standard input, the outcome goes as JSON to a file.

Standard input stays open as long as pum lives. When it ends while the delta still runs, pum was killed: this process
and all that it started end too, and the temporary directory goes.
"""

import importlib.util
import inspect
import json
import os
import shutil
import signal
import sys
import threading
import traceback
import types

HERE = os.path.dirname(os.path.abspath(__file__))
SHIM = os.path.join(HERE, "shim")


def watch(channel):
    """Waits for the end of pum."""
    while os.read(channel, 1):
        pass
    shutil.rmtree(HERE, ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def receive():
    """Reads the request, leaves an empty standard input to the delta, and watches over what was standard input."""
    channel = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    line = b""
    while not line.endswith(b"\n"):
        some = os.read(channel, 65536)
        if not some:
            sys.exit("pum: no request came")
        line += some
    threading.Thread(target=watch, args=(channel,), daemon=True).start()
    return json.loads(line.decode("utf-8"))


def load(path, name):
    """The delta file as a module. It is known by its name unless that is another module's, which the delta may want."""
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    module = types.ModuleType(name)
    module.__file__ = path
    if name not in sys.modules and importlib.util.find_spec(name) is None:
        sys.modules[name] = module
    exec(code, module.__dict__)
    return module


def run(request, path):
    """Runs the classes of the file, gives their number."""
    from pum.core.deltapy import DeltaPy, Version

    module = load(path, request["module"])
    classes = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, DeltaPy) and member is not DeltaPy
    ]
    for delta in classes:
        delta(
            Version(request["current_version"]),
            request["delta_dir"],
            request["delta_dirs"],
            request["service"],
            request["upgrades_table"],
            variables=request["variables"],
        ).run()
    return len(classes)


def text(value):
    """Text, or the captured output of a program, as text that fits into UTF-8."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(value, str) else ""


def describe(error, path):
    """What was raised, where in the delta file, and how it came there."""
    line = None
    shown = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            shown = shown or trace
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename == path:
        line = error.lineno
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else kind.__module__ + "." + kind.__qualname__
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return {
        "outcome": "exited" if isinstance(error, SystemExit) else "raised",
        "type": name,
        "message": text(message),
        "line": line,
        "missing": error.name if isinstance(error, ModuleNotFoundError) else None,
        "output": text(getattr(error, "output", None)) + text(getattr(error, "stderr", None)),
        "sqlstate": getattr(error, "pgcode", None) or getattr(error, "sqlstate", None),
        "traceback": text("".join(traceback.format_exception(kind, error, shown))),
    }


def main():
    request = receive()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    path = os.path.abspath(request["file"])
    # Nothing is left beside the delta files.
    sys.dont_write_bytecode = True
    sys.path[:] = [SHIM, os.path.dirname(path)] + [entry for entry in sys.path if entry not in (HERE, SHIM)]
    try:
        report = {"outcome": "done", "classes": run(request, path)}
    except BaseException as error:
        report = describe(error, path)
    unfinished = os.path.join(HERE, "unfinished.json")
    with open(unfinished, "w", encoding="utf-8") as file:
        json.dump(report, file)
    os.rename(unfinished, os.path.join(HERE, "report.json"))
    sys.exit(0 if report["outcome"] == "done" else 1)


if __name__ == "__main__":
    main()
