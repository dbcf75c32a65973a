"""How an action says no."""


class Refused(Exception):
    """The state of things does not allow it. The text is for the person who asked, and says what to do."""


class Conflict(Refused):
    """Someone else changed the same thing meanwhile; `details` carries what, for the page to show."""

    def __init__(self, words: str, details: object = None) -> None:
        super().__init__(words)
        self.details = details
