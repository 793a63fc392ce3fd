# ruff: noqa: E501  lines of a trace are as long as the runtime prints them
"""Stack traces of .NET, written by hand from the runtime's documented layout: no SDK could be had to run."""

from __future__ import annotations

import random
from collections.abc import Iterator

from toolchains import RELEASES, Trace

# {n}: an id, {r1}, {r2}, …: line numbers that move with the release, {in}: " in FILE:line" when symbols were deployed
_BUGS = {
    "name-null": """System.NullReferenceException: Object reference not set to an instance of an object.
   at Acme.Shop.Orders.OrderService.CustomerName(Int32 id){src:Orders/OrderService.cs:41}
   at Acme.Shop.Web.OrdersController.Get(Int32 id){src:Web/OrdersController.cs:22}
{mvc}""",
    "owner-null": """System.NullReferenceException: Object reference not set to an instance of an object.
   at Acme.Shop.Billing.BillingService.OwnerName(Int32 id){src:Billing/BillingService.cs:18}
   at Acme.Shop.Web.OrdersController.Get(Int32 id){src:Web/OrdersController.cs:22}
{mvc}""",
    "charge": """Acme.Shop.Billing.ChargeException: account {n} could not be charged
 ---> System.Net.Http.HttpRequestException: Connection refused (bank.internal:8443)
 ---> System.Net.Sockets.SocketException (111): Connection refused
   at System.Net.Sockets.Socket.AwaitableSocketAsyncEventArgs.ThrowException(SocketError error, CancellationToken cancellationToken)
   at System.Net.Http.HttpConnectionPool.ConnectToTcpHostAsync(String host, Int32 port, HttpRequestMessage initialRequest, Boolean async, CancellationToken cancellationToken)
   --- End of inner exception stack trace ---
   at System.Net.Http.HttpConnectionPool.ConnectToTcpHostAsync(String host, Int32 port, HttpRequestMessage initialRequest, Boolean async, CancellationToken cancellationToken)
   at Acme.Shop.Billing.BankClient.PostAsync(Int32 account){src:Billing/BankClient.cs:33}
   at Acme.Shop.Billing.BillingService.ChargeAsync(Int32 account){src:Billing/BillingService.cs:57}
   --- End of inner exception stack trace ---
   at Acme.Shop.Billing.BillingService.ChargeAsync(Int32 account){src:Billing/BillingService.cs:61}
   at Acme.Shop.Web.OrdersController.Pay(Int32 id){src:Web/OrdersController.cs:48}
{mvc}""",
    "refund": """Acme.Shop.Billing.ChargeException: account {n} could not be charged
 ---> System.Net.Http.HttpRequestException: Connection refused (bank.internal:8443)
   at System.Net.Http.HttpConnectionPool.ConnectToTcpHostAsync(String host, Int32 port, HttpRequestMessage initialRequest, Boolean async, CancellationToken cancellationToken)
   at Acme.Shop.Billing.RefundClient.PostAsync(Int32 account){src:Billing/RefundClient.cs:29}
   --- End of inner exception stack trace ---
   at Acme.Shop.Billing.BillingService.RefundAsync(Int32 account){src:Billing/BillingService.cs:80}
   at Acme.Shop.Web.OrdersController.Refund(Int32 id){src:Web/OrdersController.cs:60}
{mvc}""",
    "parse-quantity": """System.FormatException: The input string '{n} pieces' was not in a correct format.
   at System.Number.ThrowFormatException[TChar](ReadOnlySpan`1 value)
   at System.Int32.Parse(String s)
   at Acme.Shop.Orders.OrderReader.Quantity(String text){src:Orders/OrderReader.cs:15}
   at System.Linq.Enumerable.SelectListIterator`2.MoveNext()
   at Acme.Shop.Orders.OrderReader.<>c__DisplayClass{d}_0.<Total>b__0(String row){src:Orders/OrderReader.cs:24}
   at Acme.Shop.Orders.OrderReader.Total(List`1 rows){src:Orders/OrderReader.cs:24}
{mvc}""",
    "overflow-quantity": """System.OverflowException: Value was either too large or too small for an Int32.
   at System.Number.ThrowOverflowException[TInteger]()
   at System.Int32.Parse(String s)
   at Acme.Shop.Orders.OrderReader.Quantity(String text){src:Orders/OrderReader.cs:15}
   at System.Linq.Enumerable.SelectListIterator`2.MoveNext()
   at Acme.Shop.Orders.OrderReader.<>c__DisplayClass{d}_0.<Total>b__0(String row){src:Orders/OrderReader.cs:24}
   at Acme.Shop.Orders.OrderReader.Total(List`1 rows){src:Orders/OrderReader.cs:24}
{mvc}""",
    "sweep": """System.InvalidOperationException: shelf {n} cannot be swept
   at Acme.Shop.Stock.Sweeper.Sweep(Int32 shelf){src:Stock/Sweeper.cs:77}
   at Acme.Shop.Stock.Sweeper.<RunAsync>d__{d}.MoveNext(){src:Stock/Sweeper.cs:52}
--- End of stack trace from previous location ---
   at Acme.Shop.Stock.Worker.<ExecuteAsync>d__{e}.MoveNext(){src:Stock/Worker.cs:31}""",
}  # fmt: skip
_MVC = """   at lambda_method{d}(Closure, Object)
   at Microsoft.AspNetCore.Mvc.Infrastructure.ActionMethodExecutor.AwaitableObjectResultExecutor.Execute(ActionContext actionContext)
   at Microsoft.AspNetCore.Mvc.Infrastructure.ControllerActionInvoker.<InvokeActionMethodAsync>g__Awaited|12_0(ControllerActionInvoker invoker)
--- End of stack trace from previous location ---
   at Microsoft.AspNetCore.Mvc.Infrastructure.ResourceInvoker.<InvokeFilterPipelineAsync>g__Awaited|20_0(ResourceInvoker invoker)"""
_ROOTS = ("/src/", "C:\\agent\\_work\\7\\s\\", "/home/runner/work/shop/shop/", None)  # None: without symbols


def traces(chance: random.Random) -> Iterator[Trace]:
    for release in RELEASES:
        for runtime in ("net6.0", "net8.0", "net9.0"):
            for bug, text in _BUGS.items():
                number = chance.randrange(100, 90_000)
                yield Trace(bug, "dotnet", runtime, release, number, _filled(text, number, release, chance))


def _filled(text: str, number: int, release: int, chance: random.Random) -> str:
    root = chance.choice(_ROOTS)
    text = text.replace("{mvc}", _MVC).replace("{n}", str(number))
    text = text.replace("{d}", str(3 + release * 2)).replace(
        "{e}", str(release)
    )  # compilers number closures and states
    while "{src:" in text:
        before, _, rest = text.partition("{src:")
        place, _, after = rest.partition("}")
        path, _, line = place.rpartition(":")
        if root is not None and "\\" in root:
            path = path.replace("/", "\\")
        text = before + (f" in {root}{path}:line {int(line) + 7 * release}" if root is not None else "") + after
    return text
