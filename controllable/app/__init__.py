"""The web page: widgets → Enhancer and Chain, and back. No tensors in the widgets' code."""
