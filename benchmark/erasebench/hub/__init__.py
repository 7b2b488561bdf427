"""Submissions as others give them: a manifest, or a repository on the Hub; no torch.

A manifest is text, read strictly. Of a repository only safetensors files and their indices are
looked at: their headers first, by range requests, and the whole files only where they are wanted,
into a cache of ours and checked against their digests. What is fetched is a local folder like any
other. Only `client` speaks to the network.
"""
