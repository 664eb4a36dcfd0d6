"""The web page: `python app.py [--host 127.0.0.1] [--port 7860]`; also what a Hugging Face Space runs."""

import argparse
import os
import sys

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from controllable import Enhancer
from controllable.app.page import serve


def main() -> int:
    """Serve until interrupted; models are loaded when the first visitor needs them."""
    in_space = "SPACE_ID" in os.environ
    parser = argparse.ArgumentParser(description="Controllable: say what to fix in a photo.")
    parser.add_argument("--host", default="0.0.0.0" if in_space else "127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=7860, help="port to listen on")
    parser.add_argument("--clip", metavar="NAME", help="open_clip model that reads the prompts, fitted once (minutes)")
    arguments = parser.parse_args()
    try:
        enhancer = Enhancer.from_pretrained(os.environ.get("CONTROLLABLE_MODELS"), clip=arguments.clip)
        if arguments.clip:
            from controllable.training.adapter import ensure_adapter

            ensure_adapter(arguments.clip, enhancer.folder / "clip" / "words.txt")
        print(f"Controllable: http://{arguments.host}:{arguments.port}", flush=True)
        serve(enhancer, host=arguments.host, port=arguments.port)
    except (ValueError, OSError) as error:
        print(f"app: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
