"""Attacks by third parties, submitted as data: prompts, or embeddings in a safetensors file.

For commands and `evaluation.replay`: `loading.load_attack`. For `board`: the `Replay`, its file and
its recomputed rates (`replay_result`, `replay_file`, `replay_figures`). No torch.
"""
