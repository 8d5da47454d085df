"""Questions that reason, for both agents: which files a task is about, what a change breaks, what it has
forgotten, where the last one left off."""

from __future__ import annotations

from typing import Any, Generic, Sequence, TypeVar

from .calls import Call
from .types import Answer

A = TypeVar("A")


class GraphQuestions(Generic[A]):
    """One method for each operation; `A` is an `Answer`, or what is awaited for one.

    All answer for the session's state. What is meant by a target: a path, `PATH:LINE`, or a symbol
    (`Model.save`). `options` are an operation's other parameters, as docs/operations.md lists them: most
    take `limit` and `timeout_ms`. The first question of a large code base takes seconds.
    """

    _agent: str

    def _ask(self, call: Call[Any]) -> Any:
        raise NotImplementedError

    def _question(self, method: str, options: Any, **params: Any) -> A:
        answer: A = self._ask(Call(method, {**params, **options}, Answer.of))
        return answer

    def _beside(self, method: str, options: Any, **params: Any) -> A:
        """For what belongs to the workspace, whatever the session."""
        answer: A = self._ask(Call(method, {**params, **options}, Answer.of, in_session=False))
        return answer

    def seek(self, question: str, **options: Any) -> A:
        """The `files` that a task or question in words is about, the best first, with the `places` in
        each."""
        return self._question("seek", options, question=question)

    def activate(self, question: str, **options: Any) -> A:
        """What a question lights up in the graph: `results`, each with its proof."""
        return self._question("activate", options, question=question)

    def resonate(self, *targets: str, question: str = "", **options: Any) -> A:
        """What swings along when targets, or what a question names, are struck."""
        return self._question("resonate", options, targets=targets, question=question)

    def impact(self, *targets: str, **options: Any) -> A:
        """What a change of the targets can break (`reached`), and the `tests` to run."""
        return self._question("impact", options, targets=targets)

    def predict(self, *targets: str, **options: Any) -> A:
        """The `files` that will likely have to change with the targets."""
        return self._question("predict", options, targets=targets)

    def missing(self, *targets: str, **options: Any) -> A:
        """What the session's edits, or a change of the targets, would leave out: `gaps`."""
        return self._question("missing", options, targets=targets)

    def why(self, source: str, target: str, **options: Any) -> A:
        """How two things are connected: `paths`."""
        return self._question("why", options, **{"from": source, "to": target})

    def trace(self, text: str, **options: Any) -> A:
        """Where a stack trace comes from: `suspects`, the likeliest first."""
        return self._question("trace", options, text=text)

    def hypothesize(self, claim: str, **options: Any) -> A:
        """Whether a claim about structure holds (`views.py never calls Model.save`): its `verdict`."""
        return self._question("hypothesize", options, claim=claim)

    def counterfactual(self, *targets: str, **options: Any) -> A:
        """What would break, and what nothing would use any more, without the targets."""
        return self._question("counterfactual", options, targets=targets)

    def layers(self, path: str = "", **options: Any) -> A:
        """Directories (or files: `of="files"`) in layers, and the cycles between them."""
        return self._question("layers", options, path=path)

    def differential(self, before: str, after: str = "", **options: Any) -> A:
        """How the structure of two states differs: `disk`, a session, `NAME@base`. Default: what this
        session is now."""
        states = {"from": before, "to": after or getattr(self, "session")}
        return self._beside("differential", options, **states)

    def duplicates(self, path: str = "", **options: Any) -> A:
        """Functions that are nearly the same: `groups`."""
        return self._question("duplicates", options, path=path)

    def ghost_edges(self, *targets: str, **options: Any) -> A:
        """Files that change together although nothing in the code ties them: `pairs`."""
        return self._question("ghost_edges", options, targets=targets)

    def surgical_context(self, target: str, **options: Any) -> A:
        """The code that an edit of the target needs: `blocks`, within `budget_tokens`."""
        return self._question("surgical_context_v2", options, target=target)

    def document_resolve(self, path: str, **options: Any) -> A:
        """The `sections` of a document."""
        return self._question("document_resolve", options, path=path)

    def document_bindings(self, target: str, **options: Any) -> A:
        """The code that a document speaks of, or the documents that speak of code: `bindings`."""
        return self._question("document_bindings", options, target=target)

    def document_drift(self, path: str = "", **options: Any) -> A:
        """What documents speak of that is gone, has moved or has changed: `drift`."""
        return self._question("document_drift", options, path=path)

    def document_note(
        self, title: str, text: str, *, tags: Sequence[str] = (), **options: Any
    ) -> A:
        """Writes what was learnt into the session, as a document; its `path`, and its `bindings`."""
        params = {"title": title, "text": text, "tags": list(tags), "agent": self._agent}
        return self._question("document_note", options, **params)

    def learn(
        self,
        question: str,
        *,
        useful: Sequence[str] = (),
        partly: Sequence[str] = (),
        not_useful: Sequence[str] = (),
        **options: Any,
    ) -> A:
        """Teaches the workspace which places were of use for a question; says its number in
        `lessons`."""
        lists = {"useful": list(useful), "partly": list(partly), "not_useful": list(not_useful)}
        return self._beside("learn", options, question=question, **lists)

    def unlearn(self, number: int, **options: Any) -> A:
        """Takes a lesson back."""
        return self._beside("learn", options, action="undo", id=number)

    def trail_save(self, name: str, **options: Any) -> A:
        """Keeps where a task stands: `task`, and lists of `notes`, `confirmed`, `refuted` and
        `undecided` claims, `questions`, those `answered`, and places `visited`. A trail that is there is
        added to, unless `anew`."""
        return self._question("trail_save", options, name=name)

    def trail_resume(self, name: str = "", **options: Any) -> A:
        """What a `trail` says, what has become of its `places`, and where to go on. Default: the last
        that was saved."""
        return self._question("trail_resume", options, name=name)

    def trail_list(self, **options: Any) -> A:
        """The `trails` of the workspace, the last saved first."""
        return self._beside("trail_list", options)

    def trail_merge(self, into: str, *names: str, **options: Any) -> A:
        """Puts trails together; where they contradict each other is in `conflicts`."""
        return self._question("trail_merge", options, into=into, names=names)

    def trail_delete(self, name: str, **options: Any) -> A:
        """Forgets a trail."""
        return self._beside("trail_delete", options, name=name)
