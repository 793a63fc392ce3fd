"""Billing."""


class ChargeError(Exception):
    pass


# --- neighbours ---
def post(account):
    raise ConnectionRefusedError(111, "Connection refused")


def charge(account):
    try:
        return post(account)
    except OSError as error:
        raise ChargeError(f"account {account} could not be charged") from error


def refund(account):
    try:
        return post(account)
    except OSError:
        return rollback({"account": account})


def rollback(entry):
    return entry["ledger"]


def owner_of(invoice):
    return invoice["owner"].name


def share(amount, people):
    return amount / people
