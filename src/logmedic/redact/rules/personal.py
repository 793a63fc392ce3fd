"""Personal data: what names one person, or lets somebody pay or sign as one.

Registration numbers of businesses are public in Korea, and left in. Of numbers that any number could be, only those
count that a word beside them explains.
"""

from __future__ import annotations

from logmedic.redact.rule import END, rule


def luhn(text: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1, annex B); and not all digits alike."""
    digits = [ord(c) - 48 for c in text if c.isdigit()]
    doubled = sum(sum(divmod(d * 2, 10)) for d in digits[-2::-2])
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and (doubled + sum(digits[-1::-2])) % 10 == 0


def resident(text: str) -> bool:
    """Korean registration numbers start with YYMMDD; those given out since October 2020 carry no check digit.

    Without a hyphen the check digit is demanded all the same: 13 digits are more often a time in milliseconds.
    """
    if not (1 <= int(text[2:4]) <= 12 and 1 <= int(text[4:6]) <= 31):
        return False
    if not text.isdigit():
        return True
    rest = sum(int(d) * w for d, w in zip(text[:12], (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=True)) % 11
    return int(text[12]) in {(11 - rest) % 10, (13 - rest) % 10}  # nationals, foreigners


_GAP = r"(?:[ \t]?(?:번호|number|num|no\.?|code))?[\"'\])]{0,3}(?:는|은|이|가)?[ \t:=#(\[\"']{0,6}"

RULES = (
    rule("passport", "passport|여권", r"(?:[_-]?(?:no|number))?" + _GAP + r"([MSRODG]\d{8}"
         r"|[MSRODG]\d{3}[A-Z]\d{4}|[A-Z]{1,2}\d{7,8})" + END, "여권번호 M{n3}A{n4}", after=True, ignore_case=True),
    rule("driver-licence", "licence|license|운전면허|면허",
         r"(?:증)?(?:[_-]?(?:no|number))?" + _GAP + r"(?:서울|부산|경기|강원|충북|충남|전북|전남|경북|"
         r"경남|제주|대구|인천|광주|대전|울산)?[ ]?"
         r"(\d{2}[- ]?\d{2}[- ]?\d{6}[- ]?\d{2})(?![0-9A-Za-z])", "운전면허 {n2}-{n2}-{n6}-{n2}", after=True,
         ignore_case=True),
    rule("account", "계좌|account no|account number|account_no|account_number|accountno|accountnumber"
         "|bank account|iban",
         r"(?:번호|[_ ]number|[_ ]no\.?)?" + _GAP + r"(?:[가-힣A-Za-z]{1,8}(?:은행|뱅크|bank)?[ ]{1,2})?"
         r"([A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}[A-Z0-9]{0,4}|\d{2,6}(?:-\d{2,8}){1,3}|\d{10,14})(?![0-9A-Za-z]|-\d)",
         "계좌번호: {n3}-{n3}-{n6}", after=True, ignore_case=True),
)  # fmt: skip
"""Numbers that a word beside them explains."""

_BEFORE = r"(?<![0-9A-Za-z-])(?<![0-9]\.)"
_BEHIND = r"(?![0-9A-Za-z]|-\d|\.\d)"
_IN_KOREA = r"(?:\+82[ .-]?\(?0?\)?[ .-]?|(?<![0-9])82[ .-]0?|0)"

NUMBERS = (
    rule("resident-number", "", _BEFORE + r"\d{6}[-–]?[1-8]\d{6}" + _BEHIND, "", check=resident),
    rule("resident-number", "", _BEFORE + r"\d{6} - ?[1-8]\d{6}" + _BEHIND, "",
         check=lambda t: resident(t.replace(" ", ""))),
    rule("card", "", _BEFORE + r"[2-69]\d{3}([ -])\d{4}\1\d{4}\1\d{1,7}" + _BEHIND, "", check=luhn),
    rule("card", "", _BEFORE + r"(?:4\d{15}|5[1-5]\d{14}|2[2-7]\d{14}|6(?:011|4[4-9]\d|5\d\d|2\d\d)\d{12}"
         r"|35[2-8]\d{13})" + _BEHIND,
         "", check=luhn),
    rule("card", "", _BEFORE + r"3[47]\d{2}[ -]?\d{6}[ -]?\d{5}" + _BEHIND, "", check=luhn),
    rule("card", "", _BEFORE + r"3(?:0[0-5]|[68]\d)\d[ -]\d{6}[ -]\d{4}" + _BEHIND, "", check=luhn),
    rule("phone", "", _BEFORE + _IN_KOREA + r"1[016789][ .-]?\d{3,4}[ .-]\d{4}" + _BEHIND, ""),
    rule("phone", "", _BEFORE + r"010\d{8}" + _BEHIND, ""),
    rule("phone", "", _BEFORE + r"\+8210\d{8}" + _BEHIND, ""),
    rule("phone", "", _BEFORE + _IN_KOREA + r"(?:2|[3-6][1-5]|70|50\d)[ .-]\d{3,4}[ .-]\d{4}" + _BEHIND, ""),
    rule("phone", "", r"\(0(?:2|[3-6][1-5]|70|10)\)[ -]?\d{3,4}[ -]\d{4}" + _BEHIND, ""),
    rule("phone", "", _BEFORE + r"\+[1-9]\d{0,2}[ -]\(?\d{1,4}\)?[ -]\d{3,4}[ -]?\d{3,4}(?![0-9A-Za-z])", ""),
)  # fmt: skip
"""Told by their digits alone."""
