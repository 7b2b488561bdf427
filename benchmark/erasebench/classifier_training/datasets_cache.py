"""Copies of data sets on the Hub that the datasets library keeps, opened by their commit.

The Hub is not asked. The library itself, where it is offline, opens the latest copy that it keeps,
whichever commit was named.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import datasets
from datasets import Dataset
from datasets.naming import camelcase_to_snakecase
from datasets.packaged_modules.cache.cache import Cache

from erasebench.manifest.patterns import COMMIT

_DEFAULT = "default"
"""The configuration that the library takes where none is named and one is called so."""


def kept_copies(repo: str) -> Mapping[str, tuple[Path, ...]]:
    """The commits of which a whole copy is kept, each with a folder for each configuration.

    Args:
        repo: organisation/name.
    """
    owner, _, name = repo.partition("/")
    root = Path(datasets.config.HF_DATASETS_CACHE).expanduser()
    found: dict[str, tuple[Path, ...]] = {}
    # Configuration, version, commit. A copy that is not whole yet is called otherwise.
    pattern = f"{owner}___{camelcase_to_snakecase(name)}/*/*/*/dataset_info.json"
    for info in sorted(root.glob(pattern)):
        folder = info.parent
        # Where a program asked for some of the files alone, their folder has a longer name.
        whole = json.loads(info.read_text(encoding="utf-8"))["config_name"] == folder.parts[-3]
        if whole and COMMIT.matches(folder.name):
            found[folder.name] = (*found.get(folder.name, ()), folder)
    return found


def open_kept(repo: str, commit: str, split: str) -> Dataset | None:
    """A split of the copy that is kept of a commit; None where none is.

    Args:
        repo: organisation/name.
        commit: 40 hex digits.
        split: the library's name of it.

    Raises:
        ValueError: if there is no such split, or it is not clear which configuration is meant.
    """
    folders = {folder.parts[-3]: folder for folder in kept_copies(repo).get(commit, ())}
    if not folders:
        return None
    if len(folders) > 1 and _DEFAULT not in folders:
        raise ValueError(f"the configurations {', '.join(folders)} are kept, and none is meant")
    configuration = _DEFAULT if _DEFAULT in folders else next(iter(folders))
    builder = Cache(
        dataset_name=repo.partition("/")[2],
        repo_id=repo,
        config_name=configuration,
        version=folders[configuration].parts[-2],
        hash=commit,
    )
    return cast("Dataset", builder.as_dataset(split))
