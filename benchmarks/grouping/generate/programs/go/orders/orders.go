// Package orders takes orders.
package orders

import (
	"os"
	"strconv"

	"github.com/pkg/errors"
)

// Customer is who ordered.
type Customer struct{ Name string }

var prices = []int{3, 5}

// --- neighbours ---

//go:noinline
func price(n int) int { return prices[n] }

// Total adds.
//
//go:noinline
func Total(n int) int { return price(0) + price(n) }

// Page cuts.
//
//go:noinline
func Page(n int) []int { return prices[:n] }

// CheckLimit panics in two ways.
//
//go:noinline
func CheckLimit(limit int, unit string) {
	if unit == "" {
		panic("limit " + strconv.Itoa(limit) + " has no unit")
	}
	panic("limit " + strconv.Itoa(limit) + " is too high for " + unit)
}

// CustomerName reads.
//
//go:noinline
func CustomerName(c *Customer) string { return c.Name }

// OwnerName reads too.
//
//go:noinline
func OwnerName(c *Customer) string { return c.Name }

// Reserve fails in a handler.
//
//go:noinline
func Reserve(n int) { panic("order " + strconv.Itoa(n) + " cannot be reserved") }

//go:noinline
func read(n int) error {
	_, err := os.ReadFile("/var/lib/shop/ledger-" + strconv.Itoa(n) + ".csv")
	return errors.Wrap(err, "reading ledger "+strconv.Itoa(n))
}

// Open fails with a chain.
//
//go:noinline
func Open(n int) error { return errors.WithMessage(read(n), "opening the books") }

// Parse fails with another one.
//
//go:noinline
func Parse(n int) error {
	_, err := strconv.Atoi(strconv.Itoa(n) + " coins")
	return errors.Wrap(err, "opening the books")
}
