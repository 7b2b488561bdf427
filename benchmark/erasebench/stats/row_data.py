"""The data that a row's statistics are computed from, sorted once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from erasebench.protocol import Protocol
from erasebench.results.facts import ProbeFacts, not_applicable
from erasebench.results.outcome import Outcome
from erasebench.results.reference import References
from erasebench.results.result import Result
from erasebench.stats.anchors import Anchors, anchors_of
from erasebench.stats.bootstrap import BootstrapWeights
from erasebench.stats.outcome_arrays import OutcomeArrays, OutcomeGroup, outcome_arrays


@dataclass(frozen=True)
class Exclusions:
    """Probes of a protocol that do not count for a submission as they do for others.

    Attributes:
        not_applicable: do not apply, such as `encoder_swap` where no encoder was edited. They
            count as complete.
        failed: failed the self-check on the machine of its run. Scores that need them are missing.
    """

    not_applicable: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class RowData:
    """One submission's outcomes, and what they are compared with.

    Attributes:
        arrays: the submission's outcomes.
        anchors: outcomes of base and retrained model.
        protocol: sizes, ranked probes and concepts, retention concepts.
        probes: facts of the protocol's probes, in table order.
        exclusions: probes that are not applicable, or failed.
        weights: of the bootstrap.
    """

    arrays: Mapping[OutcomeGroup, OutcomeArrays]
    anchors: Anchors
    protocol: Protocol
    probes: Sequence[ProbeFacts]
    exclusions: Exclusions = Exclusions()
    weights: BootstrapWeights = BootstrapWeights()

    @property
    def erased(self) -> tuple[str, ...]:
        """The erased concepts, in the protocol's order."""
        found = {group.erased for group in self.arrays}
        return tuple(name for name in self.protocol.concepts if name in found)

    @property
    def ranked(self) -> tuple[str, ...]:
        """Those of the erased concepts that rank, in the protocol's order of ranked ones."""
        found = {group.erased for group in self.arrays}
        return tuple(name for name in self.protocol.ranked if name in found)


def row_data_of(
    outcomes: Iterable[Outcome],
    base_outcomes: Sequence[Outcome],
    *,
    protocol: Protocol,
    references: References,
    probes: Sequence[ProbeFacts],
    edited: Collection[str],
    failed_probes: Collection[str] | None,
    weights: BootstrapWeights | None = None,
) -> RowData:
    """Sorts a row's outcomes.

    Args:
        outcomes: the checkpoints'.
        base_outcomes: the base's in the same groups.
        protocol: which they were made under.
        references: its stored outcomes of base and retrained model.
        probes: facts of its probes, in table order.
        edited: parts in which the checkpoints differ from the base.
        failed_probes: those that failed the self-check; None where none was made.
        weights: of the bootstrap; None for the default.

    Raises:
        ValueError: if outcomes are double or incomplete.
    """
    return RowData(
        arrays=outcome_arrays(outcomes, probes),
        anchors=anchors_of(base_outcomes, references, protocol, probes),
        protocol=protocol,
        probes=probes,
        exclusions=Exclusions(not_applicable(probes, edited), frozenset(failed_probes or ())),
        weights=BootstrapWeights() if weights is None else weights,
    )


def row_data_of_result(
    result: Result,
    protocol: Protocol,
    references: References,
    weights: BootstrapWeights | None = None,
) -> RowData:
    """Sorts the outcomes of a result; arguments and errors as for `row_data_of`."""
    return row_data_of(
        result.outcomes,
        result.base_outcomes,
        protocol=protocol,
        references=references,
        probes=result.probes,
        edited=result.edited,
        failed_probes=result.failed_probes,
        weights=weights,
    )
