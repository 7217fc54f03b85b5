"""Commands with time limits, one after the other or some at once. Each result is on disk before the next command begins."""

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field


@dataclass
class Step:
    name: str
    command: list
    seconds: float  # at most
    environment: dict = field(default_factory=dict)


@dataclass
class Result:
    step: Step
    state: str  # ok, failed, or why it did not end
    seconds: float
    output: str


class Stage:
    """What is to be known before `deadline`, in seconds from now; `report` gets a section for each step."""

    def __init__(self, report, deadline):
        self.report, self.end = report, time.monotonic() + deadline
        self.passed = True
        report.write_text("")

    def run(self, *steps, at_once=1):
        """Runs the steps; a failure, or a limit, ends no other."""
        with ThreadPoolExecutor(at_once) as pool:
            for result in pool.map(self._run, steps):
                self._enter(result)

    def _run(self, step):
        start = time.monotonic()
        left = min(step.seconds, self.end - start)
        if left <= 0:
            return Result(step, "not begun: the time is up", 0, "")
        command = [str(word) for word in step.command]
        child = subprocess.Popen(command, env={**os.environ, **step.environment}, text=True, errors="replace",
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            output, _ = child.communicate(timeout=left)
            state = "ok" if child.returncode == 0 else f"failed with {child.returncode}"
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, 9)
            output, _ = child.communicate()
            state = f"ended after {left:.0f} s"
        return Result(step, state, time.monotonic() - start, output)

    def _enter(self, result):
        self.passed &= result.state == "ok"
        print(f"{result.state}: {result.step.name} ({result.seconds:.0f} s)", flush=True)
        with self.report.open("a") as file:
            file.write(section(result))
            file.flush()
            os.fsync(file.fileno())


def section(result):
    """Of the report, in Markdown. What succeeded is shown in brief: failures, and the last lines."""
    lines = result.output.splitlines()
    shown = [line for line in lines if not line.startswith("ok ")][-60 if result.state == "ok" else -200:]
    settings = " ".join(f"{name}={value}" for name, value in result.step.environment.items())
    title = f"## {result.step.name}: {result.state}, {result.seconds:.0f} s"
    checks = sum(line.startswith("ok ") for line in lines)
    counted = [f"{checks} checks passed"] if checks else []
    return "\n".join([title, "", *([f"`{settings}`", ""] if settings else []), "```text", *counted, *shown, "```", "", ""])
