package budget_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/budget"
)

// One who asks for all holds a share; others find the rest.
func TestShares(t *testing.T) {
	t.Parallel()
	b := budget.New(4, 2)
	greedy, modest := uuid.New(), uuid.New()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	var held []func()
	take := func(ctx context.Context, whose uuid.UUID) error {
		release, err := b.Acquire(ctx, whose, 1)
		if err == nil {
			held = append(held, release)
		}
		return err
	}
	for range 2 {
		if err := take(t.Context(), greedy); err != nil {
			t.Fatal(err)
		}
	}
	waiting := make(chan error)
	go func() {
		release, err := b.Acquire(t.Context(), greedy, 1)
		if err == nil {
			release()
		}
		waiting <- err
	}()
	for range 2 {
		if err := take(t.Context(), modest); err != nil {
			t.Fatal(err)
		}
	}
	if err := take(over, uuid.Nil); !errors.Is(err, context.Canceled) {
		t.Errorf("beyond all there is: %v", err)
	}
	select {
	case err := <-waiting:
		t.Fatalf("beyond its share: %v", err)
	default:
	}
	for _, release := range held {
		release()
		release() // again does nothing
	}
	if err := <-waiting; err != nil {
		t.Error(err)
	}
	if release, err := b.Acquire(t.Context(), modest, 2); err != nil {
		t.Error(err)
	} else {
		release()
	}
}
