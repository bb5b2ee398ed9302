package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/seal"
)

// A proof of work, as hashcash has it (http://www.hashcash.org/papers/hashcash.pdf):
// a number that makes SHA-256 of the challenge, a dot and itself begin with so many
// zero bits. A browser needs a second or two for it, in the background
// (static/files/work.js), and one who wants a thousand workspaces half an hour.
const (
	workBits = 18
	workTime = time.Hour

	workPurpose = "work"
)

// WorkChallenge returns what a browser is to work on, within workTime.
func WorkChallenge(box *seal.Box) string {
	return box.Seal(workPurpose, strconv.FormatInt(time.Now().Unix(), 10))
}

// CheckWork uses up a challenge with its solution: challenge, dot, number. It is
// false for anything else.
func CheckWork(ctx context.Context, d *db.DB, box *seal.Box, work string) bool {
	challenge, _, ok := strings.Cut(work, ".")
	if !ok {
		return false
	}
	text, err := box.Open(workPurpose, challenge)
	if err != nil {
		return false
	}
	made, err := strconv.ParseInt(text, 10, 64)
	if err != nil || time.Since(time.Unix(made, 0)) > workTime || zeroBits(sha256.Sum256([]byte(work))) < workBits {
		return false
	}
	sum := sha256.Sum256([]byte(challenge))
	return throttle(ctx, d, bound{"work:" + hex.EncodeToString(sum[:]), 1, workTime}) == nil
}

// zeroBits counts those that a hash begins with.
func zeroBits(sum [sha256.Size]byte) (n int) {
	for _, b := range sum {
		n += bits.LeadingZeros8(b)
		if b != 0 {
			break
		}
	}
	return n
}
