"""Downloaded data sets in the cache of the datasets library, opened by commit and without network.

Offline, the library itself would open its latest copy and ignore the commit.
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
"""The configuration that the library uses by default, if there is one of this name."""


def kept_copies(repo: str) -> Mapping[str, tuple[Path, ...]]:
    """Completely downloaded commits of a data set, each with one folder per configuration.

    Args:
        repo: organisation/name.
    """
    owner, _, name = repo.partition("/")
    root = Path(datasets.config.HF_DATASETS_CACHE).expanduser()
    found: dict[str, tuple[Path, ...]] = {}
    # Configuration, version, commit. Incomplete copies are named differently.
    pattern = f"{owner}___{camelcase_to_snakecase(name)}/*/*/*/dataset_info.json"
    for info in sorted(root.glob(pattern)):
        folder = info.parent
        # If only some of the files were requested, the folder has a longer name.
        whole = json.loads(info.read_text(encoding="utf-8"))["config_name"] == folder.parts[-3]
        if whole and COMMIT.matches(folder.name):
            found[folder.name] = (*found.get(folder.name, ()), folder)
    return found


def open_kept(repo: str, commit: str, split: str) -> Dataset | None:
    """A split of a downloaded commit; None if it was not downloaded.

    Args:
        repo: organisation/name.
        commit: 40 hex digits.
        split: the library's name of it.

    Raises:
        ValueError: if there is no such split, or the configuration is ambiguous.
    """
    folders = {folder.parts[-3]: folder for folder in kept_copies(repo).get(commit, ())}
    if not folders:
        return None
    if len(folders) > 1 and _DEFAULT not in folders:
        raise ValueError(f"it has several configurations ({', '.join(folders)})")
    configuration = _DEFAULT if _DEFAULT in folders else next(iter(folders))
    builder = Cache(
        dataset_name=repo.partition("/")[2],
        repo_id=repo,
        config_name=configuration,
        version=folders[configuration].parts[-2],
        hash=commit,
    )
    return cast("Dataset", builder.as_dataset(split))
