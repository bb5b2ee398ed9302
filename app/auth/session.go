package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// How long a session lasts: without being used, however much it is used, and
// while the second factor is missing. How often its use is written down: a
// write per click would be one too many. (NIST 800-63B §4.2.3 asks AAL2 for 12
// hours or 30 minutes of idling; a CRM that is open all day goes by AAL1's 30
// days, and asks again for what is dangerous.)
const (
	SessionIdle    = 14 * 24 * time.Hour
	SessionMost    = 30 * 24 * time.Hour
	sessionPending = 10 * time.Minute
	sessionTouch   = 10 * time.Minute
)

// SudoTime is how long a password or factor counts as shown lately.
const SudoTime = 15 * time.Minute

// Identity is who somebody is on the host they are on.
type Identity struct {
	SessionID uuid.UUID // names the session, opens nothing
	UserID    uuid.UUID
	Name      string
	Email     string
	Verified  bool      // the address was proven
	MemberID  uuid.UUID // uuid.Nil without a membership in the host's workspace
	Role      Role      // NoRole without one

	Pending    bool      // the second factor is missing: not signed in yet
	Strong     bool      // a second factor was shown
	HasFactor  bool      // there is one to show
	ByProvider bool      // the workspace's own provider vouches, for this workspace alone
	Operator   bool      // may enter the console
	Support    bool      // an operator who looks into a workspace: as a viewer, for SupportTime
	ProvedAt   time.Time // when a password or factor was shown last
	BeganAt    time.Time // when they signed in, on whichever host that was

	// How the person reads dates and numbers; "" for as the workspace does.
	TimeZone, DateStyle, NumberStyle string
	Theme, Keys, Keymap, Avatar      string // Keymap as views has it
	FieldsVersion                    int32  // of the workspace's own fields; 0 where it never had any
}

// Recent reports whether a password or factor was shown lately.
func (w Identity) Recent() bool { return time.Since(w.ProvedAt) < SudoTime }

// Device is where a session was begun.
type Device struct{ IP, UserAgent string }

// NewToken returns 32 random bytes as text.
func NewToken() string { return rand.Text() + rand.Text() } // 2 × 130 bits

// Tokens and session ids have so much entropy that a plain hash keeps them.
func hashToken(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// SessionStart is what a session begins with.
type SessionStart struct {
	UserID   uuid.UUID
	TenantID *uuid.UUID // of the host; nil on the base host
	Strong   bool       // a second factor was shown
	Provider *uuid.UUID // the workspace whose own provider vouches
	Console  bool       // on the host of the operators' console
	Support  bool       // an operator's, who is there to help
	ProvedAt *time.Time // when a password or factor was shown; nil for just now
	BeganAt  *time.Time // when they signed in, for the time that a session lasts at most; nil for just now
	// PasswordHash is what the password was compared with, "" where none was
	// shown: should it be another one by now, nobody is signed in by the old.
	PasswordHash string
	How          string // for the security log: "with a passkey"
}

// Started is a session that has begun.
type Started struct {
	ID      string // for its cookie; only its hash is stored
	Email   string // whose it is
	Pending bool   // nobody's until a second factor is shown
	New     bool   // by a browser, and at an address, that is new to the account
}

// StartSession makes a session. Who has a second factor is always asked for it,
// except where a workspace's own provider vouches. It answers ErrWrongPassword where
// the password was changed meanwhile.
func StartSession(ctx context.Context, tx *db.SharedTx, s SessionStart) (r Started, err error) {
	user, err := tx.UserLock(ctx, s.UserID)
	if err != nil {
		return r, err
	}
	if s.PasswordHash != "" && user.PasswordHash != s.PasswordHash {
		return r, ErrWrongPassword
	}
	r.ID, r.Email = NewToken(), user.Email
	lasts := SessionIdle
	if s.Support {
		lasts = SupportTime
	} else if !s.Strong && s.Provider == nil {
		access, err := tx.UserAccess(ctx, s.UserID)
		if err != nil {
			return r, err
		}
		if r.Pending = access.TotpSecret != "" || access.Passkeys > 0; r.Pending {
			lasts = sessionPending
		}
	}
	if !r.Pending {
		if err := s.record(ctx, tx, user.Email, &r); err != nil {
			return r, err
		}
	}
	ends := time.Now().Add(lasts)
	if s.BeganAt != nil {
		if last := s.BeganAt.Add(SessionMost); last.Before(ends) {
			ends = last
		}
	}
	return r, tx.SessionInsert(ctx, shareddb.SessionInsertParams{
		IDHash: hashToken(r.ID), UserID: s.UserID, TenantID: s.TenantID, Strong: s.Strong, Pending: r.Pending, Provider: s.Provider,
		Console: s.Console, Support: s.Support,
		Ip: placeOf(ctx).IP, UserAgent: truncate(placeOf(ctx).UserAgent, 300), ExpiresAt: ends, ProvedAt: s.ProvedAt, BeganAt: s.BeganAt,
	})
}

// record notes that somebody is in. Who comes from another of our hosts is no new
// device here: they were one there. Nor is whom a workspace's own provider knows.
func (s SessionStart) record(ctx context.Context, tx *db.SharedTx, email string, r *Started) (err error) {
	if s.Support {
		return recordAt(ctx, tx, s.UserID, placeOf(ctx).Tenant.ID, DidSupport, "")
	}
	if s.BeganAt == nil && s.Provider == nil {
		if r.New, err = newDevice(ctx, tx, s.UserID, email); err != nil {
			return err
		}
	}
	return Record(ctx, tx, s.UserID, DidSignIn, s.How)
}

// SessionGet returns whose session id is on this host. ok is false for an
// unknown id, one that is over, and one made on another host.
func SessionGet(ctx context.Context, d *db.DB, id string, tenantID *uuid.UUID, console bool) (who Identity, ok bool, err error) {
	hash := hashToken(id)
	var row shareddb.EntrySession
	err = d.Entry(ctx, func(q *shareddb.Queries) (err error) {
		row, err = q.EntrySession(ctx, hash, tenantID, console)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return Identity{}, false, nil
	}
	if err != nil {
		return Identity{}, false, err
	}
	if time.Since(row.LastSeenAt) > sessionTouch && !row.Pending && !row.Support {
		err = d.Shared(ctx, func(tx *db.SharedTx) error {
			return tx.SessionTouch(ctx, SessionIdle.Seconds(), SessionMost.Seconds(), hash)
		})
		if err != nil && !errors.Is(err, db.ErrUnwritable) { // else it goes on as it is
			return Identity{}, false, err
		}
	}
	who = Identity{
		SessionID: row.ID, UserID: row.UserID, Name: row.Name, Email: row.Email, Verified: row.EmailVerifiedAt != nil, Role: Role(row.Role),
		Pending: row.Pending, Strong: row.Strong, HasFactor: row.HasFactor, ByProvider: row.ByProvider, Operator: row.Operator,
		Support: row.Support, ProvedAt: row.ProvedAt, BeganAt: row.CreatedAt,
		TimeZone: row.TimeZone, DateStyle: row.DateStyle, NumberStyle: row.NumberStyle, Theme: row.Theme, Keys: row.Keys, Keymap: row.Keymap,
		Avatar: row.Avatar, FieldsVersion: row.FieldsVersion,
	}
	if row.MemberID != nil {
		who.MemberID = *row.MemberID
	}
	if who.Support {
		who.Role = Viewer
	}
	return who, true, nil
}

// SessionEnd ends a session, which another takes the place of; one that is over
// already is no error.
func SessionEnd(ctx context.Context, tx *db.SharedTx, id string) error {
	_, err := tx.SessionDelete(ctx, hashToken(id))
	return err
}

// SignOut ends a session because somebody wants to; one that is over already is no
// error.
func SignOut(ctx context.Context, tx *db.SharedTx, id string) error {
	ended, err := tx.SessionDelete(ctx, hashToken(id))
	for _, row := range ended {
		if !row.Pending && !row.Support {
			err = Record(ctx, tx, row.UserID, DidSignOut, "")
		}
	}
	return err
}

// EndSession ends one of somebody's sessions; pgx.ErrNoRows when it is not theirs.
func EndSession(ctx context.Context, tx *db.SharedTx, userID, id uuid.UUID) error {
	n, err := tx.SessionDeleteByID(ctx, id, userID)
	if err == nil && n == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return err
	}
	return Record(ctx, tx, userID, DidEndSession, "")
}

// EndOtherSessions ends all of somebody's sessions but this one and returns how many.
func EndOtherSessions(ctx context.Context, tx *db.SharedTx, who Identity) (int64, error) {
	n, err := tx.SessionDeleteOthers(ctx, who.UserID, who.SessionID)
	if err != nil {
		return 0, err
	}
	return n, Record(ctx, tx, who.UserID, DidEndSessions, "")
}

// SignOutEverywhere ends all of a person's sessions for an operator, and returns
// their address; pgx.ErrNoRows when there is no such person.
func SignOutEverywhere(ctx context.Context, tx *db.SharedTx, userID uuid.UUID, by Identity) (email string, err error) {
	user, err := tx.UserByID(ctx, userID)
	if err != nil {
		return "", err
	}
	if _, err := tx.SessionDeleteOthers(ctx, userID, uuid.Nil); err != nil {
		return "", err
	}
	return user.Email, recordAt(ctx, tx, userID, uuid.Nil, DidSignOutByAnother, by.Email)
}

// Prove notes that a password or factor was shown just now, and gives the session a
// new id for its cookie: one that was seen before opens nothing dangerous.
func Prove(ctx context.Context, tx *db.SharedTx, who Identity, strong bool, how string) (id string, err error) {
	id = NewToken()
	if err := tx.SessionProve(ctx, strong, hashToken(id), who.SessionID); err != nil {
		return "", err
	}
	return id, Record(ctx, tx, who.UserID, DidProve, how)
}

// FirstFactor goes on after a factor was added: it was shown just now (see Prove).
// With the first, all other sessions end, which have shown none and might be
// somebody's who knows the password.
func FirstFactor(ctx context.Context, tx *db.SharedTx, who Identity) (id string, err error) {
	if !who.HasFactor {
		if _, err := tx.SessionDeleteOthers(ctx, who.UserID, who.SessionID); err != nil {
			return "", err
		}
	}
	return Prove(ctx, tx, who, true, "With a new second factor")
}

// HandoffTime is how long a person may take from one host to another.
const HandoffTime = time.Minute

const purposeHandoff = "handoff"

// HandoffStart returns a token that begins the session on the host of its
// tenant: once, within a minute, there alone. What was shown, and when, goes
// with it: going to another host proves nothing anew.
func HandoffStart(ctx context.Context, tx *db.SharedTx, s SessionStart) (string, error) {
	token, data := NewToken(), ""
	if s.Support {
		data = supportHandoff
	}
	return token, tx.OneTimeTokenInsert(ctx, shareddb.OneTimeTokenInsertParams{
		Hash: hashToken(token), Purpose: purposeHandoff, UserID: &s.UserID, TenantID: s.TenantID, Strong: s.Strong, Data: data,
		ProvedAt: s.ProvedAt, BeganAt: s.BeganAt, ExpiresAt: time.Now().Add(HandoffTime),
	})
}

// ErrBadToken is answered for a token that is unknown, used, over, or for
// another host: nobody needs to know which.
var ErrBadToken = errors.New("auth: bad token")

// HandoffPeek tells whom the token would sign in, without using it up.
func HandoffPeek(ctx context.Context, tx *db.SharedTx, token string, tenantID uuid.UUID) (shareddb.OneTimeTokenPeekRow, error) {
	row, err := tx.OneTimeTokenPeek(ctx, hashToken(token), purposeHandoff, &tenantID)
	return row, badToken(err)
}

// HandoffFinish uses the token up and says who arrives, and whether a second
// factor was shown.
func HandoffFinish(ctx context.Context, tx *db.SharedTx, token string, tenantID uuid.UUID) (SessionStart, error) {
	row, err := tx.OneTimeTokenConsume(ctx, hashToken(token), purposeHandoff, &tenantID)
	if err != nil {
		return SessionStart{}, badToken(err)
	}
	return SessionStart{UserID: *row.UserID, TenantID: &tenantID, Strong: row.Strong, Support: row.Data == supportHandoff,
		ProvedAt: &row.ProvedAt, BeganAt: &row.BeganAt}, nil
}

func badToken(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrBadToken
	}
	return err
}

// SweepJob deletes what is over: sessions, tokens, invitations, throttle windows, archives.
type SweepJob struct{}

// Kind names the job in the queue.
func (SweepJob) Kind() string { return "sweep" }

// SweepWorker does it.
type SweepWorker struct {
	river.WorkerDefaults[SweepJob]
	DB *db.DB
}

// Work sweeps once.
func (w *SweepWorker) Work(ctx context.Context, _ *river.Job[SweepJob]) error {
	var failed error
	for _, sweep := range []func(*db.SharedTx) (int64, error){
		func(tx *db.SharedTx) (int64, error) { return tx.SessionDeleteExpired(ctx) },
		func(tx *db.SharedTx) (int64, error) { return tx.OneTimeTokenDeleteExpired(ctx) },
		func(tx *db.SharedTx) (int64, error) { return tx.InvitationDeleteExpired(ctx) },
		func(tx *db.SharedTx) (int64, error) { return tx.ThrottleDeleteEnded(ctx) },
		func(tx *db.SharedTx) (int64, error) { return tx.SecurityEventDeleteOld(ctx, SecurityLogTime.Seconds()) },
		func(tx *db.SharedTx) (int64, error) { return tx.UsageMinuteDeleteEnded(ctx) },
		func(tx *db.SharedTx) (int64, error) { return tx.ExportChunksDeleteExpired(ctx) },
		func(tx *db.SharedTx) (int64, error) { return tx.ExportDeleteExpired(ctx) },
	} {
		// A transaction each, until nothing is left: much of one kind keeps none of
		// the others.
		for n := int64(1); n > 0; {
			err := w.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
				n, err = sweep(tx)
				return err
			})
			if err != nil {
				failed = errors.Join(failed, err)
				break
			}
		}
	}
	return failed
}

func truncate(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}
