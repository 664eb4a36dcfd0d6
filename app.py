"""The web page: `python app.py [--host 127.0.0.1] [--port 7860]`; also what a Hugging Face Space runs."""

import sys

from controllable.app.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
