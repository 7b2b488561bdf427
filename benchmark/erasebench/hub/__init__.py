"""Checkpoints in repositories on the Hugging Face Hub. No torch.

Of a repository only safetensors files, their indices and adapter settings are read: first the
headers, by range requests; complete files only when needed, into a cache, checked by digest. A
downloaded checkpoint is a local folder like any other. Only `client` uses the network.

For commands and `evaluation`: `checkpoint_argument` (path, Hub repository or manifest → local
files), `protocol_models` (a protocol's models), `pin` and `validate` (manifests). For other
packages that download: `fetch.fetch_pinned`, `address` and `client`.
"""
