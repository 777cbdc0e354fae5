#!/usr/bin/env python3
"""The plain baseline, under the contract of adapter.py: TF-IDF of words and letters, a linear SVM; no slots.

Needs scikit-learn. Confidence is the softmax of three times the margins.
"""

import argparse
import json
import pickle
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from adapter import TIMED, WARM_UP, quantile, read_rows, resident_mb, timed


def train(path: str, model_path: Path) -> dict[str, float]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    rows = [r for r in read_rows(path) if r["intent"] not in ("oos", None)]
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    model = make_pipeline(make_union(words, letters), LinearSVC())
    _, wall, cpu = timed(lambda: model.fit([r["text"] for r in rows], [r["intent"] for r in rows]))
    model_path.parent.mkdir(parents=True, exist_ok=True)
    model_path.write_bytes(pickle.dumps(model))
    return {"train_s": round(wall, 2), "train_cpu_s": round(cpu, 2)}


def parse(model: Any, text: str) -> dict[str, Any]:
    import numpy as np

    scores = np.atleast_2d(model.decision_function([text]))[0] * 3
    shares = np.exp(scores - scores.max())
    best = int(shares.argmax())
    classes = model.steps[-1][1].classes_
    return {"intent": str(classes[best]), "confidence": float(shares[best] / shares.sum()), "slots": []}


def serve(model_path: Path, evals: list[list[str]]) -> dict[str, float]:
    def load() -> Any:
        import sklearn.feature_extraction.text
        import sklearn.pipeline
        import sklearn.svm  # noqa: F401

        return pickle.loads(model_path.read_bytes())

    texts = [row["text"] for row in read_rows(evals[-1][0])]
    random.Random(1).shuffle(texts)
    model, load_wall, load_cpu = timed(load)
    _, first_wall, first_cpu = timed(lambda: parse(model, texts[0]))
    for text in texts[:WARM_UP]:
        parse(model, text)
    runs = [timed(lambda text=text: parse(model, text)) for text in texts[WARM_UP : WARM_UP + TIMED] or texts]
    for source, target in evals:
        with open(target, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(parse(model, row["text"])) + "\n" for row in read_rows(source))
    return {
        "cold_start_s": round(load_wall + first_wall, 3),
        "cold_start_cpu_s": round(load_cpu + first_cpu, 3),
        "p50_ms": quantile((1e3 * r[1] for r in runs), 0.5),
        "p99_ms": quantile((1e3 * r[1] for r in runs), 0.99),
        "p50_cpu_ms": quantile((1e3 * r[2] for r in runs), 0.5),
        "p99_cpu_ms": quantile((1e3 * r[2] for r in runs), 0.99),
        "rss_mb": resident_mb(),
        "model_mb": round(model_path.stat().st_size / 1e6, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--train")
    parser.add_argument("--eval", action="append", default=[], metavar="IN:OUT")
    parser.add_argument("--timings")
    parser.add_argument("--work", required=True)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    model_path = Path(options.work) / "model.pkl"
    evals = [pair.rsplit(":", 1) for pair in options.eval]
    if options.serve:
        print(json.dumps(serve(model_path, evals)))
        return
    facts = train(options.train, model_path)
    fresh = [sys.executable, __file__, "--serve", "--work", options.work]
    done = subprocess.run(
        [*fresh, *(a for pair in options.eval for a in ("--eval", pair))],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    facts |= json.loads(done.stdout.splitlines()[-1])
    Path(options.timings).write_text(json.dumps(facts), encoding="utf-8")


if __name__ == "__main__":
    main()
