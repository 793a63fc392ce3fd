"""What every function calls to refuse its input: the frame where different faults meet."""


class InvalidError(Exception):
    pass


# --- neighbours ---
def require(order, key):
    if key not in order:
        raise InvalidError("order {} has no {}".format(order["id"], key))
