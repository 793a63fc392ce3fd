"""The rows of the taxonomy that are bugs: the lines that ran are to blame."""

# ruff: noqa: E501  a table reads best with one thing a row; Korean counts double

from __future__ import annotations

from logmedic.investigate.faults.kind import Code, Kind
from logmedic.model import CauseKind, Severity, Text

_LOOK_AT_LINE = Text(
    "Look at the quoted line and the values that reach it.", "인용된 코드 줄과 그 줄에 들어오는 값을 확인하세요."
)
_ADD_TEST = Text("Add a test with the input that failed.", "실패한 입력을 재현하는 테스트를 추가하세요.")


def _bug(name: str, types: str, phrases: tuple[str, ...], root: Text, *actions: Text) -> Kind:
    return Kind(id=name, cause=CauseKind.CODE, severity=Severity.CRITICAL, code=Code.BUG, root=root,
                actions=(*actions, _ADD_TEST) if actions else (_LOOK_AT_LINE, _ADD_TEST), types=frozenset(types.split()),
                phrases=phrases)  # fmt: skip


BUGS = (
    _bug("missing-key", "KeyError NoSuchElementException", ("keyerror",),
         Text("The code reads a key that is not in the data.", "코드가 데이터에 없는 키를 읽고 있습니다."),
         Text("Find out whether the key was renamed on one side only.", "키 이름이 한쪽에서만 바뀌지 않았는지 확인하세요.")),
    _bug("missing-attribute", "AttributeError NoSuchFieldError", ("attributeerror", "object has no attribute"),
         Text("The code uses an attribute that the object does not have.", "객체에 없는 속성을 코드가 사용하고 있습니다."),
         Text("See whether the value can be empty there, or the attribute was renamed.", "그 위치의 값이 비어 있을 수 있는지, 속성 이름이 바뀌었는지 확인하세요.")),
    _bug("empty-value", "NullPointerException NullReferenceException",
         ("called `option::unwrap()` on a `none` value", "nil pointer dereference", "cannot read propert", "of undefined", "'nonetype' object",
          "object reference not set"),
         Text("The code uses a value that is empty (none, null or undefined).", "비어 있는 값(None/null/undefined)을 코드가 그대로 사용하고 있습니다."),
         Text("Handle the empty case where the value comes from.", "값이 만들어지는 곳에서 비어 있는 경우를 처리하세요.")),
    _bug("out-of-range", "IndexError ArrayIndexOutOfBoundsException IndexOutOfBoundsException StringIndexOutOfBoundsException RangeError",
         ("index out of bounds", "index out of range", "list index", "out of bounds", "out of range for slice", "not a char boundary"),
         Text("The code reaches past the end of a sequence.", "코드가 배열이나 문자열의 범위를 벗어나 접근하고 있습니다."),
         Text("Check the length before, and see why it is shorter than expected.", "접근 전에 길이를 확인하고, 예상보다 짧은 이유를 찾으세요.")),
    _bug("wrong-type", "TypeError ClassCastException InvalidCastException",
         ("typeerror", "unexpected keyword argument", "missing 1 required positional", "is not a function", "interface conversion"),
         Text("The code passes a value of the wrong type, or calls with the wrong arguments.", "코드가 잘못된 타입의 값을 넘기거나 잘못된 인자로 호출하고 있습니다."),
         Text("Compare the call with the signature of what is called.", "호출부와 함수 시그니처를 비교하세요.")),
    _bug("undefined-name", "NameError UnboundLocalError ReferenceError", ("is not defined", "referenced before assignment"),
         Text("The code uses a name that is not defined there.", "정의되지 않은 이름을 코드가 사용하고 있습니다."),
         Text("Restore the definition or the import.", "정의 또는 import를 복원하세요.")),
    _bug("arithmetic", "ZeroDivisionError ArithmeticException OverflowError DivideByZeroException",
         ("divide by zero", "division by zero", "with overflow", "integer overflow"),
         Text("A calculation fails: division by zero or overflow.", "0으로 나누기나 오버플로 때문에 계산이 실패했습니다."),
         Text("Handle the value that makes it fail.", "문제를 일으키는 값을 처리하세요.")),
    _bug("recursion", "RecursionError StackOverflowError", ("stack overflow", "maximum recursion depth", "maximum call stack"),
         Text("The code calls itself without end.", "코드가 끝없이 자기 자신을 호출하고 있습니다."),
         Text("Find the missing end condition.", "빠진 종료 조건을 찾으세요.")),
    _bug("failed-assumption", "AssertionError NotImplementedError IllegalStateException ValueError IllegalArgumentException UnicodeEncodeError",
         ("assertion failed", "unreachable code", "not implemented", "called `result::unwrap()` on an `err` value", "already borrowed"),
         Text("Something that the code takes for granted did not hold.", "코드가 당연하다고 가정한 조건이 성립하지 않았습니다."),
         Text("Handle the case, or find out why it came up.", "해당 경우를 처리하거나 발생한 이유를 찾으세요.")),
)  # fmt: skip
