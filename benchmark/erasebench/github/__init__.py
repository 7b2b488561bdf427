"""The GitHub API for the workflows: reads submitted manifests, opens pull requests. No torch.

Pull requests are read as data, through the API and at a fixed commit: nothing is checked out, so
nothing can run. Only `client` uses the network. For commands: `submitted`, `propose`, `reason`, and
`client.github_from` for the repository of a workflow.
"""
