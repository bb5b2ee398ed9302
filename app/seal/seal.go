// Package seal keeps secrets that we must read again: second factors, the
// client secrets of providers, mails on their way. What can be compared by hash
// is hashed instead.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// Box seals with the first of its keys and opens with any.
type Box struct {
	keys []cipher.AEAD
	mark []byte // of the first secret
}

// New derives the keys from the secrets of the settings; there must be one.
func New(secrets []string) (*Box, error) {
	if len(secrets) == 0 {
		return nil, errors.New("seal: no secret")
	}
	b := &Box{}
	for _, s := range secrets {
		key, err := hkdf.Key(sha256.New, []byte(s), nil, "paddock seal", 32)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		b.keys = append(b.keys, aead)
	}
	var err error
	if b.mark, err = hkdf.Key(sha256.New, []byte(secrets[0]), nil, "paddock mark", 32); err != nil {
		return nil, err
	}
	return b, nil
}

// Seal encrypts text for a purpose; it opens for that purpose alone, such as
// one person's second factor.
func (b *Box) Seal(purpose, text string) string {
	sealed := b.keys[0].Seal(nil, nil, []byte(text), []byte(purpose)) //nolint:gosec // NewGCMWithRandomNonce makes the nonce itself
	return base64.RawStdEncoding.EncodeToString(sealed)
}

// Mark proves that texts are of our making, in their order, for a purpose: nobody else
// can tell it. It is another one for another first secret.
func (b *Box) Mark(purpose string, texts ...string) string {
	h := hmac.New(sha256.New, b.mark)
	for _, t := range append([]string{purpose}, texts...) {
		fmt.Fprintf(h, "%d:%s", len(t), t)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// Open returns the text. It fails on what was altered, sealed for another
// purpose, or with a secret that is no longer among the settings.
func (b *Box) Open(purpose, sealed string) (string, error) {
	text, _, err := b.open(purpose, sealed)
	return text, err
}

// Reseal returns the same sealed with the first secret, or as it is where it was
// sealed with that. It fails as Open does.
func (b *Box) Reseal(purpose, sealed string) (string, error) {
	text, key, err := b.open(purpose, sealed)
	if err != nil || key == 0 {
		return sealed, err
	}
	return b.Seal(purpose, text), nil
}

// open also tells with which of the keys.
func (b *Box) open(purpose, sealed string) (text string, key int, err error) {
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return "", 0, fmt.Errorf("seal: %w", err)
	}
	for i, k := range b.keys {
		if text, err := k.Open(nil, nil, raw, []byte(purpose)); err == nil {
			return string(text), i, nil
		}
	}
	return "", 0, errors.New("seal: altered, or sealed with a secret that PADDOCK_SECRET does not hold any more")
}
