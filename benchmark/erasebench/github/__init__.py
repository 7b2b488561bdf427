"""What the workflows ask of GitHub: the manifest that is submitted, and a pull request; no torch.

A pull request is read as data, through the API, at a commit that is named: nothing of it is checked
out, and so nothing of it can run. Only `client` speaks to the network.
"""
