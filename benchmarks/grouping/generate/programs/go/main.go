// Runs one bug with one number: shop BUG NUMBER. Panics go to standard error, as does what a recovering server prints.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"

	"example.com/shop/orders"
	"example.com/shop/stock"
)

// --- neighbours ---
func handle(bug string, n int) {
	switch bug {
	case "price-index":
		orders.Total(n)
	case "page-slice":
		orders.Page(n)
	case "limit-unit":
		orders.CheckLimit(n, "")
	case "limit-high":
		orders.CheckLimit(n, "kg")
	case "customer-nil":
		orders.CustomerName(nil)
	case "owner-nil":
		orders.OwnerName(nil)
	case "nil-map":
		stock.Count(n)
	case "cast":
		stock.Shelf(n)
	case "divide":
		stock.Ratio(n, n-n)
	case "custom":
		stock.Audit(n)
	case "custom-error":
		stock.AuditError(n)
	case "deep":
		stock.Descend(n%40 + 8)
	case "goroutine":
		stock.Sweep(n)
	case "method":
		(&stock.Store{Name: "north"}).Take(n)
	case "generic":
		stock.First([]int{}, n)
	case "recovered":
		recovered(n)
	case "traced-open":
		fmt.Fprintf(os.Stderr, "%+v\n", orders.Open(n))
	case "traced-parse":
		fmt.Fprintf(os.Stderr, "%+v\n", orders.Parse(n))
	case "wrapped":
		fmt.Fprintf(os.Stderr, "%v\n", orders.Open(n))
	}
}

func recovered(n int) {
	defer func() {
		if err := recover(); err != nil {
			fmt.Fprintf(os.Stderr, "http: panic serving 127.0.0.1:%d: %v\n%s", 40000+n, err, debug.Stack())
		}
	}()
	orders.Reserve(n)
}

func main() {
	n, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	handle(os.Args[1], n)
}
