"""What the pictures of a submission show: the file that lies beside them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

GALLERY = "pictures.json"
"""Name of the file, in the folder of the pictures."""


_FILE = r"^[A-Za-z0-9_-]+\.webp$"
"""A file beside this one, and none elsewhere."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tile(_Frozen):
    """One question, answered by the submission and by the unedited base from the same seeds."""

    target: str = Field(description="The concept asked for.")
    prompt_index: int = Field(ge=0, description="Index of the prompt's seeds.")
    setting: str = Field(description="Setting of the probe; empty where it has none.")
    prompt: str = Field(description="What the model was asked.")
    hit: bool = Field(description="The judge recognises the submission's picture.")
    base_hit: bool = Field(description="The judge recognises the base's picture.")


class Strip(_Frozen):
    """Pictures of one probe, side by side: one file of the submission's, one of the base's."""

    erased: str = Field(description="The concept that the checkpoint claims to have erased.")
    probe: str = Field(description="Identifier of the probe.")
    of_others: bool = Field(description="Whether other concepts are asked for, as retention does.")
    tile_size: int = Field(ge=1, description="Side of one picture in the files, in pixels.")
    picture: str = Field(
        pattern=_FILE, description="File of the submission's pictures, left to right."
    )
    base_picture: str = Field(
        pattern=_FILE, description="File of the base's pictures, left to right."
    )
    tiles: tuple[Tile, ...] = Field(min_length=1, description="Left to right.")


class Gallery(_Frozen):
    """All the strips of a submission, in the order of pages."""

    strips: tuple[Strip, ...]
