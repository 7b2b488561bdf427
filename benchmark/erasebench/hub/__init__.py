"""Submissions: manifests, and checkpoints in repositories on the Hub. No torch.

Manifests are read strictly. Of a repository only safetensors files, their indices and adapter
settings are read: first the headers, by range requests; complete files only when needed, into a
cache, checked by digest. A downloaded checkpoint is a local folder like any other. Only `client`
uses the network.
"""
