"""Why a record cannot be used as asked: one clear line for the person who asked."""


class RecordsError(Exception):
    """Something is wrong with a record, or with the place it is in."""


class Misuse(RecordsError):
    """What was asked for makes no sense: it is not there, is something else, or is in the way."""
