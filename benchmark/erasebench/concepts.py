"""The concepts: ten objects, one more object for tuning, and three styles.

Classifications are counted by exact ImageNet-1k index, never by name. `gas_pump`, the tenth
Imagenette class, is used to tune all settings and is therefore not ranked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["object", "style"]


@dataclass(frozen=True)
class Concept:
    """A concept and its prompts.

    Attributes:
        name: identifier in commands, files and tables.
        label: its words in a prompt.
        kind: `object` or `style`.
        imagenet_index: index among the 1000 ImageNet-1k classes; None for a style.
        descriptions: five descriptions of the object without its name; empty for a style.
    """

    name: str
    label: str
    kind: Kind
    imagenet_index: int | None = None
    descriptions: tuple[str, ...] = ()

    @property
    def prompt(self) -> str:
        """The prompt of `standard_prompt`; the article is always "a", as in the paper."""
        if self.kind == "style":
            return f"a painting in the style of {self.label}"
        return f"a picture of a {self.label}"

    def painted_by(self, style: Concept) -> str:
        """The prompt for this object in a style."""
        return f"a painting of a {self.label} in the style of {style.label}"


_ALL = (
    Concept(
        "english_springer_spaniel",
        "English springer spaniel",
        "object",
        217,
        (
            "a brown and white hunting dog with long wavy ears",
            "a gun dog with feathered legs and a patched coat",
            "a medium sized dog that flushes birds from the bushes",
            "a cheerful dog with drooping ears and a docked tail",
            "a white dog with liver coloured patches, standing",
        ),
    ),
    Concept(
        "airliner",
        "airliner",
        "object",
        404,
        (
            "a large jet that carries passengers across the ocean",
            "a commercial plane with a row of small windows",
            "a machine with two wings and engines that leaves the airport",
            "a wide body aircraft with a tall tail fin",
            "what passengers board at the gate to fly abroad",
        ),
    ),
    Concept(
        "garbage_truck",
        "garbage truck",
        "object",
        569,
        (
            "a heavy vehicle that collects the bins in the morning",
            "a lorry with a hopper at the back for household waste",
            "the vehicle that takes away the trash of a street",
            "a big vehicle that lifts bins and crushes rubbish",
            "a refuse collection lorry with a large closed body",
        ),
    ),
    Concept(
        "parachute",
        "parachute",
        "object",
        701,
        (
            "a round canopy with cords that slows a falling jumper",
            "what a skydiver opens high above the ground",
            "a dome of coloured cloth with a person hanging below it",
            "a jumper floating down under a sheet of nylon",
            "the cloth canopy that brings a pilot safely down",
        ),
    ),
    Concept(
        "cassette_player",
        "cassette player",
        "object",
        482,
        (
            "an old machine that plays music from magnetic tape",
            "a box with two tape reels behind a small window",
            "a portable tape deck with a row of buttons",
            "the device that plays a mix tape",
            "a walkman from the eighties with its keys and reels",
        ),
    ),
    Concept(
        "chainsaw",
        "chainsaw",
        "object",
        491,
        (
            "a motor tool with a toothed chain for felling timber",
            "a loud tool with which a lumberjack cuts logs",
            "a handheld power tool with a long toothed bar",
            "the petrol engine tool that cuts through trunks",
            "a cutting machine with a handle, an engine and sharp teeth",
        ),
    ),
    Concept(
        "tench",
        "tench",
        "object",
        0,
        (
            "a greenish freshwater fish with small scales",
            "an olive fish with rounded fins and a small red eye",
            "a slimy fish of the carp family that an angler holds",
            "a stout golden green fish from a muddy pond",
            "the doctor fish of still waters",
        ),
    ),
    Concept(
        "french_horn",
        "French horn",
        "object",
        566,
        (
            "a coiled brass instrument with a wide flared bell",
            "a round brass instrument played with the hand in the bell",
            "an orchestra instrument of coiled tubing and valves",
            "golden tubing wound in a circle that ends in a bell",
            "the mellow brass of the orchestra, wound like a snail",
        ),
    ),
    Concept(
        "golf_ball",
        "golf ball",
        "object",
        574,
        (
            "a small white dimpled sphere resting on a tee",
            "the white sphere that is driven down the fairway",
            "a dimpled sphere that a putter rolls into the hole",
            "a hard white sphere with hundreds of dimples",
            "what a caddie looks for in the rough",
        ),
    ),
    Concept(
        "church",
        "church",
        "object",
        497,
        (
            "a building with a steeple and a cross on top",
            "a house of worship with pointed windows",
            "the place where a priest holds mass on sunday",
            "a stone chapel with a bell tower",
            "a tall spire above an arched door",
        ),
    ),
    Concept(
        "gas_pump",
        "gas pump",
        "object",
        571,
        (
            "a machine with a hose that fills the tank of a car",
            "the upright box with a nozzle at a filling station",
            "a fuel dispenser with a display of the price",
            "what a driver uses to refuel at a station",
            "a petrol dispenser with a hanging hose",
        ),
    ),
    Concept("van_gogh", "Van Gogh", "style"),
    Concept("picasso", "Picasso", "style"),
    Concept("andy_warhol", "Andy Warhol", "style"),
)

CONCEPTS: dict[str, Concept] = {concept.name: concept for concept in _ALL}
"""All concepts by name: objects, gas_pump, styles."""

OBJECTS: tuple[Concept, ...] = tuple(c for c in _ALL if c.kind == "object")
"""The eleven objects, gas_pump last."""

STYLES: tuple[Concept, ...] = tuple(c for c in _ALL if c.kind == "style")


def style_of(prompt_index: int) -> Concept:
    """The style of a painted prompt; prompt indices cycle through the styles."""
    return STYLES[prompt_index % len(STYLES)]
