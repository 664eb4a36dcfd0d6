"""Losses that recipes weigh against each other, each a function of tensors, with a thin module where one is handy."""
