// Package stock counts.
package stock

import (
	"errors"
	"fmt"
	"sync"
)

// Store is a place with shelves.
type Store struct{ Name string }

// --- neighbours ---

// Count writes to a nil map.
//
//go:noinline
func Count(n int) {
	var counts map[int]int
	counts[n]++
}

// Shelf casts.
//
//go:noinline
func Shelf(n any) string { return n.(string) }

// Ratio divides.
//
//go:noinline
func Ratio(a, b int) int { return a / b }

// Audit panics with a text.
//
//go:noinline
func Audit(n int) { panic(fmt.Sprintf("shelf %d does not add up", n)) }

// AuditError panics with an error.
//
//go:noinline
func AuditError(n int) {
	panic(fmt.Errorf("auditing shelf %d: %w", n, errors.New("it does not add up")))
}

// Descend recurses.
//
//go:noinline
func Descend(n int) int {
	if n == 0 {
		panic("shelf tree has no leaf")
	}
	return Descend(n-1) + 1
}

// Sweep panics on another goroutine.
//
//go:noinline
func Sweep(n int) {
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		sweepShelf(n)
	}()
	group.Wait()
}

//go:noinline
func sweepShelf(n int) { panic(fmt.Sprintf("shelf %d cannot be swept", n)) }

// Take is a method on a pointer.
//
//go:noinline
func (s *Store) Take(n int) { panic(fmt.Sprintf("store %s has no item %d", s.Name, n)) }

// First is generic.
//
//go:noinline
func First[T any](items []T, n int) T { return items[n] }
