"""The ways a message leaves the site. Each takes words and sends them; none knows a case or a table."""


class NotSent(Exception):
    """The other side did not take the message. `is_final`: it never will, so trying again is no use."""

    def __init__(self, why: str, *, is_final: bool = False) -> None:
        self.is_final = is_final
        super().__init__(why)
