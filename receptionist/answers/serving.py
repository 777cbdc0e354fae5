"""The answer page of a kiosk, as long as it runs and if the settings want one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from receptionist.settings import AnswerPage

if TYPE_CHECKING:
    from receptionist.actions.desk import Desk


@contextmanager
def answer_page(settings: AnswerPage, desk: Callable[[], Desk], troubles: list[str]) -> Iterator[None]:
    """Serve the page within the `with` block.

    Args:
        settings: Where; nothing is served without an address.
        desk: Gives the open desk; called for each request.
        troubles: Gets a sentence if the address cannot be used; all else goes on.
    """
    if not settings.host:
        yield
        return
    from receptionist.answers.links import AnswerLinks
    from receptionist.answers.server import AnswerServer

    def links() -> AnswerLinks:
        found = desk().links
        assert found is not None  # the desk was opened with the same settings
        return found

    try:
        server = AnswerServer(settings.host, settings.port, settings.url, links)
    except OSError as error:
        reason = error.strerror or str(error)
        troubles.append(
            f"Hosts cannot answer by link: {settings.host}:{settings.port} cannot be used: {reason}"
        )
        yield
        return
    try:
        yield
    finally:
        server.close()
