"""The phone's scoring, run by one Node process over JSON lines."""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Case:
    """A visit to be scored: JSON values as the phone has them."""

    checklist: dict[str, Any]
    facts: dict[str, str]
    answers: dict[str, dict[str, Any]]
    photos: dict[str, int]


def bundle(folder: Path) -> Path:
    """Bundle the filter with the phone's own bundler and return the script."""
    script = folder / "score_lines.cjs"
    subprocess.run(
        [
            ROOT / "pwa/node_modules/.bin/esbuild",
            ROOT / "tests/pwa/score_lines.ts",
            "--bundle",
            "--platform=node",
            "--log-level=warning",
            f"--outfile={script}",
        ],
        check=True,
        cwd=ROOT / "pwa",
    )
    return script


def phone_scores(script: Path, cases: Iterable[Case]) -> list[dict[str, Any]]:
    """Return the phone's score of each case, in order; each checklist is sent once where it changes."""
    lines = []
    sent = None
    for case in cases:
        if case.checklist is not sent:
            sent = case.checklist
            lines.append(json.dumps({"checklist": sent}))
        lines.append(json.dumps({"facts": case.facts, "answers": case.answers, "photos": case.photos}))
    ran = subprocess.run(["node", script], input="\n".join(lines), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]
