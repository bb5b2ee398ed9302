package domains

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// storage keeps certificates in the database, sealed: every process has them,
// and can answer for another that asks for a certificate.
type storage struct {
	db  *db.DB
	box *seal.Box

	mu    sync.Mutex
	locks map[string]uuid.UUID // that this process holds
}

var _ interface {
	certmagic.Storage
	certmagic.TryLocker
	certmagic.LockLeaseRenewer
} = (*storage)(nil)

func certificatePurpose(key string) string { return "certificate " + key }

// Store puts value at key.
func (s *storage) Store(ctx context.Context, key string, value []byte) error {
	return s.db.Shared(ctx, func(tx *db.SharedTx) error {
		return tx.CertificatePut(ctx, key, s.box.Seal(certificatePurpose(key), string(value)), int64(len(value)))
	})
}

// Load answers fs.ErrNotExist for a key that has no value.
func (s *storage) Load(ctx context.Context, key string) ([]byte, error) {
	var sealed string
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		sealed, err = tx.CertificateGet(ctx, key)
		return err
	})
	if err != nil {
		return nil, missing(err)
	}
	text, err := s.box.Open(certificatePurpose(key), sealed)
	return []byte(text), err
}

func missing(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fs.ErrNotExist
	}
	return err
}

// Delete takes away the key, or all below it; there may be none.
func (s *storage) Delete(ctx context.Context, key string) error {
	return s.db.Shared(ctx, func(tx *db.SharedTx) error { return tx.CertificateDelete(ctx, key, below(key)) })
}

// below is a pattern for the keys in a folder.
func below(key string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.TrimSuffix(key, "/")) + "/%"
}

// Exists reports whether there is a value at the key or below it.
func (s *storage) Exists(ctx context.Context, key string) bool {
	var found bool
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		found, err = tx.CertificateExists(ctx, key, below(key))
		return err
	})
	return err == nil && found
}

// List returns the keys in a folder: all below it, or the names right in it.
func (s *storage) List(ctx context.Context, path string, recursive bool) ([]string, error) {
	var keys []string
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		keys, err = tx.CertificateKeys(ctx, below(path))
		return err
	})
	if err != nil || recursive {
		return keys, err
	}
	prefix := strings.TrimSuffix(path, "/") + "/"
	out := []string{}
	for _, k := range keys { // they are sorted
		name, _, _ := strings.Cut(strings.TrimPrefix(k, prefix), "/")
		if n := len(out); n == 0 || out[n-1] != prefix+name {
			out = append(out, prefix+name)
		}
	}
	return out, nil
}

// Stat answers fs.ErrNotExist for a key that has no value.
func (s *storage) Stat(ctx context.Context, key string) (certmagic.KeyInfo, error) {
	var row shareddb.CertificateStatRow
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		row, err = tx.CertificateStat(ctx, key)
		return err
	})
	if err != nil {
		return certmagic.KeyInfo{}, missing(err)
	}
	return certmagic.KeyInfo{Key: key, Modified: row.ModifiedAt, Size: row.Size, IsTerminal: true}, nil
}

// A lock whose holder died is free again after lease.
const lease = 3 * time.Minute

// TryLock takes the lock if it is free.
func (s *storage) TryLock(ctx context.Context, name string) (bool, error) {
	holder := uuid.New()
	var n int64
	err := s.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		n, err = tx.CertificateLock(ctx, name, holder, lease.Seconds())
		return err
	})
	if err != nil || n == 0 {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locks[name] = holder
	return true, nil
}

// Lock waits until it has the lock.
func (s *storage) Lock(ctx context.Context, name string) error {
	for {
		ok, err := s.TryLock(ctx, name)
		if err != nil || ok {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
	}
}

func (s *storage) holder(name string) uuid.UUID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.locks[name]
}

// Unlock gives the lock back, if it is still this process's.
func (s *storage) Unlock(ctx context.Context, name string) error {
	s.mu.Lock()
	holder := s.locks[name]
	delete(s.locks, name)
	s.mu.Unlock()
	return s.db.Shared(ctx, func(tx *db.SharedTx) error { return tx.CertificateUnlock(ctx, name, holder) })
}

// RenewLockLease holds the lock for longer.
func (s *storage) RenewLockLease(ctx context.Context, name string, longer time.Duration) error {
	return s.db.Shared(ctx, func(tx *db.SharedTx) error {
		return tx.CertificateLockRenew(ctx, longer.Seconds(), name, s.holder(name))
	})
}
